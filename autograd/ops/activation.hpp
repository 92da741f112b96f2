#pragma once

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

namespace detail {

/// Refuses a setting that is NaN or infinite.
void require_finite(const char* op, const char* what, double value);
/// Refuses a setting that is NaN.
void require_number(const char* op, const char* what, double value);
/// Refuses an alpha that is 0 or not finite.
void check_celu(const char* op, double alpha);
/// Refuses a beta that is 0 or not finite, and a threshold that is NaN.
void check_softplus(const char* op, double beta, double threshold);

}  // namespace detail

/// How gelu is computed: exactly, or by its approximation with tanh.
enum class Gelu : std::uint8_t { exact, tanh };

/// y = 1 for x > 0, else 0; slope 0 everywhere.
[[nodiscard]] Tensor step(Tensor x, Source at = Source::here());
/// y = 1 / (1 + e^-x).
[[nodiscard]] Tensor sigmoid(Tensor x, Source at = Source::here());
/// y = ln sigmoid(x), finite for every finite x.
[[nodiscard]] Tensor logsigmoid(Tensor x, Source at = Source::here());
/// y = (e^x - e^-x) / (e^x + e^-x).
[[nodiscard]] Tensor tanh(Tensor x, Source at = Source::here());
/// y = x for x > 0, else 0; slope 0 at 0; NaN stays.
[[nodiscard]] Tensor relu(Tensor x, Source at = Source::here());
/// y = x for x > 0, else negative_slope x.
[[nodiscard]] Tensor leaky_relu(Tensor x, double negative_slope = 0.01, Source at = Source::here());
/// y = x for x > 0, else alpha (e^x - 1); slope alpha at 0.
[[nodiscard]] Tensor elu(Tensor x, double alpha = 1.0, Source at = Source::here());
/// y = x sigmoid(x), also called Swish (Ramachandran et al., 2017).
[[nodiscard]] Tensor silu(Tensor x, Source at = Source::here());
/// y = x Φ(x), Φ the normal distribution function (Hendrycks and Gimpel, 2016); Gelu::tanh computes
/// x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
[[nodiscard]] Tensor gelu(Tensor x, Gelu approximate = Gelu::exact, Source at = Source::here());
/// y = x / (1 + |x|).
[[nodiscard]] Tensor softsign(Tensor x, Source at = Source::here());
/// y = ln(1 + e^(beta x)) / beta, and x where beta x exceeds the threshold, as PyTorch has it; finite for every finite
/// x.
[[nodiscard]] Tensor softplus(Tensor x, double beta = 1.0, double threshold = 20.0, Source at = Source::here());
/// y = 1.0507 x for x > 0, else 1.7581 (e^x - 1) (Klambauer et al., 2017); slope 1.7581 at 0.
[[nodiscard]] Tensor selu(Tensor x, Source at = Source::here());
/// y = x for x > 0, else alpha (e^(x / alpha) - 1) (Barron, 2017); slope 1 at 0. An alpha of 0 is an error.
[[nodiscard]] Tensor celu(Tensor x, double alpha = 1.0, Source at = Source::here());
/// y = x tanh(softplus(x)) (Misra, 2019), also for infinite x.
[[nodiscard]] Tensor mish(Tensor x, Source at = Source::here());
/// y = x - tanh x.
[[nodiscard]] Tensor tanhshrink(Tensor x, Source at = Source::here());

/// y = a sigmoid(b), where a and b are the halves of x along one axis, whose size must be even (Dauphin et al., 2017).
[[nodiscard]] Tensor glu(Tensor x, Dim axis = -1, Source at = Source::here());

}  // namespace xgrad
