// The examples of docs/reference/reduction.md.

#include <cmath>

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
  example("max", "ValuesIndices");
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
  example("nansum");
  {
    const Tensor x = {1.0, std::nan(""), 3.0};
    std::cout << nansum(x) << '\n';
  }
  example("nanmean");
  {
    const Tensor x = {1.0, std::nan(""), 3.0};
    std::cout << nanmean(x) << '\n';
  }
  example("aminmax", "MinMax");
  {
    const auto [low, high] = aminmax(Tensor{3.0, 1.0, 2.0});
    std::cout << low << '\n' << high << '\n';
  }
  example("var_mean", "VarMean");
  {
    const auto [spread, centre] = var_mean(Tensor{2.0, 4.0, 6.0});
    std::cout << spread << '\n' << centre << '\n';
  }
  example("std_mean", "StdMean");
  {
    const auto [spread, centre] = std_mean(Tensor{2.0, 4.0, 6.0});
    std::cout << spread << '\n' << centre << '\n';
  }
}

void from_norm() {
  example("norm");
  {
    const Tensor x = Tensor{3.0, -4.0}.requires_grad_();
    const Tensor y = norm(x);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("vector_norm");
  {
    const Tensor x = {3.0, -4.0};
    std::cout << vector_norm(x, 1) << '\n';
  }
  example("prod");
  {
    const Tensor x = Tensor{2.0, 0.0, 3.0}.requires_grad_();
    const Tensor y = prod(x);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("any");
  {
    const Tensor x = {0, 0, 2};
    std::cout << any(x) << '\n';
  }
  example("all");
  {
    const Tensor x = {1, 0, 2};
    std::cout << all(x) << '\n';
  }
  example("count_nonzero");
  {
    const Tensor x = {1, 0, 2};
    std::cout << count_nonzero(x) << '\n';
  }
  example("nonzero");
  {
    const Tensor x = {{0, 5}, {7, 0}};
    std::cout << nonzero(x) << '\n';
  }
  example("bincount");
  {
    const Tensor x = {0, 2, 2, 4};
    std::cout << bincount(x) << '\n';
  }
}

void from_histc() {
  example("histc");
  {
    const Tensor x = {0.0, 0.5, 1.0, 2.0};
    std::cout << histc(x, 4, 0, 2) << '\n';
  }
  example("searchsorted", "Side");
  {
    const Tensor a = {1.0, 3.0, 5.0}, b = {0.0, 3.0, 9.0};
    std::cout << searchsorted(a, b) << '\n' << searchsorted(a, b, Side::right) << '\n';
  }
  example("bucketize");
  {
    const Tensor a = {0.0, 3.0, 9.0}, b = {1.0, 3.0, 5.0};
    std::cout << bucketize(a, b) << '\n';
  }
}

}  // namespace

int main() {
  from_sum();
  from_sum_to();
  from_norm();
  from_histc();
  return 0;
}
