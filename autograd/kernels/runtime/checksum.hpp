#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

/// FNV-1a over words of 8 bytes: any change of a single word changes it.
std::uint64_t checksum(const void* data, std::size_t bytes);

}  // namespace xgrad::kernels
