#include <xgrad/io/safetensors_header.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
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

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text = "(";
  for (std::uint64_t size : shape) text += (text.size() == 1 ? "" : ", ") + std::to_string(size);
  return text + ")";
}

/// The number of elements, 0 if any size is. The product of the others must not overflow even then, since strides are
/// computed from them.
bool count_elements(const std::vector<std::uint64_t>& shape, std::uint64_t& count) {
  const auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 8;
  std::uint64_t product = 1;
  for (std::uint64_t size : shape) {
    if (size != 0 && product > limit / size) return false;
    product *= std::max<std::uint64_t>(size, 1);
  }
  count = std::find(shape.begin(), shape.end(), 0u) != shape.end() ? 0 : product;
  return true;
}

/// Reads the header's JSON with a streaming parser, so that unexpected or deeply nested content is never stored. What
/// the reference implementation ignores is ignored: fields of a tensor that are not known.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  HeaderReader(Header& header, std::uint64_t data_bytes, const std::string& origin)
      : header_(header), data_bytes_(data_bytes), origin_(origin) {}

  bool null() override {
    if (!ignored() && !(place_ == Place::root && at_metadata_)) misplaced("null");
    return true;
  }
  bool boolean(bool) override { return ignored() || misplaced("a truth value"); }
  bool number_integer(number_integer_t) override { return ignored() || misplaced("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return ignored() || misplaced("a number that is not whole or exceeds 64 bits");
  }
  bool binary(binary_t&) override { return ignored() || misplaced("binary data"); }

  bool number_unsigned(number_unsigned_t number) override {
    if (ignored()) return true;
    if (place_ != Place::list) misplaced("a number");
    std::vector<std::uint64_t>& list = field_ == Field::shape ? shape_ : offsets_;
    const std::size_t limit = field_ == Field::shape ? Shape::max_rank : 2;
    if (list.size() == limit)
      fail(field_ == Field::shape ? "the shape has more than " + std::to_string(limit) + " axes"
                                  : "data_offsets has more than two numbers");
    list.push_back(number);
    return true;
  }

  bool string(string_t& text) override {
    if (ignored()) return true;
    if (place_ == Place::metadata)
      header_.metadata[metadata_key_] = std::move(text);
    else if (place_ == Place::tensor && field_ == Field::dtype)
      dtype_ = std::move(text);
    else
      misplaced("a string");
    return true;
  }

  bool start_object(std::size_t) override {
    if (ignored()) return deeper();
    if (place_ == Place::outside)
      place_ = Place::root;
    else if (place_ == Place::root)
      place_ = at_metadata_ ? Place::metadata : Place::tensor;
    else
      misplaced("an object");
    return true;
  }

  bool key(string_t& name) override {
    if (depth_ > 0) return true;
    if (place_ == Place::root)
      begin_entry(name);
    else if (place_ == Place::tensor)
      begin_field(name);
    else
      begin_metadata(name);
    return true;
  }

  bool end_object() override {
    if (depth_ > 0) return --depth_, true;
    if (place_ == Place::tensor) end_entry();
    place_ = place_ == Place::root ? Place::outside : Place::root;
    return true;
  }

  bool start_array(std::size_t) override {
    if (ignored()) return deeper();
    if (place_ != Place::tensor || field_ == Field::dtype) misplaced("a list");
    place_ = Place::list;
    return true;
  }

  bool end_array() override {
    if (depth_ > 0) return --depth_, true;
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw std::runtime_error(origin_ + ": the header is not valid JSON: error at its byte " + std::to_string(position));
  }

 private:
  enum class Place { outside, root, tensor, list, metadata };
  enum class Field { dtype, shape, data_offsets, unknown };
  static constexpr std::array<const char*, 3> field_names = {"dtype", "shape", "data_offsets"};

  /// Whether what comes is the value of an unknown field, or lies within it.
  bool ignored() const { return depth_ > 0 || (place_ == Place::tensor && field_ == Field::unknown); }
  bool deeper() {
    ++depth_;
    return true;
  }

  void begin_entry(std::string& name) {
    const bool again = at_metadata_seen_ && name == "__metadata__";
    at_metadata_ = name == "__metadata__";
    if (again) throw std::runtime_error(origin_ + ": the header names '__metadata__' twice");
    at_metadata_seen_ = at_metadata_seen_ || at_metadata_;
    if (at_metadata_) return;
    header_.entries.emplace_back();
    header_.entries.back().name = std::move(name);
    dtype_.clear();
    shape_.clear();
    offsets_.clear();
    seen_ = 0;
  }

  void begin_field(const std::string& name) {
    const auto found = std::find(field_names.begin(), field_names.end(), name);
    field_ = static_cast<Field>(found - field_names.begin());
    if (field_ == Field::unknown) return;
    const auto i = static_cast<unsigned>(field_);
    if (seen_ >> i & 1u) fail(name + " is given twice");
    seen_ |= 1u << i;
  }

  void begin_metadata(std::string& name) {
    if (header_.metadata.count(name) != 0) fail(name_text(name) + " is given twice");
    metadata_key_ = std::move(name);
  }

  void end_entry() {
    for (std::size_t i = 0; i < field_names.size(); ++i)
      if ((seen_ >> i & 1u) == 0) fail(std::string("there is no ") + field_names[i]);
    if (offsets_.size() != 2) fail("data_offsets must be two numbers");
    Entry& entry = header_.entries.back();
    const auto found =
        std::find_if(formats.begin(), formats.end(), [&](const FormatRow& row) { return dtype_ == row.name; });
    entry.format = static_cast<Format>(found - formats.begin());
    entry.begin = offsets_[0];
    entry.end = offsets_[1];
    entry.sizes = header_.sizes.size();
    entry.rank = static_cast<std::uint8_t>(shape_.size());
    check_bytes(entry);
    if (entry.format == Format::other) header_.other_formats.emplace(header_.entries.size() - 1, std::move(dtype_));
    for (std::uint64_t size : shape_) header_.sizes.push_back(static_cast<std::int64_t>(size));
  }

  void check_bytes(const Entry& entry) const {
    const auto range = [&] {
      return "data_offsets [" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "]";
    };
    if (entry.begin > entry.end) fail(range() + ": the end must not lie before the begin");
    if (entry.end > data_bytes_)
      fail(range() + " reach beyond the " + std::to_string(data_bytes_) + " bytes that follow the header");
    std::uint64_t elements = 0;
    if (!count_elements(shape_, elements)) fail("the shape " + shape_text(shape_) + " overflows");
    if (entry.format == Format::other) return;  // whose elements are of unknown size
    const std::uint64_t bytes = elements * size_of(entry.format);
    if (bytes != entry.end - entry.begin)
      fail(range() + " are " + std::to_string(entry.end - entry.begin) + " bytes, but shape " + shape_text(shape_) +
           " of " + row_of(entry.format).name + " takes " + std::to_string(bytes));
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

  [[noreturn]] bool misplaced(const std::string& what) const {
    fail((place_ == Place::tensor || place_ == Place::list
              ? std::string(field_names[static_cast<std::size_t>(field_)]) + " has "
              : "there is ") +
         what + " where " + expected() + " belongs");
  }

  [[noreturn]] void fail(const std::string& what) const {
    if (place_ == Place::outside) throw std::runtime_error(origin_ + ": the header: " + what);
    if (at_metadata_) throw std::runtime_error(origin_ + ": __metadata__: " + what);
    throw std::runtime_error(origin_ + ": tensor " + name_text(header_.entries.back().name) + ": " + what);
  }

  Header& header_;
  const std::uint64_t data_bytes_;
  const std::string& origin_;
  std::string metadata_key_;
  std::string dtype_;  // of the current tensor, as are the next two
  std::vector<std::uint64_t> shape_, offsets_;
  Place place_ = Place::outside;
  Field field_ = Field::dtype;
  std::size_t depth_ = 0;  // of lists and objects within an unknown field
  unsigned seen_ = 0;
  bool at_metadata_ = false, at_metadata_seen_ = false;
};

/// Fills `order` with the indices of the entries, sorted by what key(entry) gives.
template <class Key>
void sort_by(const Header& header, std::vector<std::size_t>& order, const Key& key) {
  order.resize(header.entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto less = [&](std::size_t a, std::size_t b) { return key(header.entries[a]) < key(header.entries[b]); };
  if (!std::is_sorted(order.begin(), order.end(), less)) std::stable_sort(order.begin(), order.end(), less);
}

void check_names(const Header& header, const std::string& origin) {
  const auto same = [&](std::size_t a, std::size_t b) { return header.entries[a].name == header.entries[b].name; };
  const auto twice = std::adjacent_find(header.by_name.begin(), header.by_name.end(), same);
  if (twice != header.by_name.end())
    throw std::runtime_error(origin + ": the header names " + name_text(header.entries[*twice].name) + " twice");
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

std::string format_names() {
  std::string names;
  for (const FormatRow& row : formats) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

const Entry* Header::find(std::string_view name) const {
  const auto place = std::lower_bound(by_name.begin(), by_name.end(), name,
                                      [&](std::size_t i, std::string_view wanted) { return entries[i].name < wanted; });
  return place != by_name.end() && entries[*place].name == name ? &entries[*place] : nullptr;
}

std::string name_text(const std::string& name) {
  constexpr std::size_t longest = 100;
  std::string text = name.substr(0, longest);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return "'" + text + (name.size() > longest ? "...'" : "'");
}

Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& origin) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] != '{')
    throw std::runtime_error(origin + ": the header does not begin with '{': this is not a safetensors file");
  // The parser takes a zero byte for the end of the text, and would ignore everything after it.
  if (text.find('\0') != std::string_view::npos)
    throw std::runtime_error(origin + ": the header is not valid JSON: it contains a zero byte");
  Header header;
  HeaderReader reader(header, data_bytes, origin);
  Json::sax_parse(text.begin(), text.end(), &reader);
  sort_by(header, header.by_name, [](const Entry& entry) { return std::string_view(entry.name); });
  check_names(header, origin);
  sort_by(header, header.by_offset, [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
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
