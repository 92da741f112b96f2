#pragma once

#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/cross_entropy.hpp>
#include <xgrad/nn/reduction.hpp>

namespace xgrad::train {

/// What a step computes from a batch: the loss, of one element, and for metrics a prediction and its target.
struct StepResult {
  StepResult(Tensor loss_) : loss(std::move(loss_)) {}
  StepResult(Tensor loss_, Tensor prediction_, Tensor target_)
      : loss(std::move(loss_)), prediction(std::move(prediction_)), target(std::move(target_)) {}

  Tensor loss, prediction, target;
};

/// What a Trainer minimises: a loss of a prediction and a target, or a step of one's own.
///
///     train::Trainer trainer(model, optimizer, nn::cross_entropy);
///     train::Trainer trainer(model, optimizer, [](const Tensor& y, const Tensor& t) { return mean(abs(y - t)); });
///     train::Trainer trainer(model, optimizer, [&](const std::vector<Tensor>& columns) -> train::StepResult {
///       const Tensor y = model(columns[0], columns[1]);
///       return {nn::mse_loss(y, columns[2]), y, columns[2]};
///     });
class Objective {
 public:
  using Loss = std::function<Tensor(const Tensor& prediction, const Tensor& target)>;
  using Step = std::function<StepResult(const std::vector<Tensor>& columns)>;

  /// A loss of the library by its name, with its defaults.
  Objective(Tensor (*given)(Tensor, Tensor, nn::Reduction, Source))
      : loss_([given](const Tensor& y, const Tensor& t) { return given(y, t, nn::Reduction::mean, Source::here()); }) {}
  Objective(Tensor (*given)(Tensor, Tensor, const nn::CrossEntropyOptions&, Source))
      : loss_([given](const Tensor& y, const Tensor& t) { return given(y, t, {}, Source::here()); }) {}
  Objective(Tensor (*given)(Tensor, Tensor, const nn::ClassOptions&, Source))
      : loss_([given](const Tensor& y, const Tensor& t) { return given(y, t, {}, Source::here()); }) {}

  /// A function of two tensors, or of a batch's columns.
  template <class F, std::enable_if_t<std::is_invocable_v<F&, const Tensor&, const Tensor&> ||
                                          std::is_invocable_v<F&, const std::vector<Tensor>&>,
                                      int> = 0>
  Objective(F f) {
    if constexpr (std::is_invocable_v<F&, const Tensor&, const Tensor&>)
      loss_ = std::move(f);
    else
      step_ = [call = std::move(f)](const std::vector<Tensor>& columns) mutable { return StepResult(call(columns)); };
  }

  /// One of the two is empty.
  const Loss& loss() const { return loss_; }
  const Step& step() const { return step_; }

 private:
  Loss loss_;
  Step step_;
};

}  // namespace xgrad::train
