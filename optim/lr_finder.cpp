#include <xgrad/optim/lr_finder.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::optim {
namespace {

/// Brings back, at its end, what training changes.
class Restored {
 public:
  Restored(const nn::ModuleBase& model, Optimizer& optimizer)
      : optimizer_(optimizer), state_(optimizer.state_dict()), generator_(default_generator()) {
    for (const Tensor& p : optimizer.parameters()) remember(p);
    for (const auto& entry : model.named_parameters()) remember(entry.second);
    for (const auto& entry : model.named_buffers()) remember(entry.second);
  }
  ~Restored() {
    const NoGrad no_grad;
    for (const auto& [tensor, values, gradient] : kept_) {
      tensor.copy_(values);
      if (is_floating(tensor.dtype()) && tensor.requires_grad()) tensor.set_grad(gradient);
    }
    optimizer_.load_state_dict(state_);
    default_generator() = generator_;
  }
  Restored(const Restored&) = delete;
  Restored& operator=(const Restored&) = delete;

 private:
  struct Kept {
    Tensor tensor, values, gradient;
  };
  void remember(const Tensor& tensor) {
    kept_.push_back({tensor, tensor.detach().clone(), tensor.requires_grad() ? tensor.grad() : Tensor()});
  }

  Optimizer& optimizer_;
  StateDict state_;
  Generator generator_;
  std::vector<Kept> kept_;
};

// Where the smoothed loss falls most steeply from one learning rate to the next but one.
double steepest(const LRSweep& sweep) {
  double best = 0, lr = sweep.lrs.front();
  for (std::size_t i = 1; i + 1 < sweep.lrs.size(); ++i) {
    const double slope = sweep.smoothed[i + 1] - sweep.smoothed[i - 1];
    if (slope < best) {
      best = slope;
      lr = sweep.lrs[i];
    }
  }
  return lr;
}

}  // namespace

LRSweep find_lr(const nn::ModuleBase& model, Optimizer& optimizer, const std::function<Tensor()>& loss,
                const LRFinderOptions& options, Source at) {
  const auto require = [](bool right, const char* what, double value) {
    if (!right)
      throw std::invalid_argument(std::string("find_lr: ") + what + ", got " + xgrad::detail::number_text(value));
  };
  require(options.start_lr_ > 0 && std::isfinite(options.start_lr_), "start_lr must be positive and finite",
          options.start_lr_);
  require(options.end_lr_ > options.start_lr_ && std::isfinite(options.end_lr_), "end_lr must exceed start_lr",
          options.end_lr_);
  require(options.steps_ >= 2, "steps must be at least 2", options.steps_);
  require(options.smoothing_ >= 0 && options.smoothing_ < 1, "smoothing must lie within [0, 1)", options.smoothing_);
  require(options.stop_factor_ > 1, "stop_factor must exceed 1", options.stop_factor_);
  if (!loss) throw std::invalid_argument("find_lr: got an empty function for the loss");

  const Restored restored(model, optimizer);
  std::vector<ParamGroup> groups = optimizer.param_groups();
  std::vector<double> ratios;
  ratios.reserve(groups.size());
  for (const ParamGroup& group : groups) ratios.push_back(groups[0].lr() > 0 ? group.lr() / groups[0].lr() : 1);
  LRSweep sweep;
  double mean = 0, least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < options.steps_; ++i) {
    const double share = static_cast<double>(i) / (options.steps_ - 1);
    const double lr = options.start_lr_ * std::pow(options.end_lr_ / options.start_lr_, share);
    for (std::size_t g = 0; g < groups.size(); ++g) groups[g].set_lr(lr * ratios[g]);
    const Tensor value = optimizer.step(
        [&] {
          optimizer.zero_grad();
          Tensor now = loss();
          now.backward();
          return now;
        },
        at);
    const double now = value.item();
    mean = options.smoothing_ * mean + (1 - options.smoothing_) * now;
    const double smoothed = mean / (1 - std::pow(options.smoothing_, i + 1));
    if (!std::isfinite(now)) break;
    sweep.lrs.push_back(lr);
    sweep.losses.push_back(now);
    sweep.smoothed.push_back(smoothed);
    least = std::min(least, smoothed);
    // Of a negative loss a multiple says nothing.
    if (least > 0 && smoothed > options.stop_factor_ * least) break;
  }
  sweep.suggestion = sweep.lrs.empty() ? options.start_lr_ : steepest(sweep);
  return sweep;
}

}  // namespace xgrad::optim
