#include <xgrad/io/safetensors.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <xgrad/io/atomic_file.hpp>
#include <xgrad/io/safetensors_header.hpp>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "safetensors values are little-endian, and so must the machine be"
#endif

namespace xgrad::io {
namespace {

using detail::Entry;
using detail::Format;
using detail::Header;

constexpr std::size_t length_bytes = 8;
constexpr std::size_t piece = std::size_t{1} << 16;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// An open safetensors file whose header has been read and checked, positioned at the values.
class Reader {
 public:
  Reader(const char* op, const std::string& path) : origin_(std::string(op) + ": '" + path + "'") {
    const std::uint64_t size = open(path);
    if (size < length_bytes) fail("holds " + std::to_string(size) + " bytes: a safetensors file has at least 8");
    std::array<unsigned char, length_bytes> prefix;
    read(prefix.data(), prefix.size());
    std::uint64_t length = 0;
    for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | prefix[i];
    if (length > detail::max_header)
      fail("announces a header of " + std::to_string(length) + " bytes: the limit is " +
           std::to_string(detail::max_header) + " (is this a safetensors file?)");
    if (length > size - length_bytes)
      fail("announces a header of " + std::to_string(length) + " bytes, but only " +
           std::to_string(size - length_bytes) + " follow");
    std::string text(static_cast<std::size_t>(length), '\0');
    read(text.data(), text.size());
    header_ = detail::parse_header(text, size - length_bytes - length, origin_);
  }

  Header& header() { return header_; }
  const std::string& origin() const { return origin_; }

  void read(void* to, std::size_t bytes) {
    errno = 0;
    if (std::fread(to, 1, bytes, file_.get()) == bytes) return;
    if (std::ferror(file_.get())) fail(std::string("cannot be read: ") + std::strerror(errno));
    fail("became shorter while it was read");
  }

 private:
  std::uint64_t open(const std::string& path) {
    struct stat status = {};
    // Checked before opening, which would block for ever on a pipe.
    if (::stat(path.c_str(), &status) != 0) fail(std::string("cannot be opened: ") + std::strerror(errno));
    if (!S_ISREG(status.st_mode)) fail(S_ISDIR(status.st_mode) ? "is a folder" : "is not a regular file");
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (!file_ || ::fstat(::fileno(file_.get()), &status) != 0)
      fail(std::string("cannot be opened: ") + std::strerror(errno));
    return static_cast<std::uint64_t>(status.st_size);
  }

  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(origin_ + ": " + what); }

  std::string origin_;
  std::unique_ptr<std::FILE, Close> file_;
  Header header_;
};

/// IEEE 754 binary16.
float widen_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1fu, fraction = half & 0x3ffu;
  if (exponent == 0) {
    const float size = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -size : size;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  const std::uint32_t bits = sign | wide << 23 | fraction << 13;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

/// The upper half of a float32.
float widen_bfloat(std::uint16_t upper) {
  const std::uint32_t bits = static_cast<std::uint32_t>(upper) << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

/// Reads elements of type From piece by piece and writes convert(element) to the tensor.
template <class From, class To, class Convert>
void read_converted(Reader& reader, const Tensor& tensor, Convert convert) {
  std::array<From, piece / sizeof(From)> buffer;
  To* to = Raw::write<To>(tensor);
  for (auto left = static_cast<std::size_t>(tensor.size()); left > 0;) {
    const std::size_t count = std::min(left, buffer.size());
    reader.read(buffer.data(), count * sizeof(From));
    to = std::transform(buffer.begin(), buffer.begin() + count, to, convert);
    left -= count;
  }
}

template <class From>
void read_whole(Reader& reader, const Tensor& tensor, const Entry& entry) {
  read_converted<From, std::int64_t>(reader, tensor, [&](From number) {
    if constexpr (std::is_same_v<From, std::uint64_t>) {
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        throw std::runtime_error(reader.origin() + ": tensor " + detail::name_text(entry.name) + ": holds " +
                                 std::to_string(number) + ": int64 ends at 2^63 - 1");
    }
    return static_cast<std::int64_t>(number);
  });
}

Tensor read_tensor(Reader& reader, const Entry& entry) {
  Tensor tensor = Raw::uninitialized(entry.shape, detail::dtype_of(entry.format));
  switch (entry.format) {
    case Format::f32:
    case Format::f64:
    case Format::i64:
      reader.read(Raw::write_bytes(tensor), static_cast<std::size_t>(entry.end - entry.begin));
      break;
    case Format::boolean:
      // A bool object must hold 0 or 1; the file may hold any byte.
      read_converted<std::uint8_t, bool>(reader, tensor, [](std::uint8_t byte) { return byte != 0; });
      break;
    case Format::f16:
      read_converted<std::uint16_t, float>(reader, tensor, widen_half);
      break;
    case Format::bf16:
      read_converted<std::uint16_t, float>(reader, tensor, widen_bfloat);
      break;
    case Format::u8:
      read_whole<std::uint8_t>(reader, tensor, entry);
      break;
    case Format::i8:
      read_whole<std::int8_t>(reader, tensor, entry);
      break;
    case Format::i16:
      read_whole<std::int16_t>(reader, tensor, entry);
      break;
    case Format::u16:
      read_whole<std::uint16_t>(reader, tensor, entry);
      break;
    case Format::i32:
      read_whole<std::int32_t>(reader, tensor, entry);
      break;
    case Format::u32:
      read_whole<std::uint32_t>(reader, tensor, entry);
      break;
    case Format::u64:
      read_whole<std::uint64_t>(reader, tensor, entry);
      break;
  }
  return tensor;
}

void check_names(const StateDict& tensors) {
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.defined())
      throw std::invalid_argument("save_safetensors: tensor " + detail::name_text(name) + " is undefined");
    if (name == "__metadata__")
      throw std::invalid_argument(
          "save_safetensors: no tensor can be named '__metadata__': the format keeps that name");
    if (!names.insert(name).second)
      throw std::invalid_argument("save_safetensors: two tensors are named " + detail::name_text(name));
  }
}

int place_of(DType dtype) {
  switch (dtype) {
    case DType::int64:
      return 0;
    case DType::float64:
      return 1;
    case DType::float32:
      return 2;
    case DType::boolean:
      break;
  }
  return 3;
}

}  // namespace

void save_safetensors(const StateDict& tensors, const std::string& path) { save_safetensors(tensors, path, {}); }

void save_safetensors(const StateDict& tensors, const std::string& path, const Metadata& metadata) {
  check_names(tensors);
  std::vector<const StateDict::value_type*> order;
  for (const auto& named : tensors) order.push_back(&named);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    const int left = place_of(a->second.dtype()), right = place_of(b->second.dtype());
    return left != right ? left < right : a->first < b->first;
  });
  const std::string header = detail::write_header(order, metadata);

  AtomicFile file(path, "save_safetensors");
  std::array<char, length_bytes> prefix;
  for (std::size_t i = 0; i < length_bytes; ++i) prefix[i] = static_cast<char>(header.size() >> 8 * i & 0xff);
  file.write(prefix.data(), prefix.size());
  file.write(header);
  for (const auto* named : order) {
    const Tensor& tensor = named->second;
    file.write(Raw::bytes(tensor), static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype()));
  }
  file.commit();
}

StateDict load_safetensors(const std::string& path) {
  Reader reader("load_safetensors", path);
  Header& header = reader.header();
  std::vector<Tensor> values(header.entries.size());
  for (std::size_t i : header.by_offset) values[i] = read_tensor(reader, header.entries[i]);
  StateDict result;
  result.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    result.emplace_back(std::move(header.entries[i].name), std::move(values[i]));
  return result;
}

Metadata load_safetensors_metadata(const std::string& path) {
  return std::move(Reader("load_safetensors_metadata", path).header().metadata);
}

}  // namespace xgrad::io
