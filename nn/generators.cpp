#include <xgrad/nn/generators.hpp>

#include <unordered_set>

#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn {

void register_generator(ModuleBase& module, const OwnGenerator& generator) {
  detail::Access::state(module)->generators.push_back(generator);
}

std::vector<std::pair<std::string, OwnGenerator>> named_generators(const ModuleBase& module) {
  std::vector<std::pair<std::string, OwnGenerator>> result;
  std::unordered_set<const void*> seen;
  detail::for_each_module_once(detail::Access::state(module), [&](const std::string& path, const auto& state) {
    for (const OwnGenerator& each : state->generators)
      if (seen.insert(&*each).second) result.emplace_back(path, each);
  });
  return result;
}

}  // namespace xgrad::nn
