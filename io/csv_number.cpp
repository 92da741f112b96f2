#include <xgrad/io/csv_number.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include <xgrad/autograd/graph/number.hpp>

namespace xgrad::io::detail {
namespace {

/// Whether a number that is outside of the range of its type is too large, not too small: by the place of its first
/// digit that is not 0, and its exponent.
bool is_large(std::string_view text) {
  const std::size_t letter = std::min(text.find_first_of("eE"), text.size());
  const std::string_view digits = text.substr(0, letter);
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const std::size_t first = std::min(digits.find_first_of("123456789"), digits.size());
  const auto before_point = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  std::int64_t exponent = 0;
  if (letter < text.size()) {
    std::string_view rest = text.substr(letter + 1);
    if (rest.substr(0, 1) == "+") rest.remove_prefix(1);
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (read.ec != std::errc()) return rest.substr(0, 1) != "-";
  }
  return before_point > -exponent;
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

CsvFault read_int64(std::string_view text, std::int64_t& number) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ptr == end && read.ec == std::errc()) return CsvFault::none;
  if (read.ptr == end && read.ec == std::errc::result_out_of_range) return CsvFault::beyond_int64;
  double real = 0;
  if (!read_real<double>(text, real)) return CsvFault::no_number;
  if (std::isnan(real) || real != std::trunc(real)) return CsvFault::not_whole;
  if (!xgrad::detail::holds<std::int64_t>(real)) return CsvFault::beyond_int64;
  number = static_cast<std::int64_t>(real);
  return CsvFault::none;
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
  // Of "nan(text)", which it takes, nobody means a number.
  if (text.empty() || text.back() == ')') return CsvFault::no_number;
  if (dtype == int64) return read_int64(text, number.whole);
  const bool read = dtype == float32 ? read_real<float>(text, number.real) : read_real<double>(text, number.real);
  return read ? CsvFault::none : CsvFault::no_number;
}

}  // namespace xgrad::io::detail
