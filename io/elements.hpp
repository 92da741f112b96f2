#pragma once

// For this room's sources only: the elements of tensors as files hold them.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/io/floats.hpp>
#include <xgrad/io/input_file.hpp>

namespace xgrad::io::detail {

/// The types of elements that files hold, in the order of safetensors.
enum class Format : std::uint8_t { boolean, u8, i8, i16, u16, f16, bf16, i32, u32, f32, f64, i64, u64, other };

/// The size of one element in the file.
std::size_t size_of(Format format);
/// The dtype of the tensor that it is loaded into.
DType dtype_of(Format format);
/// How a tensor of this dtype is stored.
Format format_of(DType dtype, Floats floats);

/// The number of elements of an array of these sizes, 0 if any size is; false if the product of the others overflows,
/// which it must not even then, since strides are computed from them.
bool count_elements(const std::vector<std::uint64_t>& sizes, std::uint64_t& count);
inline Shape shape_of(const std::vector<std::uint64_t>& sizes) {
  return Shape(std::vector<std::int64_t>(sizes.begin(), sizes.end()));
}
std::string shape_text(const std::vector<std::uint64_t>& sizes);

enum class ByteOrder : std::uint8_t { little, big };

/// Where the bytes of a file come from, one after the other.
class ByteReader {
 public:
  explicit ByteReader(const InputFile& file) : file_(file) {}
  virtual ~ByteReader() = default;
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;
  /// Reads all of these bytes, or throws.
  virtual void read(void* to, std::size_t bytes) = 0;
  /// Throws an error about the file.
  [[noreturn]] void fail(const std::string& what) const { file_.fail(what); }
  const InputFile& file() const { return file_; }

 private:
  const InputFile& file_;
};

/// Reads a file from a place on.
class FileReader final : public ByteReader {
 public:
  FileReader(const InputFile& file, std::uint64_t at) : ByteReader(file), at_(at) {}
  void read(void* to, std::size_t bytes) override;

 private:
  std::uint64_t at_;
};

/// Reads what another reader gives, and computes the CRC-32 of it.
class CheckedReader final : public ByteReader {
 public:
  explicit CheckedReader(ByteReader& from) : ByteReader(from.file()), from_(from) {}
  void read(void* to, std::size_t bytes) override;
  std::uint32_t checksum() const { return checksum_; }

 private:
  ByteReader& from_;
  std::uint32_t checksum_ = 0;
};

/// The CRC-32 of zlib, PNG and zip of bytes that follow those of `before`.
std::uint32_t crc32_of(const void* data, std::size_t bytes, std::uint32_t before = 0);

/// A new tensor of elements that are read: bool (any byte but 0 is true), int64, float32 and float64 keep their type,
/// all others become float32 or int64, exactly. Of a number that int64 cannot hold, the error begins with `what`.
Tensor read_elements(ByteReader& reader, Format format, ByteOrder order, const Shape& shape, const std::string& what);

/// Gives the elements to `sink`, piece by piece, little-endian, as `format` stores them, which is the tensor's own or
/// one of 16 bits.
using Sink = std::function<void(const void*, std::size_t)>;
void write_elements(const Tensor& tensor, Format format, const Sink& sink);

/// The CRC-32 of what write_elements() would write.
std::uint32_t crc32_of_elements(const Tensor& tensor, Format format);

}  // namespace xgrad::io::detail
