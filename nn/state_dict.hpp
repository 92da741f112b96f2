#pragma once

// For this room's sources only: what ModuleBase::state_dict and load_state_dict do.

#include <string>

#include <xgrad/io/state_dict.hpp>
#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn::detail {

/// The parameters and buffers of the module and all below it, detached, under their keys.
StateDict state_dict(const StatePtr& root);

/// Writes the values of `state` into them. Every fault is found before the first write; the error names the module's
/// class, `type`. Unless it is strict, keys that only one side has are no faults, and are returned.
IncompatibleKeys load_state_dict(const StatePtr& root, const std::string& type, const StateDict& state, Strict strict,
                                 Source at);

}  // namespace xgrad::nn::detail
