#include <xgrad/autograd/ops/wide_norm.hpp>

#include <cstdint>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/reduction/norm.hpp>

namespace xgrad::detail {

double wide_norm(const Tensor& x, double p) {
  double result = 0;
  visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::norm(Raw::data<T>(x), &result, p, {1, x.size(), 1});
  });
  return result;
}

double wide_norm(const std::vector<double>& numbers, double p) {
  double result = 0;
  kernels::norm(numbers.data(), &result, p, {1, static_cast<std::int64_t>(numbers.size()), 1});
  return result;
}

}  // namespace xgrad::detail
