#pragma once

#include <type_traits>
#include <vector>

#include <xgrad/autograd/graph/substitution.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::func {

namespace detail {

/// Puts the values in the place of the module's parameters and buffers, by name, or by the order of parameters().
void substitute(xgrad::detail::Substitution& into, const nn::ModuleBase& module, const StateDict& values);
void substitute(xgrad::detail::Substitution& into, const nn::ModuleBase& module, const std::vector<Tensor>& values);

}  // namespace detail

/// y = module(x), where the module computes with the given tensors in place of its parameters and buffers of these
/// names, as torch.func.functional_call does: so that gradients with respect to parameters are those of a function of
/// them. What is not named stays; a name that the module does not have is an error, and so is another shape. A list
/// holds a tensor for each of module.parameters(). The module is as before afterwards, also after an exception, except
/// that it may have written buffers that were not replaced. Meanwhile no other thread may use it.
[[nodiscard]] Tensor functional_call(const nn::Module& module, const StateDict& values, const Tensor& x,
                                     Source at = Source::here());
[[nodiscard]] Tensor functional_call(const nn::Module& module, const std::vector<Tensor>& values, const Tensor& x,
                                     Source at = Source::here());
/// The same for a module of several inputs: call() computes with it, and returns a tensor.
template <class Values, class F, std::enable_if_t<std::is_invocable_r_v<Tensor, F&>, int> = 0>
[[nodiscard]] Tensor functional_call(const nn::ModuleBase& module, const Values& values, F call) {
  xgrad::detail::Substitution in_place;
  detail::substitute(in_place, module, values);
  return in_place.outliving(call());
}

}  // namespace xgrad::func
