#pragma once

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// How LBFGS chooses the length of its steps.
enum class LineSearch : std::uint8_t {
  none,         ///< lr
  strong_wolfe  ///< cubic interpolation until the strong Wolfe conditions hold
};

/// Options of LBFGS: `LBFGS::Options().max_iter(50).line_search_fn(optim::LineSearch::strong_wolfe)`.
class LBFGSOptions : public detail::OptionList<LBFGSOptions> {
 public:
  /// The greatest number of iterations of a step. By default 20.
  LBFGSOptions& max_iter(int value) { return set("max_iter", value); }
  /// The calls of the closure after which a step ends. By default max_iter · 5 / 4, rounded down. They are counted at
  /// the end of an iteration, so that there are at least two unless the first ends the step, and a line search may make
  /// one more.
  LBFGSOptions& max_eval(int value) { return set("max_eval", value); }
  /// A step ends when no element of the gradient exceeds this. By default 1e-7.
  LBFGSOptions& tolerance_grad(double value) { return set("tolerance_grad", value); }
  /// A step ends when loss and parameters change by less. By default 1e-9.
  LBFGSOptions& tolerance_change(double value) { return set("tolerance_change", value); }
  /// The number of pairs of differences that are kept. By default 100.
  LBFGSOptions& history_size(int value) { return set("history_size", value); }
  LBFGSOptions& line_search_fn(LineSearch value) {
    return set("line_search_fn", value == LineSearch::strong_wolfe ? 1 : 0);
  }
  /// Maximises instead of minimising.
  LBFGSOptions& maximize(bool on = true) { return set("maximize", on ? 1 : 0); }
};

/// L-BFGS (Liu and Nocedal 1989; Nocedal and Wright 2006, algorithms 7.4, 3.5 and 3.6), as PyTorch defines it: steps
/// along -H g, where H approximates the inverse Hessian by the last differences s of parameters and y of gradients,
/// with sᵀy / yᵀy for its diagonal. For losses of all data, which the closure computes anew:
///
///     optimizer.step([&] {
///       optimizer.zero_grad();
///       Tensor loss = nn::mse_loss(model(x), y);
///       loss.backward();
///       return loss;
///     });
///
/// step() returns the loss before it. The closure must give the same loss for the same parameters. Where it throws, the
/// parameters and what is kept are those at the beginning of the iteration in which it was called. There is one group,
/// and one dtype, to which what is kept follows when model.to() has changed it.
/// Keeps, under the number of the first parameter, "func_evals", "n_iter", "d", "t", "old_dirs" and "old_stps", one
/// pair a row, "ro", "H_diag", "prev_flat_grad" and "prev_loss".
class LBFGS : public Optimizer {
 public:
  using Options = LBFGSOptions;

  explicit LBFGS(const Groups& parameters, double lr = 1, const Options& options = {});
  LBFGS(LBFGS&&) noexcept = default;
  LBFGS& operator=(LBFGS&& other) noexcept;
  ~LBFGS() override = default;
  LBFGS(const LBFGS&) = delete;
  LBFGS& operator=(const LBFGS&) = delete;

  using Optimizer::step;
  Tensor step(const Closure& closure, Source at = Source::here()) override;
  /// Refused: there is one group.
  [[noreturn]] void add_param_group(const Group& group) override;

 protected:
  void prepare(const std::vector<Moving>& moving, Source at) override;
  kernels::UpdatePass update(Moving& moving, Source at) override;
  void save_more(StateDict& state) const override;
  std::function<void()> load_more(StateDict& state) override;

 private:
  /// What is kept between steps.
  struct Memory {
    std::int64_t func_evals = 0, n_iter = 0;
    Tensor direction, gradient;  // undefined before the first iteration
    double length = 0, diagonal = 1, loss = 0;
    std::vector<Tensor> gradient_changes, steps;
    std::vector<double> ro;
  };
  struct Point {
    double loss;
    Tensor gradient;
  };
  class Run;

  Memory memory_;
};

}  // namespace xgrad::optim
