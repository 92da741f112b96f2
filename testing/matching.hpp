#pragma once

// What the matchers compare, without any test framework. Include catch2.hpp or googletest.hpp of this folder instead.

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/graph/number.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::matching {

/// Whether a value matches, and if not, why.
struct Outcome {
  bool matches = true;
  std::string reason;
};

namespace detail {

inline std::string place_text(std::int64_t index, const Shape& shape) {
  std::string text;
  for (std::size_t k = shape.rank(); k-- > 0; index /= shape[k])
    text = std::to_string(index % shape[k]) + (text.empty() ? "" : ", ") + text;
  return "(" + text + ")";
}

inline std::string kind_text(const Tensor& x) {
  return x.defined() ? "shape " + to_string(x.shape()) + " " + name_of(x.dtype()) : "an empty tensor";
}

/// The elements; those of int64 keep their last bits, which a double has not.
inline std::vector<long double> numbers_of(const Tensor& x) {
  if (x.dtype() == int64) {
    const auto all = x.to_xarray<std::int64_t>();
    return std::vector<long double>(all.begin(), all.end());
  }
  const auto all = x.to_xarray<double>();
  return std::vector<long double>(all.begin(), all.end());
}

/// How far two numbers are beyond what is allowed; at most 0 if they agree. NaN agrees with NaN, an infinity with
/// itself.
inline long double excess(long double a, long double b, double rtol, double atol) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const long double relative = b == 0 ? 0 : rtol * std::abs(b);  // 0 for a tolerance of infinity too
  const long double beyond = std::abs(a - b) - (atol + relative);
  // NaN, and any distance from or to an infinity, is as far off as can be.
  return std::isfinite(a) && std::isfinite(b) ? beyond : HUGE_VAL;
}

}  // namespace detail

/// |a - b| <= atol + rtol |b|, element by element, for a and b of one shape and dtype; an expected number that is weak
/// (a C++ number) takes any dtype.
class Closeness {
 public:
  Closeness(Tensor expected, double rtol, double atol) : expected_(std::move(expected)), rtol_(rtol), atol_(atol) {
    if (!(rtol >= 0) || !(atol >= 0))
      throw std::invalid_argument("IsCloseTo: a tolerance must not be negative or NaN, got rtol = " +
                                  xgrad::detail::number_text(rtol) + " and atol = " + xgrad::detail::number_text(atol));
  }

  std::string description() const {
    return "is close to " + detail::kind_text(expected_) + " within " + xgrad::detail::number_text(atol_) + " + " +
           xgrad::detail::number_text(rtol_) + " |expected|";
  }

  Outcome of(const Tensor& actual) const {
    if (!actual.defined() || !expected_.defined() || actual.shape() != expected_.shape() ||
        (actual.dtype() != expected_.dtype() && !expected_.weak()))
      return {false, "got " + detail::kind_text(actual) + ", expected " + detail::kind_text(expected_)};
    const std::vector<long double> a = detail::numbers_of(actual), b = detail::numbers_of(expected_);
    std::size_t worst = 0, wrong = 0;
    long double greatest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const long double beyond = detail::excess(a[i], b[i], rtol_, atol_);
      wrong += beyond > 0 ? 1u : 0u;
      if (!(beyond > greatest)) continue;
      greatest = beyond;
      worst = i;
    }
    if (wrong == 0) return {};
    const auto text = [&](long double number) {
      return actual.dtype() == int64 && std::abs(number) < 0x1p63L
                 ? std::to_string(static_cast<std::int64_t>(number))
                 : xgrad::detail::number_text(static_cast<double>(number));
    };
    return {false, std::to_string(wrong) + " of " + std::to_string(a.size()) + " elements of shape " +
                       to_string(actual.shape()) + " differ, the worst at " +
                       detail::place_text(static_cast<std::int64_t>(worst), actual.shape()) + ": got " +
                       text(a[worst]) + ", expected " + text(b[worst]) + ", which differ by " +
                       text(std::abs(a[worst] - b[worst]))};
  }

 private:
  Tensor expected_;
  double rtol_, atol_;
};

/// Of which order the derivatives are that are compared with differences.
enum class Order : bool { first, second };

/// The gradients of a function of tensors, as backward gives them, agree with finite differences (gradcheck).
class Gradient {
 public:
  Gradient(const std::vector<Tensor>& at, Order order, const GradcheckOptions& options)
      : order_(order), options_(options) {
    for (const Tensor& x : at)
      inputs_.push_back(is_floating(x.dtype()) ? x.detach().to(float64).clone().requires_grad_() : x.detach());
  }

  std::string description() const {
    std::string shapes;
    for (const Tensor& x : inputs_) shapes += (shapes.empty() ? "" : " and ") + to_string(x.shape());
    return std::string("has the right ") + (order_ == Order::first ? "gradient" : "second derivatives") +
           " at inputs of shape " + shapes;
  }

  template <class F>
  Outcome of(const F& f) const {
    const TensorFunction called = [&f](const std::vector<Tensor>& x) { return call(f, x); };
    const GradcheckResult result =
        order_ == Order::first ? gradcheck(called, inputs_, options_) : gradgradcheck(called, inputs_, options_);
    return {result.passed, result.message};
  }

 private:
  template <class F>
  static Tensor call(const F& f, const std::vector<Tensor>& x) {
    if constexpr (std::is_invocable_v<const F&, const std::vector<Tensor>&>)
      return f(x);
    else
      return call_with<1>(f, x);
  }

  // f with as many tensors as there are inputs, of up to six.
  template <std::size_t N, class F>
  static Tensor call_with(const F& f, const std::vector<Tensor>& x) {
    if (x.size() == N) return spread(f, x, std::make_index_sequence<N>{});
    if constexpr (N < 6)
      return call_with<N + 1>(f, x);
    else
      throw std::invalid_argument("HasRightGradientAt: " + std::to_string(x.size()) +
                                  " inputs: a function of more than 6 tensors takes a std::vector<Tensor>");
  }

  template <class F, std::size_t... I>
  static Tensor spread(const F& f, const std::vector<Tensor>& x, std::index_sequence<I...>) {
    if constexpr (std::is_invocable_v<const F&, decltype((static_cast<void>(I), x[0]))...>)
      return f(x[I]...);
    else
      throw std::invalid_argument("HasRightGradientAt: the function does not take " + std::to_string(sizeof...(I)) +
                                  " tensors, as many as the matcher was given");
  }

  Order order_;
  GradcheckOptions options_;
  std::vector<Tensor> inputs_;
};

/// The vocabulary that both frameworks share. Make<M> turns a comparison into the framework's matcher.
#define XGRAD_MATCHERS(Make)                                                                                           \
  /** Matches a tensor of the same shape and dtype with |a - b| <= atol + rtol |b| for every element; a failure shows  \
      the shape, the worst element's index and both values. NaN agrees with NaN. */                                    \
  inline auto IsCloseTo(Tensor expected, double rtol = 1e-5, double atol = 1e-8) {                                     \
    return Make(matching::Closeness(std::move(expected), rtol, atol));                                                 \
  }                                                                                                                    \
  /** Matches a function of one tensor, of several, or of a std::vector<Tensor>, whose gradients at these inputs agree \
      with finite differences, as gradcheck finds them. Floating inputs are converted to float64. */                   \
  inline auto HasRightGradientAt(const Tensor& x, const GradcheckOptions& options = {}) {                              \
    return Make(matching::Gradient({x}, matching::Order::first, options));                                             \
  }                                                                                                                    \
  inline auto HasRightGradientAt(const std::vector<Tensor>& inputs, const GradcheckOptions& options = {}) {            \
    return Make(matching::Gradient(inputs, matching::Order::first, options));                                          \
  }                                                                                                                    \
  template <class... More>                                                                                             \
  auto HasRightGradientAt(const Tensor& a, const Tensor& b, const More&... more) {                                     \
    return Make(matching::Gradient({a, b, more...}, matching::Order::first, {}));                                      \
  }                                                                                                                    \
  /** The same for gradients of gradients (gradgradcheck). */                                                          \
  inline auto HasRightSecondGradientAt(const Tensor& x, const GradcheckOptions& options = {}) {                        \
    return Make(matching::Gradient({x}, matching::Order::second, options));                                            \
  }                                                                                                                    \
  inline auto HasRightSecondGradientAt(const std::vector<Tensor>& inputs, const GradcheckOptions& options = {}) {      \
    return Make(matching::Gradient(inputs, matching::Order::second, options));                                         \
  }                                                                                                                    \
  template <class... More>                                                                                             \
  auto HasRightSecondGradientAt(const Tensor& a, const Tensor& b, const More&... more) {                               \
    return Make(matching::Gradient({a, b, more...}, matching::Order::second, {}));                                     \
  }

}  // namespace xgrad::matching
