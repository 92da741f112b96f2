#include <xgrad/io/csv_number.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <system_error>

namespace xgrad::io::detail {
namespace {

/// A decimal number without its sign: digits, perhaps with a point, times ten to the power of the exponent.
struct Decimal {
  std::string_view digits;
  std::int64_t exponent = 0;
};

// Far beyond what the digits of any record can make up for, and far from where sums overflow.
constexpr std::int64_t far = std::int64_t{1} << 40;

Decimal decimal_of(std::string_view text) {
  const std::size_t letter = std::min(text.find_first_of("eE"), text.size());
  Decimal result{text.substr(0, letter)};
  if (letter == text.size()) return result;
  text.remove_prefix(letter + 1);
  if (text.substr(0, 1) == "+") text.remove_prefix(1);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), result.exponent);
  if (read.ec == std::errc::result_out_of_range) result.exponent = text.substr(0, 1) == "-" ? -far : far;
  result.exponent = std::clamp(result.exponent, -far, far);
  return result;
}

/// Whether a number that is outside of the range of its type is too large, not too small: by the place of its first
/// digit that is not 0, and its exponent.
bool is_large(std::string_view text) {
  const Decimal decimal = decimal_of(text);
  const std::size_t point = std::min(decimal.digits.find('.'), decimal.digits.size());
  const std::size_t first = std::min(decimal.digits.find_first_of("123456789"), decimal.digits.size());
  return static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + decimal.exponent > 0;
}

template <class T>
bool read_real(std::string_view text, double& number) {
  T value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ptr != end || read.ec == std::errc::invalid_argument) return false;
  if (read.ec == std::errc::result_out_of_range) {
    const bool negative = text[0] == '-';
    value = is_large(text.substr(negative ? 1 : 0)) ? std::numeric_limits<T>::infinity() : T{0};
    if (negative) value = -value;
  }
  number = static_cast<double>(value);
  return true;
}

/// The whole number that a decimal one with a point or an exponent is, by its digits: a double would round it.
CsvFault read_digits(std::string_view text, std::int64_t& number) {
  const bool negative = text[0] == '-';
  const Decimal decimal = decimal_of(text.substr(negative ? 1 : 0));
  std::string digits(decimal.digits);
  std::int64_t power = decimal.exponent;
  if (const std::size_t point = digits.find('.'); point != std::string::npos) {
    digits.erase(point, 1);
    power -= static_cast<std::int64_t>(digits.size() - point);
  }
  const std::size_t first = digits.find_first_not_of('0');
  number = 0;
  if (first == std::string::npos) return CsvFault::none;
  const std::size_t end = digits.find_last_not_of('0') + 1;
  power += static_cast<std::int64_t>(digits.size() - end);
  digits = digits.substr(first, end - first);
  if (power < 0) return CsvFault::not_whole;
  if (power + static_cast<std::int64_t>(digits.size()) > std::numeric_limits<std::int64_t>::digits10 + 1)
    return CsvFault::beyond_int64;
  digits.append(static_cast<std::size_t>(power), '0');
  if (negative) digits.insert(0, 1, '-');
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return read.ec == std::errc() ? CsvFault::none : CsvFault::beyond_int64;
}

CsvFault read_int64(std::string_view text, std::int64_t& number) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ptr == end && read.ec == std::errc()) return CsvFault::none;
  if (read.ptr == end && read.ec == std::errc::result_out_of_range) return CsvFault::beyond_int64;
  double real = 0;
  if (!read_real<double>(text, real)) return CsvFault::no_number;
  if (std::isnan(real)) return CsvFault::not_whole;
  if (text.find_first_of("iI") != std::string_view::npos) return CsvFault::beyond_int64;
  return read_digits(text, number);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

CsvFault read_number(std::string_view text, DType dtype, CsvNumber& number) {
  // std::from_chars takes no plus sign.
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  // std::from_chars accepts "nan(text)", which no file means as a number.
  if (text.empty() || text.back() == ')') return CsvFault::no_number;
  if (dtype == int64) return read_int64(text, number.whole);
  const bool read = dtype == float32 ? read_real<float>(text, number.real) : read_real<double>(text, number.real);
  return read ? CsvFault::none : CsvFault::no_number;
}

}  // namespace xgrad::io::detail
