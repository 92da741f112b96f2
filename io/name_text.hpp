#pragma once

#include <string>
#include <vector>

namespace xgrad::io::detail {

/// A name in a file, for an error message: in quotes, truncated when long, without control characters.
inline std::string name_text(const std::string& name) {
  constexpr std::size_t longest = 100;
  std::string text = name.substr(0, longest);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return "'" + text + (name.size() > longest ? "...'" : "'");
}

/// ": there are 'a', 'b'", behind a name that is not among these. Of many, the first and how many follow.
std::string there_are(const std::vector<std::string>& names);

/// "1 field", "2 fields".
std::string count_text(std::size_t count, const char* what);

}  // namespace xgrad::io::detail
