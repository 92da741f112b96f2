#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/nn/batch_statistics.hpp>
#include <xgrad/nn/clone.hpp>
#include <xgrad/nn/kept_modes.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::optim {

/// Options of AveragedModel: `AveragingOptions().ema(0.999)`. By default all updates weigh alike (SWA).
class AveragingOptions : public xgrad::detail::OptionsOf<AveragingOptions> {
 public:
  AveragingOptions() = default;
  AveragingOptions(const AveragingOptions&) = default;  // a move is a copy, so that avg_fn stays
  AveragingOptions& operator=(const AveragingOptions&) = default;

  /// The exponential moving average: averaged = decay averaged + (1 - decay) weights; decay in [0, 1].
  AveragingOptions& ema(double decay) { return set(decay_, decay); }
  /// Averages the buffers too; without it they are copied.
  AveragingOptions& use_buffers(bool on = true) { return set(use_buffers_, on); }
  /// An average of one's own: the new one of the old one, the weights, and the number of updates before.
  AveragingOptions& avg_fn(std::function<Tensor(const Tensor&, const Tensor&, std::int64_t)> f);

 private:
  friend class Averager;
  std::optional<double> decay_;
  bool use_buffers_ = false;
  std::function<Tensor(const Tensor&, const Tensor&, std::int64_t)> avg_fn_;
};

/// The arithmetic of AveragedModel, of two modules of one class.
class Averager {
 public:
  explicit Averager(const AveragingOptions& options);

  /// Brings the weights of the model into the average; the first time they are the average. Where it throws, as avg_fn
  /// may, nothing was averaged.
  void update(const nn::ModuleBase& averaged, const nn::ModuleBase& model, Source at);
  std::int64_t n_averaged() const { return n_averaged_; }
  /// "n_averaged", and the state of the module as "module.<key>": the keys of PyTorch.
  StateDict state_dict(const nn::ModuleBase& averaged) const;
  void load_state_dict(nn::ModuleBase& averaged, const StateDict& state, Source at);

 private:
  Tensor average_of(const Tensor& averaged, const Tensor& weights, Source at) const;
  kernels::UpdatePass pass(const Tensor& averaged, const Tensor& weights, Source at) const;

  AveragingOptions options_;
  std::int64_t n_averaged_ = 0;
};

namespace detail {

/// The model of x, which names the line `at` in its errors if it can.
template <class M, class X>
auto called_at(Source at, M& model, X&& x) {
  static_cast<void>(at);
  if constexpr (std::is_invocable_v<M&, X&&, Source>)
    return model(std::forward<X>(x), at);
  else
    return model(std::forward<X>(x));
}

}  // namespace detail

/// A copy of a model whose weights are an average of those that the model has had: stochastic weight averaging
/// (Izmailov et al. 2018), or an exponential moving average. As torch.optim.swa_utils.AveragedModel:
///
///     optim::AveragedModel average(model, optim::AveragingOptions().ema(0.999));
///     for (...) { train_step(model); average.update_parameters(model); }
///     average.module.eval();
///     Tensor y = average(x);
///
/// SWA: averaged = averaged + (weights - averaged) / (n + 1) after n updates. With batch normalisation, call
/// update_bn() before use. It can be moved, not copied: two copies would share the module, and each count its own
/// updates. Make a second average of the model, or an nn::clone() of `module`.
template <class M>
class AveragedModel {
 public:
  using Options = AveragingOptions;

  explicit AveragedModel(const M& model, const Options& options = {}) : module(nn::clone(model)), averager_(options) {}
  ~AveragedModel() = default;
  AveragedModel(AveragedModel&&) = default;
  AveragedModel& operator=(AveragedModel&&) = default;
  AveragedModel(const AveragedModel&) = delete;
  AveragedModel& operator=(const AveragedModel&) = delete;

  /// To be called after the optimiser's step, or every so many of them.
  void update_parameters(const M& model, Source at = Source::here()) { averager_.update(module, model, at); }
  template <class X>
  auto operator()(X&& x, Source at = Source::here()) const {
    return detail::called_at(at, module, std::forward<X>(x));
  }
  template <class X, class Y, class... More, std::enable_if_t<!std::is_same_v<std::decay_t<Y>, Source>, int> = 0>
  auto operator()(X&& x, Y&& y, More&&... more) const {
    return module(std::forward<X>(x), std::forward<Y>(y), std::forward<More>(more)...);
  }
  std::int64_t n_averaged() const { return averager_.n_averaged(); }
  StateDict state_dict() const { return averager_.state_dict(module); }
  void load_state_dict(const StateDict& state, Source at = Source::here()) {
    averager_.load_state_dict(module, state, at);
  }

  M module;  ///< the model with the averaged weights

 private:
  Averager averager_;
};

/// While an object exists, two models of one class have exchanged the values of their parameters and buffers, so that
/// the trained model can be evaluated, or saved, with averaged weights:
///
///     { const optim::SwappedWeights swapped(model, average.module); evaluate(model); }
///
/// Tensors that get another dtype meanwhile have their former values back in it; those that get another shape are left
/// alone.
class SwappedWeights {
 public:
  [[nodiscard]] SwappedWeights(const nn::ModuleBase& a, const nn::ModuleBase& b, Source at = Source::here());
  ~SwappedWeights();
  SwappedWeights(const SwappedWeights&) = delete;
  SwappedWeights& operator=(const SwappedWeights&) = delete;

 private:
  std::vector<std::pair<Tensor, Tensor>> pairs_;
  Source at_;
};

namespace detail {

template <class Batch, class = void>
struct FirstOf {
  static const Tensor& get(const Batch& batch) { return batch; }
};
template <class Batch>
struct FirstOf<Batch, std::void_t<decltype(std::declval<Batch>().inputs)>> {
  static const Tensor& get(const Batch& batch) { return batch.inputs; }
};

}  // namespace detail

/// Computes the running statistics of all batch normalisations of a model anew, as means over all batches of the
/// loader, whose batches are tensors or have a member `inputs`. All of the model is called in training mode, a frozen
/// part too, and every module is left in the mode that it was in. Batch normalisations are the library's and classes
/// derived from them; without one nothing is called.
template <class Loader, class M>
void update_bn(Loader&& loader, M& model, Source at = Source::here()) {
  if (nn::detail::reset_batch_statistics(model) == 0) return;
  const nn::detail::KeptModes modes(model);
  const NoGrad no_grad;
  const nn::detail::CumulativeStatistics cumulative;
  modes.train(true);
  for (auto&& batch : loader)
    static_cast<void>(detail::called_at(at, model, detail::FirstOf<std::decay_t<decltype(batch)>>::get(batch)));
}

}  // namespace xgrad::optim
