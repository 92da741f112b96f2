#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xgrad::data {

/// An array of unsigned bytes, row-major.
struct Idx {
  std::vector<std::int64_t> sizes;
  std::vector<std::uint8_t> bytes;
};

/// An array of 32-bit integers, row-major.
struct IdxInts {
  std::vector<std::int64_t> sizes;
  std::vector<std::int32_t> numbers;
};

/// How many elements read_idx accepts unless told otherwise: 1 GiB, twice the largest set of this kind (EMNIST). A gzip
/// file of 1 MB may hold as much.
inline constexpr std::int64_t default_idx_limit = std::int64_t{1} << 30;

/// Reads an IDX file of unsigned bytes, plain or compressed by gzip (whatever its name says).
///
/// The format (Yann LeCun, "The MNIST database of handwritten digits"): two zero bytes; a byte for the element type, 8
/// for unsigned bytes; a byte for the rank, here 1 to 8; each size as four bytes, most significant first; then the
/// elements. Memory grows with the elements that are really read, never with the sizes that the header states. Of a
/// gzip file no more is decompressed than these elements; zero bytes may follow it.
///
/// Throws std::runtime_error naming the file when it cannot be read, is not IDX, has elements of another type or more
/// than `limit` of them, is truncated, has bytes after its end, or is damaged as gzip data. Only regular files are
/// opened; a pipe is refused at once.
[[nodiscard]] Idx read_idx(const std::string& path, std::int64_t limit = default_idx_limit);

/// The same for a file of 32-bit integers (element type 12, most significant byte first), such as QMNIST's labels. The
/// limit is one of elements, too.
[[nodiscard]] IdxInts read_idx_ints(const std::string& path, std::int64_t limit = default_idx_limit);

}  // namespace xgrad::data
