#pragma once

#include <type_traits>
#include <utility>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// An operand of an operator: a tensor, a number or an xtensor expression, with its source line. A named tensor is
/// borrowed, without a change of its reference count, since it outlives the expression.
class Operand {
 public:
  Operand(const Tensor& x, Source line = Source::here()) : at(line), seen_(&x) {}
  Operand(Tensor&& x, Source line = Source::here()) : at(line), own_(std::move(x)), seen_(&own_) {}
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  Operand(T number, Source line = Source::here()) : at(line), own_(number), seen_(&own_) {}
  template <class E, class = detail::IfExpression<E>>
  Operand(E&& expression, Source line = Source::here()) : at(line), own_(std::forward<E>(expression)), seen_(&own_) {}
  Operand(Operand&& other) noexcept
      : at(other.at), own_(std::move(other.own_)), seen_(other.borrowed() ? other.seen_ : &own_) {}

  const Tensor& tensor() const noexcept { return *seen_; }
  /// An owned handle: a temporary is moved, a named tensor copied.
  Tensor take() {
    if (borrowed()) return *seen_;
    return std::move(own_);
  }
  bool borrowed() const noexcept { return seen_ != &own_; }

  Source at;

 private:
  Tensor own_;
  const Tensor* seen_;
};

// An op of two operands needs overloads for a tensor beside an xtensor expression: without them, argument-dependent
// lookup finds xtensor's function of the same name first, and the result is a lazy expression without a gradient.
#define XGRAD_MIXED(name)                                                  \
  template <class E, class = detail::IfExpression<E>>                      \
  [[nodiscard]] Tensor name(Tensor a, E&& b, Source at = Source::here()) { \
    return name(std::move(a), Tensor(std::forward<E>(b)), at);             \
  }                                                                        \
  template <class E, class = detail::IfExpression<E>>                      \
  [[nodiscard]] Tensor name(E&& a, Tensor b, Source at = Source::here()) { \
    return name(Tensor(std::forward<E>(a)), std::move(b), at);             \
  }

#define XGRAD_MIXED_OPERATOR(symbol, name)                           \
  template <class E, class = detail::IfExpression<E>>                \
  [[nodiscard]] Tensor operator symbol(Tensor a, E&& b) {            \
    return name(std::move(a), Tensor(std::forward<E>(b)), Source{}); \
  }                                                                  \
  template <class E, class = detail::IfExpression<E>>                \
  [[nodiscard]] Tensor operator symbol(E&& a, Tensor b) {            \
    return name(Tensor(std::forward<E>(a)), std::move(b), Source{}); \
  }

}  // namespace xgrad
