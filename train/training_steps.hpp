#pragma once

// For this room's sources only: what a TrainingRun keeps of a step. training_steps.cpp has its functions for them.

#include <cstddef>

namespace xgrad::train {

/// What follows a step of the optimiser that was made. Where it fails, the next fit() does what is left of it first,
/// and no checkpoint is written before.
struct StepEnd {
  bool is_averaged = false;
  std::size_t schedules = 0;
};

}  // namespace xgrad::train
