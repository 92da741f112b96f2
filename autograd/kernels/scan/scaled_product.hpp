#pragma once

// For kernels' sources only: products that leave the range of numbers on their way.

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace xgrad::kernels {

/// A product as a number between 1/2 and 1 and a power of two, so that it neither overflows nor underflows. A plain
/// product that overflows before it meets a factor of 0 is NaN.
class ScaledProduct {
 public:
  void multiply(double factor) {
    number_ *= factor;
    rescale();
  }
  void multiply(const ScaledProduct& other) {
    number_ *= other.number_;
    exponent_ += other.exponent_;
    rescale();
  }
  double value() const {
    constexpr std::int64_t beyond = 4000;  // the exponents of numbers are less
    return std::ldexp(number_, static_cast<int>(std::clamp(exponent_, -beyond, beyond)));
  }

 private:
  void rescale() {
    if (number_ == 0 || !std::isfinite(number_)) return;
    int by = 0;
    number_ = std::frexp(number_, &by);
    exponent_ += by;
  }

  double number_ = 1;
  std::int64_t exponent_ = 0;
};

}  // namespace xgrad::kernels
