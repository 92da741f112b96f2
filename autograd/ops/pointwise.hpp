#pragma once

// For this room's sources only: the ops that the table of pointwise functions defines
// (kernels/pointwise/functions.hpp). Values and gradients are computed over vector registers in one fused pass; where
// backward is recorded, the same definition is read over Tensors.

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pointwise/functions.hpp>
#include <xgrad/autograd/kernels/pointwise/pass.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_gradient.hpp>
#include <xgrad/autograd/ops/operand.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/recorded_lane.hpp>
#include <xgrad/autograd/ops/tiles.hpp>

namespace xgrad {

template <>
inline constexpr bool kernels::is_recorded<Tensor> = true;

/// a b, but 0 where either is 0, even if the other is infinite or NaN: a product of slopes.
Tensor guarded_product(const Tensor& a, const Tensor& b);

namespace detail {

using kernels::Domain;
using kernels::Reads;
using kernels::Side;

// ---- passes

// The passes of a function f, whose body computes rows of numbers: y = f(x...) for up to most_operands operands.

inline constexpr std::size_t most_operands = 4;

/// Over `count` elements of each operand; on several threads if there is enough work.
void flat_pass(const void* f, kernels::RowBody body, const void* const* x, std::size_t operands, DType dtype, void* y,
               DType dtype_of_y, std::int64_t count);
/// Over operands of one dtype that broadcast to the shape of y.
void broadcast_pass(const void* f, kernels::RowBody body, const Reading* x, std::size_t operands, void* y,
                    DType dtype_of_y, const Shape& shape);
/// Over operands of any dtypes, which are converted to `dtype`, and that broadcast to the shape of y.
void converting_pass(const void* f, kernels::RowBody body, const Tensor* x, std::size_t operands, DType dtype,
                     const Tensor& y);
/// The same in int64, for a y that may be bool.
Tensor integer_pass(const void* f, kernels::RowBody body, const Tensor* x, std::size_t operands, Tensor y);

/// The elements of a defined tensor, without any check.
inline void* elements(const Tensor& x) noexcept { return const_cast<void*>(reading(x).data); }

/// flat_pass(), without its overhead where there is little to do.
inline void same_shape_pass(const void* f, kernels::RowBody body, const void* const* x, std::size_t operands,
                            DType dtype, void* y, DType dtype_of_y, std::int64_t count) {
  static constexpr std::int64_t step[most_operands] = {1, 1, 1, 1};
  if (count > kernels::pointwise_grain) return flat_pass(f, body, x, operands, dtype, y, dtype_of_y, count);
  if (count > 0) body(f, y, x, step, count);
}

/// The operands of an op: owned handles, or borrowed ones that hold no reference, since the caller keeps their tensors
/// alive.
template <std::size_t N>
class Operands {
 public:
  template <class... X>
  explicit Operands(X&&... x) {
    static_assert(sizeof...(X) == N, "one for each operand");
    std::size_t i = 0;
    (hold(i++, std::forward<X>(x)), ...);
  }
  Operands(const Operands&) = delete;
  Operands& operator=(const Operands&) = delete;
  ~Operands() {
    for (std::size_t i = 0; i < N; ++i)
      if (!borrowed(i)) x_[i].handle.~Tensor();
  }

  const Tensor& operator[](std::size_t i) const noexcept { return x_[i].handle; }
  const Tensor* begin() const noexcept { return &x_[0].handle; }
  std::uint32_t borrowed() const noexcept { return borrowed_; }
  bool borrowed(std::size_t i) const noexcept { return (borrowed_ >> i & 1u) != 0; }

 private:
  union Place {  // memory for a handle; a borrowed one is not destroyed
    Place() {}
    ~Place() {}
    Tensor handle;
  };

  void hold(std::size_t i, Tensor&& x) { new (&x_[i].handle) Tensor(std::move(x)); }
  void hold(std::size_t i, Operand& x) {
    if (!x.borrowed()) return hold(i, x.take());
    new (&x_[i].handle) Tensor(Raw::handle(Ref<Value>::adopt(Raw::value(x.tensor()))));
    borrowed_ |= 1u << i;
  }

  Place x_[N];
  std::uint32_t borrowed_ = 0;
};

// ---- gradients

/// Memory for a gradient: that of g if g is not needed again and nothing else shares it, else new memory.
Tensor room_for_gradient(const Tensor& g, bool last);

/// The gradient f(x...) for `operands` values, the first of which is g.
Tensor gradient_pass(const void* f, kernels::RowBody body, const Reading* x, std::size_t operands, const Tensor& g,
                     bool last);
/// The gradient of a guarded node, tile by tile: the tile of g follows those of `read`.
Tensor guarded_pass(const void* f, kernels::TileBody body, const Tensor* read, std::size_t count, const Tensor& g);

// The templates below are instantiated only in the source that defines an op. With internal linkage they take a third
// less of the library than with the symbols and sections that merging across sources would need.
namespace {

/// The pass of a function of N operands over numbers of a floating dtype.
template <std::size_t N, class F>
kernels::RowBody body_of(DType dtype) {
  return dtype == DType::float32 ? kernels::row_body<float, float, N, F> : kernels::row_body<double, double, N, F>;
}

/// The value of a function of the table.
template <class F>
struct ValueOf {
  F f;
  template <class... V>
  auto operator()(const V&... x) const {
    return f.value(x...);
  }
};
/// The mask of a predicate of the table.
template <class F>
struct MaskOf {
  F f;
  template <class... V>
  auto operator()(const V&... x) const {
    return f.holds(x...);
  }
};

/// The gradient of a function of the table with respect to one operand, from g and what its definition reads: over
/// vectors, and over Tensors.
template <class F, Side side>
struct Pull {
  F f;
  template <class V, class... Read>
  V operator()(const V& g, const Read&... read) const {
    return kernels::pull<side>(f, g, read...);
  }
};

/// The function of a fused rule that reads `count` values (see FusedPull), for a pull that is not in the table.
template <std::size_t count, class P>
struct FusedRule {
  P pull;

  static Tensor kernel(const void* f, const Reading* read, const Tensor& g, bool last) {
    return gradient_pass(&static_cast<const FusedRule*>(f)->pull, body_of<count + 1, P>(g.dtype()), read, count + 1, g,
                         last);
  }
  static Tensor recorded(const void* f, const Tensor* read, const Tensor& g, bool) {
    return over_tensors(static_cast<const FusedRule*>(f)->pull, read, g, std::make_index_sequence<count>{});
  }
  static Tensor guarded(const void* f, const Tensor* read, const Tensor& g) {
    Reading readings[count + 1] = {reading(g)};
    for (std::size_t i = 0; i < count; ++i) readings[i + 1] = reading(read[i]);
    return kernel(f, readings, g, false);
  }

 private:
  template <std::size_t... I>
  static Tensor over_tensors(const P& pull, const Tensor* read, const Tensor& g, std::index_sequence<I...>) {
    return pull(g, read[I]...);
  }
};

/// One tile of a guarded gradient, from the tiles of what the definition reads, followed by that of g.
template <class F, Side side>
void guarded_tile(const void* f, kernels::Tile* x, kernels::Tile* y) {
  using kernels::Tile;
  constexpr Reads reads = kernels::reads_of<F, side>();
  Tile all[3];  // a, b and y; the number 0 in place of what is not read
  std::size_t next = 0;
  for (unsigned bit = 0; bit < 3; ++bit) all[bit] = (reads >> bit & 1u) != 0 ? std::move(x[next++]) : Tile(0.0);
  const F& function = *static_cast<const F*>(f);
  if constexpr (side == Side::x)
    *y = chain(function, all[0], all[2], std::move(x[next]));
  else if constexpr (side == Side::a)
    *y = chain(function, all[0], all[1], all[2], std::move(x[next]), Tile());
  else
    *y = chain(function, all[0], all[1], all[2], Tile(), std::move(x[next]));
}

/// The rule of a function of the table with respect to one operand.
template <std::size_t count, class F, Side side>
struct TableRule : FusedRule<count, Pull<F, side>> {
  using Base = FusedRule<count, Pull<F, side>>;
  constexpr explicit TableRule(const F& f) : Base{{f}} {}

  static Tensor recorded(const void* f, const Tensor* read, const Tensor& g, bool guard) {
    if (!guard) return Base::recorded(f, read, g, guard);
    return guarded_product(g, slope(static_cast<const Base*>(f)->pull.f, read, std::make_index_sequence<count>{}));
  }
  static Tensor guarded(const void* f, const Tensor* read, const Tensor& g) {
    if constexpr (F::in_lambdas)
      return guarded_pass(&static_cast<const Base*>(f)->pull.f, guarded_tile<F, side>, read, count, g);
    else
      return Base::guarded(f, read, g);
  }

 private:
  template <std::size_t... I>
  static Tensor slope(const F& f, const Tensor* read, std::index_sequence<I...>) {
    return kernels::slope<side, Tensor>(f, read[I]...);
  }
};

/// The flags of a Rule that reads these values.
constexpr std::uint32_t rule_flags(Reads reads) {
  const auto bits = static_cast<std::uint32_t>(reads);
  return rule_fused | (bits & 3u) | ((bits & kernels::of_y) != 0 ? reads_y : 0);
}
constexpr std::size_t count_of(Reads reads) {
  const auto bits = static_cast<std::uint32_t>(reads);
  return (bits & 1u) + (bits >> 1 & 1u) + (bits >> 2 & 1u);
}

/// The rule of one operand of a function of the table.
template <Side side, class F>
auto rule_of(const F& f) {
  if constexpr (kernels::is_flat_in<F, side>) {
    return zero_gradient;
  } else if constexpr (kernels::passes_on<F, side>) {
    return pass_on;
  } else {
    constexpr Reads reads = kernels::reads_of<F, side>();
    using Made = TableRule<count_of(reads), F, side>;
    if constexpr (std::is_empty_v<F>) {
      static constexpr Made made{F()};
      static constexpr FusedPull how{rule_flags(reads) & (reads_every_x | reads_y), Made::kernel, Made::recorded,
                                     Made::guarded, &made};
      return Rule<rule_flags(reads), SharedPull>{{&how}};
    } else {
      return Rule<rule_flags(reads), Made>{Made(f)};
    }
  }
}

/// A fused rule that reads the inputs I..., for a pull(g, x...) that is not in the table.
template <std::size_t... I, class P>
auto fused(P pull) {
  return Rule<((1u << I) | ... | rule_fused), FusedRule<sizeof...(I), P>>{{std::move(pull)}};
}

/// The settings of a function of the table, as attributes of its node.
template <class F, class = void>
struct SettingsOf : AttributeSet<> {
  explicit SettingsOf(const F&) {}
};
template <class F>
struct SettingsOf<F, std::void_t<decltype(std::declval<const F&>().settings())>> {
  explicit SettingsOf(const F& f) : function(f) {}
  std::vector<Attribute> list() const {
    std::vector<Attribute> result;
    for (const kernels::Setting& each : function.settings())
      if (each.text != nullptr)
        result.emplace_back(each.name, each.text);
      else
        result.emplace_back(each.name, each.value);
    return result;
  }
  F function;
};
template <class F>
auto settings_of(const F& f) {
  if constexpr (std::is_base_of_v<AttributeSet<>, SettingsOf<F>>)
    return AttributeSet<>();
  else
    return SettingsOf<F>(f);
}

}  // namespace

// ---- ops

/// The passes of a function over each dtype that it computes in; that of int64 is null for the domain `real`.
struct Bodies {
  kernels::RowBody of_float, of_double, of_int64;
};

/// The dtype in which an op computes: that of its operands if they agree, else the promoted one. Operands that are all
/// bool are computed in bool only if the domain includes it, and else in int64; a domain that refuses bool makes them
/// an error.
inline DType common_dtype(const char* name, const Tensor* x, std::size_t count, Domain domain) {
  const DType first = Raw::value(x[0])->dtype;
  bool same = is_floating(first) || (first == int64 && domain != Domain::real);
  for (std::size_t i = 1; i < count; ++i) same = same && Raw::value(x[i])->dtype == first;
  if (same) return first;
  const DType dtype = promote(x, count, domain == Domain::real);
  if (domain == Domain::never_bool)
    for (std::size_t i = 0; i < count; ++i)
      if (x[i].dtype() == boolean) refuse_bool(name);
  if (dtype != boolean || domain == Domain::truth) return dtype;
  if (domain == Domain::no_bool) refuse_bool(name);
  return int64;
}

/// Whether all tensors have the shape of the first.
inline bool one_shape(const Tensor* x, std::size_t count) {
  bool same = true;
  for (std::size_t i = 1; i < count; ++i) same = same && Raw::value(x[i])->shape == Raw::value(x[0])->shape;
  return same;
}

/// Memory for the result: that of an operand, if the operands are not needed afterwards and nothing else shares it,
/// else new memory. `one` says that all operands have one shape.
template <std::size_t N>
Tensor room_for(const Operands<N>& x, const Shape& shape, DType dtype, bool reuse, bool one) {
  if (reuse)
    for (std::size_t i = 0; i < N; ++i)
      if (!x.borrowed(i) && alone(x[i]) && x[i].dtype() == dtype && x[i].shape() == shape) {
        Tensor y = Raw::alias(x[i], shape);
        Raw::mark_weak(y, false);
        return y;
      }
  return one ? Raw::uninitialized(shape, dtype) : result_room(x.begin(), N, shape, dtype);
}

/// y = value(x...), element by element, recorded with the rules. `value` is handed to the bodies.
template <std::size_t N, class Settings, class... R>
Tensor pointwise_op(const char* name, Source at, const Operands<N>& x, Domain domain, const void* value,
                    const Bodies& bodies, const Settings& settings, const R&... rules) {
  static_assert(sizeof...(R) == N && N <= most_operands, "one rule for each input");
  const Timed timed(name, at);
  require_defined(name, x.begin(), N);
  const DType dtype = common_dtype(name, x.begin(), N, domain);
  const bool recorded = records(x.begin(), N), one = one_shape(x.begin(), N);
  bool alike = one;
  for (std::size_t i = 0; i < N; ++i) alike = alike && Raw::value(x[i])->dtype == dtype;
  constexpr bool read_again = (((flags_of<R> & reads_every_x) != 0) || ...);
  const bool reuse = !(recorded && read_again) && !is_observed();
  Tensor y = one ? room_for(x, Raw::value(x[0])->shape, dtype, reuse, true)
                 : room_for(x, broadcast_all(name, x.begin(), N), dtype, reuse, false);
  if (Raw::value(x[0])->weak) Raw::mark_weak(y, all_weak(x.begin(), N));
  if (!is_floating(dtype)) return integer_pass(value, bodies.of_int64, x.begin(), N, std::move(y));
  const kernels::RowBody body = dtype == DType::float32 ? bodies.of_float : bodies.of_double;
  if (alike) {
    const void* in[N];
    for (std::size_t i = 0; i < N; ++i) in[i] = elements(x[i]);
    same_shape_pass(value, body, in, N, dtype, elements(y), dtype, Raw::value(y)->shape.count());
  } else {
    converting_pass(value, body, x.begin(), N, dtype, y);
  }
  if (recorded) y = record_rules<N>(name, at, std::move(y), x.begin(), N, x.borrowed(), settings, rules...);
  if (is_observed()) tell_computed(name, at, y, x.begin(), N, settings);
  return y;
}

template <Domain domain, std::size_t N, class F, class Settings, class... R>
Tensor pointwise(const char* name, Source at, const Operands<N>& x, const F& value, const Settings& settings,
                 const R&... rules) {
  using kernels::row_body;
  if constexpr (domain == Domain::real) {
    static constexpr Bodies bodies{row_body<float, float, N, F>, row_body<double, double, N, F>, nullptr};
    return pointwise_op(name, at, x, domain, &value, bodies, settings, rules...);
  } else {
    static constexpr Bodies bodies{row_body<float, float, N, F>, row_body<double, double, N, F>,
                                   row_body<std::int64_t, std::int64_t, N, F>};
    return pointwise_op(name, at, x, domain, &value, bodies, settings, rules...);
  }
}

template <class F>
Tensor unary(const F& f, Source at, Tensor x) {
  return pointwise<F::domain>(F::name, at, Operands<1>(std::move(x)), ValueOf<F>{f}, settings_of(f),
                              rule_of<Side::x>(f));
}

template <class F>
Tensor binary(const F& f, Source at, const Operands<2>& x) {
  return pointwise<F::domain>(F::name, at, x, ValueOf<F>{f}, settings_of(f), rule_of<Side::a>(f), rule_of<Side::b>(f));
}
template <class F>
Tensor binary(const F& f, Source at, Tensor a, Tensor b) {
  return binary(f, at, Operands<2>(std::move(a), std::move(b)));
}

/// An op with a bool result: f.holds(x...).
template <class F, class... X>
Tensor predicate(const F& f, Source at, const X&... operands) {
  constexpr std::size_t count = sizeof...(X);
  const Timed timed(F::name, at);
  const Tensor x[] = {operands...};
  require_defined(F::name, x, count);
  const DType dtype = common_dtype(F::name, x, count, Domain::whole);
  Tensor y = result_room(x, count, broadcast_all(F::name, x, count), boolean);
  const MaskOf<F> holds{f};
  visit(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, bool>)
      converting_pass(&holds, kernels::row_body<T, bool, count, MaskOf<F>>, x, count, dtype, y);
  });
  return y;
}

// Each function of the table is compiled once, in the source of its kind.
#define XGRAD_UNARY(name, F) extern template Tensor unary(const kernels::fn::F&, Source, Tensor);
#define XGRAD_BINARY(name, F) extern template Tensor binary(const kernels::fn::F&, Source, const Operands<2>&);
#define XGRAD_UNARY_PREDICATE(name, F) extern template Tensor predicate(const kernels::fn::F&, Source, const Tensor&);
#define XGRAD_BINARY_PREDICATE(name, F) \
  extern template Tensor predicate(const kernels::fn::F&, Source, const Tensor&, const Tensor&);
XGRAD_EACH_UNARY(XGRAD_UNARY)
XGRAD_EACH_BINARY(XGRAD_BINARY)
XGRAD_EACH_UNARY_PREDICATE(XGRAD_UNARY_PREDICATE)
XGRAD_EACH_BINARY_PREDICATE(XGRAD_BINARY_PREDICATE)
#undef XGRAD_UNARY
#undef XGRAD_BINARY
#undef XGRAD_UNARY_PREDICATE
#undef XGRAD_BINARY_PREDICATE

}  // namespace detail
}  // namespace xgrad
