#include <xgrad/io/npy_format.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <string_view>

#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/io/name_text.hpp>

namespace xgrad::io::detail {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::size_t alignment = 64, version_bytes = 2, longest_header = std::size_t{1} << 16;
// NumPy leaves space for an array to grow along its first axis without another header.
constexpr std::size_t space_for_size = 21;

struct DescrRow {
  std::string_view code;
  Format format;
};
constexpr std::array<DescrRow, 13> descrs = {{{"b1", Format::boolean},
                                              {"?", Format::boolean},
                                              {"i1", Format::i8},
                                              {"u1", Format::u8},
                                              {"i2", Format::i16},
                                              {"u2", Format::u16},
                                              {"f2", Format::f16},
                                              {"i4", Format::i32},
                                              {"u4", Format::u32},
                                              {"f4", Format::f32},
                                              {"i8", Format::i64},
                                              {"u8", Format::u64},
                                              {"f8", Format::f64}}};

struct NpyHeader {
  Format format = Format::other;
  ByteOrder order = ByteOrder::little;
  bool fortran = false;
  std::vector<std::uint64_t> sizes;
};

/// Parses the Python dictionary of a header: its three keys, each once, in any order.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const ByteReader& reader, const std::string& what)
      : text_(text), reader_(reader), what_(what) {}

  NpyHeader parse() {
    expect('{');
    while (!take('}')) {
      const std::string key = string();
      expect(':');
      value_of(key);
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (at_ != text_.size()) fail("goes on after the dictionary");
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (!seen_[i]) fail("has no '" + std::string(keys[i]) + "'");
    return header_;
  }

 private:
  static constexpr std::array<std::string_view, 3> keys = {"descr", "fortran_order", "shape"};

  void value_of(const std::string& key) {
    const auto i = static_cast<std::size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
    if (i == keys.size()) fail("has the key " + name_text(key) + ": only descr, fortran_order and shape are known");
    if (seen_[i]) fail("gives " + name_text(key) + " twice");
    seen_[i] = true;
    if (i == 0)
      descr();
    else if (i == 1)
      header_.fortran = truth();
    else
      shape();
  }

  void descr() {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '[')
      refuse("is an array of structures: only arrays of numbers can be read");
    const std::string whole = string();
    std::string_view code = whole;
    if (!code.empty() && std::string_view("<>|=").find(code[0]) != std::string_view::npos) {
      if (code[0] == '>') header_.order = ByteOrder::big;
      code.remove_prefix(1);
    }
    for (const DescrRow& row : descrs)
      if (row.code == code) header_.format = row.format;
    if (header_.format != Format::other) return;
    refuse("holds elements of dtype " + name_text(whole) +
           (code.substr(0, 1) == "O" ? ", Python objects, which are not unpickled since that could run anything" : "") +
           ": only bool, i1 to i8, u1 to u8, f2, f4 and f8 can be read");
  }

  bool truth() {
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      skip_spaces();
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return value;
    }
    fail("must have True or False for fortran_order");
  }

  void shape() {
    expect('(');
    bool comma = true;
    while (!take(')')) {
      if (!comma) fail("has a shape without a comma after a size");
      if (header_.sizes.size() == Shape::max_rank) refuse("has more than " + std::to_string(Shape::max_rank) + " axes");
      skip_spaces();
      std::uint64_t size = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      if (error != std::errc() || size > INT64_MAX) fail("has a shape that is no tuple of sizes below 2^63");
      at_ = static_cast<std::size_t>(end - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // of Python 2
      header_.sizes.push_back(size);
      comma = take(',');
    }
    if (header_.sizes.size() == 1 && !comma) fail("has a number for its shape, where a tuple belongs");
  }

  std::string string() {
    skip_spaces();
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) fail("has no text where one belongs");
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) fail("has a text without an end");
    std::string result(text_.substr(at_ + 1, end - at_ - 1));
    if (result.find('\\') != std::string::npos) fail("has a backslash in a text");
    at_ = end + 1;
    return result;
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("has no '") + c + "' where one belongs");
  }

  [[noreturn]] void refuse(const std::string& what) const { reader_.fail(what_ + what); }
  [[noreturn]] void fail(const std::string& what) const {
    refuse("the header " + what + " (at its byte " + std::to_string(at_) + ")");
  }

  std::string_view text_;
  const ByteReader& reader_;
  const std::string& what_;
  std::size_t at_ = 0;
  std::array<bool, keys.size()> seen_ = {};
  NpyHeader header_;
};

/// Reads the header; `begins` becomes the place where the values begin.
NpyHeader read_header(ByteReader& reader, std::uint64_t bytes, const std::string& what, std::uint64_t& begins) {
  std::array<unsigned char, magic.size() + version_bytes + 4> prefix = {};
  const std::size_t short_prefix = magic.size() + version_bytes + 2;
  if (bytes < short_prefix)
    reader.fail(what + "holds " + std::to_string(bytes) + " bytes: an array in NumPy's format has more");
  reader.read(prefix.data(), short_prefix);
  if (!std::equal(magic.begin(), magic.end(), prefix.begin(),
                  [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; }))
    reader.fail(what + "does not begin with \\x93NUMPY: this is not an array in NumPy's format");
  const unsigned major = prefix[magic.size()], minor = prefix[magic.size() + 1];
  if (major < 1 || major > 3 || minor != 0)
    reader.fail(what + "has version " + std::to_string(major) + "." + std::to_string(minor) +
                " of the format: only 1.0, 2.0 and 3.0 can be read");
  const unsigned char* length_at = prefix.data() + magic.size() + version_bytes;
  std::uint64_t length = length_at[0] | unsigned{length_at[1]} << 8;
  begins = short_prefix;
  if (major > 1) {
    if (bytes < begins + 2) reader.fail(what + "is cut off inside the header");
    reader.read(prefix.data() + begins, 2);
    length |= std::uint64_t{length_at[2]} << 16 | std::uint64_t{length_at[3]} << 24;
    begins += 2;
  }
  if (length > longest_header)
    reader.fail(what + "announces a header of " + std::to_string(length) + " bytes: the limit is " +
                std::to_string(longest_header));
  if (length > bytes - begins)
    reader.fail(what + "announces a header of " + std::to_string(length) + " bytes, but only " +
                std::to_string(bytes - begins) + " follow");
  std::string text(static_cast<std::size_t>(length), '\0');
  reader.read(text.data(), text.size());
  begins += length;
  return HeaderParser(text, reader, what).parse();
}

const char* descr_of(Format format) {
  switch (format) {
    case Format::boolean:
      return "|b1";
    case Format::f16:
      return "<f2";
    case Format::f32:
      return "<f4";
    case Format::i64:
      return "<i8";
    default:
      return "<f8";
  }
}

}  // namespace

Tensor read_npy(ByteReader& reader, std::uint64_t bytes, const std::string& what, std::uint64_t most) {
  std::uint64_t begins = 0, elements = 0;
  NpyHeader header = read_header(reader, bytes, what, begins);
  if (!count_elements(header.sizes, elements))
    reader.fail(what + "the shape " + shape_text(header.sizes) + " overflows");
  const std::uint64_t taken = elements * size_of(header.format);
  if (taken != bytes - begins)
    reader.fail(what + "has shape " + shape_text(header.sizes) + " of elements of " +
                std::to_string(size_of(header.format)) + " bytes, which takes " + std::to_string(taken) +
                " bytes, but " + std::to_string(bytes - begins) + " follow the header");
  const std::uint64_t widened = elements * xgrad::size_of(dtype_of(header.format));
  if (widened > most)
    reader.fail(what + "becomes a tensor of " + std::to_string(widened) + " bytes, but the limit leaves " +
                std::to_string(most) + " to compressed arrays: if that is meant, pass a larger limit");
  // Column-major order is the row-major order of the transpose.
  if (header.fortran) std::reverse(header.sizes.begin(), header.sizes.end());
  Tensor values = read_elements(reader, header.format, header.order, shape_of(header.sizes), what);
  return header.fortran && values.rank() > 1 ? transpose(std::move(values)) : values;
}

std::string npy_header(const Tensor& x, Format format) {
  std::string shape = "(";
  const Shape& sizes = x.shape();
  for (const std::int64_t size : sizes) shape += (shape.size() == 1 ? "" : ", ") + std::to_string(size);
  shape += sizes.rank() == 1 ? ",)" : ")";
  std::string text =
      std::string("{'descr': '") + descr_of(format) + "', 'fortran_order': False, 'shape': " + shape + ", }";
  if (sizes.rank() > 0) text.append(space_for_size - std::to_string(sizes[0]).size(), ' ');
  const std::size_t prefix = magic.size() + version_bytes + 2;
  text.append(alignment - (prefix + text.size() + 1) % alignment, ' ');
  text += '\n';
  std::string result(magic);
  result += std::string("\x01\x00", 2);
  result += static_cast<char>(text.size() & 0xff);
  result += static_cast<char>(text.size() >> 8);
  return result + text;
}

Format npy_format_of(const Tensor& x, Floats floats, const std::string& op) {
  if (!x.defined()) throw std::invalid_argument(op + ": the tensor is undefined: there is nothing to save");
  if (floats == Floats::bfloat16)
    throw std::invalid_argument(op + ": NumPy's format has no bfloat16: use Floats::float16, or save_safetensors");
  return format_of(x.dtype(), floats);
}

}  // namespace xgrad::io::detail
