#pragma once

// For this room's sources only: zip archives (APPNOTE.TXT of PKWARE), with the extension for large ones, zip64.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/io/elements.hpp>
#include <xgrad/io/input_file.hpp>

namespace xgrad::io::detail {

/// A member of an archive, as the central directory describes it.
struct ZipEntry {
  std::string name;
  std::uint64_t offset = 0;    // of its local header
  std::uint64_t end = 0;       // where the next member or the directory begins
  std::uint64_t packed = 0;    // bytes in the archive
  std::uint64_t unpacked = 0;  // bytes after decompression
  std::uint32_t checksum = 0;
  std::uint16_t method = 0;
};

/// Reads a member. After the last byte finish() says whether it was all, and undamaged.
class MemberReader : public ByteReader {
 public:
  using ByteReader::ByteReader;
  virtual void finish() = 0;
};

/// An archive, opened for reading. Its directory is checked at once: members that overlap, lie outside the archive or
/// behind other bytes at its beginning, have the same name, or announce more than deflate can compress into their bytes
/// or than `limit` allows altogether, are refused. Errors begin with the op and the path.
class ZipFile {
 public:
  ZipFile(const std::string& op, const std::string& path, std::uint64_t limit);

  const InputFile& file() const { return file_; }
  /// In the order of the directory.
  const std::vector<ZipEntry>& entries() const { return entries_; }
  std::unique_ptr<MemberReader> open(const ZipEntry& entry) const;

 private:
  struct Directory;
  Directory find_directory() const;
  void read_directory(const Directory& directory);
  void check_places(const Directory& directory);
  void check_sizes(std::uint64_t limit) const;

  InputFile file_;
  std::vector<ZipEntry> entries_;
};

}  // namespace xgrad::io::detail
