#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/owned.hpp>
#include <xgrad/io/floats.hpp>
#include <xgrad/io/state_dict.hpp>

namespace xgrad::io {

/// The free text that a safetensors file carries under "__metadata__": a std::map, whose at() says what there is.
class Metadata : public std::map<std::string, std::string> {
 public:
  using map::map;
  Metadata(map values);

  /// Throws std::out_of_range, naming the key and those that there are.
  std::string& at(const std::string& key);
  const std::string& at(const std::string& key) const;
};

/// How save_safetensors writes: SafetensorsOptions().checksum().floats(io::Floats::bfloat16).
class SafetensorsOptions : public xgrad::detail::OptionsOf<SafetensorsOptions> {
 public:
  /// Puts checksums into the metadata, under "xgrad.crc32", which loading compares: damage to a file is then an error
  /// that names the tensor. They are CRC-32 (of zlib and PNG) in eight hexadecimal digits, with spaces between: first
  /// of what the header says, as lines `name dtype [2,3]` of the tensors in the order of names and `key=value` of the
  /// other metadata, then of the bytes of each tensor in the order of names. Other readers take them for text.
  SafetensorsOptions& checksum(bool value = true) { return set(checksum_, value); }
  /// How float32 and float64 tensors are stored.
  SafetensorsOptions& floats(Floats value) { return set(floats_, value); }
  /// A model whose tensors take more bytes than this, at least 1, is divided into several files (see save_safetensors).
  SafetensorsOptions& max_shard_size(std::int64_t bytes);

  bool checksum() const { return checksum_; }
  Floats floats() const { return floats_; }
  std::int64_t max_shard_size() const { return max_shard_size_; }

 private:
  bool checksum_ = false;
  Floats floats_ = Floats::as_they_are;
  std::int64_t max_shard_size_ = INT64_MAX;
};

/// Writes tensors in the safetensors format (https://github.com/huggingface/safetensors): the length of the header as
/// eight bytes, least significant first; the header, one JSON object of name -> dtype, shape, data_offsets, padded with
/// spaces to a multiple of 8; then the values, row-major, little-endian, without gaps.
///
/// int64, float64, float32 and bool become I64, F64, F32 and BOOL (and F16 or BF16 what the options store so), in this
/// order and by name within each, so that every tensor is aligned: the order and the bytes of the reference
/// implementation. Equal arguments give equal bytes.
///
/// Tensors that take more than max_shard_size bytes are divided in their order, in Hugging Face's layout: no shard
/// exceeds that size unless it is a single tensor, `model.safetensors` becomes `model-00001-of-00003.safetensors` and
/// so on, each with the metadata, and beside them `model.safetensors.index.json` says which file holds which tensor.
/// What an earlier save to this path has left in the other form, or in other shards, is removed, so that no reader
/// finds two models there. Where one file is enough, one file is written.
///
/// Each file is written atomically (see AtomicFile). Shards and index are complete, and on the disk, before the first
/// of them replaces an old one, so that a full disk leaves the old model; a process that dies between two renames,
/// which is a matter of milliseconds, leaves a folder without an index, which no reader takes for a model: keep an
/// older copy elsewhere, or save to a new folder. Throws std::invalid_argument, before anything is written, for an
/// undefined tensor, a name that occurs twice, is "__metadata__" or is not UTF-8, the metadata key "xgrad.crc32", and a
/// header above 100 MB; throws std::runtime_error when a file cannot be written.
void save_safetensors(const StateDict& tensors, const std::string& path);
void save_safetensors(const StateDict& tensors, const std::string& path, const Metadata& metadata);
void save_safetensors(const StateDict& tensors, const std::string& path, const Metadata& metadata,
                      const SafetensorsOptions& options);

}  // namespace xgrad::io
