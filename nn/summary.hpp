#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// The table that torchsummary prints for a model, and its numbers.
///
/// The conventions are torchsummary's: the first axis is the batch, and shown as -1. `pass_mb` counts the outputs of
/// one sample, twice, for the values and their gradients; `input_mb` counts the whole input. Every number takes 4
/// bytes, whatever its dtype, and a MB is 2^20 bytes.
///
/// Unlike torchsummary's, rows are modules without children (including the model itself, if it has none), and the
/// totals count every parameter of the model once, also those of modules with children and tied ones.
struct Summary {
  struct Row {
    std::string name;  ///< "Linear-1": class and place in the order of calls
    Shape output;      ///< of the whole batch
    std::int64_t parameters = 0;
  };
  std::vector<Row> rows;
  std::int64_t total = 0;
  std::int64_t trainable = 0;
  double input_mb = 0;
  double pass_mb = 0;
  double parameters_mb = 0;
  double total_mb = 0;
};

/// Runs the model once on zeros of `input`, batch axis included, in the dtype of its first parameter: in evaluation
/// mode, unrecorded, and with every module's mode restored afterwards, also when the model throws.
[[nodiscard]] Summary summary(const Module& model, const Shape& input);
/// The same, and prints it.
Summary summary(const Module& model, const Shape& input, std::ostream& out);

/// The table as << prints it.
std::string to_string(const Summary& summary);
std::ostream& operator<<(std::ostream& out, const Summary& summary);

}  // namespace xgrad::nn
