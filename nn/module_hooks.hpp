#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <xgrad/nn/module.hpp>

namespace xgrad::nn::detail {

/// The hooks of a module; one that was removed is empty.
struct ModuleHooks {
  template <class F>
  using List = std::vector<std::shared_ptr<F>>;
  List<ForwardPreHook> before;
  List<ForwardHook> after;
  List<BackwardPreHook> before_backward;
  List<BackwardHook> after_backward;
  List<CallHook> after_call;
};

/// The module's forward, before and after which the hooks are called.
Tensor forward_with_hooks(const ModuleBase& module, const ModuleHooks& hooks, const Tensor& x,
                          const std::function<Tensor(const Tensor&)>& forward);

/// The hooks of modules of several inputs.
bool has_call_hooks(const ModuleBase& module) noexcept;
void call_hooks(const ModuleBase& module, const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs);
HookHandle add_call_hook(const ModuleBase& module, CallHook hook);

}  // namespace xgrad::nn::detail
