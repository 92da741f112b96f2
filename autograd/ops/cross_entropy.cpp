#include <xgrad/autograd/ops/cross_entropy.hpp>

#include <algorithm>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/reduction/softmax.hpp>
#include <xgrad/autograd/kernels/reduction/sum.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/softmax.hpp>

namespace xgrad::detail {

namespace {

const char* name_of(RowReduction reduction) {
  return reduction == RowReduction::mean ? "mean" : reduction == RowReduction::sum ? "sum" : "none";
}

using kernels::Along;

Along classes_of(const Shape& shape) { return along(shape, class_axis(shape)); }

// Stores the weight of each row in r and returns their sum.
template <class T>
double row_weights(const Tensor& labels, const RowOptions& options, T* r) {
  const auto* label = Raw::data<std::int64_t>(labels);
  const T* weight = Raw::data_or_null<T>(options.weight);
  const std::int64_t rows = labels.size();
  if (weight == nullptr)
    for (std::int64_t i = 0; i < rows; ++i) r[i] = static_cast<T>(label[i] != options.ignored);
  else
    for (std::int64_t i = 0; i < rows; ++i) r[i] = label[i] == options.ignored ? T(0) : weight[label[i]];
  double total = 0;
  kernels::sum(r, &total, {1, rows, 1});
  return total;
}

// Reduces r_i loss_i in double. A mean divides by the sum of the weights, and r is divided by it as well, since
// backward multiplies by r_i / Σ r.
template <class T>
Tensor reduce_rows(double* losses, T* r, double total, const Shape& rows, RowReduction reduction) {
  const std::int64_t n = rows.count();
  for (std::int64_t i = 0; i < n; ++i) losses[i] *= static_cast<double>(r[i]);
  Tensor value = Raw::uninitialized(reduction == RowReduction::none ? rows : Shape(), dtype_for<T>());
  T* to = Raw::write<T>(value);
  if (reduction == RowReduction::none) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<T>(losses[i]);
    return value;
  }
  double sum = 0;
  kernels::sum(losses, &sum, {1, n, 1});
  *to = static_cast<T>(reduction == RowReduction::mean ? sum / total : sum);
  if (reduction == RowReduction::mean && total != 0)
    for (std::int64_t i = 0; i < n; ++i) r[i] = static_cast<T>(static_cast<double>(r[i]) / total);
  return value;
}

// Calls f(row, index of the element of its label in an array of the shape) for every row that is not ignored.
template <class F>
void for_each_label(const Tensor& labels, const Shape& shape, std::int64_t ignored, const F& f) {
  const Along axis = classes_of(shape);
  const auto* label = Raw::data<std::int64_t>(labels);
  for (std::int64_t row = 0; row < axis.lines(); ++row)
    if (label[row] != ignored) f(row, (row / axis.inner * axis.n + label[row]) * axis.inner + row % axis.inner);
}

// 1 where a class is the label of its row, else 0; all 0 in ignored rows.
Tensor one_hot(const Tensor& labels, const Shape& shape, DType dtype, std::int64_t ignored) {
  Tensor hot = Raw::uninitialized(shape, dtype);
  visit(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T* to = Raw::write<T>(hot);
    std::fill_n(to, hot.size(), T(0));
    for_each_label(labels, shape, ignored, [&](std::int64_t, std::int64_t place) { to[place] = T(1); });
  });
  return hot;
}

// The upstream gradient of each row, 0 for ignored rows.
Tensor counted(const Tensor& labels, const Tensor& g, std::int64_t ignored) { return where(labels == ignored, 0, g); }

}  // namespace

// ---- cross entropy: with p = softmax(x), d(-ln p_t) / dx = p - one_hot(t), times the row's weight r and the gradient
// of its loss

namespace {

// Ignored rows are replaced by zeros, so that infinities and NaN in them reach neither this gradient nor its
// derivatives.
Tensor pull_formula(const Tensor& x, const Tensor& labels, const Tensor& stats, const Tensor& g, std::int64_t ignored) {
  const std::size_t axis = class_axis(x.shape());
  const Tensor r = Raw::alias(stats, labels.shape(), 2 * labels.size());
  const Tensor known = where(unsqueeze(labels == ignored, axis), 0, x);
  const Tensor slope = softmax(known, axis) - one_hot(labels, x.shape(), x.dtype(), ignored);
  return slope * unsqueeze(counted(labels, g, ignored) * r, axis);
}

Tensor pull_kernel(const Tensor& x, const Tensor& labels, const Tensor& stats, const Tensor& g, std::int64_t ignored) {
  const Along axis = classes_of(x.shape());
  Tensor out = Raw::uninitialized(x.shape(), x.dtype());
  visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* shift = Raw::data<T>(stats);
    const std::int64_t rows = axis.lines(), step = g.rank() == labels.rank() ? 1 : 0;
    kernels::cross_entropy_backward(Raw::data<T>(x), Raw::data<std::int64_t>(labels), ignored, shift, shift + rows,
                                    shift + 2 * rows, Raw::data<T>(g), step, Raw::write<T>(out), axis);
  });
  return out;
}

}  // namespace

// Recorded as one node, which saves the logits and three numbers per row: the shift and the inverse sum of the softmax,
// and the weight of the row.
Tensor label_cross_entropy(Tensor input, Tensor target, const RowOptions& options, Source at) {
  const Timed timed("cross_entropy", at);
  const std::int64_t rows = target.size(), ignored = options.ignored;
  Tensor kept = Raw::uninitialized({3, rows}, input.dtype());
  Tensor value;
  visit_floating(input.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T *shift = Raw::write<T>(kept), *inverse = shift + rows, *r = inverse + rows;
    const Tensor losses = Raw::uninitialized(Shape(rows), float64);
    kernels::cross_entropy(Raw::data<T>(input), Raw::data<std::int64_t>(target), ignored, shift, inverse,
                           Raw::write<double>(losses), classes_of(input.shape()));
    const double total = row_weights(target, options, r);
    value = reduce_rows(Raw::write<double>(losses), r, total, target.shape(), options.reduction);
  });
  return record("cross_entropy", at, std::move(value), {std::move(input), std::move(target), std::move(kept)},
                attributes("ignore_index", ignored, "reduction", name_of(options.reduction)),
                from<0, 1, 2>([ignored](Tensor x, Tensor labels, Tensor stats, Tensor g) {
                  return grad_enabled() ? pull_formula(x, labels, stats, g, ignored)
                                        : pull_kernel(x, labels, stats, g, ignored);
                }),
                no_gradient, no_gradient);
}

// ---- likelihood: the slope is -r at the label and 0 elsewhere, whatever the upstream gradient

namespace {

Tensor place_kernel(const Tensor& labels, const Tensor& r, const Tensor& g, const Shape& shape, std::int64_t ignored) {
  Tensor out = Raw::uninitialized(shape, r.dtype());
  visit_floating(r.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* to = Raw::write<T>(out);
    const std::int64_t step = g.rank() == labels.rank() ? 1 : 0;
    std::fill_n(to, out.size(), T(0));
    for_each_label(labels, shape, ignored, [&](std::int64_t row, std::int64_t place) {
      to[place] = -(Raw::data<T>(g)[row * step] * Raw::data<T>(r)[row]);
    });
  });
  return out;
}

}  // namespace

Tensor label_likelihood(Tensor input, Tensor target, const RowOptions& options, Source at) {
  const Timed timed("nll_loss", at);
  const Shape shape = input.shape();
  const std::int64_t ignored = options.ignored;
  Tensor kept = Raw::uninitialized(target.shape(), input.dtype());
  Tensor value;
  visit_floating(input.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const Tensor losses = Raw::uninitialized(Shape(target.size()), float64);
    double* loss = Raw::write<double>(losses);
    std::fill_n(loss, target.size(), 0.0);
    for_each_label(target, shape, ignored, [&](std::int64_t row, std::int64_t place) {
      loss[row] = -static_cast<double>(Raw::data<T>(input)[place]);
    });
    const double total = row_weights(target, options, Raw::write<T>(kept));
    value = reduce_rows(loss, Raw::write<T>(kept), total, target.shape(), options.reduction);
  });
  return record("nll_loss", at, std::move(value), {std::move(input), std::move(target), std::move(kept)},
                attributes("ignore_index", ignored, "reduction", name_of(options.reduction)),
                from<1, 2>([shape, ignored](Tensor labels, Tensor r, Tensor g) {
                  if (!grad_enabled()) return place_kernel(labels, r, g, shape, ignored);
                  const Tensor slope = -(counted(labels, g, ignored) * r);
                  return where(one_hot(labels, shape, boolean, ignored), unsqueeze(slope, class_axis(shape)), 0);
                }),
                no_gradient, no_gradient);
}

double total_weight(const Tensor& labels, const RowOptions& options) {
  const DType dtype = options.weight.defined() ? options.weight.dtype() : float64;
  const Tensor r = Raw::uninitialized(labels.shape(), dtype);
  return visit_floating(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    return row_weights(labels, options, Raw::write<T>(r));
  });
}

}  // namespace xgrad::detail
