#pragma once

#include <string>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/io/floats.hpp>

namespace xgrad::io {

/// Writes one array in NumPy's format (numpy.lib.format, version 1.0), as numpy.save does, byte for byte: six bytes
/// "\x93NUMPY", the version, the length of the header in two bytes, a header that is a Python dictionary of dtype,
/// order and shape, padded with spaces so that the values begin at a multiple of 64, and the values, row-major,
/// little-endian.
///
/// bool, int64, float32 and float64 become |b1, <i8, <f4 and <f8; with Floats::float16 floating-point numbers become
/// <f2. NumPy has no bfloat16, which is refused. The file is written atomically (see AtomicFile). Throws
/// std::invalid_argument for an undefined tensor, std::runtime_error when the file cannot be written.
void save_npy(const Tensor& x, const std::string& path, Floats floats = Floats::as_they_are);

/// Reads one array in NumPy's format, of version 1, 2 or 3. bool, int64, float32 and float64 keep their type (a bool of
/// any byte but 0 is true), float16 becomes float32, all other integers int64, exactly; of either byte order, and in
/// row-major or column-major (Fortran's) order, from which it is transposed.
///
/// The file may be hostile: the header, of at most 64 KB, must announce what the file really holds before memory is
/// allocated, and nothing may follow the array. Python objects, which would have to be unpickled, complex numbers,
/// texts, dates, long doubles and structures are refused, and so is an unsigned number above 2^63 - 1. Throws
/// std::runtime_error naming the file. Only regular files are opened.
[[nodiscard]] Tensor load_npy(const std::string& path);

}  // namespace xgrad::io
