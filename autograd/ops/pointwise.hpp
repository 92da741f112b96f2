#pragma once

// For this room's sources only: pointwise ops whose value and rules are generic lambdas, read over SIMD registers in
// one fused pass, and over Tensors when backward itself is recorded.

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pointwise.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad {

/// The rule of an input whose gradient is g itself.
struct PassOn {
  template <class G>
  G operator()(const G& g) const {
    return g;
  }
};
inline constexpr PassOn pass_on{};

namespace detail {

template <class T, class Out = T, std::size_t N, class F>
void pointwise_kernel(const F& f, const std::array<Tensor, N>& x, const Tensor& y) {
  std::array<const std::int64_t*, N> sizes;
  std::array<std::size_t, N> ranks;
  std::array<const T*, N> in;
  for (std::size_t i = 0; i < N; ++i) {
    sizes[i] = x[i].shape().data();
    ranks[i] = x[i].rank();
    in[i] = x[i].template data<T>();
  }
  const kernels::Plan<N> plan(y.shape().data(), y.rank(), sizes, ranks);
  kernels::pointwise<T>(f, y.write<Out>(), in, plan);
}

/// Runs a rule as a kernel, in the dtype of g.
template <std::size_t N, class F>
Tensor pull_kernel(const F& f, std::array<Tensor, N> x, const Tensor& g) {
  Tensor out = Tensor::uninitialized(g.shape(), g.dtype());
  for (Tensor& each : x)
    if (each.dtype() != g.dtype()) each = converted(each, g.dtype());
  visit_floating(g.dtype(), [&](auto type) { pointwise_kernel<typename decltype(type)::type>(f, x, out); });
  return out;
}

template <std::size_t N, class... R>
class PointwiseNode final : public InputsNode<N> {
 public:
  PointwiseNode(const char* name, Source at, const Tensor& y, Tensor* inputs, R... rules)
      : InputsNode<N>(name, at, y), rules_(std::move(rules)...) {
    static constexpr bool differentiable[] = {!RuleTraits<R>::none...};
    static constexpr std::uint32_t reads[] = {RuleTraits<R>::reads...};
    this->connect(inputs, differentiable, reads, y);
  }

  void pull(const Tensor& g, Tensor* out) override { pull_each(g, out, std::make_index_sequence<N>{}); }

 private:
  template <std::size_t... I>
  void pull_each(const Tensor& g, Tensor* out, std::index_sequence<I...>) {
    (pull_one<I>(g, out[I]), ...);
  }

  template <std::size_t I>
  void pull_one(const Tensor& g, Tensor& out) {
    using Traits = RuleTraits<std::tuple_element_t<I, std::tuple<R...>>>;
    if constexpr (!Traits::none) {
      if (!this->edges()[I].node) return;
      const auto& f = Traits::function(std::get<I>(rules_));
      auto x = [this](std::size_t i) { return this->input(i); };
      auto y = [this] { return this->output(); };
      if constexpr (std::is_same_v<std::decay_t<decltype(f)>, PassOn>) {
        out = g;
      } else if (grad_enabled()) {
        out = call_rule<Traits::reads, N>(f, x, y, g);
      } else {
        out = call_rule<Traits::reads, N>(
            [&](auto... all) { return pull_kernel(f, std::array<Tensor, sizeof...(all)>{std::move(all)...}, g); }, x, y, g);
      }
    }
  }

  std::tuple<R...> rules_;
};

/// Which dtypes an op computes in: floating ones alone, or whole numbers too.
enum class Numbers : bool { floating, all };

template <Numbers Kind, std::size_t N, class F, class... R>
Tensor pointwise(const char* name, Source at, Tensor (&&x)[N], F f, R... rules) {
  static_assert(sizeof...(R) == N, "one rule for each input");
  require_defined(name, x, N);
  DType dtype = promote(x, N, Kind == Numbers::floating);
  if (dtype == boolean) dtype = int64;
  Tensor y = Tensor::uninitialized(broadcast_all(name, x, N), dtype);
  y.mark_weak(all_weak(x, N));
  std::array<Tensor, N> in;
  for (std::size_t i = 0; i < N; ++i) in[i] = x[i].dtype() == dtype ? x[i] : converted(x[i], dtype);
  if constexpr (Kind == Numbers::all) {
    if (dtype == int64) {
      pointwise_kernel<std::int64_t>(f, in, y);
      return y;
    }
  }
  visit_floating(dtype, [&](auto type) { pointwise_kernel<typename decltype(type)::type>(f, in, y); });
  if (!records(x, N)) return y;
  using Made = PointwiseNode<N, R...>;
  auto node = Ref<Node>::adopt(new Made(name, at, y, x, std::move(rules)...));
  return attach(std::move(y), std::move(node));
}

/// A pointwise op whose result is true or false.
template <std::size_t N, class F>
Tensor predicate(const char* name, const Tensor (&x)[N], F f) {
  require_defined(name, x, N);
  DType dtype = promote(x, N, false);
  if (dtype == boolean) dtype = int64;
  Tensor y = Tensor::uninitialized(broadcast_all(name, x, N), boolean);
  std::array<Tensor, N> in;
  for (std::size_t i = 0; i < N; ++i) in[i] = x[i].dtype() == dtype ? x[i] : converted(x[i], dtype);
  visit(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, bool>) pointwise_kernel<T, bool>(f, in, y);
  });
  return y;
}

template <class F, class R>
Tensor unary(const char* name, Source at, Tensor x, F f, R rule) {
  return pointwise<Numbers::floating>(name, at, {std::move(x)}, std::move(f), std::move(rule));
}

template <class F, class RA, class RB>
Tensor binary(const char* name, Source at, Tensor a, Tensor b, F f, RA rule_a, RB rule_b) {
  return pointwise<Numbers::floating>(name, at, {std::move(a), std::move(b)}, std::move(f), std::move(rule_a), std::move(rule_b));
}

}  // namespace detail
}  // namespace xgrad
