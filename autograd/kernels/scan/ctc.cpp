#include <xgrad/autograd/kernels/scan/ctc.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

constexpr double none = -std::numeric_limits<double>::infinity();

double log_sum(double a, double b, double c) {
  const double m = std::max(a, std::max(b, c));
  if (m == none) return a + b + c;  // none, or a NaN that the comparisons dropped
  return m + std::log(std::exp(a - m) + std::exp(b - m) + std::exp(c - m));
}

/// One sample: its states are the labels with blanks before, between and behind them.
template <class T>
struct Sample {
  Sample(const T* x, const Ctc& all, std::int64_t i)
      : batch(all),
        from(x + i * all.classes),
        labels(all.labels + i * all.most_labels),
        steps(all.input_lengths[i]),
        states(2 * all.target_lengths[i] + 1) {}

  std::int64_t label(std::int64_t s) const { return s % 2 == 0 ? batch.blank : labels[s / 2]; }
  double emission(std::int64_t t, std::int64_t s) const {
    return static_cast<double>(from[t * batch.samples * batch.classes + label(s)]);
  }
  /// Whether state s may follow s - 2: the blank between two different labels may be left out.
  bool may_skip_to(std::int64_t s) const { return s >= 2 && s % 2 == 1 && label(s) != label(s - 2); }

  /// The logarithm of the probability of all beginnings that end in each state at step t, from those at t - 1.
  void forward(std::int64_t t, const double* before, double* alpha) const {
    for (std::int64_t s = 0; s < states; ++s) {
      const double sum = t == 0
                             ? (s < 2 ? 0 : none)
                             : log_sum(before[s], s >= 1 ? before[s - 1] : none, may_skip_to(s) ? before[s - 2] : none);
      alpha[s] = sum + emission(t, s);
    }
  }
  /// That of all ends after each state at step t, from those at t + 1.
  void backward(std::int64_t t, const double* after, double* beta) const {
    const auto next = [&](std::int64_t s) { return after[s] + emission(t + 1, s); };
    for (std::int64_t s = 0; s < states; ++s)
      beta[s] = t + 1 == steps ? (s + 2 >= states ? 0 : none)
                               : log_sum(next(s), s + 1 < states ? next(s + 1) : none,
                                         s + 2 < states && may_skip_to(s + 2) ? next(s + 2) : none);
  }
  /// The logarithm of the probability of the labels, from alpha at the last step.
  double total(const double* alpha) const {
    if (steps == 0) return states == 1 ? 0 : none;
    return log_sum(alpha[states - 1], states > 1 ? alpha[states - 2] : none, none);
  }

  const Ctc& batch;
  const T* from;
  const std::int64_t* labels;
  std::int64_t steps, states;
};

}  // namespace

template <class T>
void ctc_losses(const T* x, double* losses, const Ctc& batch) {
  parallel_ranges(batch.samples, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Sample<T> sample(x, batch, i);
      detail::Scratch<double> before(sample.states), alpha(sample.states);
      for (std::int64_t t = 0; t < sample.steps; ++t) {
        before.swap(alpha);
        sample.forward(t, before.data(), alpha.data());
      }
      losses[i] = -sample.total(alpha.data());
    }
  });
}

template void ctc_losses(const float*, double*, const Ctc&);
template void ctc_losses(const double*, double*, const Ctc&);

namespace {

template <class T>
void backward_of(const Sample<T>& sample, double g, T* gx, bool zero_infinity) {
  const Ctc& batch = sample.batch;
  const std::int64_t states = sample.states, stride = batch.samples * batch.classes;
  for (std::int64_t t = 0; t < batch.steps; ++t) std::fill_n(gx + t * stride, batch.classes, T(0));
  if (sample.steps == 0) return;
  const detail::Scratch<double> alphas(sample.steps * states), sums(batch.classes);
  for (std::int64_t t = 0; t < sample.steps; ++t)
    sample.forward(t, alphas.data() + (t - 1) * states * (t > 0 ? 1 : 0), alphas.data() + t * states);
  const double total = sample.total(alphas.data() + (sample.steps - 1) * states);
  if (total == none) {
    for (std::int64_t t = 0; !zero_infinity && t < sample.steps; ++t)
      std::fill_n(gx + t * stride, batch.classes, std::numeric_limits<T>::quiet_NaN());
    return;
  }
  detail::Scratch<double> after(states), beta(states);
  for (std::int64_t t = sample.steps; t-- > 0;) {
    after.swap(beta);
    sample.backward(t, after.data(), beta.data());
    std::fill_n(sums.data(), batch.classes, 0.0);
    for (std::int64_t s = 0; s < states; ++s)
      sums.data()[sample.label(s)] += std::exp(alphas.data()[t * states + s] + beta.data()[s] - total);
    for (std::int64_t c = 0; c < batch.classes; ++c) gx[t * stride + c] = static_cast<T>(-g * sums.data()[c]);
  }
}

}  // namespace

template <class T>
void ctc_backward(const T* x, const T* g, T* gx, const Ctc& batch, bool zero_infinity) {
  parallel_ranges(batch.samples, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      backward_of(Sample<T>(x, batch, i), static_cast<double>(g[i]), gx + i * batch.classes, zero_infinity);
  });
}

template void ctc_backward(const float*, const float*, float*, const Ctc&, bool);
template void ctc_backward(const double*, const double*, double*, const Ctc&, bool);

}  // namespace xgrad::kernels
