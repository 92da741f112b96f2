#pragma once

#include <exception>
#include <string>

namespace xgrad::detail {

/// Throws an exception of the same type with the message. Types that cannot be made from a message, such as those of
/// the user's own, are passed on as they are. To be called while `error` is being handled.
[[noreturn]] void rethrow(const std::string& message, const std::exception& error);

}  // namespace xgrad::detail
