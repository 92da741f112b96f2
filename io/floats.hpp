#pragma once

#include <cstdint>

namespace xgrad::io {

/// How a file stores floating-point tensors: as they are, or each number in 16 bits, half of what float32 takes.
///
/// float16 (IEEE 754 binary16) has 11 significant bits and reaches from 6e-8 to 65504; bfloat16 has 8, and the range of
/// float32. Numbers are rounded to the nearest, of two equally near ones to the even; what lies beyond the largest
/// finite number becomes infinite, what is too small 0; NaN stays NaN. Either is loaded as float32, exactly.
enum class Floats : std::uint8_t { as_they_are, float16, bfloat16 };

}  // namespace xgrad::io
