#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/pointwise/lane.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_gradient.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_pass.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/operand.hpp>
#include <xgrad/autograd/ops/recorded_lane.hpp>
#include <xgrad/autograd/ops/rounding.hpp>

namespace xgrad {

namespace detail {

inline constexpr std::size_t most_elementwise_inputs = 8;

/// A user's function, compiled for each kind of lane.
struct CompiledForms {
  std::size_t inputs;
  bool mask;  // the result is bool, without a gradient
  void (*value)(const void* f, kernels::Tile* x, kernels::Tile& y);
  /// The slopes with respect to the inputs whose bits are set in `needs`; an undefined one is zero.
  void (*slopes)(const void* f, kernels::Tile* x, std::uint32_t needs, kernels::Tile* slopes);
  void (*recorded_slopes)(const void* f, Tensor* x, std::uint32_t needs, Tensor* slopes);
  std::shared_ptr<const void> (*keep)(const void* f);
  /// Set by simd::elementwise, whose passes are compiled as a whole in the user's file and replace those over tiles.
  /// The first computes the value; the second multiplies g, the last input, by the slopes that are needed, and returns
  /// the bits of those that are not zero.
  void (*value_pass)(const void* f, const kernels::WholePass& pass) = nullptr;
  std::uint32_t (*slopes_pass)(const void* f, const kernels::WholePass& pass) = nullptr;
};

[[nodiscard]] Tensor elementwise(const void* f, const CompiledForms& forms, Tensor* x, Source at);

template <class R, class V>
inline constexpr bool is_lane_result =
    std::is_same_v<R, Lane<V>> || std::is_same_v<R, LaneMask<V>> || std::is_arithmetic_v<R>;

template <class F, class Is>
struct Compiled;

template <class F, std::size_t... I>
struct Compiled<F, std::index_sequence<I...>> {
  static constexpr std::size_t count = sizeof...(I);
  template <std::size_t>
  using TileArgument = Lane<kernels::Tile>;
  static constexpr bool callable = std::is_invocable_v<const F&, TileArgument<I>...>;
  static_assert(
      callable,
      "elementwise: f must be callable with one number for each tensor, as [](auto x, auto y) { ... } is; it may "
      "capture numbers, but not change them");
  using Result = std::decay_t<std::invoke_result_t<const F&, TileArgument<I>...>>;
  static_assert(is_lane_result<Result, kernels::Tile>,
                "elementwise: f must return what it computed from its arguments, a comparison of them, or a number");
  static constexpr bool mask = std::is_same_v<Result, LaneMask<kernels::Tile>> || std::is_same_v<Result, bool>;

  static void value(const void* f, kernels::Tile* x, kernels::Tile& y) {
    const F& function = *static_cast<const F*>(f);
    if constexpr (std::is_arithmetic_v<Result>)
      y = kernels::Tile(static_cast<double>(function(Lane<kernels::Tile>(x[I])...)));
    else
      y = std::move(function(Lane<kernels::Tile>(std::move(x[I]))...).v);
  }

  template <class V>
  static void slopes(const void* f, V* x, std::uint32_t needs, V* out) {
    if constexpr (std::is_same_v<Result, Lane<kernels::Tile>>) {
      auto y = (*static_cast<const F*>(f))(seed<V, I>(x[I], needs)...);
      ((out[I] = std::move(y.v.part[1 + I])), ...);
    }
  }

  template <class V, std::size_t Place>
  static Lane<kernels::Dual<V, count>> seed(V& x, std::uint32_t needs) {
    kernels::Dual<V, count> dual(std::move(x));
    if (needs >> Place & 1u) dual.part[1 + Place] = V(1.0);
    return Lane<kernels::Dual<V, count>>(std::move(dual));
  }

  static std::shared_ptr<const void> keep(const void* f) {
    return std::make_shared<const F>(*static_cast<const F*>(f));
  }

  static constexpr CompiledForms forms{count,          mask, value,   slopes<kernels::Tile>,
                                       slopes<Tensor>, keep, nullptr, nullptr};
};

}  // namespace detail

/// A quotient made whole, as that of tensors.
template <class V>
Lane<V> div(Lane<V> a, Lane<V> b, Rounding rounding) {
  if (rounding == Rounding::floor) return floor_divide(std::move(a), std::move(b));
  return detail::lane(kernels::fn::TruncDivide(), std::move(a), std::move(b));
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> div(Lane<V> a, N b, Rounding rounding) {
  return div(std::move(a), Lane<V>(b), rounding);
}
template <class V, class N, detail::IfNumber<N> = 0>
Lane<V> div(N a, Lane<V> b, Rounding rounding) {
  return div(Lane<V>(a), std::move(b), rounding);
}
/// gelu of a lane, as that of a tensor.
template <class V>
Lane<V> gelu(Lane<V> x, Gelu how = Gelu::exact) {
  if (how == Gelu::exact) return detail::lane(kernels::fn::Gelu(), std::move(x));
  return detail::lane(kernels::fn::GeluTanh(), std::move(x));
}

/// y = f(x...), element by element: a new pointwise operation from one generic lambda,
///
///   auto swish = [](auto x) { return x / (1.0 + exp(-x)); };
///   Tensor y = elementwise(swish, a);
///
/// computed in one pass, with its derivative, made by the compiler with dual numbers, in another. The arguments are up
/// to eight tensors, numbers or xtensor expressions; they broadcast, and their dtypes promote to float32 or float64
/// (int64 and bool count as float32). A lambda that returns a comparison gives a bool tensor without a gradient.
///
/// Inside f stand + - * / %, comparisons, & | ~ && || ! on their masks, where(mask, a, b), and every op that works
/// element by element, with numbers on either side and the meanings that they have on tensors; but not those on bits. A
/// mask beside a lane or a number counts as ones and zeros; quotients, powers and maxima of two masks do not compile.
/// There is no `if` on a lane: where() chooses. f is a pure function, may be called from several threads at once, and
/// must not keep its arguments. It is called again in backward, so it captures numbers by value.
///
/// Gradients are right at the kinks: the branch that where() does not take contributes exactly 0, also where its slope
/// is infinite or NaN, and so does every product of a slope with a zero one. where(x > 0, sqrt(x), 0) has
/// gradient 0 at 0, where the same formula over tensors gives NaN. This holds for gradients of gradients too.
template <class F, class... X>
[[nodiscard]] Tensor elementwise(F f, Operand first, X&&... rest) {
  static_assert(1 + sizeof...(X) <= detail::most_elementwise_inputs, "elementwise: at most eight tensors");
  static_assert((std::is_convertible_v<X&&, Tensor> && ...),
                "elementwise: what follows the function are tensors, numbers or xtensor expressions");
  Tensor inputs[] = {first.take(), Tensor(std::forward<X>(rest))...};
  return detail::elementwise(&f, detail::Compiled<F, std::make_index_sequence<1 + sizeof...(X)>>::forms, inputs,
                             first.at);
}

}  // namespace xgrad
