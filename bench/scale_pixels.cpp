// A file of its own, compiled with the instructions that the other sides use: libtorch's headers are not.

#include "scale_pixels.hpp"

namespace bench {

void scale_pixels(const std::uint8_t* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]) * (1 / 255.0f);
}

}  // namespace bench
