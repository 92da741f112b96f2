// The examples of docs/reference/reduction.md.

#include "example.hpp"

namespace {

void from_sum() {
  example("sum");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << sum(x) << '\n' << sum(x, 0) << '\n' << sum(x, 1, keepdims) << '\n';
  }
  example("mean");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << mean(x, 1) << '\n';
  }
  example("amax");
  {
    const Tensor x = Tensor{{3.0, 1.0, 3.0}, {4.0, 6.0, 5.0}}.requires_grad_();
    const Tensor y = amax(x, 1);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("amin");
  {
    const Tensor x = {{3.0, 1.0, 3.0}, {4.0, 6.0, 5.0}};
    std::cout << amin(x, {0, 1}) << '\n';
  }
  example("max");
  {
    const Tensor x = {{3.0, 1.0, 3.0}, {4.0, 6.0, 5.0}};
    const auto [values, indices] = max(x, 1);
    std::cout << max(x) << '\n' << values << '\n' << indices << '\n';
  }
  example("min");
  {
    const Tensor x = {{3.0, 1.0, 3.0}, {4.0, 6.0, 5.0}};
    const auto [values, indices] = min(x, 1);
    std::cout << min(x) << '\n' << values << '\n' << indices << '\n';
  }
  example("argmax");
  {
    const Tensor x = {{3.0, 1.0, 3.0}, {4.0, 6.0, 5.0}};
    std::cout << argmax(x, 1) << '\n';
  }
  example("argmin");
  {
    const Tensor x = {{3.0, 1.0, 3.0}, {4.0, 6.0, 5.0}};
    std::cout << argmin(x) << '\n';
  }
}

void from_sum_to() {
  example("sum_to");
  {
    const Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << sum_to(x, {3}) << '\n';
  }
  example("var");
  {
    const Tensor x = {2.0, 4.0, 6.0};
    std::cout << var(x) << '\n' << var(x, {}, 0) << '\n';
  }
  example("std");
  {
    const Tensor x = {2.0, 4.0, 6.0};
    std::cout << xgrad::std(x) << '\n';
  }
}

}  // namespace

int main() {
  from_sum();
  from_sum_to();
  return 0;
}
