#include <xtensor/xview.hpp>

#include <xgrad/autograd/ops/arithmetic.hpp>

#include "cases.hpp"

using namespace xgrad;
using xt::all;
using xt::ellipsis;
using xt::newaxis;
using xt::range;
using namespace xt::placeholders;

namespace cases {

// operator() with xtensor's slices. The row is not required by the headers of ops, since operator() is a member.
std::vector<Case> slice_cases() {
  const auto over = [](const Shape& shape, std::function<Tensor(const Tensor&)> f) {
    return Sample{[f](const Tensors& x) { return f(x[0]); }, {any(shape)}};
  };
  Case row{"slice", {}};
  row.samples = {
      over({0}, [](const Tensor& x) { return x(all()); }),
      over({5}, [](const Tensor& x) { return x(range(4, 2)); }),
      over({2, 3}, [](const Tensor& x) { return x(all(), range(3, 9)); }),
      over({2, 0}, [](const Tensor& x) { return x(1, all()); }),
      over({0, 3}, [](const Tensor& x) { return x(all(), range(0, 3, 2)); }),
      over({2, 0, 3}, [](const Tensor& x) { return x(ellipsis(), -1); }),
      over({}, [](const Tensor& x) { return x(newaxis()); }),
      over({}, [](const Tensor& x) { return x(ellipsis()); }),
      over({}, [](const Tensor& x) { return x(newaxis(), ellipsis(), newaxis()); }),
      over({5}, [](const Tensor& x) { return x(2); }),
      over({5}, [](const Tensor& x) { return x(-1); }),
      over({5}, [](const Tensor& x) { return x(range(1, 4)); }),
      over({5}, [](const Tensor& x) { return x(range(0, 5, 2)); }),
      over({5}, [](const Tensor& x) { return x(range(-3, _)); }),
      over({5}, [](const Tensor& x) { return x(range(_, _, -1)); }),
      over({5}, [](const Tensor& x) { return x(range(3, 0, -2)); }),
      over({5}, [](const Tensor& x) { return x(range(-99, 99)); }),
      over({2, 3}, [](const Tensor& x) { return x(1); }),
      over({2, 3}, [](const Tensor& x) { return x[1]; }),
      over({2, 3},
           [](const Tensor& x) {
             return x[Tensor{0, 1, 1}];
           }),
      over({2, 3}, [](const Tensor& x) { return x(0, 2); }),
      over({2, 3}, [](const Tensor& x) { return x(all(), -2); }),
      over({2, 3}, [](const Tensor& x) { return x(all(), range(_, _, -1)); }),
      over({2, 3}, [](const Tensor& x) { return x(range(_, 1), newaxis(), range(1, _)); }),
      over({4, 3}, [](const Tensor& x) { return x(range(1, 3)); }),
      over({1, 4}, [](const Tensor& x) { return x(0, range(3, _, -2)); }),
      over({2, 3, 2}, [](const Tensor& x) { return x(ellipsis(), 1); }),
      over({2, 3, 2}, [](const Tensor& x) { return x(1, ellipsis(), range(0, 1)); }),
      over({2, 0, 2}, [](const Tensor& x) { return x(-1, newaxis(), range(_, _, -1), 0); }),
      over({2, 3, 2}, [](const Tensor& x) { return x(-1, 2, 0); }),
      over({2, 3, 2}, [](const Tensor& x) { return x(range(_, _, -1), range(0, 3, 2), newaxis(), 1); }),
      over({3}, [](const Tensor& x) { return x(range(0, 2)) * x(range(1, 3)) + x(0); }),
  };
  const auto refused = [](const Shape& shape, std::function<Tensor(const Tensor&)> f,
                          std::vector<std::string> says = {}) {
    return Refusal{[f](const Tensors& x) { return f(x[0]); }, {any(shape)}, std::move(says)};
  };
  row.refusals = {
      refused({2, 3}, [](const Tensor& x) { return x(2); }),
      refused({2, 3}, [](const Tensor& x) { return x(0, -4); }),
      refused({2, 3}, [](const Tensor& x) { return x(0, 0, 0); }),
      refused({2, 3}, [](const Tensor& x) { return x(ellipsis(), ellipsis()); }, {"ellipsis"}),
      refused({2, 3}, [](const Tensor& x) { return x(range(0, 2, 0)); }, {"step", "0"}),
      refused({}, [](const Tensor& x) { return x(0); }),
  };
  return {row};
}

}  // namespace cases
