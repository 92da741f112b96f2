#pragma once

// What tests of trainings share.

#include <forward_list>
#include <stdexcept>
#include <utility>
#include <vector>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

/// Throws in the call that its number says, once.
struct Once {
  int calls = 0, at = -1;
  void operator()() {
    if (calls++ == at) throw std::runtime_error("once");
  }
};

/// A schedule that only counts its steps.
struct CountingSchedule {
  int steps = 0;
  void step() { ++steps; }
  xgrad::StateDict state_dict() const { return {}; }
  void load_state_dict(const xgrad::StateDict&) {}
};

/// The same batches as a list that knows their number, and as one that does not.
struct EitherBatches {
  explicit EitherBatches(std::vector<std::vector<xgrad::Tensor>> all)
      : counted(std::move(all)), uncounted(counted.begin(), counted.end()) {}

  void fit(xgrad::train::Trainer& trainer, bool with_number) const {
    if (with_number)
      trainer.fit(counted);
    else
      trainer.fit(uncounted);
  }

  std::vector<std::vector<xgrad::Tensor>> counted;
  std::forward_list<std::vector<xgrad::Tensor>> uncounted;
};
