#include <xgrad/nn/module_hooks.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/engine/run_end.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn {
namespace detail {
namespace {

// Calls the hooks one after the other on what the one before has made of x.
template <class F, class Call>
Tensor passed_through(const ModuleHooks::List<F>& list, Tensor x, const Call& call) {
  for (const std::shared_ptr<F>& kept : list) {
    const F hook = *kept;  // a copy, since a hook may remove itself
    if (!hook) continue;
    Tensor other = call(hook, x);
    if (other.defined()) x = std::move(other);
  }
  return x;
}

// A place of its own in the graph, for the gradients of this module's call alone.
Tensor placed(const char* name, const Tensor& x, Source at) {
  return record(name, at, Raw::alias(x, x.shape()), {x}, pass_on);
}

// One call of a module, from which backward comes back: in several runs at once, if several threads walk the graph or
// a hook within the module begins a run of its own.
class Passage {
 public:
  Passage(ModuleBase of, ModuleHooks::List<BackwardPreHook> first, ModuleHooks::List<BackwardHook> then)
      : module_(std::move(of)), before_(std::move(first)), after_(std::move(then)) {}

  /// The gradient of the result, in this run.
  Tensor enter(const Tensor& g) const {
    return passed_through(before_, g, [&](const BackwardPreHook& hook, const Tensor& gy) { return hook(module_, gy); });
  }
  void keep(const Tensor& grad_y) {
    const std::lock_guard<std::mutex> lock(mutex_);
    kept_[xgrad::detail::current_run()] = grad_y;
  }
  Tensor take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto node = kept_.extract(xgrad::detail::current_run());
    return node.empty() ? Tensor() : node.mapped();
  }
  void forget(std::uint32_t run) {
    const std::lock_guard<std::mutex> lock(mutex_);
    kept_.erase(run);
  }

  Tensor leave(Tensor grad_x, const Tensor& g) const {
    const std::uint32_t version = g.defined() ? Raw::storage(g)->version() : 0;
    Tensor result = passed_through(after_, std::move(grad_x),
                                   [&](const BackwardHook& hook, const Tensor& gx) { return hook(module_, gx, g); });
    if (g.defined() && Raw::storage(g)->version() != version)
      throw std::logic_error("backward: a hook of " + module_.type_name() +
                             " wrote to the gradient of its result in place at " +
                             to_string(Raw::storage(g)->last_write()) +
                             ": other gradients may share its memory: return a new gradient of its input instead");
    return result;
  }

 private:
  ModuleBase module_;
  ModuleHooks::List<BackwardPreHook> before_;
  ModuleHooks::List<BackwardHook> after_;
  std::mutex mutex_;
  std::map<std::uint32_t, Tensor> kept_;  // the gradient of the result, by run
};

}  // namespace

Tensor forward_with_hooks(const ModuleBase& module, const ModuleHooks& all, const Tensor& given,
                          const std::function<Tensor(const Tensor&)>& forward) {
  const ModuleHooks hooks = all;  // a hook may register others
  const Source at = CallScope::call_site();
  Tensor x = passed_through(hooks.before, given,
                            [&](const ForwardPreHook& hook, const Tensor& in) { return hook(module, in); });
  const bool backward = grad_enabled() && !(hooks.before_backward.empty() && hooks.after_backward.empty());
  const bool through = backward && x.defined() && x.requires_grad();
  if (through) x = placed("module_input", x, at);
  Tensor y = passed_through(hooks.after, forward(x),
                            [&](const ForwardHook& hook, const Tensor& out) { return hook(module, x, out); });
  if (!backward || !y.requires_grad()) return y;
  y = placed("module_output", y, at);
  auto passage = std::make_shared<Passage>(module, hooks.before_backward, hooks.after_backward);
  y.register_hook([passage, through](const Tensor& g) {
    Tensor result = passage->enter(g);
    if (!through) {
      passage->leave(Tensor(), result);
      return result;
    }
    passage->keep(result);
    // A gradient that passes by x, as grad() of a weight does, is not kept.
    xgrad::detail::at_end_of_run([passage, run = xgrad::detail::current_run()] { passage->forget(run); });
    return result;
  });
  if (through) x.register_hook([passage](const Tensor& g) { return passage->leave(g, passage->take()); });
  return y;
}

Tensor forward_of_one(const ModuleBase& module, const Tensor& x, const std::function<Tensor(const Tensor&)>& forward) {
  const ModuleHooks* hooks = Access::state(module)->hooks.get();
  return hooks == nullptr ? forward(x) : forward_with_hooks(module, *hooks, x, forward);
}

bool has_call_hooks(const ModuleBase& module) noexcept {
  const ModuleHooks* hooks = Access::state(module)->hooks.get();
  return hooks != nullptr && !(hooks->before_call.empty() && hooks->after_call.empty());
}

namespace {

// Whether the hooks, called one after the other, have replaced one of the tensors.
template <class F, class Call>
bool replaced_by(ModuleHooks::List<F> list, const char* which, std::vector<Tensor>& tensors, const Call& call) {
  const std::vector<Tensor> before = tensors;
  for (const std::shared_ptr<F>& kept : list) {
    const F hook = *kept;  // a copy, since a hook may remove itself
    if (!hook) continue;
    call(hook);
    if (tensors.size() != before.size())
      throw std::logic_error(std::string(which) + " changed the number of tensors from " +
                             std::to_string(before.size()) + " to " + std::to_string(tensors.size()) +
                             ": it may replace them one by one");
  }
  return !std::equal(tensors.begin(), tensors.end(), before.begin(),
                     [](const Tensor& a, const Tensor& b) { return Raw::value(a) == Raw::value(b); });
}

}  // namespace

bool call_pre_hooks(const ModuleBase& module, std::vector<Tensor>& inputs) {
  return replaced_by(Access::state(module)->hooks->before_call, "a forward pre-hook", inputs,
                     [&](const CallPreHook& hook) { hook(module, inputs); });
}

bool call_hooks(const ModuleBase& module, const std::vector<Tensor>& inputs, std::vector<Tensor>& outputs) {
  return replaced_by(Access::state(module)->hooks->after_call, "a forward hook", outputs,
                     [&](const CallHook& hook) { hook(module, inputs, outputs); });
}

void refuse_replacement() {
  throw std::logic_error("a hook replaced a tensor, but forward returns a reference: let it return a value");
}

void Replacement::require_same(const Tensor& place, const Tensor& given) {
  if (Raw::value(place) == Raw::value(given)) return;
  throw std::logic_error(
      "a hook replaced a tensor that the call holds as a constant, by reference in a tuple, or as an nn::Parameter or "
      "another class of its own: pass it as a Tensor");
}

}  // namespace detail

namespace {

template <class F>
HookHandle added(detail::ModuleState& state, detail::ModuleHooks::List<F> detail::ModuleHooks::*list, const char* name,
                 F hook) {
  if (!hook) throw std::invalid_argument(std::string(name) + ": the hook is empty");
  if (!state.hooks) state.hooks = std::make_unique<detail::ModuleHooks>();
  return xgrad::detail::add_hook((*state.hooks).*list, std::move(hook));
}

}  // namespace

HookHandle Module::register_forward_pre_hook(ForwardPreHook hook) {
  return added(*detail::Access::state(*this), &detail::ModuleHooks::before, "register_forward_pre_hook",
               std::move(hook));
}
HookHandle Module::register_forward_hook(ForwardHook hook) {
  return added(*detail::Access::state(*this), &detail::ModuleHooks::after, "register_forward_hook", std::move(hook));
}
HookHandle Module::register_full_backward_hook(BackwardHook hook) {
  return added(*detail::Access::state(*this), &detail::ModuleHooks::after_backward, "register_full_backward_hook",
               std::move(hook));
}
HookHandle Module::register_full_backward_pre_hook(BackwardPreHook hook) {
  return added(*detail::Access::state(*this), &detail::ModuleHooks::before_backward, "register_full_backward_pre_hook",
               std::move(hook));
}

HookHandle detail::add_call_hook(const ModuleBase& module, CallPreHook hook) {
  return added(*Access::state(module), &ModuleHooks::before_call, "register_forward_pre_hook", std::move(hook));
}
HookHandle detail::add_call_hook(const ModuleBase& module, CallHook hook) {
  return added(*Access::state(module), &ModuleHooks::after_call, "register_forward_hook", std::move(hook));
}

}  // namespace xgrad::nn
