#include <xgrad/autograd/graph/number.hpp>

#include <stdexcept>

#include <xgrad/autograd/graph/calling.hpp>

namespace xgrad {

void detail::refuse_number(const std::string& number, const std::string& low, const std::string& high,
                           std::int64_t place) {
  throw detail::argument_error(std::string(caller_or("number")) + ": " +
                               (place < 0 ? "" : "element " + std::to_string(place) + " is ") + number +
                               (place < 0 ? " does not fit" : "") + ": the integer must lie in " + low + " .. " + high);
}

std::string Number::text() const { return is_whole() ? std::to_string(whole_) : detail::number_text(real_); }

}  // namespace xgrad
