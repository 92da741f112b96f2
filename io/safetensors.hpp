#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/io/state_dict.hpp>

namespace xgrad::io {

/// The free text that a safetensors file carries under "__metadata__".
using Metadata = std::map<std::string, std::string>;

/// Writes tensors in the safetensors format (https://github.com/huggingface/safetensors): the length of the header as
/// eight bytes, least significant first; the header, one JSON object of name -> dtype, shape, data_offsets, padded with
/// spaces to a multiple of 8; then the values, row-major, little-endian, without gaps.
///
/// int64, float64, float32 and bool become I64, F64, F32 and BOOL, in this order and by name within each, so that every
/// tensor is aligned: the order and the bytes of the reference implementation. Equal arguments give equal bytes.
///
/// The file is written atomically (see AtomicFile). Throws std::invalid_argument, before anything is written, for an
/// undefined tensor, a name that occurs twice, is "__metadata__" or is not UTF-8, and a header above 100 MB; throws
/// std::runtime_error when the file cannot be written.
void save_safetensors(const StateDict& tensors, const std::string& path);
void save_safetensors(const StateDict& tensors, const std::string& path, const Metadata& metadata);

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
/// The file may be hostile: every size is checked against the real size of the file before memory is allocated. A
/// tensor takes at most eight times its bytes in the file and about half a kilobyte more; the header, of at most 100
/// MB, a few times its own size. Throws std::runtime_error naming the file and the tensor for anything but a
/// well-formed file whose tensors fill it without gap or overlap, and for a U64 value above 2^63 - 1. Only regular
/// files are opened.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;
  ~SafetensorsFile();

  /// Empty where the file has none.
  const Metadata& metadata() const;
  /// In the order of the header.
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const;
  /// One tensor; a name that is not there is an error.
  Tensor tensor(const std::string& name) const;
  /// All of them, in the order of the header.
  StateDict tensors() const;

 private:
  friend StateDict load_safetensors(const std::string& path);
  friend Metadata load_safetensors_metadata(const std::string& path);
  SafetensorsFile(const char* op, const std::string& path);

  struct Contents;
  std::unique_ptr<const Contents> contents_;
};

/// SafetensorsFile(path).tensors() and .metadata().
[[nodiscard]] StateDict load_safetensors(const std::string& path);
[[nodiscard]] Metadata load_safetensors_metadata(const std::string& path);

}  // namespace xgrad::io
