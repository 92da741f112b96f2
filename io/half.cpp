#include <xgrad/io/half.hpp>

#include <algorithm>
#include <cstring>

namespace xgrad::io::detail {
namespace {

template <class To, class From>
To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From), "the same bits");
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

/// To a format of a sign, `exponent_bits` and `fraction_bits`.
template <int exponent_bits, int fraction_bits>
std::uint16_t narrow(double number) {
  constexpr int bias = (1 << (exponent_bits - 1)) - 1, least = 1 - bias;
  constexpr std::uint64_t infinity = ((std::uint64_t{1} << exponent_bits) - 1) << fraction_bits;
  constexpr std::uint64_t double_fraction = (std::uint64_t{1} << 52) - 1;
  const auto bits = bits_as<std::uint64_t>(number);
  const auto sign = static_cast<std::uint16_t>(bits >> 63 << 15);
  const std::uint64_t fraction = bits & double_fraction;
  const int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1023;
  if (exponent == 1024 && fraction != 0) {
    constexpr std::uint64_t quiet = std::uint64_t{1} << (fraction_bits - 1);
    return static_cast<std::uint16_t>(sign | infinity | quiet | fraction >> (52 - fraction_bits));
  }
  if (exponent > bias) return static_cast<std::uint16_t>(sign | infinity);
  // Below the least normal exponent the position of the last bit is fixed; a subnormal double becomes 0.
  const int shift = 52 - fraction_bits + std::max(0, least - exponent);
  if (shift > 53) return sign;
  const std::uint64_t significand = fraction | (std::uint64_t{1} << 52);
  const std::uint64_t rest = significand & ((std::uint64_t{1} << shift) - 1), half = std::uint64_t{1} << (shift - 1);
  std::uint64_t rounded = significand >> shift;
  rounded += rest > half || (rest == half && (rounded & 1) != 0) ? 1u : 0u;
  // A carry out of the fraction goes into the exponent, up to infinity.
  if (exponent >= least) rounded += static_cast<std::uint64_t>(exponent - least) << fraction_bits;
  return static_cast<std::uint16_t>(sign | std::min(rounded, infinity));
}

}  // namespace

float widen_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1fu, fraction = half & 0x3ffu;
  if (exponent == 0) {
    const float size = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -size : size;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return bits_as<float>(sign | wide << 23 | fraction << 13);
}

float widen_bfloat(std::uint16_t upper) { return bits_as<float>(static_cast<std::uint32_t>(upper) << 16); }

std::uint16_t narrow_to_half(double number) { return narrow<5, 10>(number); }
std::uint16_t narrow_to_bfloat(double number) { return narrow<8, 7>(number); }

}  // namespace xgrad::io::detail
