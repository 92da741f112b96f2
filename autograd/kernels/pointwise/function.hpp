#pragma once

// What a definition in the table of pointwise functions consists of. It is a class with
//
//   name                        the op's name in C++
//   value(x) or value(a, b)     what it computes
//   reads, or reads_a, reads_b  what its slopes are computed from: any of x, y; any of a, b, y
//   slope(...)                  dy/dx as a function of what it reads, in that order; for two operands slope_a, slope_b
//   pull(..., g)                in place of a slope: g dy/dx as one formula, where that rounds less (g / x), or where
//                               a product would turn 0 times infinity into NaN; for two operands pull_a, pull_b
//   settings()                  its parameters, if it has any, under the names that the op gives them
//
// and of the properties below where they differ from those of Function. The code of a value or slope is generic: it is
// instantiated for vectors, tiles and Tensors. So it uses only names that mean the same for all of them: exp, where,
// maximum, never std::exp or ?:, and V(1.0) for a number that stands alone.

#include <type_traits>

namespace xgrad::kernels {

/// What a slope reads.
enum Reads : unsigned { nothing = 0, of_a = 1, of_x = 1, of_b = 2, of_y = 4 };
constexpr Reads operator|(Reads one, Reads other) {
  return static_cast<Reads>(static_cast<unsigned>(one) | static_cast<unsigned>(other));
}

/// The dtypes in which a function computes. All compute in float32 and float64, and `real` in nothing else: int64 and
/// bool become float32. `whole` adds int64, to which bool is converted; `truth` adds bool as well; `no_bool` is like
/// whole, but refuses operands that are all bool; `never_bool` refuses any operand that is bool.
enum class Domain : unsigned char { real, whole, truth, no_bool, never_bool };

/// A setting of a function that has some, such as the negative slope of leaky_relu: settings() lists them.
struct Setting {
  constexpr Setting(const char* key, double number) : name(key), value(number) {}
  constexpr Setting(const char* key, const char* word) : name(key), text(word) {}
  const char* name;
  double value = 0;
  const char* text = nullptr;
};

namespace fn {

/// The default properties of a function.
struct Function {
  static constexpr Domain domain = Domain::real;
  /// Whether the slopes are 0 everywhere.
  static constexpr bool flat = false;
  /// The operands in which the slope is 1, so that g passes on as it is.
  static constexpr Reads passes = nothing;
  /// The operands in which the slope is 0 everywhere.
  static constexpr Reads flat_in = nothing;
  /// Whether a vector of results takes only an instruction or two: loops then process several vectors at a time.
  static constexpr bool cheap = false;
  /// Whether lambdas seldom use it, or its value costs so much that a second pass for the slope does not matter: then
  /// less code is made for it.
  static constexpr bool rare = false;
  /// Whether elementwise() lambdas may use it, so that the library holds its passes over tiles.
  static constexpr bool in_lambdas = true;
};

}  // namespace fn

/// Whether a kind of number holds integers.
template <class V, class = void>
inline constexpr bool is_integer = false;
template <class V>
inline constexpr bool is_integer<V, std::enable_if_t<V::integer>> = true;

/// Whether a kind of number has functions of its own for the slopes of gelu and silu, faster than their formulas.
template <class V, class = void>
inline constexpr bool has_slopes = false;
template <class V>
inline constexpr bool has_slopes<V, std::enable_if_t<V::with_slopes>> = true;

/// Whether values of this kind are differentiated again, as Tensors are in recorded derivatives.
template <class V>
inline constexpr bool is_recorded = false;

namespace detail {

/// Calls f with those of a, b and y that R selects.
template <Reads R, class V, class F>
auto call_with(const V& a, const V& b, const V& y, const F& f) {
  if constexpr (R == nothing)
    return f();
  else if constexpr (R == of_a)
    return f(a);
  else if constexpr (R == of_b)
    return f(b);
  else if constexpr (R == of_y)
    return f(y);
  else if constexpr (R == (of_a | of_b))
    return f(a, b);
  else if constexpr (R == (of_a | of_y))
    return f(a, y);
  else if constexpr (R == (of_b | of_y))
    return f(b, y);
  else
    return f(a, b, y);
}

// Whether a definition has a pull in place of a slope. It is tested with double as V.
template <class F, class = void>
struct HasPull : std::false_type {};
template <class F>
struct HasPull<F, std::void_t<decltype(&F::template pull<double>)>> : std::true_type {};
template <class F, class = void>
struct HasPullA : std::false_type {};
template <class F>
struct HasPullA<F, std::void_t<decltype(&F::template pull_a<double>)>> : std::true_type {};
template <class F, class = void>
struct HasPullB : std::false_type {};
template <class F>
struct HasPullB<F, std::void_t<decltype(&F::template pull_b<double>)>> : std::true_type {};

}  // namespace detail

// Access to a definition.

/// The operand that a gradient is taken with respect to: the only one, the first or the second.
enum class Side : unsigned char { x, a, b };

template <class F, Side side>
constexpr Reads reads_of() {
  if constexpr (side == Side::x)
    return F::reads;
  else if constexpr (side == Side::a)
    return F::reads_a;
  else
    return F::reads_b;
}

/// Whether the gradient is g itself.
template <class F, Side side>
inline constexpr bool passes_on = (F::passes & (side == Side::b ? of_b : of_a)) != 0;

/// Whether the gradient is 0, whatever g is.
template <class F, Side side>
inline constexpr bool is_flat_in = F::flat || (F::flat_in & (side == Side::b ? of_b : of_a)) != 0;

/// g times the slope in one operand, from the values that the definition reads.
template <Side side, class F, class V, class... Read>
V pull(const F& f, const V& g, const Read&... read) {
  if constexpr (passes_on<F, side>)
    return g;
  else if constexpr (is_flat_in<F, side>)
    return V(0.0);
  else if constexpr (side == Side::x && detail::HasPull<F>::value)
    return f.pull(read..., g);
  else if constexpr (side == Side::a && detail::HasPullA<F>::value)
    return f.pull_a(read..., g);
  else if constexpr (side == Side::b && detail::HasPullB<F>::value)
    return f.pull_b(read..., g);
  else if constexpr (side == Side::x)
    return g * V(f.slope(read...));
  else if constexpr (side == Side::a)
    return g * V(f.slope_a(read...));
  else
    return g * V(f.slope_b(read...));
}

/// The slope in one operand; V is its type.
template <Side side, class V, class F, class... Read>
V slope(const F& f, const Read&... read) {
  constexpr bool one_formula = (side == Side::x && detail::HasPull<F>::value) ||
                               (side == Side::a && detail::HasPullA<F>::value) ||
                               (side == Side::b && detail::HasPullB<F>::value);
  if constexpr (passes_on<F, side> || is_flat_in<F, side> || one_formula)
    return pull<side>(f, V(1.0), read...);
  else if constexpr (side == Side::x)
    return f.slope(read...);
  else if constexpr (side == Side::a)
    return f.slope_a(read...);
  else
    return f.slope_b(read...);
}

// The same, given all of a, b and y: those that the definition does not read are ignored.

template <class F, class V>
V pull_of(const F& f, const V& x, const V& y, const V& g) {
  return detail::call_with<F::reads>(x, x, y, [&](const auto&... read) -> V { return pull<Side::x>(f, g, read...); });
}
template <class F, class V>
V slope_of(const F& f, const V& x, const V& y) {
  return detail::call_with<F::reads>(x, x, y, [&](const auto&... read) -> V { return slope<Side::x, V>(f, read...); });
}
template <Side side, class F, class V>
V pull_of(const F& f, const V& a, const V& b, const V& y, const V& g) {
  return detail::call_with<reads_of<F, side>()>(a, b, y,
                                                [&](const auto&... read) -> V { return pull<side>(f, g, read...); });
}
template <Side side, class F, class V>
V slope_of(const F& f, const V& a, const V& b, const V& y) {
  return detail::call_with<reads_of<F, side>()>(a, b, y,
                                                [&](const auto&... read) -> V { return slope<side, V>(f, read...); });
}

}  // namespace xgrad::kernels
