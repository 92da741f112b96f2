#pragma once

// What the bad calls of files share.

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

#include "bad_calls.hpp"
#include "folder.hpp"

namespace bad_calls {

/// The path beside a file whose name begins so.
inline std::string beside(const std::filesystem::path& file, const std::string& name) {
  return (file.parent_path() / (name + file.filename().string())).string();
}

/// What the folder holds: the bytes of its files, by name.
inline std::map<std::string, std::string> contents_of(const Folder& folder) {
  std::map<std::string, std::string> all;
  for (const std::filesystem::directory_entry& entry : std::filesystem::directory_iterator(folder.path()))
    all[entry.path().filename().string()] =
        std::filesystem::is_regular_file(entry.symlink_status()) ? get(entry.path().string()) : "";
  return all;
}

/// Calls f, which writes a file in the folder, where nothing may have changed if it fails.
template <class F>
void without_a_trace(const Folder& folder, const F& f) {
  const auto before = contents_of(folder);
  try {
    f();
  } catch (...) {
    if (contents_of(folder) != before) throw std::runtime_error("the call failed, and files have changed");
    throw;
  }
}

}  // namespace bad_calls
