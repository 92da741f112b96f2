#include <xgrad/io/safetensors_header.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <stdexcept>
#include <utility>

namespace xgrad::io::detail {
namespace {

using Json = nlohmann::json;

struct FormatRow {
  const char* name;
  std::size_t size;
  DType dtype;
};

// In the order of Format.
constexpr std::array<FormatRow, 13> formats = {{{"BOOL", 1, boolean},
                                                {"U8", 1, int64},
                                                {"I8", 1, int64},
                                                {"I16", 2, int64},
                                                {"U16", 2, int64},
                                                {"F16", 2, float32},
                                                {"BF16", 2, float32},
                                                {"I32", 4, int64},
                                                {"U32", 4, int64},
                                                {"F32", 4, float32},
                                                {"F64", 8, float64},
                                                {"I64", 8, int64},
                                                {"U64", 8, int64}}};

const FormatRow& row_of(Format format) { return formats[static_cast<std::size_t>(format)]; }

/// A tensor's JSON object in the header.
struct RawEntry {
  std::string name, dtype;
  std::vector<std::uint64_t> shape, offsets;
};

/// Reads the header's JSON with a streaming parser, so that unexpected or deeply nested content is never stored.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(const std::string& origin) : origin_(origin) {}

  std::vector<RawEntry> entries;
  Metadata metadata;

  bool null() override { misplaced("null"); }
  bool boolean(bool) override { misplaced("a truth value"); }
  bool number_integer(number_integer_t) override { misplaced("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    misplaced("a number that is not whole or exceeds 64 bits");
  }
  bool binary(binary_t&) override { misplaced("binary data"); }

  bool number_unsigned(number_unsigned_t number) override {
    if (place_ != Place::list) misplaced("a number");
    std::vector<std::uint64_t>& list = field_ == Field::shape ? entries.back().shape : entries.back().offsets;
    const std::size_t limit = field_ == Field::shape ? Shape::max_rank : 2;
    if (list.size() == limit)
      fail(field_ == Field::shape ? "the shape has more than " + std::to_string(limit) + " axes"
                                  : "data_offsets has more than two numbers");
    list.push_back(number);
    return true;
  }

  bool string(string_t& text) override {
    if (place_ == Place::metadata)
      metadata[metadata_key_] = std::move(text);
    else if (place_ == Place::tensor && field_ == Field::dtype)
      entries.back().dtype = std::move(text);
    else
      misplaced("a string");
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside)
      place_ = Place::root;
    else if (place_ == Place::root)
      place_ = at_metadata_ ? Place::metadata : Place::tensor;
    else
      misplaced("an object");
    return true;
  }

  bool key(string_t& name) override {
    if (place_ == Place::root)
      begin_entry(name);
    else if (place_ == Place::tensor)
      begin_field(name);
    else
      begin_metadata(name);
    return true;
  }

  bool end_object() override {
    if (place_ == Place::tensor) {
      for (std::size_t i = 0; i < field_names.size(); ++i)
        if ((seen_ >> i & 1u) == 0) fail(std::string("there is no ") + field_names[i]);
      if (entries.back().offsets.size() != 2) fail("data_offsets must be two numbers");
    }
    place_ = place_ == Place::root ? Place::outside : Place::root;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || field_ == Field::dtype) misplaced("a list");
    place_ = Place::list;
    return true;
  }

  bool end_array() override {
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw std::runtime_error(origin_ + ": the header is not valid JSON: error at its byte " + std::to_string(position));
  }

 private:
  enum class Place { outside, root, tensor, list, metadata };
  enum class Field { dtype, shape, data_offsets };
  static constexpr std::array<const char*, 3> field_names = {"dtype", "shape", "data_offsets"};

  void begin_entry(std::string& name) {
    if (!names_.insert(name).second)
      throw std::runtime_error(origin_ + ": the header names " + name_text(name) + " twice");
    at_metadata_ = name == "__metadata__";
    if (at_metadata_) return;
    entries.push_back({std::move(name), {}, {}, {}});
    seen_ = 0;
  }

  void begin_field(const std::string& name) {
    const auto found = std::find(field_names.begin(), field_names.end(), name);
    if (found == field_names.end()) fail("there is an unknown entry " + name_text(name));
    const auto i = static_cast<unsigned>(found - field_names.begin());
    if (seen_ >> i & 1u) fail(name + " is given twice");
    seen_ |= 1u << i;
    field_ = static_cast<Field>(i);
  }

  void begin_metadata(std::string& name) {
    if (metadata.count(name) != 0) fail(name_text(name) + " is given twice");
    metadata_key_ = std::move(name);
  }

  const char* expected() const {
    switch (place_) {
      case Place::outside:
        return "an object";
      case Place::root:
        return "an object";
      case Place::metadata:
        return "a string";
      case Place::list:
        return "a whole number of at least 0";
      case Place::tensor:
        break;
    }
    return field_ == Field::dtype ? "a string" : "a list of whole numbers";
  }

  [[noreturn]] void misplaced(const std::string& what) const {
    fail((place_ == Place::tensor || place_ == Place::list
              ? std::string(field_names[static_cast<std::size_t>(field_)]) + " has "
              : "there is ") +
         what + " where " + expected() + " belongs");
  }

  [[noreturn]] void fail(const std::string& what) const {
    if (place_ == Place::outside) throw std::runtime_error(origin_ + ": the header: " + what);
    if (at_metadata_) throw std::runtime_error(origin_ + ": __metadata__: " + what);
    throw std::runtime_error(origin_ + ": tensor " + name_text(entries.back().name) + ": " + what);
  }

  const std::string& origin_;
  std::set<std::string> names_;
  std::string metadata_key_;
  Place place_ = Place::outside;
  Field field_ = Field::dtype;
  unsigned seen_ = 0;
  bool at_metadata_ = false;
};

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text = "(";
  for (std::uint64_t size : shape) text += (text.size() == 1 ? "" : ", ") + std::to_string(size);
  return text + ")";
}

/// The bytes of a tensor. The product of the sizes must not overflow even if one of them is 0, since strides are
/// computed from them.
std::uint64_t checked_bytes(const std::vector<std::uint64_t>& shape, std::size_t element, const std::string& where) {
  const auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 8;
  std::uint64_t product = 1;
  for (std::uint64_t size : shape) {
    if (size != 0 && product > limit / size)
      throw std::runtime_error(where + "the shape " + shape_text(shape) + " overflows");
    product *= std::max<std::uint64_t>(size, 1);
  }
  return std::find(shape.begin(), shape.end(), 0u) != shape.end() ? 0 : product * element;
}

Entry check_entry(RawEntry& raw, std::uint64_t data_bytes, const std::string& origin) {
  const std::string where = origin + ": tensor " + name_text(raw.name) + ": ";
  const auto found =
      std::find_if(formats.begin(), formats.end(), [&](const FormatRow& row) { return raw.dtype == row.name; });
  if (found == formats.end()) {
    std::string known;
    for (const FormatRow& row : formats) known += std::string(known.empty() ? "" : ", ") + row.name;
    throw std::runtime_error(where + "dtype " + name_text(raw.dtype) + " cannot be read: it must be one of " + known);
  }
  const std::uint64_t begin = raw.offsets[0], end = raw.offsets[1];
  const std::string range = "data_offsets [" + std::to_string(begin) + ", " + std::to_string(end) + "]";
  if (begin > end) throw std::runtime_error(where + range + ": the end must not lie before the begin");
  if (end > data_bytes)
    throw std::runtime_error(where + range + " reach beyond the " + std::to_string(data_bytes) +
                             " bytes that follow the header");
  const std::uint64_t bytes = checked_bytes(raw.shape, found->size, where);
  if (bytes != end - begin)
    throw std::runtime_error(where + range + " are " + std::to_string(end - begin) + " bytes, but shape " +
                             shape_text(raw.shape) + " of " + found->name + " takes " + std::to_string(bytes));
  return {std::move(raw.name), static_cast<Format>(found - formats.begin()), Shape(raw.shape), begin, end};
}

void check_tiling(const Header& header, std::uint64_t data_bytes, const std::string& origin) {
  std::uint64_t reached = 0;
  for (std::size_t i : header.by_offset) {
    const Entry& entry = header.entries[i];
    if (entry.begin != reached)
      throw std::runtime_error(origin + ": tensor " + name_text(entry.name) + ": begins at byte " +
                               std::to_string(entry.begin) + " of the values, but the one before ends at byte " +
                               std::to_string(reached) +
                               (entry.begin < reached ? ": they overlap" : ": there is a gap"));
    reached = entry.end;
  }
  if (reached != data_bytes)
    throw std::runtime_error(origin + ": the tensors end at byte " + std::to_string(reached) +
                             " of the values, the file at byte " + std::to_string(data_bytes) +
                             ": nothing may follow the last tensor");
}

std::string json_text(const std::string& text, const char* what) {
  try {
    return Json(text).dump();
  } catch (const Json::type_error&) {
    throw std::invalid_argument("save_safetensors: the " + std::string(what) + " " + name_text(text) + " is not UTF-8");
  }
}

const char* format_name(DType dtype) {
  switch (dtype) {
    case DType::boolean:
      return "BOOL";
    case DType::int64:
      return "I64";
    case DType::float32:
      return "F32";
    case DType::float64:
      break;
  }
  return "F64";
}

}  // namespace

std::size_t size_of(Format format) { return row_of(format).size; }
DType dtype_of(Format format) { return row_of(format).dtype; }

std::string name_text(const std::string& name) {
  constexpr std::size_t longest = 100;
  std::string text = name.substr(0, longest);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return "'" + text + (name.size() > longest ? "...'" : "'");
}

Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& origin) {
  if (text.empty() || text.front() != '{')
    throw std::runtime_error(origin + ": the header does not begin with '{': this is not a safetensors file");
  // The parser takes a zero byte for the end of the text, and would ignore everything after it.
  if (text.find('\0') != std::string_view::npos)
    throw std::runtime_error(origin + ": the header is not valid JSON: it contains a zero byte");
  HeaderReader reader(origin);
  Json::sax_parse(text.begin(), text.end(), &reader);

  Header header;
  header.metadata = std::move(reader.metadata);
  header.entries.reserve(reader.entries.size());
  for (RawEntry& raw : reader.entries) header.entries.push_back(check_entry(raw, data_bytes, origin));
  header.by_offset.resize(header.entries.size());
  std::iota(header.by_offset.begin(), header.by_offset.end(), std::size_t{0});
  const auto offsets = [&](std::size_t i) { return std::pair(header.entries[i].begin, header.entries[i].end); };
  std::stable_sort(header.by_offset.begin(), header.by_offset.end(),
                   [&](std::size_t a, std::size_t b) { return offsets(a) < offsets(b); });
  check_tiling(header, data_bytes, origin);
  return header;
}

std::string write_header(const std::vector<const StateDict::value_type*>& tensors, const Metadata& metadata) {
  std::string text = "{";
  if (!metadata.empty()) {
    std::string inner;
    for (const auto& [key, value] : metadata)
      inner += (inner.empty() ? "" : ",") + json_text(key, "metadata key") + ":" + json_text(value, "metadata value");
    text += "\"__metadata__\":{" + inner + "}";
  }
  std::uint64_t offset = 0;
  for (const StateDict::value_type* named : tensors) {
    const auto& [name, tensor] = *named;
    std::string sizes;
    for (std::int64_t size : tensor.shape()) sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
    const std::uint64_t end = offset + static_cast<std::uint64_t>(tensor.size()) * xgrad::size_of(tensor.dtype());
    text += (text.size() == 1 ? "" : ",") + json_text(name, "name") + ":{\"dtype\":\"" + format_name(tensor.dtype()) +
            "\",\"shape\":[" + sizes + "],\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(end) +
            "]}";
    offset = end;
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > max_header)
    throw std::invalid_argument("save_safetensors: the header would take " + std::to_string(text.size()) +
                                " bytes: the format allows " + std::to_string(max_header));
  return text;
}

}  // namespace xgrad::io::detail
