#include <xgrad/autograd/ops/pointwise_loss.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/autograd/kernels/pointwise/loss_functions.hpp>
#include <xgrad/autograd/kernels/simd/wide_sum.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad::detail {
namespace {

namespace fn = kernels::fn;

// Σ f(x, t) / divisor, as sums over fixed ranges that are added in order: the same bits for any number of threads.
template <class F>
double total(const F& f, const Tensor& x, const Tensor& t, double divisor) {
  const std::int64_t n = x.size(), grain = kernels::pointwise_grain, ranges = (n + grain - 1) / grain;
  const Tensor parts = Raw::uninitialized(Shape(ranges), float64);
  visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::parallel_ranges(n, grain, [&](std::int64_t begin, std::int64_t end) {
      constexpr std::int64_t chunk = 256;
      kernels::WideSum<T, kernels::Narrow::none> sum;
      alignas(64) T losses[chunk];
      for (std::int64_t i = begin; i < end; i += chunk) {
        const std::int64_t count = std::min(chunk, end - i);
        std::fill(losses + count, losses + chunk, T(0));
        kernels::pointwise_row<T>(ValueOf<F>{f}, losses, {Raw::data<T>(x) + i, Raw::data<T>(t) + i}, {1, 1}, count,
                                  std::make_index_sequence<2>{});
        if (divisor != 1) std::for_each(losses, losses + count, [&](T& loss) { loss /= static_cast<T>(divisor); });
        for (std::int64_t j = 0; j < count; j += static_cast<std::int64_t>(Vec<T>::width))
          sum.add(Vec<T>::load(losses + j));
      }
      Raw::write<double>(parts)[begin / grain] = sum.total();
    });
  });
  double sum = 0;
  for (std::int64_t i = 0; i < ranges; ++i) sum += Raw::data<double>(parts)[i];
  return sum;
}

// The sum over the divisor. Where the sum of float64 numbers overflows, the parts are divided before.
template <class F>
double reduced(const F& f, const Tensor& x, const Tensor& t, double divisor) {
  const double y = total(f, x, t, 1) / divisor;
  return std::isfinite(y) || divisor <= 1 || x.dtype() != float64 ? y : total(f, x, t, divisor);
}

/// The function of a fused rule: g, which may be one number for all elements, times the factor and the slope with
/// respect to one operand.
template <std::size_t count, class F, Side side>
struct ReducedRule {
  F f;
  double factor;

  template <class V, class... Read>
  V operator()(const V& g, const Read&... read) const {
    return kernels::pull<side>(f, V(g * factor), read...);
  }

  static Tensor kernel(const void* f, const Reading* read, const Tensor& g, bool) {
    static_assert(count > 0, "the shape of a gradient is that of a value that the rule reads");
    const Shape& of_x = *read[1].shape;  // a g of higher rank is many of that shape, in forward mode
    Tensor out = Raw::uninitialized(g.rank() > of_x.rank() ? g.shape() : of_x, g.dtype());
    broadcast_pass(f, body_of<count + 1, ReducedRule>(g.dtype()), read, count + 1, elements(out), out.dtype(),
                   out.shape());
    return out;
  }
  static Tensor recorded(const void* f, const Tensor* read, const Tensor& g, bool) {
    return over_tensors(*static_cast<const ReducedRule*>(f), read, g, std::make_index_sequence<count>{});
  }
  static Tensor guarded(const void* f, const Tensor* read, const Tensor& g) {
    Reading readings[count + 1] = {reading(g)};
    for (std::size_t i = 0; i < count; ++i) readings[i + 1] = reading(read[i]);
    return kernel(f, readings, g, false);
  }

 private:
  template <std::size_t... I>
  static Tensor over_tensors(const ReducedRule& rule, const Tensor* read, const Tensor& g, std::index_sequence<I...>) {
    return rule(g, read[I]...);
  }
};

template <Side side, class F>
auto reduced_rule(const F& f, double factor) {
  constexpr Reads reads = kernels::reads_of<F, side>();
  using Made = ReducedRule<count_of(reads), F, side>;
  return Rule<rule_flags(reads), Made>{Made{f, factor}};
}

template <class F>
struct LossSettings : SettingsOf<F> {
  LossSettings(const F& f, const char* reduction_name) : SettingsOf<F>(f), reduction(reduction_name) {}
  std::vector<Attribute> list() const {
    std::vector<Attribute> result = SettingsOf<F>::list();
    result.emplace_back("reduction", reduction);
    return result;
  }
  const char* reduction;
};

// Records the elementwise losses and their reduction as one node, with slopes with respect to x and t.
template <class F>
Tensor loss(const F& f, const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at) {
  const Timed timed(op, at);
  Tensor value;
  if (reduction.add) {
    value = converted(Tensor(reduced(f, x, t, reduction.divisor)), x.dtype());
  } else {
    value = Raw::uninitialized(x.shape(), x.dtype());
    const ValueOf<F> of_f{f};
    const void* in[] = {Raw::bytes(x), Raw::bytes(t)};
    same_shape_pass(&of_f, body_of<2, ValueOf<F>>(x.dtype()), in, 2, x.dtype(), Raw::write_bytes(value), x.dtype(),
                    value.size());
  }
  Raw::mark_weak(value, x.weak() && t.weak());
  const Tensor inputs[] = {std::move(x), std::move(t)};
  const LossSettings<F> settings(f, reduction.name);
  // The factor of a mean over no elements would be 1/0.
  const double factor = inputs[0].size() == 0 ? 0 : 1 / reduction.divisor;
  if (records(inputs, 2))
    value = record_rules<2>(op, at, std::move(value), inputs, 2, 0, settings, reduced_rule<Side::a>(f, factor),
                            reduced_rule<Side::b>(f, factor));
  if (is_observed()) tell_computed(op, at, value, inputs, 2, settings);
  return value;
}

}  // namespace

Tensor squared_error(const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at) {
  return loss(fn::SquaredError(), op, std::move(x), std::move(t), reduction, at);
}
Tensor half_squared_error(const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at) {
  return loss(fn::HalfSquaredError(), op, std::move(x), std::move(t), reduction, at);
}
Tensor absolute_error(const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at) {
  return loss(fn::AbsoluteError(), op, std::move(x), std::move(t), reduction, at);
}
Tensor smooth_absolute_error(const char* op, Tensor x, Tensor t, double beta, const LossReduction& reduction,
                             Source at) {
  return loss(fn::SmoothAbsoluteError(beta), op, std::move(x), std::move(t), reduction, at);
}
Tensor huber_error(const char* op, Tensor x, Tensor t, double delta, const LossReduction& reduction, Source at) {
  return loss(fn::Huber(delta), op, std::move(x), std::move(t), reduction, at);
}
Tensor divergence(const char* op, Tensor x, Tensor t, bool log_target, const LossReduction& reduction, Source at) {
  if (log_target) return loss(fn::LogDivergence(), op, std::move(x), std::move(t), reduction, at);
  return loss(fn::Divergence(), op, std::move(x), std::move(t), reduction, at);
}
Tensor binary_cross_entropy(const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at) {
  return loss(fn::BinaryCrossEntropy(), op, std::move(x), std::move(t), reduction, at);
}
Tensor logits_loss(const char* op, Tensor x, Tensor t, const LossReduction& reduction, Source at) {
  return loss(fn::Logits(), op, std::move(x), std::move(t), reduction, at);
}
Tensor negative_logits_loss(const char* op, Tensor x, Tensor t, Source at) {
  return loss(fn::NegativeLogits(), op, std::move(x), std::move(t), {"none", false}, at);
}
Tensor positive_logits_loss(const char* op, Tensor x, Tensor t, Source at) {
  return loss(fn::PositiveLogits(), op, std::move(x), std::move(t), {"none", false}, at);
}

}  // namespace xgrad::detail
