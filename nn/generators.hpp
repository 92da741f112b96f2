#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/nn/clone.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// The generator of a module's own, empty where it draws from the calling thread's.
using OwnGenerator = Shared<std::optional<Generator>>;

/// Makes the generator a part of the module's state, as add() does a parameter: clones of the module have their own,
/// and what saves a training run finds it. Called in the constructor of a module that draws random numbers.
void register_generator(ModuleBase& module, const OwnGenerator& generator);

/// The generators that were registered in this module and all below it, with the names of their modules relative to
/// this one; one that modules share appears once. They are the modules' own: restore() of one is seen by its module.
[[nodiscard]] std::vector<std::pair<std::string, OwnGenerator>> named_generators(const ModuleBase& module);

}  // namespace xgrad::nn
