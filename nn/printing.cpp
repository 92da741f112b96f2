#include <xgrad/nn/printing.hpp>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <ostream>

#include <cxxabi.h>

#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn {
namespace detail {
namespace {

void indent(std::string& text) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 3))
    text.insert(at + 1, "  ");
}

// What stands between the parentheses, beside the children.
std::string text_of(const ModuleState& state) {
  if (state.parameter_text == nullptr) return state.text;
  std::string lines;
  for (const RegisteredTensor& each : state.parameters)
    lines += (lines.empty() ? "  (" : "\n  (") + each.name + "): " + state.parameter_text(each.tensor);
  return lines;
}

std::string tree(const ModuleState& state, const std::string& type) {
  const std::string text = text_of(state);
  if (state.children.empty() && text.find('\n') == std::string::npos) return type + "(" + text + ")";
  std::string lines = text.empty() ? "" : "\n" + text;
  for (const auto& [name, child] : state.children) lines += "\n(" + name + "): " + tree(*child, child->type);
  indent(lines);
  return type + "(" + lines + "\n)";
}

}  // namespace

std::string python(const Shape& sizes) {
  std::string text = "(";
  for (std::size_t k = 0; k < sizes.rank(); ++k) text += (k > 0 ? ", " : "") + std::to_string(sizes[k]);
  return text + (sizes.rank() == 1 ? ",)" : ")");
}

std::string python(bool on) { return on ? "True" : "False"; }

std::string python(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  // Python writes the shortest digits that read back as the same number, with an exponent outside 1e-4 .. 1e16.
  const double size = std::fabs(number);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  char text[64];
  const auto end =
      std::to_chars(text, text + sizeof text, number, plain ? std::chars_format::fixed : std::chars_format::scientific)
          .ptr;
  std::string result(text, end);
  if (plain && result.find('.') == std::string::npos) result += ".0";
  return result;
}

std::string python(const Number& number) { return number.is_whole() ? number.text() : python(number.real()); }

std::string class_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                    std::free);
  const std::string full = status == 0 ? text.get() : type.name();
  std::string name;
  int depth = 0;
  for (const char c : full) {
    if (c == '<' || c == '(' || c == '{')
      ++depth;
    else if (c == '>' || c == ')' || c == '}')
      --depth;
    else if (depth > 0)
      continue;
    else if (c == ':')
      name.clear();
    else
      name += c;
  }
  return name;
}

}  // namespace detail

std::ostream& operator<<(std::ostream& out, const IncompatibleKeys& keys) {
  if (keys.empty()) return out << "<All keys matched successfully>";
  const auto list = [](const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
    return "[" + text + "]";
  };
  return out << "_IncompatibleKeys(missing_keys=" << list(keys.missing_keys)
             << ", unexpected_keys=" << list(keys.unexpected_keys) << ")";
}

std::ostream& operator<<(std::ostream& out, const ModuleBase& module) {
  return out << detail::tree(*module.state_, module.type_name());
}

}  // namespace xgrad::nn
