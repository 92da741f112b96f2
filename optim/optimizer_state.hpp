#pragma once

// For this room's sources only: the state that an optimiser loads, until all of it is checked.

#include <cstdint>
#include <vector>

#include <xgrad/optim/description.hpp>
#include <xgrad/optim/group_list.hpp>
#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

struct Optimizer::Loaded {
  std::vector<detail::GroupList::Entry> groups;
  std::vector<std::vector<Tensor>> slots;
  std::vector<std::vector<double>> numbers;
  std::vector<std::int64_t> steps;
  bool has_options = true;  // states of earlier versions have none

  /// Whether the slot is in use in the group under the options that were loaded.
  bool uses(const detail::Slot& slot, std::size_t group) const {
    return slot.needs == detail::always || groups[group].values[static_cast<std::size_t>(slot.needs)] != 0;
  }
};

}  // namespace xgrad::optim
