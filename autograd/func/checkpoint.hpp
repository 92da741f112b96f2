#pragma once

#include <functional>
#include <utility>

#include <xgrad/autograd/func/calls.hpp>
#include <xgrad/autograd/func/core.hpp>

namespace xgrad::func {

namespace detail {

Tensor checkpointed(std::function<Tensor(const Tensors&)> f, const Tensors& x, Source at);

template <class F, class... X>
Tensor checkpoint_at(Source at, F f, const X&... x) {
  to_differentiate("checkpoint", f);
  const Tensors all = Call<X...>::flat(x...);
  return checkpointed([f = std::move(f)](const Tensors& in) { return Call<X...>::apply(f, in); }, all, at);
}

}  // namespace detail

/// y = f(x, ...), of which the graph keeps the arguments only: backward calls f again and differentiates that. Saves
/// the memory of what f's ops would keep, for the time of one more forward. f is called as by the transforms, with
/// tensors or with a list. It is called after this function has returned: a lambda captures local variables by value.
/// What it captures and is recorded, such as the parameters of a module, gets its gradient too.
///
/// The second call draws the same numbers from the default generator, so that dropout has the same mask. Its result
/// must have the same bits as that of the first; otherwise backward throws std::logic_error. So f must be a function of
/// its arguments: a generator of one's own, a mode or a parameter that has changed in between is an error, and so is a
/// recorded value that only the second call captures, whose gradient would be lost. Backward may run in another thread
/// than the call did; but f itself must record its ops in the thread that calls it. A module
/// that counts its calls, as batch normalisation does, counts two. Checkpoints nest, and derivatives of any order are
/// right.
/// Errors name the line of the call, up to four arguments.
template <class F, class A, detail::IfArguments<A> = 0>
[[nodiscard]] Tensor checkpoint(F f, const A& a, Source at = Source::here()) {
  return detail::checkpoint_at(at, std::move(f), a);
}
template <class F, class A, class B, detail::IfArguments<A, B> = 0>
[[nodiscard]] Tensor checkpoint(F f, const A& a, const B& b, Source at = Source::here()) {
  return detail::checkpoint_at(at, std::move(f), a, b);
}
template <class F, class A, class B, class C, detail::IfArguments<A, B, C> = 0>
[[nodiscard]] Tensor checkpoint(F f, const A& a, const B& b, const C& c, Source at = Source::here()) {
  return detail::checkpoint_at(at, std::move(f), a, b, c);
}
template <class F, class A, class B, class C, class D, detail::IfArguments<A, B, C, D> = 0>
[[nodiscard]] Tensor checkpoint(F f, const A& a, const B& b, const C& c, const D& d, Source at = Source::here()) {
  return detail::checkpoint_at(at, std::move(f), a, b, c, d);
}
template <class F, class... X, detail::IfMany<X...> = 0, detail::IfArguments<X...> = 0>
[[nodiscard]] Tensor checkpoint(F f, const X&... x) {
  return detail::checkpoint_at(Source(), std::move(f), x...);
}

}  // namespace xgrad::func
