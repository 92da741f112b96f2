#pragma once

#include <utility>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::linalg {

/// e^a = Σ aⁱ / i!, by scaling, a Padé approximant and squaring (Higham, 2005), in float64 also for float32. NaN and
/// infinite elements make the whole matrix NaN. The gradient is the Fréchet derivative at aᵀ, a block of e^(aᵀ g; 0
/// aᵀ).
[[nodiscard]] Tensor expm(Tensor a, Source at = Source::here());
[[nodiscard]] inline Tensor matrix_exp(Tensor a, Source at = Source::here()) { return expm(std::move(a), at); }

}  // namespace xgrad::linalg
