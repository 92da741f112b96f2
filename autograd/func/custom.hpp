#pragma once

// Functions with a gradient of one's own: a class, or a pair of lambdas.

#include <any>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/func/calls.hpp>
#include <xgrad/autograd/func/core.hpp>

namespace xgrad::func {

/// What the forward of a Function hands on to its backward.
class Context {
 public:
  /// Keeps tensors for backward: arguments, the result, or others. Call it once. Of arguments and of the result
  /// backward notices writes, and derivatives of higher order pass through them; others are constants.
  void save_for_backward(Tensors tensors) { saved_ = std::move(tensors); }
  /// In backward and jvp: what was saved, in the same order.
  [[nodiscard]] const Tensors& saved() const { return saved_; }
  /// Anything that is not a tensor.
  std::any data;

 private:
  Tensors saved_;
};

namespace detail {

/// The name as nodes, errors and profiles keep it, which may outlive the function: a literal is itself, of other texts
/// the process keeps one copy of each.
inline const char* lasting_name(const char* literal) { return literal; }
const char* lasting_name(const std::string& text);

/// The functions of a custom function, and what they are like.
struct CustomFunction {
  const char* name = nullptr;
  std::function<Tensors(Context&, const Tensor& g)> backward;
  std::function<Tensor(Context&, const Tensors& tangents)> jvp;  // may be empty
  bool once = false;
};

/// Records y = forward(context) with the inputs.
Tensor record_custom(std::shared_ptr<const CustomFunction> function, const std::function<Tensor(Context&)>& forward,
                     const Tensors& inputs, Source at);

/// Whether an argument holds tensors without being one.
template <class T>
inline constexpr bool holds_tensors = is_list<T>;
template <class T, std::size_t N>
inline constexpr bool holds_tensors<std::array<T, N>> = std::is_base_of_v<Tensor, T>;
template <class T>
inline constexpr bool holds_tensors<std::optional<T>> = std::is_base_of_v<Tensor, T>;

template <class T, class = void>
struct HasJvp : std::false_type {};
template <class T>
struct HasJvp<T, std::void_t<decltype(&T::jvp)>> : std::true_type {};
template <class T, class = void>
struct IsOnce : std::false_type {};
template <class T>
struct IsOnce<T, std::void_t<decltype(T::once_differentiable)>> : std::bool_constant<T::once_differentiable> {};

}  // namespace detail

/// A function of tensors with a backward of one's own, in the form of torch::autograd::Function:
///
///     struct Cube : func::Function<Cube> {
///       static constexpr const char* name = "cube";
///       static Tensor forward(func::Context& context, const Tensor& x) {
///         context.save_for_backward({x});
///         return x * x * x;
///       }
///       static func::Tensors backward(func::Context& context, const Tensor& g) {
///         const Tensor& x = context.saved()[0];
///         return {3.0 * x * x * g};
///       }
///     };
///     Tensor y = Cube::apply(x);
///
/// forward runs unrecorded. backward returns a gradient for each tensor among the arguments, undefined where there is
/// none, and may not write to g in place, whose memory other gradients may share. Written over tensors it can be
/// differentiated again; one that loops over raw numbers says `static constexpr bool once_differentiable = true`. An
/// optional `static Tensor jvp(Context&, const Tensors& t)` gives the tangent of the result for those of the arguments
/// (zeros of its shape, where there is none) to forward mode, which otherwise transposes backward. Errors name the line
/// of the call, up to four arguments.
template <class Derived>
class Function {
 public:
  template <class A>
  [[nodiscard]] static Tensor apply(const A& a, Source at = Source::here()) {
    return run(at, a);
  }
  template <class A, class B>
  [[nodiscard]] static Tensor apply(const A& a, const B& b, Source at = Source::here()) {
    return run(at, a, b);
  }
  template <class A, class B, class C>
  [[nodiscard]] static Tensor apply(const A& a, const B& b, const C& c, Source at = Source::here()) {
    return run(at, a, b, c);
  }
  template <class A, class B, class C, class D>
  [[nodiscard]] static Tensor apply(const A& a, const B& b, const C& c, const D& d, Source at = Source::here()) {
    return run(at, a, b, c, d);
  }
  template <class... X, detail::IfMany<X...> = 0>
  [[nodiscard]] static Tensor apply(const X&... x) {
    return run(Source(), x...);
  }

 private:
  template <class... X>
  static Tensor run(Source at, const X&... x) {
    auto function = std::make_shared<detail::CustomFunction>();
    function->name = detail::lasting_name(Derived::name);
    function->backward = [](Context& context, const Tensor& g) { return Derived::backward(context, g); };
    if constexpr (detail::HasJvp<Derived>::value)
      function->jvp = [](Context& context, const Tensors& t) { return Derived::jvp(context, t); };
    function->once = detail::IsOnce<Derived>::value;
    Tensors inputs;
    (append(inputs, x), ...);
    return detail::record_custom(
        std::move(function), [&](Context& context) { return Derived::forward(context, x...); }, inputs, at);
  }

  template <class T>
  static void append(Tensors& inputs, const T& x) {
    static_assert(!detail::holds_tensors<T>,
                  "apply: a list, an array or an optional of tensors has no gradient here: pass each tensor as an "
                  "argument of its own");
    if constexpr (std::is_base_of_v<Tensor, T>) inputs.push_back(x);
  }
};

/// A function made of lambdas: what custom() returns.
class Custom {
 public:
  using Forward = std::function<Tensor(const Tensors& x)>;
  using Backward = std::function<Tensors(const Tensors& x, const Tensor& y, const Tensor& g)>;
  using Jvp = std::function<Tensor(const Tensors& x, const Tensor& y, const Tensors& tangents)>;

  Custom(const std::string& name, Forward forward, Backward backward);
  /// The tangent of the result, for forward mode.
  [[nodiscard]] Custom jvp(Jvp f) const;
  /// Its backward cannot be differentiated.
  [[nodiscard]] Custom once_differentiable() const;

  template <class A, detail::IfArguments<A> = 0>
  Tensor operator()(const A& a, Source at = Source::here()) const {
    return call(detail::Call<A>::flat(a), at);
  }
  template <class A, class B, detail::IfArguments<A, B> = 0>
  Tensor operator()(const A& a, const B& b, Source at = Source::here()) const {
    return call(detail::Call<A, B>::flat(a, b), at);
  }
  template <class A, class B, class C, detail::IfArguments<A, B, C> = 0>
  Tensor operator()(const A& a, const B& b, const C& c, Source at = Source::here()) const {
    return call(detail::Call<A, B, C>::flat(a, b, c), at);
  }
  template <class A, class B, class C, class D, detail::IfArguments<A, B, C, D> = 0>
  Tensor operator()(const A& a, const B& b, const C& c, const D& d, Source at = Source::here()) const {
    return call(detail::Call<A, B, C, D>::flat(a, b, c, d), at);
  }
  template <class... X, detail::IfMany<X...> = 0, detail::IfArguments<X...> = 0>
  Tensor operator()(const X&... x) const {
    return call(detail::Call<X...>::flat(x...), Source());
  }
  Tensor operator()(const Tensors& x, Source at = Source::here()) const { return call(x, at); }

 private:
  Tensor call(const Tensors& x, Source at) const;

  const char* name_;
  Forward forward_;
  Backward backward_;
  Jvp jvp_;
  bool once_ = false;
};

/// y = forward(x), where x are the arguments as a list, with gradients backward(x, y, g), one for each argument.
///
///     auto cube = func::custom("cube", [](const func::Tensors& x) { return x[0] * x[0] * x[0]; },
///                              [](const func::Tensors& x, const Tensor&, const Tensor& g) {
///                                return func::Tensors{3.0 * x[0] * x[0] * g};
///                              });
///     Tensor y = cube(x);
[[nodiscard]] Custom custom(const std::string& name, Custom::Forward forward, Custom::Backward backward);

namespace detail {

GradcheckResult check_all(const Function& f, const Tensors& x, const GradcheckOptions& options);

}  // namespace detail

/// The check of a custom function, and of any other, in a line: REQUIRE(func::check(f, x).passed). Compares reverse
/// mode with finite differences (gradcheck), forward mode with reverse mode, and second derivatives with finite
/// differences of first ones, unless a rule is once differentiable. x is a float64 tensor or a list of them; those that
/// are not floating are passed on. The message says which check failed, and where.
template <class F>
GradcheckResult check(const F& f, const Tensor& x, const GradcheckOptions& options = {}) {
  detail::to_differentiate("check", f);
  return detail::check_all([&](const Tensors& in) { return detail::as_list(f(in[0])); }, {x}, options);
}
template <class F>
GradcheckResult check(const F& f, const Tensors& x, const GradcheckOptions& options = {}) {
  detail::to_differentiate("check", f);
  return detail::check_all([&](const Tensors& in) { return detail::as_list(f(in)); }, x, options);
}

}  // namespace xgrad::func
