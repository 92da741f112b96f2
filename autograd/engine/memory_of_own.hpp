#pragma once

// For this room's sources only: gradients that share memory become the sole owners of theirs before they are handed
// out.

#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// Gives each tensor memory that nothing else refers to: a copy, or what it has where several of them are pieces of one
/// storage, do not overlap, and are all that refers to it. Those become storages of their own, with versions of their
/// own, which together keep the memory.
void own_memory(const std::vector<Tensor*>& tensors);

}  // namespace xgrad::detail
