#pragma once

#include <functional>
#include <memory>
#include <string>

#include <xgrad/autograd/graph/source.hpp>

namespace xgrad {

/// What Lint has noticed.
struct LintMessage {
  std::string rule;  ///< its name in the list at Lint
  std::string text;  ///< what happened, and the way out
  Source at;         ///< the line of the program, where there is one
};

/// "lint: <text> (model.cpp:12) [rule]"
std::string to_string(const LintMessage& message);

/// While an object exists, this thread's ops, backward runs and optimisers' steps are looked at for common mistakes,
/// which are no errors. Each is told once: by the function given, or on std::cerr. What the function throws leaves the
/// op, so that a test can make an error of it. The rules, by name:
///
///   zero_grad           a step with gradients that several backward runs have added up
///   eval                dropout, or batch normalisation by its batch, while nothing is recorded: eval() was forgotten
///   double_softmax      softmax before cross_entropy, which has its own; sigmoid before the loss that takes logits
///   log_epsilon         log(x + 1e-8): biased, and flat where x is small
///   no_gradient         a parameter that has never got a gradient when its optimiser steps
///   no_optimizer        a leaf that gets gradients, but that none of the optimisers that stepped since holds
///   bias_before_norm    a bias before a batch normalisation, which takes it away again
///   first_loss          the first mean cross entropy is far from ln(classes), that of a model that knows nothing yet
///   logits_targets      targets outside [0, 1] for binary_cross_entropy_with_logits
///
/// While none exists, nothing is looked at.
class Lint {
 public:
  using Report = std::function<void(const LintMessage&)>;

  [[nodiscard]] explicit Lint(Report report = nullptr);
  ~Lint();
  Lint(const Lint&) = delete;
  Lint& operator=(const Lint&) = delete;

 private:
  class Reader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace xgrad
