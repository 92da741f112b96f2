#pragma once

#include <functional>
#include <utility>

#include <xgrad/autograd/func/calls.hpp>
#include <xgrad/autograd/func/core.hpp>

namespace xgrad::func {

namespace detail {

Tensor checkpointed(std::function<Tensor(const Tensors&)> f, const Tensors& x, Source at);

}  // namespace detail

/// y = f(x, ...), of which the graph keeps the arguments only: backward calls f again and differentiates that. Saves
/// the memory of what f's ops would keep, for the time of one more forward. f is called as by the transforms, with
/// tensors or with a list. It is called after this function has returned: a lambda captures local variables by value.
/// What it captures and is recorded, such as the parameters of a module, gets its gradient too.
///
/// The second call draws the same numbers from the default generator, so that dropout has the same mask. Its result
/// must have the same bits as that of the first; otherwise backward throws std::logic_error. So f must be a function of
/// its arguments: a generator of one's own, a mode or a parameter that has changed in between is an error. A module
/// that counts its calls, as batch normalisation does, counts two. Checkpoints nest, and derivatives of any order are
/// right.
template <class F, class... X, detail::IfArguments<X...> = 0>
[[nodiscard]] Tensor checkpoint(F f, const X&... x) {
  const Tensors all = detail::Call<X...>::flat(x...);
  return detail::checkpointed([f = std::move(f)](const Tensors& in) { return detail::Call<X...>::apply(f, in); }, all,
                              Source());
}

}  // namespace xgrad::func
