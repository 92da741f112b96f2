#pragma once

#include <zlib.h>

#include <filesystem>
#include <string>

#include "catch2.hpp"

/// What a gzipped file holds.
inline std::string unzipped(const std::filesystem::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  std::string content;
  char part[1 << 16];
  for (int size; (size = gzread(file, part, sizeof part)) > 0;) content.append(part, static_cast<std::size_t>(size));
  CHECK(gzclose(file) == Z_OK);
  return content;
}
