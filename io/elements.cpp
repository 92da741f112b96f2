#include <xgrad/io/elements.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>

#include <xgrad/io/half.hpp>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the values of these files are little-endian, and so must the machine be"
#endif

namespace xgrad::io::detail {
namespace {

// Large enough that calls cost nothing, small enough for the processor's cache: a checksum is computed of each.
constexpr std::size_t piece = std::size_t{1} << 18, converted_piece = std::size_t{1} << 14;

struct FormatRow {
  std::uint8_t size;
  DType dtype;
};
// In the order of Format.
constexpr std::array<FormatRow, 13> formats = {{{1, boolean},
                                                {1, int64},
                                                {1, int64},
                                                {2, int64},
                                                {2, int64},
                                                {2, float32},
                                                {2, float32},
                                                {4, int64},
                                                {4, int64},
                                                {4, float32},
                                                {8, float64},
                                                {8, int64},
                                                {8, int64}}};

const FormatRow& row_of(Format format) { return formats[static_cast<std::size_t>(format)]; }

template <std::size_t size>
void swap_each(unsigned char* at, std::size_t bytes) {
  for (const unsigned char* end = at + bytes; at != end; at += size) std::reverse(at, at + size);
}

void swap_bytes(void* data, std::size_t bytes, std::size_t size) {
  auto* at = static_cast<unsigned char*>(data);
  if (size == 2) swap_each<2>(at, bytes);
  if (size == 4) swap_each<4>(at, bytes);
  if (size == 8) swap_each<8>(at, bytes);
}

struct Input {
  ByteReader& reader;
  ByteOrder order;
  const std::string& what;

  void read(void* to, std::size_t bytes, std::size_t size) {
    reader.read(to, bytes);
    if (order == ByteOrder::big) swap_bytes(to, bytes, size);
  }
};

void read_same(Input& input, const Tensor& tensor) {
  const std::size_t size = xgrad::size_of(tensor.dtype());
  auto* to = static_cast<char*>(Raw::write_bytes(tensor));
  for (std::size_t left = static_cast<std::size_t>(tensor.size()) * size; left > 0;) {
    const std::size_t bytes = std::min(left, piece);
    input.read(to, bytes, size);
    to += bytes;
    left -= bytes;
  }
}

/// Reads elements of type From piece by piece and writes convert(element) to the tensor.
template <class From, class To, class Convert>
void read_converted(Input& input, const Tensor& tensor, Convert convert) {
  std::array<From, converted_piece / sizeof(From)> buffer;
  To* to = Raw::write<To>(tensor);
  for (auto left = static_cast<std::size_t>(tensor.size()); left > 0;) {
    const std::size_t count = std::min(left, buffer.size());
    input.read(buffer.data(), count * sizeof(From), sizeof(From));
    to = std::transform(buffer.begin(), buffer.begin() + count, to, convert);
    left -= count;
  }
}

template <class From>
void read_whole(Input& input, const Tensor& tensor) {
  read_converted<From, std::int64_t>(input, tensor, [&](From number) {
    if constexpr (std::is_same_v<From, std::uint64_t>) {
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        input.reader.fail(input.what + "holds " + std::to_string(number) + ": int64 ends at 2^63 - 1");
    }
    return static_cast<std::int64_t>(number);
  });
}

template <class From>
void write_narrow(const Tensor& tensor, std::uint16_t (*narrow)(double), const Sink& sink) {
  std::array<std::uint16_t, converted_piece / sizeof(std::uint16_t)> buffer;
  const From* from = Raw::data<From>(tensor);
  for (auto left = static_cast<std::size_t>(tensor.size()); left > 0;) {
    const std::size_t count = std::min(left, buffer.size());
    for (std::size_t i = 0; i < count; ++i) buffer[i] = narrow(static_cast<double>(from[i]));
    sink(buffer.data(), count * sizeof(std::uint16_t));
    from += count;
    left -= count;
  }
}

}  // namespace

std::size_t size_of(Format format) { return row_of(format).size; }
DType dtype_of(Format format) { return row_of(format).dtype; }

Format format_of(DType dtype, Floats floats) {
  if (is_floating(dtype) && floats != Floats::as_they_are)
    return floats == Floats::float16 ? Format::f16 : Format::bf16;
  switch (dtype) {
    case DType::boolean:
      return Format::boolean;
    case DType::int64:
      return Format::i64;
    case DType::float32:
      return Format::f32;
    case DType::float64:
      break;
  }
  return Format::f64;
}

bool count_elements(const std::vector<std::uint64_t>& sizes, std::uint64_t& count) {
  constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 8;
  std::uint64_t product = 1;
  for (const std::uint64_t size : sizes) {
    if (size != 0 && product > limit / size) return false;
    product *= std::max<std::uint64_t>(size, 1);
  }
  count = std::find(sizes.begin(), sizes.end(), 0u) != sizes.end() ? 0 : product;
  return true;
}

std::string shape_text(const std::vector<std::uint64_t>& sizes) {
  std::string text = "(";
  for (const std::uint64_t size : sizes) text += (text.size() == 1 ? "" : ", ") + std::to_string(size);
  return text + ")";
}

void FileReader::read(void* to, std::size_t bytes) {
  if (file().read(at_, to, bytes) != bytes) fail("became shorter while it was read");
  at_ += bytes;
}

void CheckedReader::read(void* to, std::size_t bytes) {
  from_.read(to, bytes);
  checksum_ = crc32_of(to, bytes, checksum_);
}

std::uint32_t crc32_of(const void* data, std::size_t bytes, std::uint32_t before) {
  return static_cast<std::uint32_t>(::crc32_z(before, static_cast<const Bytef*>(data), bytes));
}

Tensor read_elements(ByteReader& reader, Format format, ByteOrder order, const Shape& shape, const std::string& what) {
  Tensor tensor = Raw::uninitialized(shape, dtype_of(format));
  Input input{reader, order, what};
  switch (format) {
    case Format::f32:
    case Format::f64:
    case Format::i64:
      read_same(input, tensor);
      break;
    case Format::boolean:
      // A bool object must hold 0 or 1; the file may hold any byte.
      read_converted<std::uint8_t, bool>(input, tensor, [](std::uint8_t byte) { return byte != 0; });
      break;
    case Format::f16:
      read_converted<std::uint16_t, float>(input, tensor, widen_half);
      break;
    case Format::bf16:
      read_converted<std::uint16_t, float>(input, tensor, widen_bfloat);
      break;
    case Format::u8:
      read_whole<std::uint8_t>(input, tensor);
      break;
    case Format::i8:
      read_whole<std::int8_t>(input, tensor);
      break;
    case Format::i16:
      read_whole<std::int16_t>(input, tensor);
      break;
    case Format::u16:
      read_whole<std::uint16_t>(input, tensor);
      break;
    case Format::i32:
      read_whole<std::int32_t>(input, tensor);
      break;
    case Format::u32:
      read_whole<std::uint32_t>(input, tensor);
      break;
    case Format::u64:
      read_whole<std::uint64_t>(input, tensor);
      break;
    case Format::other:
      break;
  }
  return tensor;
}

void write_elements(const Tensor& tensor, Format format, const Sink& sink) {
  if (format == Format::f16 || format == Format::bf16) {
    const auto narrow = format == Format::f16 ? narrow_to_half : narrow_to_bfloat;
    return tensor.dtype() == float32 ? write_narrow<float>(tensor, narrow, sink)
                                     : write_narrow<double>(tensor, narrow, sink);
  }
  const auto* from = static_cast<const char*>(Raw::bytes(tensor));
  for (std::size_t left = static_cast<std::size_t>(tensor.size()) * size_of(format); left > 0;) {
    const std::size_t bytes = std::min(left, piece);
    sink(from, bytes);
    from += bytes;
    left -= bytes;
  }
}

std::uint32_t crc32_of_elements(const Tensor& tensor, Format format) {
  std::uint32_t checksum = 0;
  write_elements(tensor, format,
                 [&](const void* data, std::size_t bytes) { checksum = crc32_of(data, bytes, checksum); });
  return checksum;
}

}  // namespace xgrad::io::detail
