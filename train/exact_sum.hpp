#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::train {

/// The exact sum of any float64 numbers and products of two of them, rounded only when it is asked for: in any order,
/// and in parts that are merged, it gives the same bits. A fixed-point number of 140 digits to the base 2^32, the
/// lowest of which begins below the smallest product, 2^-2148 (Kulisch, "Computer Arithmetic and Validity", 2008). Sums
/// of up to 2^62 numbers.
class ExactSum {
 public:
  /// Adds number 2^exponent, where the product is no smaller than the smallest, and no larger than the largest product;
  /// one beyond 2^2300 counts as an infinity.
  void add(double number, int exponent = 0);
  /// Adds a b 2^exponent, exactly, under the same condition.
  void add_product(double a, double b, int exponent = 0);
  void merge(const ExactSum& other);

  /// The sum, rounded to the nearest float64, ties to even. Infinities and NaN count as in ordinary sums.
  [[nodiscard]] double value() const;
  /// The sum as number 2^exponent, rounded to 53 bits, which does not overflow: |number| in [2^52, 2^53]; of 0, an
  /// infinity and NaN, number is the sum.
  struct Scaled {
    double number;
    int exponent;
  };
  [[nodiscard]] Scaled scaled() const;
  /// The sum divided by another number, where the sum itself may overflow or underflow.
  [[nodiscard]] double over(double divisor) const;

  /// The state as int64 (143), and back, also from the 73 of earlier versions. Another shape or dtype, or digits out of
  /// range, are errors that begin with `op`.
  [[nodiscard]] Tensor state() const;
  void load(const char* op, const Tensor& state);

 private:
  static constexpr std::size_t digits = 140;
  void carry() const;
  /// The sum as significand 2^exponent: with 53 bits, or fewer where it would be a subnormal float64.
  double rounded(int& exponent, bool as_float64) const;

  // Between carries a digit may exceed its base, in either direction; afterwards only the last one may be negative.
  mutable std::array<std::int64_t, digits> digits_{};
  mutable std::int64_t pending_ = 0;       // numbers added since the last carry
  std::array<std::int64_t, 3> special_{};  // how many infinities, negative infinities and NaNs were added
};

}  // namespace xgrad::train
