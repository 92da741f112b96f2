#pragma once

// For this room's sources only: one safetensors file, opened.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/io/input_file.hpp>
#include <xgrad/io/safetensors_header.hpp>

namespace xgrad::io::detail {

class SafetensorsPart {
 public:
  /// Reads and checks the header.
  SafetensorsPart(const std::string& op, const std::string& path, Reading reading);

  const InputFile& file() const { return file_; }
  const Header& header() const { return header_; }
  bool has_checksums() const { return !checksums_.empty(); }
  Tensor tensor(const Entry& entry) const;
  /// Compares the bytes of every tensor with its checksum.
  void verify() const;

 private:
  void read_header();
  void refuse_other_kinds() const;
  void take_checksums();
  void check(const Entry& entry, std::uint32_t found) const;
  bool can_be_mapped(const Entry& entry) const;
  std::size_t index_of(const Entry& entry) const { return static_cast<std::size_t>(&entry - header_.entries.data()); }

  InputFile file_;
  Header header_;
  std::uint64_t values_ = 0;              // where they begin
  std::vector<std::uint32_t> checksums_;  // of the entries; empty if the file has none
  std::shared_ptr<char> mapping_;
};

}  // namespace xgrad::io::detail
