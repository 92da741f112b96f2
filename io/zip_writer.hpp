#pragma once

// For this room's sources only: writes zip archives.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/io/atomic_file.hpp>
#include <xgrad/io/elements.hpp>

namespace xgrad::io::detail {

/// Writes an archive into a file, member by member. Equal members give equal bytes: their date is the first that zip
/// knows, as in NumPy's archives.
class ZipWriter {
 public:
  /// Sizes and offsets from `wide_from` on are written in the form of zip64; tests choose a smaller one.
  explicit ZipWriter(AtomicFile& file, std::uint64_t wide_from = 0xffffffff) : file_(file), wide_from_(wide_from) {}

  /// `produce` gives the `bytes` bytes of the member to the sink, the same at every call.
  using Produce = std::function<void(const Sink& sink)>;
  void add(const std::string& name, std::uint64_t bytes, bool compressed, const Produce& produce);
  /// Writes the directory. The file is then complete.
  void finish();

 private:
  struct Member {
    std::string name;
    std::uint64_t offset, packed, unpacked;
    std::uint32_t checksum;
    bool compressed, wide;
  };

  bool is_wide(std::uint64_t number) const { return number >= wide_from_; }
  void write(const std::string& bytes);
  std::string common_fields(const Member& member) const;
  void write_local(const Member& member);
  void write_compressed(Member& member, const Produce& produce);
  std::string directory_entry(const Member& member) const;

  AtomicFile& file_;
  std::uint64_t wide_from_;
  std::uint64_t at_ = 0;
  std::vector<Member> members_;
};

}  // namespace xgrad::io::detail
