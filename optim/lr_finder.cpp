#include <xgrad/optim/lr_finder.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <optional>
#include <utility>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/nn/generators.hpp>

namespace xgrad::optim {
namespace {

/// What training changes, as it is now.
class Before {
 public:
  Before(const nn::ModuleBase& model, Optimizer& optimizer)
      : optimizer_(optimizer), state_(optimizer.state_dict()), generator_(default_generator()) {
    for (const Tensor& p : optimizer.parameters()) remember(p);
    for (const auto& entry : model.named_parameters()) remember(entry.second);
    for (const auto& entry : model.named_buffers()) remember(entry.second);
    for (const auto& entry : nn::named_generators(model)) generators_.emplace_back(entry.second, *entry.second);
  }

  /// Takes the gradients away, so that what is added to gradients from now on is not added to those.
  void take_gradients() const {
    for (const Kept& each : kept_)
      if (each.gradient.defined()) each.tensor.set_grad({});
  }

  /// Restores everything that can be restored, then throws the first error that it met.
  void restore() const {
    const NoGrad no_grad;
    const xgrad::detail::Unobserved unobserved;
    std::exception_ptr error;
    const auto attempt = [&](const auto& f) {
      try {
        f();
      } catch (...) {
        if (!error) error = std::current_exception();
      }
    };
    for (const Kept& each : kept_)
      attempt([&] {
        each.tensor.copy_(each.values);
        if (is_floating(each.tensor.dtype()) && each.tensor.requires_grad()) each.tensor.set_grad(each.gradient);
      });
    attempt([&] { optimizer_.load_state_dict(state_); });
    for (const auto& [generator, value] : generators_) *generator = value;
    default_generator() = generator_;
    if (error) std::rethrow_exception(error);
  }

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
  std::vector<std::pair<nn::OwnGenerator, std::optional<Generator>>> generators_;  // of layers
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

// Calls `train`, and then brings back what was before. Of two exceptions, that of `train` is thrown.
template <class F>
void train_and_restore(const Before& before, const F& train) {
  try {
    train();
  } catch (...) {
    const std::exception_ptr thrown = std::current_exception();
    try {
      before.restore();
    } catch (...) {  // the first exception is the cause
    }
    std::rethrow_exception(thrown);
  }
  before.restore();
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

  std::vector<ParamGroup> groups = optimizer.param_groups();
  std::vector<double> ratios;
  ratios.reserve(groups.size());
  for (const ParamGroup& group : groups) ratios.push_back(groups[0].lr() > 0 ? group.lr() / groups[0].lr() : 1);
  LRSweep sweep;
  double mean = 0, least = std::numeric_limits<double>::infinity();
  // Whether the next learning rate is to be tried too.
  const auto step = [&](int i) {
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
    if (!std::isfinite(now)) return false;
    sweep.lrs.push_back(lr);
    sweep.losses.push_back(now);
    sweep.smoothed.push_back(smoothed);
    least = std::min(least, smoothed);
    // Of a negative loss a multiple says nothing.
    return !(least > 0 && smoothed > options.stop_factor_ * least);
  };
  const Before before(model, optimizer);
  train_and_restore(before, [&] {
    before.take_gradients();
    int i = 0;
    while (i < options.steps_ && step(i)) ++i;
  });
  sweep.suggestion = sweep.lrs.empty() ? options.start_lr_ : steepest(sweep);
  return sweep;
}

}  // namespace xgrad::optim
