#pragma once

// For this room's sources only: numbers of 16 bits.

#include <cstdint>

namespace xgrad::io::detail {

/// IEEE 754 binary16 as float32, exactly.
float widen_half(std::uint16_t half);
/// bfloat16, the upper half of a float32, as float32.
float widen_bfloat(std::uint16_t upper);

/// The nearest number of the format, of two equally near ones the even; infinity beyond the largest finite one. NaN
/// stays NaN, with its sign and its upper bits. From double in one rounding: the way through float32 would round twice.
std::uint16_t narrow_to_half(double number);
std::uint16_t narrow_to_bfloat(double number);

}  // namespace xgrad::io::detail
