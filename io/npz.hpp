#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/owned.hpp>
#include <xgrad/io/floats.hpp>
#include <xgrad/io/state_dict.hpp>

namespace xgrad::io {

/// How save_npz writes: NpzOptions().compressed().
class NpzOptions : public xgrad::detail::OptionsOf<NpzOptions> {
 public:
  /// Whether arrays are compressed by deflate, as numpy.savez_compressed does.
  NpzOptions& compressed(bool value = true) { return set(compressed_, value); }
  /// How float32 and float64 tensors are stored; NumPy has no bfloat16, which is refused.
  NpzOptions& floats(Floats value) { return set(floats_, value); }

  bool compressed() const { return compressed_; }
  Floats floats() const { return floats_; }

 private:
  bool compressed_ = false;
  Floats floats_ = Floats::as_they_are;
};

/// Writes tensors as numpy.savez does: a zip archive in which `name.npy` holds, in NumPy's format (see save_npy), the
/// tensor of that name, in the order given, which numpy.load keeps. Archives above 4 GB use zip64. Equal arguments give
/// equal bytes. Written atomically (see AtomicFile). Throws std::invalid_argument, before anything is written, for an
/// undefined tensor, a name that occurs twice, is not UTF-8, holds a zero byte or has more than 65,000 bytes;
/// std::runtime_error when the file cannot be written.
void save_npz(const StateDict& tensors, const std::string& path, const NpzOptions& options = NpzOptions());

/// How many bytes the compressed arrays of an archive may have altogether, after decompression and again as tensors
/// (a byte of uint8 becomes eight of int64), unless told otherwise: 4 GiB. An archive of 4 MB can announce as much.
/// Arrays that are not compressed have no limit but the size of the file.
inline constexpr std::int64_t default_npz_limit = std::int64_t{1} << 32;

/// An archive of NumPy's arrays, opened once, whose arrays are read when they are asked for, as numpy.load's.
///
/// The names are those of the members without their ".npy"; dtypes and orders are load_npy's. Members may be stored or
/// compressed by deflate, with or without zip64. The file may be hostile: the directory is checked when the archive is
/// opened, so that members that overlap or lie outside it, that have one name, that announce more than deflate can
/// compress into their bytes, or more than `limit` altogether, are refused; the header of each array must announce what
/// the directory does before memory is allocated; sizes, ends and checksums (CRC-32) must agree before a tensor is
/// returned. Encrypted members, other compressions, members that are not arrays, and archives in several parts, with
/// bytes before the first member's, or whose end is cut off, are refused. Throws std::runtime_error naming the file and
/// the member. Only regular files are opened.
class NpzFile {
 public:
  explicit NpzFile(const std::string& path, std::int64_t limit = default_npz_limit);
  NpzFile(NpzFile&&) noexcept;
  NpzFile& operator=(NpzFile&&) noexcept;
  ~NpzFile();

  /// In the order of the archive.
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const;
  /// One array; a name that is not there is an error.
  Tensor tensor(const std::string& name) const;
  /// All of them, in the order of the archive.
  StateDict tensors() const;

 private:
  friend StateDict load_npz(const std::string& path, std::int64_t limit);
  NpzFile(const char* op, const std::string& path, std::int64_t limit);

  struct Contents;
  const Contents& contents() const;
  xgrad::detail::Owned<const Contents> contents_;  // null in an object that was moved from
};

/// NpzFile(path, limit).tensors().
[[nodiscard]] StateDict load_npz(const std::string& path, std::int64_t limit = default_npz_limit);

}  // namespace xgrad::io
