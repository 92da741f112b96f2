#include <xgrad/autograd/kernels/runtime/number_text.hpp>

#include <charconv>
#include <cmath>

namespace xgrad::detail {
namespace {

template <class T>
std::string shortest(T number) {
  if (std::isnan(number)) return "nan";
  char digits[64];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace

std::string text(double number) { return shortest(number); }
std::string text(float number) { return shortest(number); }

}  // namespace xgrad::detail
