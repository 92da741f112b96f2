#include <xgrad/optim/sgd.hpp>

#include <cmath>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/update.hpp>

namespace xgrad::optim {
namespace {

constexpr std::size_t momentum_buffer = 0;

}  // namespace

SGD::SGD(SGD&&) noexcept = default;
SGD& SGD::operator=(SGD&&) noexcept = default;
SGD::~SGD() = default;

SGD::SGD(std::vector<Tensor> parameters, double lr, const Options& options)
    : Optimizer("SGD", std::move(parameters), lr, {"momentum_buffer"}), options_(options) {
  require_not_negative("momentum", options_.momentum_);
  require_not_negative("weight_decay", options_.weight_decay_);
  if (!std::isfinite(options_.dampening_))
    refuse("dampening must be finite, got " + xgrad::detail::number_text(options_.dampening_));
  if (options_.nesterov_ && (options_.momentum_ == 0 || options_.dampening_ != 0))
    refuse("cannot look ahead with momentum " + xgrad::detail::number_text(options_.momentum_) + " and dampening " +
           xgrad::detail::number_text(options_.dampening_) + ": Nesterov needs momentum, and no dampening");
}

void SGD::update(const std::vector<Moving>& moving, Source at) {
  const kernels::SgdRule rule{
      lr(), options_.momentum_, options_.dampening_, options_.weight_decay_, options_.nesterov_, options_.maximize_};
  buffers_.clear();
  if (options_.momentum_ != 0)
    for (const Moving& each : moving) buffers_.push_back(prepare(momentum_buffer, each));

  const Kept none{{}, false};
  for (std::size_t k = 0; k < moving.size(); ++k) {
    if (!buffers_.empty()) keep(momentum_buffer, moving[k].index, buffers_[k].values);
    const Kept& buffer = buffers_.empty() ? none : buffers_[k];
    xgrad::detail::sgd_update("SGD", moving[k].parameter, moving[k].gradient, buffer.values, buffer.is_new, rule, at);
  }
  buffers_.clear();
}

}  // namespace xgrad::optim
