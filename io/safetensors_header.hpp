#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <xgrad/autograd/graph/dtype.hpp>
#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/io/safetensors.hpp>

namespace xgrad::io::detail {

/// The reference implementation's limit.
inline constexpr std::uint64_t max_header = 100'000'000;

enum class Format : std::uint8_t { boolean, u8, i8, i16, u16, f16, bf16, i32, u32, f32, f64, i64, u64 };

/// The size of one element in the file.
std::size_t size_of(Format format);
/// The dtype of the tensor that it is loaded into.
DType dtype_of(Format format);

/// A tensor as the header describes it, in bytes from the end of the header.
struct Entry {
  std::string name;
  Format format = Format::boolean;
  Shape shape;
  std::uint64_t begin = 0, end = 0;
};

struct Header {
  std::vector<Entry> entries;
  /// The entries' indices in the order of their bytes.
  std::vector<std::size_t> by_offset;
  Metadata metadata;
};

/// Parses and checks a header that `data_bytes` bytes of values follow. Errors begin with `origin`.
Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& origin);

/// The header of a file, padded with spaces, for tensors in the order of their bytes.
std::string write_header(const std::vector<const StateDict::value_type*>& tensors, const Metadata& metadata);

/// A name for an error message: truncated when long, without control characters.
std::string name_text(const std::string& name);

}  // namespace xgrad::io::detail
