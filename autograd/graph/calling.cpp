#include <xgrad/autograd/graph/calling.hpp>

#include <algorithm>

#include <xgrad/autograd/graph/callable.hpp>
#include <xgrad/autograd/graph/node.hpp>

namespace xgrad::detail {

std::invalid_argument argument_error(const std::string& message) {
  const Calling* calling = thread_state.calling;
  if (calling == nullptr || calling->at().file == nullptr) return std::invalid_argument(message);
  return std::invalid_argument(message + " (" + to_string(calling->at()) + ")");
}

void refuse_empty_function(const char* op, const char* what) {
  throw argument_error(std::string(op) + ": got an empty function for " + what + ": give one that can be called");
}

bool ends_with_line(const std::string& message) {
  if (message.empty() || message.back() != ')') return false;
  const std::size_t colon = message.rfind(':'), open = message.rfind(" (");
  if (colon == std::string::npos || open == std::string::npos || open + 2 >= colon) return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return colon + 2 < message.size() &&
         std::all_of(message.begin() + static_cast<std::ptrdiff_t>(colon) + 1, message.end() - 1, digit);
}

}  // namespace xgrad::detail
