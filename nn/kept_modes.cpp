#include <xgrad/nn/kept_modes.hpp>

#include <string>

#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn::detail {

KeptModes::KeptModes(const ModuleBase& model) {
  for_each_module_once(Access::state(model), [this](const std::string&, const StatePtr& module) {
    modes_.emplace_back(module, module->training);
  });
}

KeptModes::~KeptModes() {
  for (const auto& [module, training] : modes_) module->training = training;
}

void KeptModes::train(bool on) const noexcept {
  for (const auto& mode : modes_) mode.first->training = on;
}

}  // namespace xgrad::nn::detail
