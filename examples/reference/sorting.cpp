// The examples of docs/reference/sorting.md.

#include <cmath>

#include "example.hpp"

namespace {

void from_cumsum() {
  example("cumsum");
  {
    const Tensor x = Tensor{3.0, 1.0, 2.0}.requires_grad_();
    const Tensor y = cumsum(x, 0);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("cumprod");
  {
    const Tensor x = Tensor{2.0, 0.0, 3.0}.requires_grad_();
    const Tensor y = cumprod(x, 0);
    std::cout << y << '\n' << grad(sum(y), x) << '\n';
  }
  example("cummax");
  {
    const Tensor x = {1.0, 3.0, 2.0};
    const auto [values, indices] = cummax(x, 0);
    std::cout << values << '\n' << indices << '\n';
  }
  example("cummin");
  {
    const Tensor x = {3.0, 1.0, 2.0};
    const auto [values, indices] = cummin(x, 0);
    std::cout << values << '\n' << indices << '\n';
  }
  example("logcumsumexp");
  {
    const Tensor x = {0.0, 0.0, 1000.0};
    std::cout << logcumsumexp(x, 0) << '\n';
  }
  example("sort");
  {
    const Tensor x = {3.0, 1.0, 2.0};
    const auto [values, indices] = sort(x);
    std::cout << values << '\n' << indices << '\n';
  }
  example("argsort", "Order", "descending");
  {
    const Tensor x = {3.0, 1.0, 2.0};
    std::cout << argsort(x, descending) << '\n';
  }
  example("topk", "Extreme", "smallest");
  {
    const Tensor x = {3.0, 1.0, 2.0};
    const auto [values, indices] = topk(x, 2);
    std::cout << values << '\n' << indices << '\n' << topk(x, 2, 0, smallest).values << '\n';
  }
}

void from_kthvalue() {
  example("kthvalue");
  {
    const Tensor x = {3.0, 1.0, 2.0};
    const auto [values, indices] = kthvalue(x, 2);
    std::cout << values << '\n' << indices << '\n';
  }
  example("unique", "UniqueValues");
  {
    const auto [values, inverse, counts] = unique(Tensor{3, 1, 3});
    std::cout << values << '\n' << inverse << '\n' << counts << '\n';
  }
  example("median");
  {
    const Tensor x = {3.0, 1.0, 2.0};
    std::cout << median(x) << '\n';
  }
  example("nanmedian");
  {
    const Tensor x = {3.0, std::nan(""), 1.0};
    std::cout << nanmedian(x) << '\n';
  }
  example("mode");
  {
    const Tensor x = {1, 2, 2, 3};
    const auto [values, indices] = mode(x);
    std::cout << values << '\n' << indices << '\n';
  }
  example("quantile", "Interpolation");
  {
    const Tensor x = {3.0, 1.0, 2.0};
    std::cout << quantile(x, Tensor{0.25, 0.5}) << '\n' << quantile(x, 0.25, Interpolation::lower) << '\n';
  }
  example("nanquantile");
  {
    const Tensor x = {3.0, std::nan(""), 1.0};
    std::cout << nanquantile(x, 0.5) << '\n';
  }
}

}  // namespace

int main() {
  from_cumsum();
  from_kthvalue();
  return 0;
}
