#pragma once

// For tests that compile one lambda in several ways and compare the results.

#include <utility>
#include <vector>

#include <xgrad/autograd/ops/elementwise.hpp>

/// A function of tensors without its type: what compares such functions is compiled once, and not for every lambda. It
/// does not own the lambda.
struct AnyFunction {
  const void* lambda;
  xgrad::Tensor (*call)(const void* lambda, const std::vector<xgrad::Tensor>& x);

  xgrad::Tensor operator()(const std::vector<xgrad::Tensor>& x) const { return call(lambda, x); }
};

/// The lambda applied to tensors: a formula of ops.
struct OverTensors {
  template <class F, class... X>
  static xgrad::Tensor call(const F& f, const X&... x) {
    return f(x...);
  }
};

/// The lambda as one op.
struct AsElementwise {
  template <class F, class... X>
  static xgrad::Tensor call(const F& f, const X&... x) {
    return xgrad::elementwise(f, x...);
  }
};

/// The lambda compiled in this way, for as many tensors as there are indices.
template <class Way, class F, std::size_t... I>
AnyFunction compiled(const F& f, std::index_sequence<I...>) {
  return {&f, [](const void* lambda, const std::vector<xgrad::Tensor>& x) {
            return Way::call(*static_cast<const F*>(lambda), x[I]...);
          }};
}
