#include <xgrad/autograd/kernels/runtime/checksum.hpp>

#include <algorithm>
#include <cstring>

namespace xgrad::kernels {

std::uint64_t checksum(const void* data, std::size_t bytes) {
  const auto* from = static_cast<const unsigned char*>(data);
  std::uint64_t sum = 0xcbf29ce484222325u;
  for (std::size_t left = bytes; left > 0;) {
    const std::size_t taken = std::min(left, sizeof(std::uint64_t));
    std::uint64_t word = 0;
    std::memcpy(&word, from, taken);
    sum = (sum ^ word) * 0x100000001b3u;
    from += taken;
    left -= taken;
  }
  return sum;
}

}  // namespace xgrad::kernels
