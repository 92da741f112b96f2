#pragma once

namespace xgrad::kernels {

/// A function of a in [0, end], as a polynomial on each of so few intervals that one or two vector registers hold a
/// number of every interval, and a permutation instruction looks up that of each lane.
///
/// On interval i the function is value_i + d (c_0i + d (c_1i + ...)) with d = a - centre_i: Horner's rule for
/// c_0 + c_1 d + ..., which is (y - value) / d. What tools/coefficients.py makes of it:
///   - The index i is the last bits of the representation of offset + scale a, after a right shift. For intervals of
///     equal length, offset is 3 2^22, so large that the last bit of the sum is worth 1: the sum ends in the whole
///     number nearest to scale a, and the centres are about i / scale. For intervals that grow with a, offset is 1, and
///     i is the end of the exponent with the first bits of the mantissa: intervals / 4 of equal length between a power
///     of two of 1 + scale a and the next. Those of 1 itself are not zeros: the interval of a = 0 has index 12 of 16,
///     or 6 of 8.
///   - The centre is a float in the middle, or near it, where the function is, to 1/1000 ulp, a float, the value (Gal
///   and
///     Bachelis, 1991): then the value has no rounding error of its own.
///   - The coefficients minimise the largest error of the polynomial in the interval, in ulps of the function.
template <int Intervals, int Degree>
struct alignas(Intervals < 16 ? 32 : 64) PiecewisePolynomial {
  static constexpr int intervals = Intervals, degree = Degree;

  float centre[Intervals], value[Intervals], coefficients[Degree][Intervals];
  float scale, offset, end;
  int shift;
};

/// The intervals that the lanes of a fall into, and the polynomials there. Float is Avx512Float or Avx2Float, which
/// know how to look up.
template <class Float, const auto& table>
struct Piece {
  using V = typename Float::V;
  using U = typename Float::U;

  explicit Piece(V a)
      : scaled(Float::fma(a, Float::number(table.scale), Float::number(table.offset))),
        index(Float::template shift_right<table.shift>(Float::bits(scaled))),
        d(a - Float::lookup(table.centre, index)) {}

  V value() const { return Float::lookup(table.value, index); }
  /// (y - value) / d.
  V slope() const {
    V p = Float::lookup(table.coefficients[table.degree - 1], index);
    for (int i = table.degree - 2; i >= 0; --i) p = Float::fma(p, d, Float::lookup(table.coefficients[i], index));
    return p;
  }

  V scaled;
  U index;
  V d;
};

}  // namespace xgrad::kernels
