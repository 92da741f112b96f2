#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

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

/// Whether tensors get memory of their own, or share a mapping of the file (see SafetensorsFile).
enum class Reading : std::uint8_t { copied, mapped };
inline constexpr Reading mapped = Reading::mapped;

/// A safetensors file, opened once: its metadata and its tensors, which are read when they are asked for. If the path
/// is replaced meanwhile, as save_safetensors does, this is still the old file.
///
///     const io::SafetensorsFile file("model.safetensors");
///     model.load_state_dict(file.tensors());
///     std::cout << file.metadata().at("trained on") << '\n';
///
/// F32, F64, I64 and BOOL keep their type (any byte but 0 is true); F16 and BF16 become float32, I8, U8, I16, U16, I32,
/// U32 and U64 int64, all exactly. A tensor of another type is refused when it is asked for. What the reference
/// implementation ignores in a header is ignored: spaces before it, unknown fields of tensors, null for __metadata__.
///
/// A model in several files is opened by its index: a path that ends in ".index.json", or one to which no file exists
/// but, with ".index.json" added, an index. All its files are opened at once. They must lie beside the index and hold
/// what it says; the tensors have the order of the index, the metadata are those of the first file.
///
/// The file may be hostile: every size is checked against the real size of the file before memory is allocated. A
/// tensor takes at most eight times its bytes in the file and about half a kilobyte more; the header, of at most 100
/// MB, a few times its own size. Throws std::runtime_error naming the file and the tensor for anything but a
/// well-formed file whose tensors fill it without gap or overlap, for a U64 value above 2^63 - 1, and for a checksum
/// that does not agree. Of PyTorch's, NumPy's and zip files and pointers of Git LFS the error says that they are these.
/// Only regular files are opened.
///
/// With Reading::mapped, F32, F64 and I64 tensors that are aligned in the file, as those of every writer that sorts by
/// type are, share the memory of the file's pages, which the system reads when they are first touched, and which
/// processes that map the same file have in common. A tensor keeps the mapping alive, also after this object is gone.
/// Writing to one is no error: the page is copied for this process, and the file does not change. Their checksums are
/// not compared, which would read all of them: see verify(). A file that is replaced by another, as this library does,
/// stays as it was. One that is cut off or rewritten in place while it is mapped, as `cp` and other programs do, is
/// seen so: its values change, and reading pages that no longer exist kills the process (SIGBUS).
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path, Reading reading = Reading::copied);
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;
  ~SafetensorsFile();

  /// Empty where the file has none. The checksums are left out.
  const Metadata& metadata() const;
  /// In the order of the header.
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const;
  /// One tensor; a name that is not there is an error, which lists those that are.
  Tensor tensor(const std::string& name) const;
  /// All of them, in the order of the header.
  StateDict tensors() const;
  /// Whether there are checksums in the file; of a model in several files, in each.
  bool has_checksums() const;
  /// Reads all values and compares their checksums; a file without them is an error.
  void verify() const;

 private:
  friend StateDict load_safetensors(const std::string& path, Reading reading);
  friend Metadata load_safetensors_metadata(const std::string& path);
  SafetensorsFile(const char* op, const std::string& path, Reading reading);

  struct Contents;
  xgrad::detail::Owned<const Contents> contents_;
};

/// SafetensorsFile(path, reading).tensors() and .metadata().
[[nodiscard]] StateDict load_safetensors(const std::string& path, Reading reading = Reading::copied);
[[nodiscard]] Metadata load_safetensors_metadata(const std::string& path);

}  // namespace xgrad::io
