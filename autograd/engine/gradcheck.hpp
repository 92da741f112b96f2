#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// A function of several tensors, for checking its gradients.
using TensorFunction = std::function<Tensor(const std::vector<Tensor>&)>;

/// How gradcheck compares: |analytic - numerical| <= atol + rtol |numerical|.
class GradcheckOptions : public detail::OptionsOf<GradcheckOptions> {
 public:
  GradcheckOptions& rtol(double value) { return set(rtol_, value); }
  GradcheckOptions& atol(double value) { return set(atol_, value); }
  /// Accept an input whose Jacobian is zero on both sides, for functions such as step; otherwise it is a failure, since
  /// such a check shows nothing.
  GradcheckOptions& allow_zero(bool value = true) { return set(allow_zero_, value); }
  GradcheckOptions& seed(std::uint64_t value) { return set(seed_, value); }

  double rtol() const { return rtol_; }
  double atol() const { return atol_; }
  bool allow_zero() const { return allow_zero_; }
  std::uint64_t seed() const { return seed_; }

 private:
  double rtol_ = 1e-7;
  double atol_ = 1e-9;
  bool allow_zero_ = false;
  std::uint64_t seed_ = 0;
};

/// What a check found: passed, or a sentence that names the input, the element and both values.
struct [[nodiscard]] GradcheckResult {
  bool passed = true;
  std::string message;
  explicit operator bool() const { return passed; }
};

/// Compares the Jacobian that backward gives with the one of a six-point stencil,
/// f'(x) ≈ (f(x+3h) - 9 f(x+2h) + 45 f(x+h) - 45 f(x-h) + 9 f(x-2h) - f(x-3h)) / 60h, h = eps^(1/7) max(1, |x|),
/// whose error is O(h^6): a slope wrong by one part in 10^5 is caught. Also checked: backward is linear in its seed, a
/// zero seed gives exactly zero, two runs give the same bits, gradients have the shape and dtype of their inputs, and
/// neither f nor backward writes to the inputs or the seed.
///
/// Every input that requires a gradient is checked, each as a value of its own even if one tensor is given twice; it
/// must be float64, and at least one must be there, else std::invalid_argument. f must be a pure function with a
/// float64 result, and its inputs keep three steps h away from kinks and from edges of its domain. Where the result or
/// an input has no elements, only shapes are compared. What f itself throws passes through.
GradcheckResult gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {});

/// gradcheck of the gradients of f, with a random upstream gradient as a further input. Second derivatives may vanish,
/// as those of a sum do. The derivative with respect to the upstream gradient is the Jacobian of f itself and may not
/// vanish, unless allow_zero() says so.
GradcheckResult gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {});

namespace detail {

/// The indices of the inputs that gradcheck checks. In the name of the function `op` it refuses inputs and tolerances
/// that it cannot take.
std::vector<std::size_t> inputs_to_check(const char* op, const std::vector<Tensor>& inputs,
                                         const GradcheckOptions& options);
/// A result of the function, if it can be checked.
Tensor result_to_check(const char* op, Tensor y);

}  // namespace detail

/// The plain central difference (f(x + h) - f(x - h)) / 2h of a scalar function, element by element; x is float64 and
/// keeps its values. With h = 1e-4 it is good to about eight digits.
[[nodiscard]] Tensor numerical_gradient(const std::function<Tensor(const Tensor&)>& f, const Tensor& x,
                                        double h = 1e-4);

}  // namespace xgrad
