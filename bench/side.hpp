#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// The notes' network, 784-50-10 with batch normalisation, ReLU and dropout, trained by one library: one side of a comparison.
class Side {
 public:
  virtual ~Side() = default;
  virtual std::string name() const = 0;
  /// Starts anew with these weights, (50, 784) and (10, 50), and this rate of dropout.
  virtual void reset(const std::vector<float>& first, const std::vector<float>& second, double dropout) = 0;
  /// One step of SGD on the rows named, images as bytes; the loss before the step.
  virtual float step(const std::uint8_t* pixels, const std::int64_t* labels, const std::int64_t* rows, std::int64_t count) = 0;
};

std::unique_ptr<Side> xgrad_side();
std::unique_ptr<Side> libtorch_side();
