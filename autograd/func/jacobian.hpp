#pragma once

// Jacobians, Hessians, and products with them.

#include <cstdint>
#include <utility>
#include <vector>

#include <xgrad/autograd/func/calls.hpp>
#include <xgrad/autograd/func/core.hpp>

namespace xgrad::func {

/// How a Jacobian is computed: column by column in forward mode, row by row in reverse mode, or the way that needs
/// fewer sweeps (forward where there are not more inputs than outputs).
enum class Mode : std::uint8_t { automatic, forward, reverse };

namespace detail {

/// One block for each of the arguments `wrt`, of shape y.shape + x.shape.
Tensors jacobian_blocks(const char* op, const Function& f, const Tensors& x, const std::vector<std::size_t>& wrt,
                        Mode mode);
/// Blocks [i][j] of shape x_i.shape + x_j.shape.
std::vector<Tensors> hessian_blocks(const Function& f, const Tensors& x, const std::vector<std::size_t>& wrt);
Tensors hessian_product(const Function& f, const Tensors& x, const Tensors& v);

template <class F, bool one>
class Jacobian {
 public:
  Jacobian(F f, std::vector<std::int64_t> argnums, Mode mode)
      : f_(to_differentiate("jacobian", std::move(f))), argnums_(std::move(argnums)), mode_(mode) {}

  template <class... X, IfArguments<X...> = 0>
  auto operator()(const X&... x) const {
    using C = Call<X...>;
    const Tensors all = C::flat(x...);
    const auto wrt = C::places("jacobian", argnums_, all);
    const Function f = [&](const Tensors& in) { return as_list(C::apply(f_, in)); };
    return unpacked < one && !C::list > (jacobian_blocks("jacobian", f, all, wrt, mode_));
  }
  auto operator()(const Tensors& list) const { return this->template operator()<Tensors>(list); }

 private:
  F f_;
  std::vector<std::int64_t> argnums_;
  Mode mode_;
};

template <class F>
class Hessian {
 public:
  explicit Hessian(F f) : f_(to_differentiate("hessian", std::move(f))) {}

  template <class... X, IfArguments<X...> = 0>
  auto operator()(const X&... x) const {
    using C = Call<X...>;
    const Tensors all = C::flat(x...);
    const Function f = [&](const Tensors& in) { return as_list(C::apply(f_, in)); };
    std::vector<Tensors> blocks = hessian_blocks(f, all, C::first(all));
    if constexpr (C::list)
      return blocks;
    else
      return Tensor(std::move(blocks[0][0]));
  }
  auto operator()(const Tensors& list) const { return this->template operator()<Tensors>(list); }

 private:
  F f_;
};

}  // namespace detail

/// The function that computes the Jacobian of f: jacobian(f)(x, ...)[i..., j...] = ∂f_i/∂x_j, of shape y.shape +
/// x.shape and the dtype of x; for a list, one such tensor for each of its tensors, and so for several argument
/// numbers. Where f consists of ops that take many tangents at once, its columns are computed in one sweep; its rows
/// all walk one graph.
template <class F>
[[nodiscard]] auto jacobian(F f, Mode mode = Mode::automatic) {
  return detail::Jacobian<F, true>(std::move(f), {}, mode);
}
template <class F>
[[nodiscard]] auto jacobian(F f, std::int64_t argnum, Mode mode = Mode::automatic) {
  return detail::Jacobian<F, true>(std::move(f), {argnum}, mode);
}
template <class F>
[[nodiscard]] auto jacobian(F f, std::vector<std::int64_t> argnums, Mode mode = Mode::automatic) {
  return detail::Jacobian<F, false>(std::move(f), detail::some_of("jacobian", std::move(argnums)), mode);
}
/// jacobian() in forward mode and in reverse mode.
template <class F>
[[nodiscard]] auto jacfwd(F f) {
  return jacobian(std::move(f), Mode::forward);
}
template <class F>
[[nodiscard]] auto jacrev(F f) {
  return jacobian(std::move(f), Mode::reverse);
}

/// The function that computes the second derivatives of f, which returns one element: hessian(f)(x, ...)[i..., j...] =
/// ∂²f/∂x_i ∂x_j, of shape x.shape + x.shape. For a list, blocks [k][l] of shape x_k.shape + x_l.shape. Forward mode
/// over the recorded gradient; reverse over reverse where an op has no forward mode.
template <class F>
[[nodiscard]] auto hessian(F f) {
  return detail::Hessian<F>(std::move(f));
}

/// H v, the Hessian of f at x, which is never formed, times v of the shape of x: the derivative of the gradient along
/// v. It costs a few evaluations of f. x and v are tensors, or two lists.
template <class F>
[[nodiscard]] Tensor hvp(const F& f, const Tensor& x, const Tensor& v) {
  detail::to_differentiate("hvp", f);
  return detail::hessian_product([&](const Tensors& in) { return detail::as_list(f(in[0])); }, {x}, {v})[0];
}
template <class F>
[[nodiscard]] Tensors hvp(const F& f, const Tensors& x, const Tensors& v) {
  detail::to_differentiate("hvp", f);
  return detail::hessian_product([&](const Tensors& in) { return detail::as_list(f(in)); }, x, v);
}

}  // namespace xgrad::func
