#include <xgrad/autograd/kernels/runtime/number_text.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace xgrad::detail {
namespace {

// The longest text is that of -DBL_MAX with its decimals.
using Buffer = std::array<char, 400>;

template <class T, class... How>
std::string written(T number, How... how) {
  if (std::isnan(number)) return "nan";
  Buffer buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, how...).ptr;
  return std::string(buffer.data(), end);
}

}  // namespace

std::string number_text(double number) { return written(number); }
std::string number_text(float number) { return written(number); }
std::string number_text(double number, int digits) { return written(number, std::chars_format::general, digits); }
std::string fixed_text(double number, int decimals) { return written(number, std::chars_format::fixed, decimals); }

}  // namespace xgrad::detail
