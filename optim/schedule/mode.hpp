#pragma once

#include <cstdint>

namespace xgrad::optim {

/// Whether a number should become small, as a loss, or large, as an accuracy.
enum class Mode : std::uint8_t { min, max };

}  // namespace xgrad::optim
