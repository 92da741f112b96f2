#pragma once

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/nn/module.hpp>

namespace xgrad::nn::detail {

/// Calls forward(x), the forward of a module of one input, with the hooks that the module has. For its calls with
/// arguments beside x, which hooks do not see.
Tensor forward_of_one(const ModuleBase& module, const Tensor& x, const std::function<Tensor(const Tensor&)>& forward);

bool has_call_hooks(const ModuleBase& module) noexcept;
/// Call the hooks of a module of several inputs, and return whether these have replaced a tensor.
bool call_pre_hooks(const ModuleBase& module, std::vector<Tensor>& inputs);
bool call_hooks(const ModuleBase& module, const std::vector<Tensor>& inputs, std::vector<Tensor>& outputs);
[[noreturn]] void refuse_replacement();
HookHandle add_call_hook(const ModuleBase& module, CallPreHook hook);
HookHandle add_call_hook(const ModuleBase& module, CallHook hook);

/// Writes the tensors of a list into the places that hooks have seen, one after the other.
class Replacement {
 public:
  explicit Replacement(const std::vector<Tensor>& tensors) : next_(tensors.data()) {}

  void operator()(Tensor& place) const { place = *next_++; }
  template <class Fixed>
  void operator()(const Fixed& place) const {
    require_same(place, *next_++);
  }

 private:
  static void require_same(const Tensor& place, const Tensor& given);

  mutable const Tensor* next_;
};

/// An argument of a call, in which tensors were replaced.
template <class A, class T = std::decay_t<A>>
class HookedArgument {
  static constexpr bool is_copied = HeldTensors<T>::any && std::is_constructible_v<T, A> &&
                                    (!std::is_base_of_v<Tensor, T> || std::is_same_v<T, Tensor>);

 public:
  HookedArgument(A&& given, const Replacement& replacement) : value_(std::forward<A>(given)) {
    if constexpr (is_copied) {
      each_tensor(value_, replacement);
    } else {
      const auto& unchanged = value_;
      each_tensor(unchanged, replacement);
    }
  }
  A&& get() { return static_cast<A&&>(value_); }

 private:
  std::conditional_t<is_copied, T, A&&> value_;
};

/// The forward of a module of several inputs, before and after which its hooks are called.
template <class Result, class Forward, class... A>
Result forward_with_call_hooks(const ModuleBase& module, const Forward& forward, A&&... a) {
  std::vector<Tensor> inputs = tensors_in(a...), outputs;
  const bool replaced = call_pre_hooks(module, inputs);
  const Replacement replacement(inputs);
  if constexpr (std::is_reference_v<Result>) {
    if (replaced) refuse_replacement();
    Result y = forward(std::forward<A>(a)...);
    outputs = tensors_in(y);
    if (call_hooks(module, inputs, outputs)) refuse_replacement();
    return static_cast<Result>(y);
  } else {
    const auto call = [&]() -> Result {
      if (!replaced) return forward(std::forward<A>(a)...);
      std::tuple<HookedArgument<A>...> given{HookedArgument<A>(std::forward<A>(a), replacement)...};
      return std::apply([&](auto&... each) -> Result { return forward(each.get()...); }, given);
    };
    if constexpr (std::is_void_v<Result>) {
      call();
      call_hooks(module, inputs, outputs);
    } else {
      std::remove_const_t<Result> y = call();
      outputs = tensors_in(y);
      if (call_hooks(module, inputs, outputs)) each_tensor(y, Replacement(outputs));
      return y;
    }
  }
}

/// The same, without a copy of the inputs where the module has no hooks.
template <class Result, class Forward, class... A>
Result forward_of_several(const ModuleBase& module, const Forward& forward, A&&... a) {
  if (!has_call_hooks(module)) return forward(std::forward<A>(a)...);
  return forward_with_call_hooks<Result>(module, forward, std::forward<A>(a)...);
}

}  // namespace xgrad::nn::detail
