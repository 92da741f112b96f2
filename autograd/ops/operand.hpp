#pragma once

#include <type_traits>
#include <utility>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// What stands on a side of an operator: a tensor, a number or an xtensor expression, and the line it stands on.
class Operand {
 public:
  Operand(const Tensor& x, Source line = Source::here()) : tensor(x), at(line) {}
  Operand(Tensor&& x, Source line = Source::here()) : tensor(std::move(x)), at(line) {}
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  Operand(T number, Source line = Source::here()) : tensor(number), at(line) {}
  template <class E, class = detail::IfExpression<E>>
  Operand(E&& expression, Source line = Source::here()) : tensor(std::forward<E>(expression)), at(line) {}

  Tensor tensor;
  Source at;
};

// An op of two operands needs overloads for a tensor beside an xtensor expression: without them, argument-dependent
// lookup finds xtensor's function of the same name first, and the result is a lazy expression without a gradient.
#define XGRAD_MIXED(name)                                                      \
  template <class E, class = detail::IfExpression<E>>                          \
  Tensor name(Tensor a, E&& b, Source at = Source::here()) {                   \
    return name(std::move(a), Tensor(std::forward<E>(b)), at);                 \
  }                                                                            \
  template <class E, class = detail::IfExpression<E>>                          \
  Tensor name(E&& a, Tensor b, Source at = Source::here()) {                   \
    return name(Tensor(std::forward<E>(a)), std::move(b), at);                 \
  }

#define XGRAD_MIXED_OPERATOR(symbol, name)                                     \
  template <class E, class = detail::IfExpression<E>>                          \
  Tensor operator symbol(Tensor a, E&& b) {                                    \
    return name(std::move(a), Tensor(std::forward<E>(b)), Source{});           \
  }                                                                            \
  template <class E, class = detail::IfExpression<E>>                          \
  Tensor operator symbol(E&& a, Tensor b) {                                    \
    return name(Tensor(std::forward<E>(a)), std::move(b), Source{});           \
  }

}  // namespace xgrad
