#include <xgrad/nn/loss_checks.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/activation.hpp>

namespace xgrad::nn::detail {

using xgrad::detail::argument_error;
using xgrad::detail::number_text;

void require_same_shape(const char* op, Named a, Named b) {
  if (a.tensor.shape() != b.tensor.shape())
    throw argument_error(std::string(op) + ": " + a.name + " is " + to_string(a.tensor.shape()) + ", " + b.name +
                         " is " + to_string(b.tensor.shape()) + ": losses do not broadcast: reshape one of them");
}

// Weights may broadcast to the input, but not the input to the weights.
void require_weight(const char* op, const Tensor& x, const Tensor& weight, const char* name) {
  if (!weight.defined()) return;
  require_same_floating(op, {weight, name}, {x, "input"});
  if (!broadcasts_to(weight.shape(), x.shape()))
    throw argument_error(std::string(op) + ": " + name + " is " + to_string(weight.shape()) +
                         ", which does not broadcast to the input " + to_string(x.shape()));
}

void require_probabilities(const char* op, const Tensor& z, const char* name, const char* way_out) {
  xgrad::detail::visit_floating(z.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T *begin = Raw::data<T>(z), *end = begin + z.size();
    const auto lies_within = [](T p) { return (p >= 0) & (p <= 1); };
    int all = 1;  // no early exit, so that the loop is vectorized
    for (const T* p = begin; p != end; ++p) all &= static_cast<int>(lies_within(*p));
    if (all != 0) return;
    const T* found = std::find_if_not(begin, end, lies_within);
    throw argument_error(std::string(op) + ": element " + std::to_string(found - begin) + " of the " + name + " is " +
                         number_text(*found) + ": probabilities lie in [0, 1]" + way_out);
  });
}

void check_beta(const char* op, double beta) {
  if (!(beta >= 0)) throw argument_error(std::string(op) + ": beta must not be negative, got " + number_text(beta));
  xgrad::detail::require_finite(op, "beta", beta);
}

void check_delta(const char* op, double delta) {
  if (!(delta > 0)) throw argument_error(std::string(op) + ": delta must be positive, got " + number_text(delta));
  xgrad::detail::require_finite(op, "delta", delta);
}

void check_positive_eps(const char* op, double eps) {
  if (!(eps > 0) || std::isinf(eps))
    throw argument_error(std::string(op) + ": eps must be positive and finite, got " + number_text(eps));
}

void check_margin(const char* op, double margin) { xgrad::detail::require_finite(op, "the margin", margin); }

void check_triplet_margin(const char* op, double margin) {
  check_margin(op, margin);
  if (!(margin > 0))
    throw argument_error(std::string(op) + ": the margin must be positive, got " + number_text(margin));
}

void check_triplet_options(const char* op, const TripletMarginLossOptions& options) {
  check_triplet_margin(op, options.margin());
  xgrad::detail::require_number(op, "p", options.p());
  xgrad::detail::require_finite(op, "eps", options.eps());
}

void check_multi_margin(const char* op, const MultiMarginLossOptions& options) {
  check_margin(op, options.margin());
  if (options.p() != 1 && options.p() != 2)
    throw argument_error(std::string(op) + ": p is " + std::to_string(options.p()) + ": it must be 1 or 2");
}

void check_smoothing(const char* op, double label_smoothing) {
  if (!(label_smoothing >= 0 && label_smoothing <= 1))
    throw argument_error(std::string(op) + ": label_smoothing must lie in [0, 1], got " + number_text(label_smoothing));
}

void check_blank(const char* op, std::int64_t blank) {
  if (blank < 0)
    throw argument_error(std::string(op) + ": the blank is class " + std::to_string(blank) +
                         ": it must not be negative");
}

}  // namespace xgrad::nn::detail
