#include <xgrad/optim/muon.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/norm.hpp>
#include <xgrad/autograd/ops/products.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/ternary.hpp>
#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;

enum : int { rate, weight_decay, momentum, nesterov, a, b, c, eps, ns_steps, adjust_lr_fn, maximize };

std::string fault(const double* v) {
  if (v[ns_steps] >= 100) return "ns_steps must lie below 100, got " + std::to_string(static_cast<int>(v[ns_steps]));
  if (v[adjust_lr_fn] > 1) return "adjust_lr_fn must be 0, original, or 1, match_rms_adamw";
  return "";
}

const char* unfit(const Tensor& parameter) {
  return parameter.rank() == 2 ? nullptr : "is no matrix: train it with another optimiser, such as AdamW";
}

detail::Description description() {
  return {"Muon",
          {{"lr", 1e-3, Range::not_negative},
           {"weight_decay", 0.1, Range::not_negative},
           {"momentum", 0.95, Range::not_negative},
           {"nesterov", 1, Range::flag},
           {"ns_coefficients.0", 3.4445, Range::finite},
           {"ns_coefficients.1", -4.775, Range::finite},
           {"ns_coefficients.2", 2.0315, Range::finite},
           {"eps", 1e-7, Range::not_negative},
           {"ns_steps", 5, Range::count},
           {"adjust_lr_fn", 0, Range::count},
           {"maximize", 0, Range::flag}},
          {{"momentum_buffer"}},
          {},
          false,
          fault,
          unfit};
}

Tensor orthogonal(const Tensor& u, const double* v, Source at) {
  const bool tall = u.shape(0) > u.shape(1);
  Tensor x = tall ? u.transpose(at) : u;
  x = x / Tensor(std::max(norm(x, 2, {}, KeepDims::no, at).item(), v[eps]));
  for (int i = 0; i < static_cast<int>(v[ns_steps]); ++i) {
    const Tensor gram = linear(x, x, {}, at);  // x xᵀ
    const Tensor change = addmm(gram, gram, gram, AddOptions().beta(v[b]).alpha(v[c]), at);
    x = addmm(x, change, x, AddOptions().beta(v[a]), at);
  }
  return tall ? x.transpose(at) : x;
}

}  // namespace

Muon::Muon(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

void Muon::prepare(const std::vector<Moving>& moving, Source at) {
  const xgrad::detail::Unobserved unobserved;
  changes_.clear();
  for (const Moving& each : moving) {
    const double* v = each.options;
    const Tensor d = v[maximize] != 0 ? -each.gradient : each.gradient;
    const Tensor buffer = lerp(coming(0, each), d, 1 - v[momentum], at);
    const Tensor u = v[nesterov] != 0 ? lerp(d, buffer, v[momentum], at) : buffer;
    changes_.push_back({buffer, u.size() == 0 ? u : orthogonal(u, v, at)});
  }
  std::reverse(changes_.begin(), changes_.end());
}

kernels::UpdatePass Muon::update(Moving& moving, Source at) {
  const double* v = moving.options;
  Change change = std::move(changes_.back());
  changes_.pop_back();
  keep(0, moving, change.buffer);
  const Shape& shape = moving.parameter->shape();
  const auto rows = static_cast<double>(shape[0]), columns = static_cast<double>(shape[1]);
  kernels::PlainRule rule;
  rule.shrink = 1 - v[rate] * v[weight_decay];
  rule.rate = v[rate] * (v[adjust_lr_fn] == 0 ? std::sqrt(std::max(1.0, rows / columns))
                                              : 0.2 * std::sqrt(std::max(rows, columns)));
  moving.gradient = std::move(change.direction);
  return xgrad::detail::update(name(), *moving.parameter, moving.gradient, {}, rule, at);
}

}  // namespace xgrad::optim
