#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::train {

/// The exact sum of any float64 numbers, rounded only when it is asked for: in any order, and in parts that are merged,
/// it gives the same bits. A fixed-point number of 70 digits to the base 2^32, the lowest of which begins at the
/// smallest float64, 2^-1074 (Kulisch, "Computer Arithmetic and Validity", 2008). Sums of up to 2^62 numbers.
class ExactSum {
 public:
  void add(double number);
  /// Adds the exact product a b, unless it overflows or its last bits lie below 2^-1074.
  void add_product(double a, double b);
  void merge(const ExactSum& other);

  /// The sum, rounded to the nearest float64, ties to even. Infinities and NaN count as in ordinary sums.
  [[nodiscard]] double value() const;
  /// The sum as value() and what is left of it, rounded: together about 106 bits.
  struct Parts {
    double high, low;
  };
  [[nodiscard]] Parts parts() const;

  /// The state as int64 (73), and back. Another shape or dtype, or digits out of range, are errors that begin with
  /// `op`.
  [[nodiscard]] Tensor state() const;
  void load(const char* op, const Tensor& state);

 private:
  static constexpr std::size_t digits = 70;
  void carry() const;

  // Between carries a digit may exceed its base, in either direction; afterwards only the last one may be negative.
  mutable std::array<std::int64_t, digits> digits_{};
  mutable std::int64_t pending_ = 0;       // numbers added since the last carry
  std::array<std::int64_t, 3> special_{};  // how many infinities, negative infinities and NaNs were added
};

}  // namespace xgrad::train
