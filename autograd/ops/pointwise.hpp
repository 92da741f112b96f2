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
void pointwise_kernel(const F& f, const std::array<Reading, N>& x, const Tensor& y) {
  const Shape& shape = y.shape();
  std::array<const T*, N> in;
  bool same = true;
  for (std::size_t i = 0; i < N; ++i) {
    in[i] = static_cast<const T*>(x[i].data);
    same = same && *x[i].shape == shape;
  }
  if (same) {
    kernels::pointwise<T>(f, y.write<Out>(), in, kernels::Plan<N>(shape.count()));
    return;
  }
  std::array<const std::int64_t*, N> sizes;
  std::array<std::size_t, N> ranks;
  for (std::size_t i = 0; i < N; ++i) {
    sizes[i] = x[i].shape->data();
    ranks[i] = x[i].shape->rank();
  }
  kernels::pointwise<T>(f, y.write<Out>(), in, kernels::Plan<N>(shape.data(), shape.rank(), sizes, ranks));
}

inline Reading reading(const Tensor& x) { return {x.raw(), &x.shape(), x.dtype()}; }

/// The operands of a kernel, converted to the dtype it computes in where they are of another.
template <std::size_t N>
class Operands {
 public:
  Operands(const Tensor (&x)[N], DType dtype) {
    for (std::size_t i = 0; i < N; ++i) {
      if (x[i].dtype() != dtype) converted_[i] = converted(x[i], dtype);
      readings_[i] = reading(x[i].dtype() != dtype ? converted_[i] : x[i]);
    }
  }
  explicit Operands(const std::array<Reading, N>& x) : readings_(x) {}

  const std::array<Reading, N>& readings() const { return readings_; }

 private:
  Tensor converted_[N];
  std::array<Reading, N> readings_;
};

template <class T, class Out = T, std::size_t N, class F>
void pointwise_kernel(const F& f, const std::array<Tensor, N>& x, const Tensor& y) {
  std::array<Reading, N> readings;
  for (std::size_t i = 0; i < N; ++i) readings[i] = reading(x[i]);
  pointwise_kernel<T, Out>(f, readings, y);
}

/// Runs a rule as a kernel, in the dtype of g; `last` says that g is not needed again, so that its memory may be.
template <std::size_t N, class F>
Tensor pull_kernel(const F& f, const std::array<Reading, N>& x, const Tensor& g, bool last) {
  Tensor out = last && alone(g) ? g : Tensor::uninitialized(g.shape(), g.dtype());
  visit_floating(g.dtype(), [&](auto type) { pointwise_kernel<typename decltype(type)::type>(f, x, out); });
  return out;
}

template <std::size_t N, class F>
Tensor pull_converted(const F& f, std::array<Tensor, N> x, const Tensor& g) {
  std::array<Reading, N> readings;
  for (std::size_t i = 0; i < N; ++i) {
    if (x[i].dtype() != g.dtype()) x[i] = converted(x[i], g.dtype());
    readings[i] = reading(x[i]);
  }
  return pull_kernel(f, readings, g, false);
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
        const auto read_x = [this](std::size_t i) { return this->read_input(i); };
        const auto read_y = [this] { return this->read_output(); };
        bool last = true;
        for (std::size_t later = I + 1; later < N; ++later) last = last && !this->edges()[later].node;
        const auto fast = [&](const auto&... all) {
          if (!((all.dtype == g.dtype()) && ...)) return Tensor();
          return pull_kernel(f, std::array<Reading, sizeof...(all)>{all...}, g, last);
        };
        out = call_rule<Traits::reads, N>(fast, read_x, read_y, reading(g));
        if (out.defined()) return;
        out = call_rule<Traits::reads, N>(
            [&](auto... all) { return pull_converted(f, std::array<Tensor, sizeof...(all)>{std::move(all)...}, g); }, x, y, g);
      }
    }
  }

  std::tuple<R...> rules_;
};

/// Which dtypes an op computes in: floating ones alone, or whole numbers too.
enum class Numbers : bool { floating, all };

/// The dtype that an op computes in: that of its operands if they agree.
template <std::size_t N>
DType common_dtype(const Tensor (&x)[N], bool floating) {
  const DType first = x[0].dtype();
  bool same = is_floating(first) || (first == int64 && !floating);
  for (std::size_t i = 1; i < N; ++i) same = same && x[i].dtype() == first;
  if (same) return first;
  const DType dtype = promote(x, N, floating);
  return dtype == boolean ? int64 : dtype;
}

/// Memory for the result, of the shape that all operands broadcast to: that of an operand which nobody else holds, where
/// the operands are not needed afterwards, or else new.
template <std::size_t N>
Tensor room_for(const char* name, const Tensor (&x)[N], DType dtype, bool reuse) {
  bool same = true;
  for (std::size_t i = 1; i < N; ++i) same = same && x[i].shape() == x[0].shape();
  const Shape shape = same ? x[0].shape() : broadcast_all(name, x, N);
  if (reuse)
    for (const Tensor& each : x)
      if (each.dtype() == dtype && alone(each) && each.shape() == shape) {
        Tensor y = each.alias(shape);
        y.mark_weak(false);
        return y;
      }
  return Tensor::uninitialized(shape, dtype);
}

template <Numbers Kind, std::size_t N, class F, class... R>
Tensor pointwise(const char* name, Source at, Tensor (&&x)[N], F f, R... rules) {
  static_assert(sizeof...(R) == N, "one rule for each input");
  const Timed timed(name, at);
  require_defined(name, x, N);
  const DType dtype = common_dtype(x, Kind == Numbers::floating);
  const bool recorded = records(x, N);
  constexpr bool read_again = (((RuleTraits<R>::reads & reads_every_x) != 0) || ...);
  Tensor y = room_for(name, x, dtype, !(recorded && read_again));
  if (x[0].weak()) y.mark_weak(all_weak(x, N));
  {
    const Operands<N> in(x, dtype);
    if constexpr (Kind == Numbers::all) {
      if (dtype == int64) {
        pointwise_kernel<std::int64_t>(f, in.readings(), y);
        return y;
      }
    }
    visit_floating(dtype, [&](auto type) { pointwise_kernel<typename decltype(type)::type>(f, in.readings(), y); });
  }
  if (!recorded) return y;
  using Made = PointwiseNode<N, R...>;
  auto node = Ref<Node>::adopt(new Made(name, at, y, x, std::move(rules)...));
  return attach(std::move(y), std::move(node));
}

/// A pointwise op whose result is true or false.
template <std::size_t N, class F>
Tensor predicate(const char* name, const Tensor (&x)[N], F f) {
  const Timed timed(name, Source());
  require_defined(name, x, N);
  const DType dtype = common_dtype(x, false);
  Tensor y = room_for(name, x, boolean, false);
  const Operands<N> in(x, dtype);
  visit(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, bool>) pointwise_kernel<T, bool>(f, in.readings(), y);
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
