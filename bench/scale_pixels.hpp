#pragma once

#include <cstdint>

namespace bench {

/// Bytes as floats from 0 to 1.
void scale_pixels(const std::uint8_t* from, float* to, std::int64_t count);

}  // namespace bench
