#pragma once

// Gradients, forward mode and linear maps of functions: functions in, functions out, with the names and meanings of
// torch.func.
//
// A function is called as f(x, y, ...), as f(list) where it is given a std::vector<Tensor>, or as f(list, x, ...): the
// list is then what is differentiated, parameters as a rule. A transform does not touch grad() of any tensor.
// Transforms nest; what a function captures is a constant to the transform, and is differentiated by one further out,
// or by backward(), if it is recorded there. Inside a transform ops are recorded even where the caller has a NoGrad
// scope; its result is recorded only if the caller records.

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <xgrad/autograd/func/calls.hpp>
#include <xgrad/autograd/func/core.hpp>

namespace xgrad::func {

/// The value of a function and its gradient: one tensor, or a list.
template <class G>
struct ValueAndGrad {
  Tensor value;
  G grad;
};
/// The same for a function that returns a pair: with the second of it.
template <class G, class Aux>
struct ValueGradAux {
  Tensor value;
  G grad;
  Aux aux;
};

namespace detail {

/// The function that grad() and value_and_grad() return. `one`: the gradient of one argument, as a tensor.
template <class F, bool one, bool with_value>
class Gradient {
 public:
  Gradient(F f, std::vector<std::int64_t> argnums)
      : f_(to_differentiate(op, std::move(f))), argnums_(std::move(argnums)) {}

  /// For a result of any shape: the gradient of the sum of its elements, each times that of the seed.
  Gradient seed(Tensor weights) const {
    Gradient result = *this;
    result.seed_ = std::move(weights);
    return result;
  }

  template <class... X, IfArguments<X...> = 0>
  auto operator()(const X&... x) const {
    using C = Call<X...>;
    using Y = ResultOf<const F, X...>;
    const Tensors all = C::flat(x...);
    const auto wrt = C::places(op, argnums_, all);
    Tensor value;
    bool outer = false;
    if constexpr (IsPair<Y>::value) {
      std::unique_ptr<typename Y::second_type> aux;
      const Function f = [&](const Tensors& in) {
        Y y = C::apply(f_, in);
        aux = std::make_unique<typename Y::second_type>(std::move(y.second));
        return as_list(std::move(y.first));
      };
      auto g = unpacked < one && !C::list > (gradients(op, f, all, wrt, seed_, &value, &outer));
      if (!outer) detach(*aux);
      if constexpr (with_value)
        return ValueGradAux<decltype(g), typename Y::second_type>{std::move(value), std::move(g), std::move(*aux)};
      else
        return std::pair<decltype(g), typename Y::second_type>(std::move(g), std::move(*aux));
    } else {
      const Function f = [&](const Tensors& in) { return as_list(C::apply(f_, in)); };
      auto g = unpacked < one && !C::list > (gradients(op, f, all, wrt, seed_, &value, &outer));
      if constexpr (with_value)
        return ValueAndGrad<decltype(g)>{std::move(value), std::move(g)};
      else
        return g;
    }
  }
  /// The same for a list in braces.
  auto operator()(const Tensors& list) const { return this->template operator()<Tensors>(list); }

 private:
  static constexpr const char* op = with_value ? "value_and_grad" : "grad";

  F f_;
  std::vector<std::int64_t> argnums_;
  Tensor seed_;
};

}  // namespace detail

/// The function that computes the gradient of f, which returns one element: grad(f)(x, y, ...) is df/dx, of the shape
/// and dtype of x; for a list, the gradients of all its tensors, zeros where f does not depend on one. `argnum` chooses
/// another argument, -1 being the last; where the first argument is a list, it is argument 0 as a whole, and gradients
/// are always a list. For f that returns a pair (y, aux) it returns (gradient, aux): aux is what f computed besides, of
/// any type, and is not differentiated.
template <class F>
[[nodiscard]] auto grad(F f, std::int64_t argnum) {
  return detail::Gradient<F, true, false>(std::move(f), {argnum});
}
template <class F>
[[nodiscard]] auto grad(F f) {
  return detail::Gradient<F, true, false>(std::move(f), {});
}
/// The same for several arguments: the gradients as a list, in the order of `argnums`, of which there is at least one.
template <class F>
[[nodiscard]] auto grad(F f, std::vector<std::int64_t> argnums) {
  return detail::Gradient<F, false, false>(std::move(f), detail::some_of("grad", std::move(argnums)));
}

/// The same with the value of f, which the gradient costs nothing further: auto [y, g] = value_and_grad(f)(x), and
/// auto [y, g, aux] where f returns a pair.
template <class F>
[[nodiscard]] auto value_and_grad(F f, std::int64_t argnum) {
  return detail::Gradient<F, true, true>(std::move(f), {argnum});
}
template <class F>
[[nodiscard]] auto value_and_grad(F f) {
  return detail::Gradient<F, true, true>(std::move(f), {});
}
template <class F>
[[nodiscard]] auto value_and_grad(F f, std::vector<std::int64_t> argnums) {
  return detail::Gradient<F, false, true>(std::move(f), detail::some_of("value_and_grad", std::move(argnums)));
}

namespace detail {

/// A list as what the function of a call has returned: one tensor, or a list.
template <class Y>
Y as_result(Tensors list) {
  if constexpr (std::is_same_v<Y, Tensors>)
    return list;
  else
    return Tensor(std::move(list[0]));
}

/// vᵀ J: what vjp() returns beside the value.
template <bool one>
class Pullback {
 public:
  explicit Pullback(std::shared_ptr<const Recording> recording) : recording_(std::move(recording)) {}
  auto operator()(const Tensor& v) const { return unpacked<one>(recording_->pull_again({v})); }
  auto operator()(const Tensors& v) const { return unpacked<one>(recording_->pull_again(v)); }

 private:
  std::shared_ptr<const Recording> recording_;
};

/// J t: what linearize() returns beside the value.
template <class Y>
class Pushforward {
 public:
  explicit Pushforward(std::shared_ptr<const Recording> recording)
      : linear_(std::make_shared<const Linear>(std::move(recording))) {}
  template <class... T, IfArguments<T...> = 0>
  Y operator()(const T&... tangents) const {
    return as_result<Y>(linear_->push(Call<T...>::flat(tangents...)));
  }
  Y operator()(const Tensors& tangents) const { return as_result<Y>(linear_->push(tangents)); }

 private:
  std::shared_ptr<const Linear> linear_;
};

template <class F, class... X>
std::shared_ptr<const Recording> recorded_call(const char* op, const F& f, const X&... x) {
  using C = Call<X...>;
  to_differentiate(op, f);
  const Tensors all = C::flat(x...);
  const auto wrt = C::list ? C::first(all) : all_of(all.size());
  return std::make_shared<const Recording>(
      op, [&](const Tensors& in) { return as_list(C::apply(f, in)); }, all, wrt);
}

}  // namespace detail

/// The value y = f(x, ...) and the function that maps v, of y's shape, to vᵀ J, the gradients of sum(v y): one tensor
/// for one argument, a list for several or for a list. It may be called again, and keeps the graph until it is
/// destroyed. f may return a list; v is then one too.
template <class F, class... X, detail::IfArguments<X...> = 0>
[[nodiscard]] auto vjp(const F& f, const X&... x) {
  using Y = detail::ResultOf<const F, X...>;
  constexpr bool one = sizeof...(X) == 1 && !detail::Call<X...>::list;
  auto recording = detail::recorded_call("vjp", f, x...);
  return std::pair<Y, detail::Pullback<one>>(detail::as_result<Y>(recording->values()),
                                             detail::Pullback<one>(recording));
}
template <class F>
[[nodiscard]] auto vjp(const F& f, const Tensors& list) {
  return vjp<F, Tensors>(f, list);
}

/// The value y = f(x, ...) and the linear function that maps tangents, one for each argument, to J t, the derivative of
/// f in that direction. f is called once; each call of the linear function is one sweep over what was recorded, and the
/// graph is kept until it is destroyed.
template <class F, class... X, detail::IfArguments<X...> = 0>
[[nodiscard]] auto linearize(const F& f, const X&... x) {
  using Y = detail::ResultOf<const F, X...>;
  auto recording = detail::recorded_call("linearize", f, x...);
  return std::pair<Y, detail::Pushforward<Y>>(detail::as_result<Y>(recording->values()),
                                              detail::Pushforward<Y>(recording));
}
template <class F>
[[nodiscard]] auto linearize(const F& f, const Tensors& list) {
  return linearize<F, Tensors>(f, list);
}

/// The value y = f(x) and its tangent J t, of y's shape: forward mode, which carries t from op to op through the slopes
/// that the reverse mode uses too. For functions with few inputs, or for one direction. x and t are tensors, or two
/// lists of equal length, in which an undefined tangent is zero.
///
/// An op whose rule is once_differentiable() and has no push is an error.
template <class F>
[[nodiscard]] auto jvp(const F& f, const Tensor& x, const Tensor& t) {
  using Y = detail::ResultOf<const F, Tensor>;
  auto recording = detail::recorded_call("jvp", f, x);
  return std::pair<Y, Y>(detail::as_result<Y>(recording->values()),
                         detail::as_result<Y>(detail::Linear(recording).push({t})));
}
template <class F>
[[nodiscard]] auto jvp(const F& f, const Tensors& x, const Tensors& t) {
  using Y = detail::ResultOf<const F, Tensors>;
  auto recording = detail::recorded_call("jvp", f, x);
  return std::pair<Y, Y>(detail::as_result<Y>(recording->values()),
                         detail::as_result<Y>(detail::Linear(recording).push(t)));
}

}  // namespace xgrad::func
