#include <xgrad/io/safetensors_header.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>
#include <utility>

#include <xgrad/io/json.hpp>
#include <xgrad/io/name_text.hpp>

namespace xgrad::io::detail {
namespace {

// In the order of Format.
constexpr std::array<const char*, 13> names = {"BOOL", "U8",  "I8",  "I16", "U16", "F16", "BF16",
                                               "I32",  "U32", "F32", "F64", "I64", "U64"};

/// Reads the header's JSON with a streaming parser, so that unexpected or deeply nested content is never stored. What
/// the reference implementation ignores is ignored: fields of a tensor that are not known.
class HeaderReader final : public JsonEvents {
 public:
  HeaderReader(Header& header, std::uint64_t data_bytes, const std::string& origin)
      : header_(header), data_bytes_(data_bytes), origin_(origin) {}

  void null() override {
    if (!ignored() && !(place_ == Place::root && at_metadata_)) misplaced("null");
  }
  void other(const char* what) override {
    if (!ignored()) misplaced(what);
  }

  void number(std::uint64_t number) override {
    if (ignored()) return;
    if (place_ != Place::list) misplaced("a number");
    std::vector<std::uint64_t>& list = field_ == Field::shape ? shape_ : offsets_;
    const std::size_t limit = field_ == Field::shape ? Shape::max_rank : 2;
    if (list.size() == limit)
      fail(field_ == Field::shape ? "the shape has more than " + std::to_string(limit) + " axes"
                                  : "data_offsets has more than two numbers");
    list.push_back(number);
  }

  void string(std::string& text) override {
    if (ignored()) return;
    if (place_ == Place::metadata)
      header_.metadata[metadata_key_] = std::move(text);
    else if (place_ == Place::tensor && field_ == Field::dtype)
      dtype_ = std::move(text);
    else
      misplaced("a string");
  }

  void begin_object() override {
    if (ignored())
      ++depth_;
    else if (place_ == Place::outside)
      place_ = Place::root;
    else if (place_ == Place::root)
      place_ = at_metadata_ ? Place::metadata : Place::tensor;
    else
      misplaced("an object");
  }

  void key(std::string& name) override {
    if (depth_ > 0) return;
    if (place_ == Place::root)
      begin_entry(name);
    else if (place_ == Place::tensor)
      begin_field(name);
    else
      begin_metadata(name);
  }

  void end_object() override {
    if (depth_ > 0) {
      --depth_;
      return;
    }
    if (place_ == Place::tensor) end_entry();
    place_ = place_ == Place::root ? Place::outside : Place::root;
  }

  void begin_list() override {
    if (ignored()) {
      ++depth_;
      return;
    }
    if (place_ != Place::tensor || field_ == Field::dtype) misplaced("a list");
    place_ = Place::list;
  }

  void end_list() override {
    if (depth_ > 0)
      --depth_;
    else
      place_ = Place::tensor;
  }

 private:
  enum class Place { outside, root, tensor, list, metadata };
  enum class Field { dtype, shape, data_offsets, unknown };
  static constexpr std::array<const char*, 3> field_names = {"dtype", "shape", "data_offsets"};

  /// Whether what comes is the value of an unknown field, or lies within it.
  bool ignored() const { return depth_ > 0 || (place_ == Place::tensor && field_ == Field::unknown); }

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
    entry.format = static_cast<Format>(std::find(names.begin(), names.end(), dtype_) - names.begin());
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
           " of " + format_name(entry.format) + " takes " + std::to_string(bytes));
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

}  // namespace

const char* format_name(Format format) { return names[static_cast<std::size_t>(format)]; }

std::string sizes_text(const Shape& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() == 1 ? "" : ",") + std::to_string(size);
  return text + "]";
}

std::string format_names() {
  std::string text;
  for (const char* name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

const Entry* Header::find(std::string_view name) const {
  const auto place = std::lower_bound(by_name.begin(), by_name.end(), name,
                                      [&](std::size_t i, std::string_view wanted) { return entries[i].name < wanted; });
  return place != by_name.end() && entries[*place].name == name ? &entries[*place] : nullptr;
}

Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& origin) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] != '{')
    throw std::runtime_error(origin + ": the header does not begin with '{': this is not a safetensors file");
  Header header;
  HeaderReader reader(header, data_bytes, origin);
  read_json(text, reader, origin + ": the header");
  sort_by(header, header.by_name, [](const Entry& entry) { return std::string_view(entry.name); });
  check_names(header, origin);
  sort_by(header, header.by_offset, [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
  check_tiling(header, data_bytes, origin);
  return header;
}

std::string write_header(const std::vector<StoredTensor>& tensors, const Metadata& metadata) {
  const std::string op = "save_safetensors";
  std::string text = "{";
  if (!metadata.empty()) {
    std::string inner;
    for (const auto& [key, value] : metadata)
      inner += (inner.empty() ? "" : ",") + json_text(key, op, "metadata key") + ":" +
               json_text(value, op, "metadata value");
    text += "\"__metadata__\":{" + inner + "}";
  }
  std::uint64_t offset = 0;
  for (const StoredTensor& stored : tensors) {
    const std::uint64_t end = offset + stored.bytes();
    text += (text.size() == 1 ? "" : ",") + json_text(*stored.name, op, "name") + ":{\"dtype\":\"" +
            format_name(stored.format) + "\",\"shape\":" + sizes_text(stored.tensor->shape()) + ",\"data_offsets\":[" +
            std::to_string(offset) + "," + std::to_string(end) + "]}";
    offset = end;
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > max_header)
    throw std::invalid_argument(op + ": the header would take " + std::to_string(text.size()) +
                                " bytes: the format allows " + std::to_string(max_header));
  return text;
}

}  // namespace xgrad::io::detail
