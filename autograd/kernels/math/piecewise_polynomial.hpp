#pragma once

namespace xgrad::kernels {

/// A function f of a in [0, end], as a polynomial on each of a few intervals: so few that one or two vector registers
/// hold a number of every interval, and a permutation instruction looks it up for each lane.
///
/// Evaluation: with the index i of the interval and d = a - centre_i, by Horner's rule,
///
///     f(a) = value_i + d (c_0i + d (c_1i + ... + d c_ni)).
///
/// Index: the low bits of bits(offset + scale a) >> shift, where bits() is the representation of a float.
///
///   - Intervals of equal length have offset 3 2^22, so large that the last bit of the sum is worth 1, and shift 0: the
///     index is the whole number nearest to scale a.
///   - Intervals that grow with a have offset 1. The index is the end of the exponent and the beginning of the mantissa
///     of 1 + scale a, which cuts each range from a power of two to the next into intervals / 4 equal parts. The bits
///     of 1 are not zeros: the interval at a = 0 has index 12 of 16, or 6 of 8.
///
/// Centre: a float near the middle of the interval at which f is within 1/1000 ulp of a float, the value, which
/// therefore has hardly any rounding error (Gal and Bachelis, 1991).
///
/// Coefficients: those of the least maximal error in the interval, in ulps of f. Each table states that error.
/// tools/coefficients.py computes them all.
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
