#include <xgrad/autograd/ops/counting.hpp>

#include <algorithm>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/reduction/count.hpp>
#include <xgrad/autograd/kernels/reduction/sum.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad {
namespace {

using AxisNumbers = AxisList<std::size_t>;
using kernels::Along;

// The number of elements over the axes that are not 0.
Tensor counts(const Tensor& x, const AxisNumbers& axes, const Shape& shape) {
  Tensor counted;
  const auto count = [&](Along run) {
    const Tensor out = Raw::uninitialized({run.lines()}, int64);
    auto* to = Raw::write<std::int64_t>(out);
    if (counted.defined())
      kernels::sum(Raw::data<std::int64_t>(counted), to, run);
    else
      detail::visit(x.dtype(), [&](auto type) {
        using T = typename decltype(type)::type;
        kernels::count_nonzero(Raw::data<T>(x), to, run);
      });
    counted = out;
  };
  if (shape.count_or(0) == 0) return Raw::uninitialized(shape, int64);
  if (axes.empty())
    count({x.size(), 1, 1});
  else
    detail::for_each_run(x.shape(), axes, count);
  return Raw::alias(counted, shape);
}

template <class F>
Tensor truth(const char* op, const Tensor& x, const Axes& asked, KeepDims keep, Source at, const F& holds) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  const AxisNumbers axes = asked.resolve(op, x.rank());
  const Tensor counted = counts(x, axes, detail::reduced_shape(x.shape(), axes, keep));
  const std::int64_t n = detail::reduced_count(x.shape(), axes);
  Tensor y = Raw::uninitialized(counted.shape(), boolean);
  const auto* from = Raw::data<std::int64_t>(counted);
  std::transform(from, from + y.size(), Raw::write<bool>(y), [&](std::int64_t count) { return holds(count, n); });
  return y;
}

}  // namespace

Tensor any(Tensor x, Axes axes, KeepDims keep, Source at) {
  return truth("any", x, axes, keep, at, [](std::int64_t count, std::int64_t) { return count > 0; });
}

Tensor all(Tensor x, Axes axes, KeepDims keep, Source at) {
  return truth("all", x, axes, keep, at, [](std::int64_t count, std::int64_t n) { return count == n; });
}

Tensor count_nonzero(Tensor x, Axes asked, KeepDims keep, Source at) {
  const detail::Timed timed("count_nonzero", at);
  detail::require_defined("count_nonzero", &x, 1);
  const AxisNumbers axes = asked.resolve("count_nonzero", x.rank());
  return counts(x, axes, detail::reduced_shape(x.shape(), axes, keep));
}

Tensor nonzero(Tensor x, Source at) {
  const detail::Timed timed("nonzero", at);
  detail::require_defined("nonzero", &x, 1);
  const auto rank = static_cast<std::int64_t>(x.rank());
  const std::int64_t size = x.size();
  return detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* from = Raw::data<T>(x);
    std::int64_t count = 0;
    kernels::count_nonzero(from, &count, {1, size, 1});
    Tensor y = Raw::uninitialized({count, rank}, int64);
    auto* to = Raw::write<std::int64_t>(y);
    for (std::int64_t i = 0; i < size; ++i) {
      if (from[i] == T(0)) continue;
      std::int64_t rest = i;
      for (std::int64_t k = rank; k-- > 0;) {
        const std::int64_t n = x.shape()[static_cast<std::size_t>(k)];
        to[k] = rest % n;
        rest /= n;
      }
      to += rank;
    }
    return y;
  });
}

}  // namespace xgrad
