#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/reduction/softmax.hpp>
#include <xgrad/autograd/kernels/reduction/sum.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/softmax.hpp>
#include <xgrad/nn/loss_checks.hpp>

namespace xgrad::nn {
namespace {

using kernels::Along;

// The class axis of an input (C), (N, C) or (N, C, d...); a row is what shares a place on the others.
struct Classes {
  explicit Classes(const Shape& shape)
      : axis(shape.rank() == 1 ? 0 : 1), rows(shape.without(axis)), along{axis == 0 ? 1 : shape[0], shape[axis], 1} {
    for (std::size_t k = axis + 1; k < shape.rank(); ++k) along.inner *= shape[k];
  }
  std::int64_t count() const { return along.n; }

  std::size_t axis;
  Shape rows;
  Along along;
};

void check_input(const char* op, const Tensor& x, const char* name, const Tensor& target, Reduction reduction) {
  detail::require_given(op, {{x, name}, {target, "the target"}});
  detail::require_plain(op, reduction);
  if (!is_floating(x.dtype()))
    throw std::invalid_argument(std::string(op) + ": " + name + " are " + name_of(x.dtype()) +
                                ": only float32 and float64 have losses: convert them with to()");
  if (x.rank() == 0)
    throw std::invalid_argument(std::string(op) + ": " + name + " have shape (): they need an axis of classes");
}

void check_label_shape(const char* op, const Tensor& x, const char* name, const Tensor& target) {
  const Classes classes(x.shape());
  if (target.dtype() != int64)
    throw std::invalid_argument(std::string(op) + ": the target is " + name_of(target.dtype()) + " " +
                                to_string(target.shape()) + " for " + name + " " + to_string(x.shape()) +
                                ": labels are int64 of shape " + to_string(classes.rows));
  if (target.shape() != classes.rows)
    throw std::invalid_argument(std::string(op) + ": the target is " + to_string(target.shape()) + " for " + name +
                                " " + to_string(x.shape()) + ": labels for them have shape " + to_string(classes.rows));
}

void check_labels(const char* op, const Tensor& target, const Classes& classes, std::int64_t ignored) {
  const std::int64_t* labels = target.data<std::int64_t>();
  const std::int64_t rows = classes.along.lines();
  for (std::int64_t i = 0; i < rows; ++i)
    if ((labels[i] < 0 || labels[i] >= classes.count()) && labels[i] != ignored)
      throw std::invalid_argument(std::string(op) + ": the label of row " + std::to_string(i) + " is " +
                                  std::to_string(labels[i]) + ": labels lie in [0, " + std::to_string(classes.count()) +
                                  "), or are ignore_index");
}

// The weights of the classes in the dtype of x, or an undefined tensor.
Tensor checked_weight(const char* op, const Tensor& x, const char* name, const Tensor& weight, Source at) {
  if (!weight.defined()) return weight;
  const Shape shape{Classes(x.shape()).count()};
  if (weight.shape() != shape)
    throw std::invalid_argument(std::string(op) + ": the weight must have shape " + to_string(shape) + " for " + name +
                                " " + to_string(x.shape()) + ", got " + to_string(weight.shape()));
  if (weight.requires_grad() && grad_enabled())
    throw std::invalid_argument(
        std::string(op) +
        ": the weight requires a gradient, but classes are weighted by constants: pass weight.detach()");
  return detail::follow(op, {weight, "weight"}, {x, name}, at);
}

// Puts the weight of each row's label into r, 0 where it is ignored, and gives their sum.
template <class T>
double row_weights(const std::int64_t* labels, std::int64_t rows, std::int64_t ignored, const T* weight, T* r) {
  if (weight == nullptr)
    for (std::int64_t i = 0; i < rows; ++i) r[i] = static_cast<T>(labels[i] != ignored);
  else
    for (std::int64_t i = 0; i < rows; ++i) r[i] = labels[i] == ignored ? T(0) : weight[labels[i]];
  double total = 0;
  kernels::sum(r, &total, {1, rows, 1});
  return total;
}

// Reduces r_i loss_i in double; a mean divides by the sum of the weights r, and so does r itself from then on.
template <class T>
Tensor reduce_rows(double* losses, T* r, double total, const Shape& rows, Reduction reduction) {
  const std::int64_t n = rows.count();
  for (std::int64_t i = 0; i < n; ++i) losses[i] *= static_cast<double>(r[i]);
  Tensor value = Tensor::uninitialized(reduction == Reduction::none ? rows : Shape(), xgrad::detail::dtype_for<T>());
  T* to = value.write<T>();
  if (reduction == Reduction::none) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<T>(losses[i]);
    return value;
  }
  double sum = 0;
  kernels::sum(losses, &sum, {1, n, 1});
  *to = static_cast<T>(reduction == Reduction::mean ? sum / total : sum);
  if (reduction == Reduction::mean && total != 0)
    for (std::int64_t i = 0; i < n; ++i) r[i] = static_cast<T>(static_cast<double>(r[i]) / total);
  return value;
}

// 1 where a class is its row's label, else 0; rows that are ignored have none.
Tensor one_hot(const Tensor& target, const Shape& shape, DType dtype, std::int64_t ignored) {
  const Classes classes(shape);
  const std::int64_t rows = classes.along.lines(), n = classes.along.n, inner = classes.along.inner;
  const std::int64_t* labels = target.data<std::int64_t>();
  Tensor hot = Tensor::uninitialized(shape, dtype);
  xgrad::detail::visit_floating(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T* to = hot.write<T>();
    std::fill_n(to, hot.size(), T(0));
    for (std::int64_t row = 0; row < rows; ++row)
      if (labels[row] != ignored) to[(row / inner * n + labels[row]) * inner + row % inner] = 1;
  });
  return hot;
}

// With p = softmax(x): d(-ln p_label) / dx = p - one_hot, times the row's weight r and the gradient of its loss.
Tensor pull_formula(const Tensor& x, const Tensor& target, const Tensor& stats, const Tensor& g, std::int64_t ignored) {
  const Classes classes(x.shape());
  const Tensor r = stats.alias(classes.rows, 2 * classes.along.lines());
  const Tensor slope = softmax(x, classes.axis) - one_hot(target, x.shape(), x.dtype(), ignored);
  // Ignored rows are selected away: a NaN in one must not come back through 0 NaN.
  return where(unsqueeze(target == ignored, classes.axis), 0, slope * unsqueeze(g * r, classes.axis));
}

Tensor pull_kernel(const Tensor& x, const Tensor& target, const Tensor& stats, const Tensor& g, std::int64_t ignored) {
  const Along along = Classes(x.shape()).along;
  Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
  xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* shift = stats.data<T>();
    const std::int64_t rows = along.lines(), step = g.rank() == target.rank() ? 1 : 0;
    kernels::cross_entropy_backward(x.data<T>(), target.data<std::int64_t>(), ignored, shift, shift + rows,
                                    shift + 2 * rows, g.data<T>(), step, out.write<T>(), along);
  });
  return out;
}

// Labels and no smoothing: one node, which keeps three numbers a row beside the logits: the shift and the inverse sum
// of the softmax, and the row's weight.
Tensor fused_cross_entropy(Tensor logits, Tensor labels, const Tensor& weight, const ClassOptions& options, Source at) {
  const xgrad::detail::Timed timed("cross_entropy", at);
  const Classes classes(logits.shape());
  const std::int64_t rows = classes.along.lines(), ignored = options.ignore_index();
  Tensor kept = Tensor::uninitialized({3, rows}, logits.dtype());
  Tensor value;
  xgrad::detail::visit_floating(logits.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T *shift = kept.write<T>(), *inverse = shift + rows, *r = inverse + rows;
    const Tensor losses = Tensor::uninitialized(Shape(rows), float64);
    const auto* label = labels.data<std::int64_t>();
    kernels::cross_entropy(logits.data<T>(), label, ignored, shift, inverse, losses.write<double>(), classes.along);
    const double total = row_weights(label, rows, ignored, weight.defined() ? weight.data<T>() : nullptr, r);
    value = reduce_rows(losses.write<double>(), r, total, classes.rows, options.reduction());
  });
  return record("cross_entropy", at, std::move(value), {std::move(logits), std::move(labels), std::move(kept)},
                from<0, 1, 2>([ignored](Tensor x, Tensor target, Tensor stats, Tensor g) {
                  return grad_enabled() ? pull_formula(x, target, stats, g, ignored)
                                        : pull_kernel(x, target, stats, g, ignored);
                }),
                no_gradient, no_gradient);
}

// -r y_label; its slope is -r at the label.
Tensor picked(const char* op, Tensor input, Tensor labels, const Tensor& weight, const ClassOptions& options,
              Source at) {
  const xgrad::detail::Timed timed(op, at);
  const Classes classes(input.shape());
  const std::int64_t rows = classes.along.lines(), n = classes.along.n, inner = classes.along.inner,
                     ignored = options.ignore_index();
  Tensor kept = Tensor::uninitialized(classes.rows, input.dtype());
  Tensor value;
  xgrad::detail::visit_floating(input.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const Tensor losses = Tensor::uninitialized(Shape(rows), float64);
    const auto* label = labels.data<std::int64_t>();
    const T* y = input.data<T>();
    double* loss = losses.write<double>();
    for (std::int64_t row = 0; row < rows; ++row) {
      const bool skip = label[row] == ignored;
      const std::int64_t place = skip ? 0 : (row / inner * n + label[row]) * inner + row % inner;
      loss[row] = skip ? 0 : -static_cast<double>(y[place]);
    }
    const double total =
        row_weights(label, rows, ignored, weight.defined() ? weight.data<T>() : nullptr, kept.write<T>());
    value = reduce_rows(loss, kept.write<T>(), total, classes.rows, options.reduction());
  });
  const Shape shape = input.shape();
  return record(op, at, std::move(value), {std::move(input), std::move(labels), std::move(kept)},
                from<1, 2>([=](Tensor target, Tensor r, Tensor g) {
                  return one_hot(target, shape, r.dtype(), ignored) * unsqueeze(-(g * r), Classes(shape).axis);
                }),
                no_gradient, no_gradient);
}

// The weights of the classes so that they broadcast along the class axis.
Tensor as_column(const Tensor& weight, const Tensor& x, std::size_t axis, Source at) {
  std::vector<std::int64_t> shape(x.rank() - axis, 1);
  shape[0] = weight.size();
  return reshape(weight, shape, at);
}

// (1 - ε) times the loss of the label plus ε times the mean of the weighted losses of all classes.
Tensor smoothed_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight,
                              const CrossEntropyOptions& options, Source at) {
  const Classes classes(x.shape());
  const double epsilon = options.label_smoothing(), n = static_cast<double>(classes.count());
  const Tensor y = log_softmax(x, classes.axis, at);
  const ClassOptions rows = ClassOptions(options.rows()).reduction(Reduction::none);
  const Tensor label_loss = picked("cross_entropy", y, target, weight, rows, at);
  const Tensor all =
      sum(weight.defined() ? mul(y, as_column(weight, x, classes.axis, at), at) : y, classes.axis, KeepDims::no, at);
  const Tensor even_loss = where(target == options.ignore_index(), 0, mul(all, -epsilon / n, at), at);
  const Tensor losses = add(mul(label_loss, 1 - epsilon, at), even_loss, at);
  if (options.reduction() != Reduction::mean) return detail::reduce(losses, options.reduction(), at);
  double total = 0;
  xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const Tensor r = Tensor::uninitialized(classes.rows, x.dtype());
    total = row_weights(target.data<std::int64_t>(), r.size(), options.ignore_index(),
                        weight.defined() ? weight.data<T>() : nullptr, r.write<T>());
  });
  return div(sum(losses, {}, KeepDims::no, at), total, at);
}

Tensor soft_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight,
                          const CrossEntropyOptions& options, Source at) {
  const Classes classes(x.shape());
  const double epsilon = options.label_smoothing(), n = static_cast<double>(classes.count());
  Tensor share = epsilon == 0 ? target : add(mul(target, 1 - epsilon, at), epsilon / n, at);
  if (weight.defined()) share = mul(share, as_column(weight, x, classes.axis, at), at);
  const Tensor losses = neg(sum(mul(log_softmax(x, classes.axis, at), share, at), classes.axis, KeepDims::no, at), at);
  return detail::reduce(losses, options.reduction(), at);
}

void check_soft_target(const Tensor& x, const Tensor& target, const CrossEntropyOptions& options) {
  if (target.shape() != x.shape())
    throw std::invalid_argument("cross_entropy: the target is " + std::string(name_of(target.dtype())) + " " +
                                to_string(target.shape()) + " for logits " + to_string(x.shape()) +
                                ": labels are int64, and probabilities have the logits' shape");
  if (options.ignore_index() >= 0)
    throw std::invalid_argument("cross_entropy: ignore_index is " + std::to_string(options.ignore_index()) +
                                " and the target " + name_of(target.dtype()) + ": only int64 labels can be ignored");
}

}  // namespace

Tensor cross_entropy(Tensor logits, Tensor target, const CrossEntropyOptions& options, Source at) {
  check_input("cross_entropy", logits, "logits", target, options.reduction());
  const double epsilon = options.label_smoothing();
  if (!(epsilon >= 0 && epsilon <= 1))
    throw std::invalid_argument("cross_entropy: label_smoothing must lie in [0, 1], got " + std::to_string(epsilon));
  const Tensor weight = checked_weight("cross_entropy", logits, "logits", options.weight(), at);
  if (is_floating(target.dtype())) {
    check_soft_target(logits, target, options);
    return soft_cross_entropy(logits, detail::follow("cross_entropy", {target, "target"}, {logits, "logits"}, at),
                              weight, options, at);
  }
  check_label_shape("cross_entropy", logits, "logits", target);
  check_labels("cross_entropy", target, Classes(logits.shape()), options.ignore_index());
  if (epsilon != 0) return smoothed_cross_entropy(logits, target, weight, options, at);
  return fused_cross_entropy(std::move(logits), std::move(target), weight, options.rows(), at);
}

Tensor nll_loss(Tensor log_probabilities, Tensor target, const ClassOptions& options, Source at) {
  check_input("nll_loss", log_probabilities, "log-probabilities", target, options.reduction());
  check_label_shape("nll_loss", log_probabilities, "log-probabilities", target);
  const Tensor weight = checked_weight("nll_loss", log_probabilities, "log-probabilities", options.weight(), at);
  check_labels("nll_loss", target, Classes(log_probabilities.shape()), options.ignore_index());
  return picked("nll_loss", std::move(log_probabilities), std::move(target), weight, options, at);
}

}  // namespace xgrad::nn
