#include <xgrad/io/safetensors.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <xgrad/io/atomic_file.hpp>
#include <xgrad/io/input_file.hpp>
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

/// Reads the values of a file one after the other.
class Reader {
 public:
  Reader(const InputFile& file, std::uint64_t at) : file_(file), at_(at) {}

  void read(void* to, std::size_t bytes) {
    if (file_.read(at_, to, bytes) != bytes) file_.fail("became shorter while it was read");
    at_ += bytes;
  }
  const InputFile& file() const { return file_; }

 private:
  const InputFile& file_;
  std::uint64_t at_;
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
        reader.file().fail("tensor " + detail::name_text(entry.name) + ": holds " + std::to_string(number) +
                           ": int64 ends at 2^63 - 1");
    }
    return static_cast<std::int64_t>(number);
  });
}

Tensor read_tensor(Reader reader, const Entry& entry, const Shape& shape) {
  Tensor tensor = Raw::uninitialized(shape, detail::dtype_of(entry.format));
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
    case Format::other:
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
    std::int64_t product = 1;
    for (const std::int64_t size : tensor.shape())
      if (__builtin_mul_overflow(product, std::max<std::int64_t>(size, 1), &product) || product > INT64_MAX / 8)
        throw std::invalid_argument("save_safetensors: tensor " + detail::name_text(name) + " has shape " +
                                    to_string(tensor.shape()) +
                                    ": the product of its other sizes overflows, and no reader would accept it");
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

struct SafetensorsFile::Contents {
  explicit Contents(const char* op, const std::string& path) : file(op, path) {
    if (file.size() < length_bytes)
      file.fail("holds " + std::to_string(file.size()) + " bytes: a safetensors file has at least 8");
    std::array<unsigned char, length_bytes> prefix;
    Reader reader(file, 0);
    reader.read(prefix.data(), prefix.size());
    std::uint64_t length = 0;
    for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | prefix[i];
    const std::uint64_t rest = file.size() - length_bytes;
    if (length > detail::max_header)
      file.fail("announces a header of " + std::to_string(length) + " bytes: the limit is " +
                std::to_string(detail::max_header) + " (is this a safetensors file?)");
    if (length > rest)
      file.fail("announces a header of " + std::to_string(length) + " bytes, but only " + std::to_string(rest) +
                " follow");
    std::string text(static_cast<std::size_t>(length), '\0');
    reader.read(text.data(), text.size());
    header = detail::parse_header(text, rest - length, file.origin());
    values = length_bytes + length;
  }

  Tensor tensor(const Entry& entry) const {
    if (entry.format == Format::other)
      file.fail("tensor " + detail::name_text(entry.name) + ": dtype " +
                detail::name_text(header.other_formats.at(static_cast<std::size_t>(&entry - header.entries.data()))) +
                " cannot be read: it must be one of " + detail::format_names() +
                ": the other tensors can be read by name from a SafetensorsFile");
    return read_tensor(Reader(file, values + entry.begin), entry, header.shape(entry));
  }

  InputFile file;
  Header header;
  std::uint64_t values = 0;  // where they begin
};

SafetensorsFile::SafetensorsFile(const std::string& path) : SafetensorsFile("SafetensorsFile", path) {}
SafetensorsFile::SafetensorsFile(const char* op, const std::string& path)
    : contents_(std::make_unique<Contents>(op, path)) {}
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;
SafetensorsFile::~SafetensorsFile() = default;

const Metadata& SafetensorsFile::metadata() const { return contents_->header.metadata; }

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> result;
  for (const Entry& entry : contents_->header.entries) result.push_back(entry.name);
  return result;
}

bool SafetensorsFile::contains(const std::string& name) const { return contents_->header.find(name) != nullptr; }

Tensor SafetensorsFile::tensor(const std::string& name) const {
  const Entry* entry = contents_->header.find(name);
  if (entry == nullptr) contents_->file.fail("there is no tensor " + detail::name_text(name));
  return contents_->tensor(*entry);
}

StateDict SafetensorsFile::tensors() const {
  const Header& header = contents_->header;
  StateDict result(header.entries.size());
  for (std::size_t i : header.by_offset) result[i] = {header.entries[i].name, contents_->tensor(header.entries[i])};
  return result;
}

StateDict load_safetensors(const std::string& path) { return SafetensorsFile("load_safetensors", path).tensors(); }

Metadata load_safetensors_metadata(const std::string& path) {
  return SafetensorsFile("load_safetensors_metadata", path).metadata();
}

}  // namespace xgrad::io
