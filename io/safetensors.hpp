#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/owned.hpp>
#include <xgrad/io/floats.hpp>
#include <xgrad/io/safetensors_writer.hpp>
#include <xgrad/io/state_dict.hpp>

namespace xgrad::io {

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
  const Metadata& metadata() const&;
  Metadata metadata() &&;
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
  const Contents& contents() const;
  xgrad::detail::Owned<const Contents> contents_;  // null in an object that was moved from
};

/// SafetensorsFile(path, reading).tensors() and .metadata().
[[nodiscard]] StateDict load_safetensors(const std::string& path, Reading reading = Reading::copied);
[[nodiscard]] Metadata load_safetensors_metadata(const std::string& path);

}  // namespace xgrad::io
