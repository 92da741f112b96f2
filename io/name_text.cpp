#include <xgrad/io/name_text.hpp>

namespace xgrad::io::detail {

std::string there_are(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  if (names.empty()) return ": there are none";
  std::string text = names.size() == 1 ? ": there is only " : ": there are ";
  for (std::size_t i = 0; i < names.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + name_text(names[i]);
  return names.size() > most ? text + " and " + std::to_string(names.size() - most) + " more" : text;
}

std::string count_text(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace xgrad::io::detail
