#pragma once

// For this room's sources only: JSON, by the parser of nlohmann-json, which is compiled in one source.

#include <cstdint>
#include <string>
#include <string_view>

namespace xgrad::io::detail {

/// What a JSON text holds, in its order: a function for each thing that is read. None is stored, so nothing in a
/// hostile text, such as deep nesting, can use up memory or stack. What a function does not want it refuses by an
/// exception.
class JsonEvents {
 public:
  virtual ~JsonEvents() = default;
  JsonEvents() = default;
  JsonEvents(const JsonEvents&) = delete;
  JsonEvents& operator=(const JsonEvents&) = delete;

  virtual void number(std::uint64_t number) = 0;
  virtual void string(std::string& text) = 0;
  virtual void null() = 0;
  /// A truth value, and numbers that are negative, not whole, or exceed 64 bits; `what` says which.
  virtual void other(const char* what) = 0;
  virtual void begin_object() = 0;
  virtual void key(std::string& name) = 0;
  virtual void end_object() = 0;
  virtual void begin_list() = 0;
  virtual void end_list() = 0;
};

/// Throws std::runtime_error, which begins with `origin`, for what is not JSON, such as a zero byte.
void read_json(std::string_view text, JsonEvents& events, const std::string& origin);

/// The text in quotes; throws std::invalid_argument, which begins with `origin`, if it is not UTF-8;
/// `what` names the text in that error.
std::string json_text(const std::string& text, const std::string& origin, const char* what);

}  // namespace xgrad::io::detail
