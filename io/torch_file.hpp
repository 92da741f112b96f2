#pragma once

// For this room's sources only: what one recognises a file of torch.save by, which is not read here.

#include <string>
#include <string_view>

namespace xgrad::io::detail {

/// The member of the zip archive that holds the pickle.
inline constexpr std::string_view torch_member = "/data.pkl";

inline const char* const torch_way_out =
    "Python converts it: safetensors.torch.save_file(torch.load('model.pt', weights_only=True), 'model.safetensors')";

inline bool is_torch_member(std::string_view name) {
  return name.size() > torch_member.size() && name.substr(name.size() - torch_member.size()) == torch_member;
}

/// Whether these first bytes of an archive hold the name of that member, which torch.save writes first.
inline bool is_torch_start(std::string_view start) { return start.find(torch_member) != std::string_view::npos; }

}  // namespace xgrad::io::detail
