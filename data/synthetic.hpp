#pragma once

#include <cstdint>

#include <xgrad/data/dataset.hpp>

namespace xgrad::data {

/// Two spirals, one around the other: `per_spiral` points of class 0, then as many of class 1.
///
///     theta = 2 pi sqrt(u),  u uniform in [0, 1), shared by a point of each class
///     r = 2 theta + pi  (class 0),  r = -2 theta - pi  (class 1)
///     point = rotation by 30 degrees of ((r cos theta, r sin theta) + noise * n),  n standard normal
///
/// inputs: float32 (2 per_spiral, 2); targets: int64 (2 per_spiral), 0 or 1. Equal arguments give equal points. Throws
/// std::invalid_argument when per_spiral is negative or noise is negative or not finite.
[[nodiscard]] TensorDataset two_spirals(Dim per_spiral, double noise = 1.0, std::uint64_t seed = 0);

}  // namespace xgrad::data
