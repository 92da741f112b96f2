#include <xgrad/autograd/graph/number.hpp>

#include <stdexcept>

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

std::string Number::text() const {
  if (beyond_) return std::to_string(static_cast<std::uint64_t>(whole_));
  return is_whole() ? std::to_string(whole_) : detail::number_text(real_);
}

}  // namespace xgrad
