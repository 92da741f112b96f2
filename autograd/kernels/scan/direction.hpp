#pragma once

namespace xgrad::kernels {

/// The order in which the elements of a line are visited.
enum class Direction : bool { forward, backward };

constexpr Direction opposite(Direction direction) {
  return direction == Direction::forward ? Direction::backward : Direction::forward;
}

}  // namespace xgrad::kernels
