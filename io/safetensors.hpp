#pragma once

#include <map>
#include <string>

#include <xgrad/io/state_dict.hpp>

namespace xgrad::io {

/// The free text that a safetensors file carries under "__metadata__".
using Metadata = std::map<std::string, std::string>;

/// Writes tensors in the safetensors format (https://github.com/huggingface/safetensors): the length of the header as
/// eight bytes, least significant first; the header, one JSON object of name -> dtype, shape, data_offsets, padded with
/// spaces to a multiple of 8; then the values, row-major, little-endian, without gaps.
///
/// int64, float64, float32 and bool become I64, F64, F32 and BOOL, in this order and by name within each, so that every
/// tensor is aligned: the order and the bytes of the reference implementation. Equal arguments give equal bytes.
///
/// The file is written atomically (see AtomicFile). Throws std::invalid_argument, before anything is written, for an
/// undefined tensor, a name that occurs twice, is "__metadata__" or is not UTF-8, and a header above 100 MB; throws
/// std::runtime_error when the file cannot be written.
void save_safetensors(const StateDict& tensors, const std::string& path);
void save_safetensors(const StateDict& tensors, const std::string& path, const Metadata& metadata);

/// Reads all tensors of a safetensors file, in the order of its header. F32, F64, I64 and BOOL keep their type (any
/// byte but 0 is true); F16 and BF16 become float32, I8, U8, I16, U16, I32, U32 and U64 int64, all exactly.
///
/// The file may be hostile: every size is checked against the real size of the file before memory is allocated, and the
/// tensors take at most eight times that size. Throws std::runtime_error naming the file and the tensor for anything
/// but a well-formed file whose tensors fill it without gap or overlap, and for a U64 value above 2^63 - 1.
[[nodiscard]] StateDict load_safetensors(const std::string& path);

/// The metadata of a safetensors file, empty where it has none. The header is checked as load_safetensors does.
[[nodiscard]] Metadata load_safetensors_metadata(const std::string& path);

}  // namespace xgrad::io
