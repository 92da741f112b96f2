#include <xgrad/autograd/ops/ctc_loss.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/scan/ctc.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/scattering.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/autograd/ops/softmax.hpp>

namespace xgrad::detail {
namespace {

kernels::Ctc batch_of(const Shape& x, const Tensor& labels, const Tensor& input_lengths, const Tensor& target_lengths,
                      std::int64_t blank) {
  return {x[0],
          x[1],
          x[2],
          labels.shape()[1],
          Raw::data<std::int64_t>(labels),
          Raw::data<std::int64_t>(input_lengths),
          Raw::data<std::int64_t>(target_lengths),
          blank};
}

// ---- the gradient by recorded ops: the states of all samples side by side, (N, 2 S + 1), step after step. A number
// that no sum of logarithms reaches stands for -inf, whose differences would be NaN.

constexpr double none = -1e30;

struct States {
  Tensor labels;    // of each state, the blank in those between
  Tensor may_skip;  // whether the state may follow the one two before
  Tensor ends;      // 0 in the last two states of a sample, else none
  std::int64_t count;
};

States states_of(const kernels::Ctc& batch) {
  const std::int64_t n = batch.samples, count = 2 * batch.most_labels + 1;
  const Tensor labels = full({n, count}, batch.blank, int64), skip = zeros({n, count}, boolean);
  const Tensor ends = full({n, count}, none, float64);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t* from = batch.labels + i * batch.most_labels;
    auto* to = Raw::write<std::int64_t>(labels) + i * count;
    for (std::int64_t k = 0; k < batch.target_lengths[i]; ++k) {
      to[2 * k + 1] = from[k];
      Raw::write<bool>(skip)[i * count + 2 * k + 1] = k > 0 && from[k] != from[k - 1];
    }
    const std::int64_t last = 2 * batch.target_lengths[i];
    for (std::int64_t s = std::max<std::int64_t>(0, last - 1); s <= last; ++s)
      Raw::write<double>(ends)[i * count + s] = 0;
  }
  return {labels, skip, ends, count};
}

// The columns of v moved by `by` places, where none comes in.
Tensor moved(const Tensor& v, std::int64_t by, double filler = none) {
  const std::int64_t n = v.shape()[0], count = v.shape()[1], kept = std::max<std::int64_t>(0, count - std::abs(by));
  Tensor gap = full({n, count - kept}, filler, v.dtype());
  if (kept == 0) return gap;
  return by > 0 ? concat({gap, narrow(v, 1, 0, kept)}, 1) : concat({narrow(v, 1, -by, kept), gap}, 1);
}

Tensor log_sum(const Tensor& a, const Tensor& b, const Tensor& c) { return logsumexp(stack({a, b, c}, 0), 0); }

// In float64, since differences of sums over all steps are small.
Tensor pull_formula(const Tensor& given, const kernels::Ctc& batch, const Tensor& lengths, const Tensor& given_g,
                    bool zero_infinity) {
  const Tensor x = given.to(float64), g = given_g.to(float64);
  const States states = states_of(batch);
  const Tensor skip_after = moved(states.may_skip.to(x.dtype()), -2, 0) != 0;
  const Tensor first = arange(states.count) < 2, length = unsqueeze(lengths, 1);
  const auto steps = static_cast<std::size_t>(batch.steps);
  std::vector<Tensor> emissions(steps), alphas(steps), slopes(steps);
  for (std::size_t t = 0; t < steps; ++t) {
    emissions[t] = maximum(gather(x[static_cast<std::int64_t>(t)], 1, states.labels), none);
    const Tensor reached =
        t == 0 ? where(first, zeros({}, x.dtype()), none)
               : log_sum(alphas[t - 1], moved(alphas[t - 1], 1), where(states.may_skip, moved(alphas[t - 1], 2), none));
    alphas[t] = reached + emissions[t];
  }
  std::vector<Tensor> betas(steps);
  for (std::size_t t = steps; t-- > 0;) {
    if (t + 1 == steps) {
      betas[t] = states.ends;
      continue;
    }
    const Tensor next = betas[t + 1] + emissions[t + 1];
    const Tensor rest = log_sum(next, moved(next, -1), where(skip_after, moved(next, -2), none));
    betas[t] = where(length == static_cast<std::int64_t>(t) + 1, states.ends, rest);
  }
  const Tensor total = logsumexp(alphas[0] + betas[0], 1, keepdims);
  const Tensor impossible = total < none / 2, possible = !impossible;
  const double nothing = zero_infinity ? 0 : std::numeric_limits<double>::quiet_NaN();
  for (std::size_t t = 0; t < steps; ++t) {
    // Chosen before exp, which may overflow where nothing counts: its slopes would be 0 times infinity.
    const Tensor inside = length > static_cast<std::int64_t>(t);
    const Tensor log_share = where(inside && possible, alphas[t] + betas[t] - total, none);
    const Tensor share = where(impossible, nothing, exp(log_share) * -unsqueeze(g, 1));
    const Tensor counted = where(inside, share, 0);
    slopes[t] = scatter_add(zeros({batch.samples, batch.classes}, x.dtype()), 1, states.labels, counted);
  }
  return stack(slopes, 0).to(given.dtype());
}

Tensor pull_kernel(const Tensor& x, const kernels::Ctc& batch, const Tensor& g, bool zero_infinity) {
  Tensor out = Raw::uninitialized(x.shape(), x.dtype());
  visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::ctc_backward(Raw::data<T>(x), Raw::data<T>(g), Raw::write<T>(out), batch, zero_infinity);
  });
  return out;
}

}  // namespace

Tensor ctc_losses(Tensor input, Tensor labels, Tensor input_lengths, Tensor target_lengths, std::int64_t blank,
                  bool zero_infinity, Source at) {
  const Timed timed("ctc_loss", at);
  const std::int64_t n = input.shape()[1];
  Tensor value = Raw::uninitialized(Shape(n), input.dtype());
  const Tensor losses = Raw::uninitialized(Shape(n), float64);
  visit_floating(input.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    double* loss = Raw::write<double>(losses);
    kernels::ctc_losses(Raw::data<T>(input), loss,
                        batch_of(input.shape(), labels, input_lengths, target_lengths, blank));
    for (std::int64_t i = 0; i < n; ++i)
      Raw::write<T>(value)[i] = zero_infinity && std::isinf(loss[i]) ? T(0) : static_cast<T>(loss[i]);
  });
  return record("ctc_loss", at, std::move(value),
                {std::move(input), std::move(labels), std::move(input_lengths), std::move(target_lengths)},
                attributes("blank", blank, "zero_infinity", zero_infinity),
                from<0, 1, 2, 3>([blank, zero_infinity](Tensor x, Tensor of, Tensor steps, Tensor counts, Tensor g) {
                  const kernels::Ctc batch = batch_of(x.shape(), of, steps, counts, blank);
                  if (x.size() == 0) return x * 0;
                  return grad_enabled() ? pull_formula(x, batch, steps, g, zero_infinity)
                                        : pull_kernel(x, batch, g, zero_infinity);
                }),
                no_gradient, no_gradient, no_gradient);
}

}  // namespace xgrad::detail
