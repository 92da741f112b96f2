#pragma once

#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/callable.hpp>
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

namespace detail {

/// What a loss of the library has by default for a parameter behind its two tensors.
template <class T>
std::decay_t<T> default_setting(Source at) {
  using Setting = std::decay_t<T>;
  if constexpr (std::is_same_v<Setting, Source>)
    return at;
  else if constexpr (std::is_same_v<Setting, nn::Reduction>)
    return nn::Reduction::mean;
  else if constexpr (std::is_same_v<Setting, double>)
    return 1.0;  // beta of smooth_l1_loss, delta of huber_loss
  else
    return Setting{};
}

template <class... T>
inline constexpr bool ends_in_source = false;
template <class T>
inline constexpr bool ends_in_source<T> = std::is_same_v<T, Source>;
template <class T, class... Rest>
inline constexpr bool ends_in_source<T, Rest...> = sizeof...(Rest) == 0 ? std::is_same_v<T, Source>
                                                                        : ends_in_source<Rest...>;

}  // namespace detail

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
  using Loss = std::function<Tensor(const Tensor& prediction, const Tensor& target, Source at)>;
  using Step = std::function<StepResult(const std::vector<Tensor>& columns)>;

  /// A loss of the library by its name, with its defaults: each that takes two tensors. Those of three, such as
  /// nn::triplet_margin_loss, need a step of one's own.
  Objective(Tensor (*given)(Tensor, Tensor, nn::Reduction, Source)) : loss_(by_default(given)) {}
  template <class... Settings, std::enable_if_t<detail::ends_in_source<Settings...>, int> = 0>
  Objective(Tensor (*given)(Tensor, Tensor, Settings...)) : loss_(by_default(given)) {}

  /// A function of two tensors, or of a batch's columns. An empty one is an error. One that takes a Source behind the
  /// tensors, as loss modules do, is given the line of fit() or evaluate().
  template <class F, std::enable_if_t<std::is_invocable_v<F&, const Tensor&, const Tensor&> ||
                                          std::is_invocable_v<F&, const std::vector<Tensor>&>,
                                      int> = 0>
  Objective(F f) {
    if (xgrad::detail::IsNull<F>::of(f)) xgrad::detail::refuse_empty_function("Trainer", "the loss");
    if constexpr (std::is_invocable_v<F&, const Tensor&, const Tensor&, Source>)
      loss_ = std::move(f);
    else if constexpr (std::is_invocable_v<F&, const Tensor&, const Tensor&>)
      loss_ = [call = std::move(f)](const Tensor& y, const Tensor& t, Source) mutable { return Tensor(call(y, t)); };
    else
      step_ = [call = std::move(f)](const std::vector<Tensor>& columns) mutable { return StepResult(call(columns)); };
  }

  Objective(const Objective&) = default;  // a move is a copy, so that there is always a function
  Objective& operator=(const Objective&) = default;

  /// One of the two is empty.
  const Loss& loss() const { return loss_; }
  const Step& step() const { return step_; }

 private:
  template <class... Settings>
  static Loss by_default(Tensor (*given)(Tensor, Tensor, Settings...)) {
    given = xgrad::detail::checked_function("Trainer", "the loss", given);
    return [given](const Tensor& y, const Tensor& t, Source at) {
      static_cast<void>(at);
      return given(y, t, detail::default_setting<Settings>(at)...);
    };
  }

  Loss loss_;
  Step step_;
};

}  // namespace xgrad::train
