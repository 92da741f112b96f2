#pragma once

// For this room's sources only: the header of a safetensors file.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/io/elements.hpp>
#include <xgrad/io/safetensors.hpp>

namespace xgrad::io::detail {

/// The reference implementation's limit.
inline constexpr std::uint64_t max_header = 100'000'000;

/// What the header calls a format, and all that can be loaded.
const char* format_name(Format format);
std::string format_names();

/// A shape as JSON has it: [2,3].
std::string sizes_text(const Shape& shape);

/// A tensor as the header describes it, in bytes from the end of the header.
struct Entry {
  std::string name;
  std::uint64_t begin = 0, end = 0;
  std::size_t sizes = 0;  // where its shape begins in Header::sizes
  std::uint8_t rank = 0;
  Format format = Format::boolean;
};

/// A header, in a few times its own size: a Shape for every entry would take more than any entry does.
struct Header {
  std::vector<Entry> entries;
  std::vector<std::int64_t> sizes;
  /// The indices of the entries in the order of their bytes, and in that of their names.
  std::vector<std::size_t> by_offset, by_name;
  /// What the header calls the formats that are not known here, by the indices of their entries.
  std::unordered_map<std::size_t, std::string> other_formats;
  Metadata metadata;

  Shape shape(const Entry& entry) const {
    const auto first = sizes.begin() + static_cast<std::ptrdiff_t>(entry.sizes);
    return Shape(std::vector<std::int64_t>(first, first + entry.rank));
  }
  /// The entry of that name, or null.
  const Entry* find(std::string_view name) const;
};

/// Parses and checks a header that `data_bytes` bytes of values follow, in a time that grows as n log n with it. Errors
/// begin with `origin`.
Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& origin);

/// A tensor that is to be saved, and how.
struct StoredTensor {
  const std::string* name;
  const Tensor* tensor;
  Format format;

  std::uint64_t bytes() const { return static_cast<std::uint64_t>(tensor->size()) * size_of(format); }
};

/// The header of a file, padded with spaces, for tensors in the order of their bytes.
std::string write_header(const std::vector<StoredTensor>& tensors, const Metadata& metadata);

}  // namespace xgrad::io::detail
