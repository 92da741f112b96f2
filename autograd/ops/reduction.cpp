#include <xgrad/autograd/ops/reduction.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pointwise/convert.hpp>
#include <xgrad/autograd/kernels/reduction/min_max.hpp>
#include <xgrad/autograd/kernels/reduction/sum.hpp>
#include <xgrad/autograd/kernels/reduction/ties.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/selected.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using detail::for_each_run;
using detail::kept_shape;
using detail::reduced_count;
using detail::reduced_shape;
using kernels::Along;

Tensor as_number(const Tensor& x) { return x.dtype() == boolean ? detail::converted(x, int64) : x; }

// Calls f(i, sum) for each sum of x over the axes. Sums stay in double until the last run of axes is reduced.
template <class T, class F>
void for_each_sum(const Tensor& x, const AxisList<std::size_t>& axes, const F& f) {
  const T* const from = Raw::data<T>(x);
  if (axes.empty()) {
    for (std::int64_t i = 0; i < x.size(); ++i) f(i, static_cast<double>(from[i]));
    return;
  }
  bool first = true;
  std::int64_t count = 0;
  detail::Scratch<double> sums(std::size_t{0});
  for_each_run(x.shape(), axes, [&](Along run) {
    count = run.lines();
    detail::Scratch<double> out(count);
    if (first)
      kernels::sum(from, out.data(), run);
    else
      kernels::sum(sums.data(), out.data(), run);
    first = false;
    out.swap(sums);
  });
  for (std::int64_t i = 0; i < count; ++i) f(i, sums.data()[i]);
}

// Σ x, in the shape asked for.
Tensor sum_values(const Tensor& x, const AxisList<std::size_t>& axes, const Shape& shape) {
  if (x.dtype() == boolean) return sum_values(as_number(x), axes, shape);
  Tensor y = Raw::uninitialized(shape, x.dtype());
  if (x.size() == 0) {  // nothing is added, whatever the sizes between the axes
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      std::fill_n(Raw::write<T>(y), y.size(), T(0));
    });
    return y;
  }
  if (x.dtype() == int64) {
    Tensor sums = x;
    for_each_run(x.shape(), axes, [&](Along run) {
      const Tensor out = Raw::uninitialized({run.lines()}, int64);
      kernels::sum(Raw::data<std::int64_t>(sums), Raw::write<std::int64_t>(out), run);
      sums = out;
    });
    std::copy_n(Raw::data<std::int64_t>(sums), y.size(), Raw::write<std::int64_t>(y));
    return y;
  }
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* const to = Raw::write<T>(y);
    for_each_sum<T>(x, axes, [=](std::int64_t i, double sum) { to[i] = static_cast<T>(sum); });
  });
  return y;
}

// The sums of n elements each, divided by count(i), which is n at most. Where a float64 sum overflows but the mean does
// not, the mean is computed as that of 2^-k x by 2^-k count(i).
template <class F>
Tensor mean_values(const Tensor& x, const AxisList<std::size_t>& axes, const Shape& shape, double n, const F& count) {
  Tensor y = Raw::uninitialized(shape, x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* const to = Raw::write<T>(y);
    if (x.size() == 0) {
      for (std::int64_t i = 0; i < y.size(); ++i) to[i] = static_cast<T>(0.0 / count(i));
      return;
    }
    for_each_sum<T>(x, axes, [=](std::int64_t i, double sum) { to[i] = static_cast<T>(sum / count(i)); });
    const auto finite = [](T mean) { return std::isfinite(mean); };
    if (std::is_same_v<T, float> || std::all_of(to, to + y.size(), finite)) return;
    const int k = std::ilogb(n) + 1;
    const Tensor part = Raw::uninitialized(x.shape(), x.dtype());
    std::transform(Raw::data<T>(x), Raw::data<T>(x) + x.size(), Raw::write<T>(part),
                   [k](T number) { return std::scalbn(number, -k); });
    for_each_sum<T>(part, axes, [=](std::int64_t i, double sum) {
      if (!finite(to[i])) to[i] = static_cast<T>(sum / std::scalbn(count(i), -k));
    });
  });
  return y;
}

Tensor extreme_values(const Tensor& input, const AxisList<std::size_t>& axes, const Shape& shape, bool largest) {
  const Tensor x = as_number(input);
  Tensor y = Raw::uninitialized(shape, x.dtype());
  if (y.size() == 0) return y;
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, bool>) {
      Tensor values = x;
      for_each_run(x.shape(), axes, [&](Along run) {
        const Tensor out = Raw::uninitialized({run.lines()}, x.dtype());
        kernels::min_max(Raw::data<T>(values), Raw::write<T>(out), run, largest);
        values = out;
      });
      std::copy_n(Raw::data<T>(values), y.size(), Raw::write<T>(y));
    }
  });
  return y;
}

void require_elements(const char* op, const Tensor& x, Along run) {
  if (run.n == 0 && run.lines() > 0)
    throw detail::argument_error(std::string(op) + ": there is nothing to choose from in shape " +
                                 to_string(x.shape()));
}

Tensor shared_among_ties(const Tensor& x, const Tensor& y, const Tensor& g, const AxisList<std::size_t>& axes) {
  Tensor gx = Raw::uninitialized(x.shape(), x.dtype());
  if (gx.size() == 0) return gx;
  bool reduced[Shape::max_rank] = {};
  for (std::size_t axis : axes) reduced[axis] = true;
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::share_among_ties(Raw::data<T>(x), Raw::data<T>(y), Raw::data<T>(g), Raw::write<T>(gx), x.rank(),
                              x.shape().data(), reduced);
  });
  return gx;
}

Tensor extreme_op(const char* name, Tensor input, const Axes& asked, KeepDims keep, bool largest, Source at) {
  const detail::Timed timed(name, at);
  detail::require_defined(name, &input, 1);
  const auto axes = asked.resolve(name, input.rank());
  require_elements(name, input,
                   {reduced_shape(input.shape(), axes, KeepDims::no).count(), reduced_count(input.shape(), axes), 1});
  Tensor values = extreme_values(input, axes, reduced_shape(input.shape(), axes, keep), largest);
  const Shape kept = kept_shape(input.shape(), axes);
  if (input.dtype() == boolean) return detail::converted(values, boolean);
  return record(name, at, std::move(values), {std::move(input)}, attributes("axes", Shape(axes), "keepdims", keep),
                from_xy([kept, axes](Tensor x, Tensor y, Tensor g) {
                  if (!grad_enabled() && x.dtype() == g.dtype()) return shared_among_ties(x, y, g, axes);
                  const Tensor ties = (x == reshape(y, kept)) | isnan(x);
                  const Tensor count = sum(ties.to(g.dtype()), Axes(axes), keepdims);
                  return where(ties, reshape(g, kept) / count, 0);
                }));
}

// The index of the extreme element of each line, as a tensor of the given shape.
Tensor arg_values(const char* op, const Tensor& input, Along run, const Shape& shape, bool largest) {
  const Tensor x = as_number(input);
  require_elements(op, x, run);
  Tensor y = Raw::uninitialized(shape, int64);
  if (y.size() == 0) return y;
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, bool>)
      kernels::arg_min_max(Raw::data<T>(x), Raw::write<std::int64_t>(y), run, largest);
  });
  return y;
}

Tensor arg_of_all(const char* op, const Tensor& x, bool largest, Source at) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  return arg_values(op, x, {1, x.size(), 1}, {}, largest);
}

Tensor arg_along(const char* op, const Tensor& x, Dim asked, KeepDims keep, bool largest, Source at) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  const auto axes = Axes{asked}.resolve(op, x.rank());
  const std::size_t axis = resolve_axis_of_any_rank(op, asked, x.rank());
  return arg_values(op, x, detail::along(x.shape(), axis), reduced_shape(x.shape(), axes, keep), largest);
}

ValuesIndices extreme_along(const char* op, Tensor x, Dim asked, KeepDims keep, bool largest, Source at) {
  const detail::Timed timed(op, at);
  Tensor indices = arg_along(op, x, asked, keepdims, largest, at);
  return detail::selected_one(std::move(x), asked, std::move(indices), keep, at);
}

}  // namespace

namespace {

// The push of a sum over these axes of x.
auto sum_behind(const AxisList<std::size_t>& axes, KeepDims keep) {
  return [axes, keep](const Tensor& t, std::size_t lead) {
    std::vector<std::int64_t> shifted;
    for (const std::size_t axis : axes) shifted.push_back(static_cast<std::int64_t>(axis + lead));
    return shifted.empty() ? t : sum(t, Axes(shifted), keep);
  };
}

}  // namespace

Tensor sum(Tensor input, Axes asked, KeepDims keep, Source at) {
  const detail::Timed timed("sum", at);
  detail::require_defined("sum", &input, 1);
  const auto axes = asked.resolve("sum", input.rank());
  const Shape shape = input.shape(), kept = kept_shape(shape, axes);
  Tensor y = sum_values(input, axes, reduced_shape(shape, axes, keep));
  return record(
      "sum", at, std::move(y), {std::move(input)}, attributes("axes", Shape(axes), "keepdims", keep),
      with_push([shape, kept](Tensor g) { return broadcast_to(reshape(g, kept), shape); }, sum_behind(axes, keep)));
}

Tensor mean(Tensor input, Axes asked, KeepDims keep, Source at) {
  const detail::Timed timed("mean", at);
  detail::require_defined("mean", &input, 1);
  const auto axes = asked.resolve("mean", input.rank());
  if (!is_floating(input.dtype())) input = to(input, float32, at);
  const Shape shape = input.shape(), kept = kept_shape(shape, axes);
  const auto n = static_cast<double>(reduced_count(shape, axes));
  Tensor y = mean_values(input, axes, reduced_shape(shape, axes, keep), n, [n](std::int64_t) { return n; });
  return record(
      "mean", at, std::move(y), {std::move(input)}, attributes("axes", Shape(axes), "keepdims", keep),
      with_push([shape, kept, n](Tensor g) { return broadcast_to(reshape(g, kept) / std::max(n, 1.0), shape); },
                [n, of = sum_behind(axes, keep)](const Tensor& t, std::size_t lead) {
                  return of(t, lead) / std::max(n, 1.0);
                }));
}

Tensor nansum(Tensor x, Axes axes, KeepDims keep, Source at) {
  const detail::Timed timed("nansum", at);
  detail::require_defined("nansum", &x, 1);
  static_cast<void>(axes.resolve("nansum", x.rank()));
  if (is_floating(x.dtype())) x = where(isnan(x, at), 0, x, at);
  return sum(std::move(x), std::move(axes), keep, at);
}

Tensor nanmean(Tensor x, Axes asked, KeepDims keep, Source at) {
  const detail::Timed timed("nanmean", at);
  detail::require_defined("nanmean", &x, 1);
  const auto axes = asked.resolve("nanmean", x.rank());
  if (!is_floating(x.dtype())) x = to(std::move(x), float32, at);
  const Shape shape = x.shape(), kept = kept_shape(shape, axes);
  Tensor y;
  {
    const NoGrad off;
    const Tensor missing = isnan(x, at), counts = sum_values(logical_not(missing, at), axes, kept);
    const auto* const count = Raw::data<std::int64_t>(counts);
    y = mean_values(where(missing, 0, x, at), axes, reduced_shape(shape, axes, keep),
                    static_cast<double>(reduced_count(shape, axes)),
                    [=](std::int64_t i) { return static_cast<double>(count[i]); });
  }
  return record("nanmean", at, std::move(y), {std::move(x)}, attributes("axes", Shape(axes), "keepdims", keep),
                from<0>([kept, axes](const Tensor& in, const Tensor& g) {
                  const Tensor missing = isnan(in);
                  const Tensor count = sum(logical_not(missing), Axes(axes), keepdims);
                  return where(missing, 0, reshape(g, kept) / maximum(count, 1).to(g.dtype()));
                }));
}

MinMax aminmax(Tensor x, Axes asked, KeepDims keep, Source at) {
  const detail::Timed timed("aminmax", at);
  detail::require_defined("aminmax", &x, 1);
  const auto axes = asked.resolve("aminmax", x.rank());
  require_elements("aminmax", x,
                   {reduced_shape(x.shape(), axes, KeepDims::no).count(), reduced_count(x.shape(), axes), 1});
  Tensor least = amin(x, asked, keep, at);
  return {std::move(least), amax(std::move(x), std::move(asked), keep, at)};
}

Tensor amax(Tensor x, Axes axes, KeepDims keep, Source at) {
  return extreme_op("amax", std::move(x), axes, keep, true, at);
}
Tensor amin(Tensor x, Axes axes, KeepDims keep, Source at) {
  return extreme_op("amin", std::move(x), axes, keep, false, at);
}
Tensor max(Tensor x, Source at) { return extreme_op("max", std::move(x), {}, KeepDims::no, true, at); }
Tensor min(Tensor x, Source at) { return extreme_op("min", std::move(x), {}, KeepDims::no, false, at); }

ValuesIndices max(Tensor x, Dim axis, KeepDims keep, Source at) {
  return extreme_along("max", std::move(x), axis, keep, true, at);
}
ValuesIndices min(Tensor x, Dim axis, KeepDims keep, Source at) {
  return extreme_along("min", std::move(x), axis, keep, false, at);
}

Tensor argmax(Tensor x, Source at) { return arg_of_all("argmax", x, true, at); }
Tensor argmin(Tensor x, Source at) { return arg_of_all("argmin", x, false, at); }
Tensor argmax(Tensor x, Dim axis, KeepDims keep, Source at) { return arg_along("argmax", x, axis, keep, true, at); }
Tensor argmin(Tensor x, Dim axis, KeepDims keep, Source at) { return arg_along("argmin", x, axis, keep, false, at); }

Tensor sum_to(Tensor x, const Shape& shape, Source at) {
  const detail::Timed timed("sum_to", at);
  detail::require_defined("sum_to", &x, 1);
  if (x.shape() == shape) return x;
  if (!broadcasts_to(shape, x.shape()))
    throw detail::argument_error("sum_to: " + to_string(shape) + " does not broadcast to " + to_string(x.shape()));
  const std::size_t lead = x.rank() - shape.rank();
  AxisList<std::size_t> axes;
  for (std::size_t k = 0; k < x.rank(); ++k)
    if (k < lead || (shape[k - lead] == 1 && x.shape()[k] != 1)) axes.push_back(k);
  Tensor y = sum_values(x, axes, shape);
  if (detail::records_nothing()) return y;
  const Shape from = x.shape();
  return record("sum_to", at, std::move(y), {std::move(x)}, attributes("shape", shape),
                with_push([from](Tensor g) { return broadcast_to(g, from); },
                          [shape, of = sum_behind(axes, KeepDims::no)](const Tensor& t, std::size_t many) {
                            return reshape(of(t, many), many > 0 ? shape.inserted(0, t.shape()[0]) : shape);
                          }));
}

Tensor detail::folded(const Tensor& g, const Shape& shape) { return sum_to(g, shape); }

Tensor Tensor::sum(Axes axes, KeepDims keep, Source at) const { return xgrad::sum(*this, std::move(axes), keep, at); }
Tensor Tensor::mean(Axes axes, KeepDims keep, Source at) const { return xgrad::mean(*this, std::move(axes), keep, at); }

}  // namespace xgrad
