#pragma once

// For this room's sources only: an array in NumPy's format, in a file of its own or in an archive.

#include <cstdint>
#include <string>

#include <xgrad/io/elements.hpp>

namespace xgrad::io::detail {

/// Reads an array that takes `bytes` bytes with its header. `what` names it in errors. A tensor of more than `most`
/// bytes is refused.
Tensor read_npy(ByteReader& reader, std::uint64_t bytes, const std::string& what, std::uint64_t most = UINT64_MAX);

/// The header of a file with the elements of this tensor.
std::string npy_header(const Tensor& x, Format format);

/// How save_npy and save_npz store a tensor; bfloat16 is refused.
Format npy_format_of(const Tensor& x, Floats floats, const std::string& op);

}  // namespace xgrad::io::detail
