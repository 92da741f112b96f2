#pragma once

#include <cstdint>

namespace xgrad::nn {

/// What becomes of the losses of the elements: their mean, their sum, or all of them. kl_div alone knows `batchmean`,
/// the sum divided by the size of axis 0.
enum class Reduction : std::uint8_t { mean, sum, none, batchmean };

}  // namespace xgrad::nn
