#pragma once

// Numbers of another implementation: a function, its argument, and what value and gradient should be.

#include <cmath>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"

struct Recorded {
  const char* name;
  xgrad::Tensor x;
  xgrad::Tensor (*f)(const xgrad::Tensor&);
  std::vector<double> value;
  std::vector<double> gradient;  // of Σ cos(i) y[i]
};

inline void check(const Recorded& one) {
  const xgrad::Tensor x = one.x.clone().requires_grad_();
  const xgrad::Tensor y = one.f(x);
  std::vector<double> weights;
  for (std::int64_t i = 0; i < y.size(); ++i) weights.push_back(std::cos(static_cast<double>(i)));
  const xgrad::Tensor g = grad(sum(flatten(y) * xgrad::Tensor(weights)), x);
  INFO(one.name);
  CHECK(difference(flatten(y), xgrad::Tensor(one.value), 1e-12, 1e-12) == "");
  CHECK(difference(flatten(g), xgrad::Tensor(one.gradient), 1e-11, 1e-11) == "");
}
