#pragma once

// For this room's sources only: pointwise ops whose value and rules are generic lambdas, read over SIMD registers in
// one fused pass, and over Tensors when backward itself is recorded.

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pointwise/pass.hpp>
#include <xgrad/autograd/ops/operand.hpp>
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

// All operands have the shape of the result.
template <class T, class Out = T, std::size_t N, class F>
void same_shape_kernel(const F& f, const std::array<const T*, N>& in, Out* out, std::int64_t count) {
  std::array<std::int64_t, N> step;
  step.fill(1);
  if (count == 0) return;
  if (count <= kernels::pointwise_grain)
    kernels::pointwise_row<T>(f, out, in, step, count, std::make_index_sequence<N>{});
  else
    kernels::pointwise<T>(f, out, in, kernels::Plan<N>(count));
}

template <class T, class Out = T, std::size_t N, class F>
void pointwise_kernel(const F& f, const std::array<Reading, N>& x, const Tensor& y) {
  const Shape& shape = y.shape();
  std::array<const T*, N> in;
  bool same = true;
  for (std::size_t i = 0; i < N; ++i) {
    in[i] = static_cast<const T*>(x[i].data);
    same = same && *x[i].shape == shape;
  }
  if (same) return same_shape_kernel<T>(f, in, y.write<Out>(), shape.count());
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

/// The operands of an op: handles of its own, or uncounted ones of what its caller keeps alive.
template <std::size_t N>
class Handles {
 public:
  template <class... X>
  explicit Handles(X&&... x) {
    static_assert(sizeof...(X) == N, "one for each operand");
    std::size_t i = 0;
    (hold(i++, std::forward<X>(x)), ...);
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  ~Handles() {
    for (std::size_t i = 0; i < N; ++i)
      if (!borrowed(i)) x_[i].handle.~Tensor();
  }

  const Tensor& operator[](std::size_t i) const noexcept { return x_[i].handle; }
  const Tensor* begin() const noexcept { return &x_[0].handle; }
  std::uint32_t borrowed() const noexcept { return borrowed_; }
  bool borrowed(std::size_t i) const noexcept { return (borrowed_ >> i & 1u) != 0; }

 private:
  union Place {  // of a handle whose end is not always one
    Place() {}
    ~Place() {}
    Tensor handle;
  };

  void hold(std::size_t i, Tensor&& x) { new (&x_[i].handle) Tensor(std::move(x)); }
  void hold(std::size_t i, Operand& x) {
    if (!x.borrowed()) return hold(i, x.take());
    new (&x_[i].handle) Tensor(Ref<Value>::adopt(x.tensor().value()));
    borrowed_ |= 1u << i;
  }

  Place x_[N];
  std::uint32_t borrowed_ = 0;
};

// The rules are a base and not a member, so that those without state take no room.
template <std::size_t N, class... R>
class PointwiseNode final : public InputsNode<N>, private std::tuple<R...> {
 public:
  PointwiseNode(const char* name, Source at, const Tensor& y, const Handles<N>& inputs, const R&... rules)
      : InputsNode<N>(name, at, y), std::tuple<R...>(rules...) {
    static constexpr bool differentiable[] = {!RuleTraits<R>::none...};
    static constexpr std::uint32_t reads[] = {RuleTraits<R>::reads...};
    this->connect(inputs.begin(), differentiable, reads, y, inputs.borrowed());
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
      const auto& f = Traits::function(std::get<I>(static_cast<const std::tuple<R...>&>(*this)));
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
            [&](auto... all) { return pull_converted(f, std::array<Tensor, sizeof...(all)>{std::move(all)...}, g); }, x,
            y, g);
      }
    }
  }
};

template <std::size_t N, std::size_t... I>
auto tied(Tensor (&x)[N], std::index_sequence<I...>) {
  return std::tie(x[I]...);
}

/// Which dtypes an op computes in: floating ones alone, or whole numbers too.
enum class Numbers : bool { floating, all };

/// The dtype that an op computes in: that of its operands if they agree.
inline DType common_dtype(const Tensor* x, std::size_t count, bool floating) {
  const DType first = x[0].dtype();
  bool same = is_floating(first) || (first == int64 && !floating);
  for (std::size_t i = 1; i < count; ++i) same = same && x[i].dtype() == first;
  if (same) return first;
  const DType dtype = promote(x, count, floating);
  return dtype == boolean ? int64 : dtype;
}

/// Whether all tensors have the shape of the first.
inline bool one_shape(const Tensor* x, std::size_t count) {
  bool same = true;
  for (std::size_t i = 1; i < count; ++i) same = same && x[i].shape() == x[0].shape();
  return same;
}

/// Memory for the result: that of an operand which nobody else holds, where the operands are not needed afterwards, or
/// else new.
template <std::size_t N>
Tensor room_for(const Handles<N>& x, const Shape& shape, DType dtype, bool reuse) {
  if (reuse)
    for (std::size_t i = 0; i < N; ++i)
      if (!x.borrowed(i) && alone(x[i]) && x[i].dtype() == dtype && x[i].shape() == shape) {
        Tensor y = x[i].alias(shape);
        y.mark_weak(false);
        return y;
      }
  return Tensor::uninitialized(shape, dtype);
}

// y = f(x...) where operands are of other shapes or dtypes than the result's.
template <class T, std::size_t N, class F>
void general_kernel(const F& f, const Handles<N>& x, DType dtype, const Tensor& y) {
  Tensor converted_ones[N];
  std::array<Reading, N> readings;
  for (std::size_t i = 0; i < N; ++i) {
    const bool other = x[i].dtype() != dtype;
    if (other) converted_ones[i] = converted(x[i], dtype);
    readings[i] = reading(other ? converted_ones[i] : x[i]);
  }
  pointwise_kernel<T>(f, readings, y);
}

template <class T, std::size_t N, class F>
void fill_from(const F& f, const Handles<N>& x, bool alike, DType dtype, const Tensor& y) {
  if (!alike) return general_kernel<T>(f, x, dtype, y);
  std::array<const T*, N> in;
  for (std::size_t i = 0; i < N; ++i) in[i] = x[i].template data<T>();
  same_shape_kernel<T>(f, in, y.write<T>(), y.size());
}

template <Numbers Kind, std::size_t N, class F, class... R>
Tensor pointwise(const char* name, Source at, const Handles<N>& x, const F& f, const R&... rules) {
  static_assert(sizeof...(R) == N, "one rule for each input");
  const Timed timed(name, at);
  require_defined(name, x.begin(), N);
  const DType dtype = common_dtype(x.begin(), N, Kind == Numbers::floating);
  const bool recorded = records(x.begin(), N), one = one_shape(x.begin(), N);
  bool alike = one;
  for (std::size_t i = 0; i < N; ++i) alike = alike && x[i].dtype() == dtype;
  constexpr bool read_again = (((RuleTraits<R>::reads & reads_every_x) != 0) || ...);
  Tensor y = one ? room_for(x, x[0].shape(), dtype, !(recorded && read_again))
                 : room_for(x, broadcast_all(name, x.begin(), N), dtype, !(recorded && read_again));
  if (x[0].weak()) y.mark_weak(all_weak(x.begin(), N));
  if constexpr (Kind == Numbers::all) {
    if (dtype == int64) {
      fill_from<std::int64_t>(f, x, alike, dtype, y);
      return y;
    }
  }
  visit_floating(dtype, [&](auto type) { fill_from<typename decltype(type)::type>(f, x, alike, dtype, y); });
  if (!recorded) return y;
  using Made = PointwiseNode<N, R...>;
  auto node = Ref<Node>::adopt(new Made(name, at, y, x, rules...));
  return attach(std::move(y), std::move(node));
}

template <Numbers Kind, std::size_t N, class F, class... R>
Tensor pointwise(const char* name, Source at, Tensor (&&x)[N], const F& f, const R&... rules) {
  return std::apply(
      [&](auto&... each) { return pointwise<Kind>(name, at, Handles<N>(std::move(each)...), f, rules...); },
      tied(x, std::make_index_sequence<N>{}));
}

/// A pointwise op whose result is true or false.
template <std::size_t N, class F>
Tensor predicate(const char* name, const Tensor (&x)[N], F f) {
  const Timed timed(name, Source());
  require_defined(name, x, N);
  const DType dtype = common_dtype(x, N, false);
  const Tensor y = Tensor::uninitialized(broadcast_all(name, x, N), boolean);
  const Operands<N> in(x, dtype);
  visit(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, bool>) pointwise_kernel<T, bool>(f, in.readings(), y);
  });
  return y;
}

template <class F, class R>
Tensor unary(const char* name, Source at, Tensor x, const F& f, const R& rule) {
  return pointwise<Numbers::floating>(name, at, Handles<1>(std::move(x)), f, rule);
}

template <class F, class RA, class RB>
Tensor binary(const char* name, Source at, Tensor a, Tensor b, const F& f, const RA& rule_a, const RB& rule_b) {
  return pointwise<Numbers::floating>(name, at, Handles<2>(std::move(a), std::move(b)), f, rule_a, rule_b);
}

}  // namespace detail
}  // namespace xgrad
