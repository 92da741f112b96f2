#include <xgrad/train/exact_sum.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace xgrad::train {
namespace {

constexpr std::int64_t base = std::int64_t{1} << 32;
constexpr std::uint64_t low_half = 0xffffffffu;
// Each number changes a digit by less than the base.
constexpr std::int64_t most_pending = std::int64_t{1} << 30;
constexpr int fraction_bits = 52, mantissa_bits = 53, least_exponent_of_double = -1074;
// Digits below the smallest float64.
constexpr std::size_t low_digits = 34;
constexpr int least_exponent = least_exponent_of_double - 32 * static_cast<int>(low_digits);
// Of the states of earlier versions, which began with the smallest float64.
constexpr std::size_t digits_before = 70;

enum Special : std::size_t { infinities, negative_infinities, nans };

template <std::size_t N>
void negate(std::array<std::int64_t, N>& number) {
  std::int64_t borrow = 0;
  for (std::size_t i = 0; i < N; ++i) {
    std::int64_t digit = -number[i] - borrow;
    borrow = 0;
    if (i + 1 < N && digit < 0) {
      digit += base;
      borrow = 1;
    }
    number[i] = digit;
  }
}

}  // namespace

void ExactSum::add(double number, int by) {
  if (!std::isfinite(number)) {
    ++special_[std::isnan(number) ? nans : number > 0 ? infinities : negative_infinities];
    return;
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  const std::uint64_t exponent = bits >> fraction_bits & 0x7ff;
  std::uint64_t mantissa = bits & ((std::uint64_t{1} << fraction_bits) - 1);
  if (exponent != 0) mantissa |= std::uint64_t{1} << fraction_bits;
  const std::int64_t place = static_cast<std::int64_t>((exponent == 0 ? 0 : exponent - 1) + 32 * low_digits) + by;
  if (place < 0) mantissa = place > -64 ? mantissa >> -place : 0;  // of zeros
  if (mantissa == 0) return;
  const std::uint64_t shift = static_cast<std::uint64_t>(std::max<std::int64_t>(0, place));
  const std::uint64_t first = shift / 32, within = shift % 32;
  const std::uint64_t lower = (mantissa & low_half) << within, upper = (mantissa >> 32) << within;
  if (first + 2 >= digits) {  // only sums of a state that no numbers have given lead there
    ++special_[bits >> 63 ? negative_infinities : infinities];
    return;
  }
  const std::int64_t sign = bits >> 63 ? -1 : 1;
  digits_[first] += sign * static_cast<std::int64_t>(lower & low_half);
  digits_[first + 1] += sign * static_cast<std::int64_t>((lower >> 32) + (upper & low_half));
  digits_[first + 2] += sign * static_cast<std::int64_t>(upper >> 32);
  if (++pending_ >= most_pending) carry();
}

void ExactSum::add_product(double a, double b, int by) {
  int of_a = 0, of_b = 0;
  const double first = std::frexp(a, &of_a), second = std::frexp(b, &of_b), product = first * second;
  if (!std::isfinite(product)) return add(product);
  add(product, of_a + of_b + by);
  add(std::fma(first, second, -product), of_a + of_b + by);
}

// Brings every digit but the last into 0 .. base - 1.
void ExactSum::carry() const {
  std::int64_t above = 0;
  for (std::size_t i = 0; i + 1 < digits; ++i) {
    const std::int64_t digit = digits_[i] + above;
    above = digit >> 32;  // rounds down
    digits_[i] = digit - above * base;
  }
  digits_[digits - 1] += above;
  pending_ = 0;
}

void ExactSum::merge(const ExactSum& other) {
  other.carry();
  carry();
  for (std::size_t i = 0; i < digits; ++i) digits_[i] += other.digits_[i];
  for (std::size_t i = 0; i < special_.size(); ++i) special_[i] += other.special_[i];
  carry();
}

double ExactSum::value() const {
  int exponent = 0;
  const double significand = rounded(exponent, true);
  return std::ldexp(significand, exponent);
}

double ExactSum::rounded(int& exponent, bool as_float64) const {
  exponent = 0;
  if (special_[nans] > 0 || (special_[infinities] > 0 && special_[negative_infinities] > 0))
    return std::numeric_limits<double>::quiet_NaN();
  if (special_[infinities] > 0) return std::numeric_limits<double>::infinity();
  if (special_[negative_infinities] > 0) return -std::numeric_limits<double>::infinity();
  carry();
  std::array<std::int64_t, digits> magnitude = digits_;
  const bool negative = magnitude[digits - 1] < 0;
  if (negative) negate(magnitude);
  std::size_t top = digits;
  while (top > 0 && magnitude[top - 1] == 0) --top;
  if (top == 0) return 0;
  // The digits from `lowest` on, at least 53 significant bits, become one number whose last bit stands for all bits
  // below: it is rounded once, by the conversion to double. (The last digit has at most 31 bits here.)
  const std::size_t lowest = top >= 3 ? top - 3 : 0;
  std::uint64_t high = 0, low = 0;  // 128 bits
  for (std::size_t i = top; i-- > lowest;) {
    high = high << 32 | low >> 32;
    low = low << 32 | static_cast<std::uint64_t>(magnitude[i]);
  }
  bool sticky = std::any_of(magnitude.begin(), magnitude.begin() + static_cast<std::ptrdiff_t>(lowest),
                            [](std::int64_t digit) { return digit != 0; });
  exponent = static_cast<int>(lowest) * 32 + least_exponent;
  while (high != 0) {
    sticky = sticky || (low & 1) != 0;
    low = low >> 1 | high << 63;
    high >>= 1;
    ++exponent;
  }
  const int length = 64 - (low == 0 ? 64 : __builtin_clzll(low));
  int cut = length - mantissa_bits;
  if (as_float64) cut = std::max(cut, least_exponent_of_double - exponent);
  if (cut > length) return exponent = 0, negative ? -0.0 : 0.0;  // below half of the smallest number
  if (cut > 0) {
    const std::uint64_t half = std::uint64_t{1} << (cut - 1), rest = low & (half | (half - 1));
    low = cut == 64 ? 0 : low >> cut;
    exponent += cut;
    if (rest > half || (rest == half && (sticky || (low & 1) != 0))) ++low;
  } else if (!as_float64) {
    low <<= -cut;
    exponent += cut;
  }
  return negative ? -static_cast<double>(low) : static_cast<double>(low);
}

ExactSum::Scaled ExactSum::scaled() const {
  Scaled result{0, 0};
  result.number = rounded(result.exponent, false);
  return result;
}

double ExactSum::over(double divisor) const {
  int exponent = 0, of_divisor = 0;
  const double significand = rounded(exponent, false), part = std::frexp(divisor, &of_divisor);
  if (!std::isfinite(significand) || !std::isfinite(divisor) || divisor == 0) return value() / divisor;
  return std::ldexp(significand / part, exponent - of_divisor);
}

Tensor ExactSum::state() const {
  carry();
  std::vector<std::int64_t> all(digits_.begin(), digits_.end());
  all.insert(all.end(), special_.begin(), special_.end());
  return all;
}

void ExactSum::load(const char* op, const Tensor& state) {
  const auto count = [](std::size_t of_digits) {
    return static_cast<std::int64_t>(of_digits + std::tuple_size_v<decltype(special_)>);
  };
  const bool before = state.defined() && state.shape() == Shape{count(digits_before)};
  if (!state.defined() || state.dtype() != int64 || !(before || state.shape() == Shape{count(digits)}))
    throw std::invalid_argument(std::string(op) + ": the state of a sum is " +
                                (state.defined() ? to_string(state.shape()) + " " + name_of(state.dtype()) : "empty") +
                                ": it must be " + to_string(Shape{count(digits)}) + " int64");
  const std::size_t held = before ? digits_before : digits;
  const std::int64_t* from = Raw::data<std::int64_t>(state);
  const std::int64_t most_of_last = std::int64_t{1} << 31, most_special = std::int64_t{1} << 53;
  for (std::size_t i = 0; i < held + special_.size(); ++i) {
    const std::int64_t limit = i + 1 < held ? base : i + 1 == held ? most_of_last : most_special;
    const std::int64_t least = i + 1 == held ? -most_of_last : 0;
    if (from[i] < least || from[i] >= limit)
      throw std::invalid_argument(std::string(op) + ": the state of a sum holds " + std::to_string(from[i]) +
                                  ": it is no state that a sum has given");
  }
  digits_.fill(0);
  std::copy_n(from, held, digits_.begin() + (before ? low_digits : 0));
  std::copy_n(from + held, special_.size(), special_.begin());
  carry();  // the sign of a state of before goes to the last digit
}

}  // namespace xgrad::train
