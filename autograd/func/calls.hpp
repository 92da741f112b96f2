#pragma once

// How a user's function is called: f(x, y, ...) for tensors, f(list) for a std::vector of tensors, and f(list, x, ...)
// for such a list, of parameters as a rule, and further tensors.

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/func/core.hpp>
#include <xgrad/autograd/graph/callable.hpp>

namespace xgrad::func::detail {

template <class T>
inline constexpr bool is_list = std::is_base_of_v<Tensors, std::decay_t<T>>;

template <class T>
struct IsPair : std::false_type {};
template <class T, class Aux>
struct IsPair<std::pair<T, Aux>> : std::true_type {};

/// The arguments of one call, as a list.
template <class... X>
struct Call {
  using First = std::tuple_element_t<0, std::tuple<X...>>;
  static_assert((is_list<X> + ... + 0) == (is_list<First> ? 1 : 0),
                "of the arguments of a function that is differentiated only the first may be a list of tensors");
  /// Whether the first argument is a list; `rest` tensors follow it.
  static constexpr bool list = is_list<First>;
  static constexpr std::size_t rest = list ? sizeof...(X) - 1 : 0;

  static Tensors flat(const X&... x) {
    Tensors all;
    (append(all, x), ...);
    return all;
  }

  /// The places in the flat list of the arguments that a transform differentiates by default: the first, which may be
  /// the list.
  static std::vector<std::size_t> first(const Tensors& all) { return all_of(list ? all.size() - rest : 1); }
  /// Those of the arguments with these numbers, by default of the first.
  static std::vector<std::size_t> places(const char* op, const std::vector<std::int64_t>& argnums, const Tensors& all) {
    if (argnums.empty()) return first(all);
    const std::vector<std::size_t> arguments = resolved(op, argnums, sizeof...(X));
    return list ? with_list(arguments, all.size() - rest) : arguments;
  }

  template <class F>
  static decltype(auto) apply(F& f, const Tensors& all) {
    if constexpr (list)
      return apply_list(f, all, std::make_index_sequence<rest>{});
    else
      return apply_each(f, all, std::make_index_sequence<sizeof...(X)>{});
  }

 private:
  template <class T>
  static void append(Tensors& all, const T& x) {
    if constexpr (is_list<T>)
      all.insert(all.end(), x.begin(), x.end());
    else
      all.emplace_back(x);
  }
  template <class F, std::size_t... I>
  static decltype(auto) apply_list(F& f, const Tensors& all, std::index_sequence<I...>) {
    const std::size_t count = all.size() - rest;
    return f(Tensors(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)), all[count + I]...);
  }
  template <class F, std::size_t... I>
  static decltype(auto) apply_each(F& f, const Tensors& all, std::index_sequence<I...>) {
    return f(all[I]...);
  }
};

template <class F, class... X>
struct Returned {
  using Type = std::decay_t<decltype(Call<X...>::apply(std::declval<F&>(), std::declval<const Tensors&>()))>;
};
/// What the function returns in this call.
template <class F, class... X>
using ResultOf = typename Returned<F, X...>::Type;

inline Tensors as_list(Tensor y) { return {std::move(y)}; }
inline Tensors as_list(Tensors y) { return y; }

/// Auxiliary results leave the transform without the graph that it has used up.
inline void detach(Tensor& x) {
  if (x.defined()) x = x.detach();
}
inline void detach(Tensors& list) {
  for (Tensor& x : list) detach(x);
}
template <class T>
void detach(T&) {}

template <class T>
inline constexpr bool is_argument = is_list<T> || std::is_convertible_v<const T&, Tensor>;
template <class... X>
struct AreArguments : std::bool_constant<(sizeof...(X) > 0) && (is_argument<X> && ...)> {};
template <class... X>
using IfArguments = std::enable_if_t<AreArguments<X...>::value, int>;
/// For calls of so many arguments that none can be followed by the line of the call: none, or more than four.
template <class... X>
using IfMany = std::enable_if_t<sizeof...(X) == 0 || (sizeof...(X) > 4), int>;

/// The function that a transform is given, if it is not empty.
template <class F>
F&& to_differentiate(const char* op, F&& f) {
  xgrad::detail::require_function(op, "what is differentiated", f);
  return std::forward<F>(f);
}

/// The only element of a list, or the list.
template <bool one>
auto unpacked(Tensors list) {
  if constexpr (one)
    return Tensor(std::move(list[0]));
  else
    return list;
}

}  // namespace xgrad::func::detail
