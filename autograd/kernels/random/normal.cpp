// Compiled without fused multiplication and addition (CMakeLists.txt): equal seeds give equal bits on every processor.

#include <xgrad/autograd/kernels/random/normal.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/math/polynomials.hpp>
#include <xgrad/autograd/kernels/random/philox_lanes.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

// The transform of Box and Muller (1958): from u and w uniform in [0, 1), which are given as whole numbers u 2^53 and
// w 2^53, the radius sqrt(-2 ln(1 - u)), and its cosine and sine at the angle 2 pi w.
template <int Isa>
struct BoxMuller : Lanes<Isa> {
  using typename Lanes<Isa>::Doubles;
  using typename Lanes<Isa>::Words;

  template <std::size_t first = 0, std::size_t count>
  static Doubles horner(Doubles x, const double (&c)[count]) {
    if constexpr (first + 1 == count)
      return Doubles{} + c[first];
    else
      return x * horner<first + 1>(x, c) + c[first];
  }

  // The logarithm as in kernels/math/logarithm.hpp: 2^53 (1 - u) = 2^k (1 + f) with 1 + f in [2/3, 4/3), s = f / (2 +
  // f).
  static Doubles radius(Doubles u) {
    constexpr std::uint64_t one = 0x3ff0000000000000, two_thirds = 0x3fe5555555555555, fraction = (1ull << 52) - 1;
    constexpr std::uint64_t base_bits = 0x4330000000000000;  // of 2^52, whose last bit is worth 1
    const Words offset = (Words)(0x1p53 - u) + (one - two_thirds);
    const Doubles k = (Doubles)(offset >> 52 | base_bits) - (0x1p52 + 1023 + 53);
    const Doubles f = (Doubles)((offset & fraction) + two_thirds) - 1;
    const Doubles s = f / (f + 2), square = s * s, half = 0.5 * f * f;
    const Doubles rest = s * (half + square * horner(square, polynomials::log_double));
    const Doubles log = k * 0.6931471805592082 + (f - (half - (rest + k * 7.371002565167799e-13)));
    return Lanes<Isa>::root(-2 * log);
  }

  // The angle is at most pi/4 from as many quarter turns as are nearest to 4 w.
  static void turn(Doubles w, Doubles& cosine, Doubles& sine) {
    constexpr double shift = 0x1.8p52;  // the last bits of a sum with it are the nearest whole number
    const Doubles quarters = w * 0x1p-51, shifted = quarters + shift;
    const Doubles angle = (quarters - (shifted - shift)) * 1.5707963267948966, z = angle * angle;
    const Doubles small = angle + angle * z * horner(z, polynomials::sin_double);
    const Doubles large = 1 - (0.5 * z - z * z * horner(z, polynomials::cos_double));
    const Words quadrant = (Words)shifted;
    const Words exchanged = ((Words)small ^ (Words)large) & -(quadrant & 1);
    cosine = (Doubles)((Words)large ^ exchanged ^ ((quadrant + 1) >> 1 << 63));
    sine = (Doubles)((Words)small ^ exchanged ^ (quadrant >> 1 << 63));
  }
};

// Each step is a loop of its own over a few vectors, so that many of them are computed at the same time: one after
// another they are a chain of 300 cycles.
template <bool standard, class T>
void normal_range(T* to, std::int64_t n, double mean, double deviation, const PhiloxLanes<>& philox,
                  std::uint64_t block) {
  using B = BoxMuller<native_isa>;
  constexpr std::int64_t vectors = 16, pairs = B::count, numbers = 2 * pairs;
  for (std::int64_t i = 0; i < n; i += vectors * numbers) {
    const std::int64_t left = n - i, count = std::min(vectors, (left + numbers - 1) / numbers);
    B::Doubles radius[vectors], turns[vectors];
    for (std::int64_t j = 0; j < count; ++j, block += static_cast<std::uint64_t>(pairs)) {
      B::Words words[4];
      philox.draw(block, words);
      radius[j] = B::whole_of_53_bits(words[1], words[0]);
      turns[j] = B::whole_of_53_bits(words[3], words[2]);
    }
    for (std::int64_t j = 0; j < count; ++j) radius[j] = B::radius(radius[j]);
    for (std::int64_t j = 0; j < count; ++j) {
      B::Doubles first, second;
      B::turn(turns[j], first, second);
      first *= radius[j];
      second *= radius[j];
      if constexpr (!standard) {
        first = mean + deviation * first;
        second = mean + deviation * second;
      }
      T* const here = to + i + j * numbers;
      const std::int64_t fitting = left - j * numbers;
      if (fitting >= numbers) {
        B::store_pairs(first, second, here);
      } else {
        T rest[numbers];
        B::store_pairs(first, second, rest);
        std::copy_n(rest, fitting, here);
      }
    }
  }
}

}  // namespace

void normal_pair(double u, double w, double out[2]) {
  using B = BoxMuller<native_isa>;
  B::Doubles first, second;
  B::turn(B::Doubles{} + w * 0x1p53, first, second);
  const B::Doubles radius = B::radius(B::Doubles{} + u * 0x1p53);
  out[0] = (first * radius)[0];
  out[1] = (second * radius)[0];
}

template <class T>
void normal(T* to, std::int64_t n, double mean, double deviation, std::uint64_t seed, std::uint64_t stream,
            std::uint64_t block) {
  const PhiloxLanes<> philox(seed, stream);
  static_assert(pointwise_grain % 2 == 0, "a range begins with a block of random numbers");
  parallel_ranges(n, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
    const auto fill = mean == 0 && deviation == 1 ? &normal_range<true, T> : &normal_range<false, T>;
    fill(to + begin, end - begin, mean, deviation, philox, block + static_cast<std::uint64_t>(begin) / 2);
  });
}

template void normal(float*, std::int64_t, double, double, std::uint64_t, std::uint64_t, std::uint64_t);
template void normal(double*, std::int64_t, double, double, std::uint64_t, std::uint64_t, std::uint64_t);

}  // namespace xgrad::kernels
