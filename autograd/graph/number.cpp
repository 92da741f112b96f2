#include <xgrad/autograd/graph/number.hpp>

#include <cmath>

#include <xgrad/autograd/graph/calling.hpp>

namespace xgrad {

void detail::refuse_number(const std::string& number, const std::string& low, const std::string& high,
                           std::int64_t place, const char* what) {
  throw detail::argument_error(std::string(caller_or(what)) + ": " +
                               (place < 0 ? "" : "element " + std::to_string(place) + " is ") + number +
                               (place < 0 ? " does not fit" : "") + ": the integer must lie in " + low + " .. " + high);
}

void detail::refuse_beyond(std::uint64_t number, const char* what) {
  refuse_number(std::to_string(number), std::to_string(std::numeric_limits<std::int64_t>::min()),
                std::to_string(std::numeric_limits<std::int64_t>::max()), -1, what);
}

void detail::require_range(double number, DType dtype, const char* what) {
  if (dtype == float32 && std::isfinite(number) && !std::isfinite(static_cast<float>(number)))
    throw detail::argument_error(std::string(caller_or(what)) + ": " + number_text(number) +
                                 " does not fit: float32 holds numbers up to 3.4028235e+38: use float64, or infinity");
}

std::string Number::text() const {
  if (beyond_) return std::to_string(static_cast<std::uint64_t>(whole_));
  return is_whole() ? std::to_string(whole_) : detail::number_text(real_);
}

}  // namespace xgrad
