#pragma once

// For this room's sources only: the checksums that safetensors files carry in their metadata.

#include <cstdint>
#include <string>
#include <vector>

#include <xgrad/io/safetensors.hpp>

namespace xgrad::io::detail {

/// The key of the metadata under which the checksums are.
inline constexpr const char* checksum_key = "xgrad.crc32";

/// The CRC-32 of what a header says: of a line `name dtype [2,3]` for each tensor in the order of names, and then of
/// one `key=value` for each entry of the metadata but that of the checksums.
class HeaderChecksum {
 public:
  void add_tensor(const std::string& name, const std::string& dtype, const std::string& sizes);
  void add_metadata(const Metadata& metadata);
  std::uint32_t value() const { return value_; }

 private:
  void add(const std::string& line);
  std::uint32_t value_ = 0;
};

/// The checksums in eight hexadecimal digits each, with spaces between.
std::string checksum_text(const std::vector<std::uint32_t>& checksums);
std::string hex_text(std::uint32_t checksum);
/// What checksum_text() wrote; false for any other text.
bool read_checksums(const std::string& text, std::vector<std::uint32_t>& checksums);

}  // namespace xgrad::io::detail
