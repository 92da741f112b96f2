#include <xgrad/optim/clip_grad.hpp>

#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/autograd/ops/wide_norm.hpp>

namespace xgrad::optim {
namespace {

using xgrad::detail::number_text;

[[noreturn]] void refuse(const char* op, const std::string& why) {
  throw xgrad::detail::argument_error(std::string(op) + ": " + why);
}

// In float64: that of finite float32 tensors is finite.
double norm_of_all(const char* op, const std::vector<Tensor>& tensors, double p, Nonfinite nonfinite) {
  if (std::isnan(p) || p <= 0) refuse(op, "the order of the norm must be positive, got " + number_text(p));
  std::vector<double> norms;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& x = tensors[i];
    if (!x.defined()) refuse(op, "tensor " + std::to_string(i) + " is empty");
    if (!is_floating(x.dtype()))
      refuse(op, "tensor " + std::to_string(i) + " is " + name_of(x.dtype()) + ": a norm is one of floating tensors");
    if (x.size() > 0) norms.push_back(xgrad::detail::wide_norm(x, p));
  }
  if (norms.empty()) return 0;
  const double total = xgrad::detail::wide_norm(norms, p);
  if (nonfinite == Nonfinite::error && !std::isfinite(total))
    refuse(op, "the norm of order " + number_text(p) + " is " + number_text(total) +
                   ": look for the first NaN with DetectAnomaly, or allow it with Nonfinite::allowed");
  return total;
}

std::vector<Tensor> gradients(const char* op, const std::vector<Tensor>& parameters) {
  std::vector<Tensor> result;
  std::unordered_map<const void*, std::size_t> seen;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].defined()) refuse(op, "parameter " + std::to_string(i) + " is an empty tensor");
    const auto [first, is_new] = seen.emplace(Raw::value(parameters[i]), i);
    if (!is_new)
      refuse(op, "parameter " + std::to_string(i) + " is parameter " + std::to_string(first->second) +
                     " again: each may be given once");
    if (Tensor gradient = parameters[i].grad(); gradient.defined()) result.push_back(std::move(gradient));
  }
  return result;
}

}  // namespace

double get_total_norm(const std::vector<Tensor>& tensors, double p, Nonfinite nonfinite, Source at) {
  const xgrad::detail::Calling calling("get_total_norm", at);
  const NoGrad no_grad;
  return norm_of_all("get_total_norm", tensors, p, nonfinite);
}

double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double p, Nonfinite nonfinite,
                       Source at) {
  const char* op = "clip_grad_norm_";
  const xgrad::detail::Calling calling(op, at);
  const NoGrad no_grad;
  if (!(max_norm >= 0)) refuse(op, "max_norm must not be negative, got " + number_text(max_norm));
  const std::vector<Tensor> all = gradients(op, parameters);
  const double total = norm_of_all(op, all, p, nonfinite), factor = max_norm / (total + 1e-6);
  if (factor >= 1) return total;
  // A factor that float32 has few bits for, or none, is divided into two.
  constexpr double small = 0x1p-100;
  const bool in_two = factor > 0 && factor < small;
  std::unordered_set<const void*> scaled;  // parameters may share a gradient
  for (const Tensor& gradient : all) {
    if (gradient.size() == 0 || !scaled.insert(Raw::bytes(gradient)).second) continue;
    if (in_two) gradient.mul_(Tensor(small), at);
    gradient.mul_(Tensor(in_two ? factor / small : factor), at);
  }
  return total;
}

void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value, Source at) {
  const char* op = "clip_grad_value_";
  const xgrad::detail::Calling calling(op, at);
  const NoGrad no_grad;
  if (!(clip_value >= 0)) refuse(op, "clip_value must not be negative, got " + number_text(clip_value));
  kernels::ClipRule rule;
  rule.bound = clip_value;
  for (const Tensor& gradient : gradients(op, parameters)) xgrad::detail::update_now(op, gradient, gradient, rule, at);
}

}  // namespace xgrad::optim
