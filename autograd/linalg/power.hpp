#pragma once

#include <cstdint>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::linalg {

/// aⁿ for a (..., k, k) and any whole number n: the identity for 0, powers of the inverse below, where a singular
/// matrix is an error.
[[nodiscard]] Tensor matrix_power(Tensor a, Dim n, Source at = Source::here());
/// e^a = Σ aⁱ / i!, by scaling, a Padé approximant and squaring (Higham, 2005), in float64 also for float32. NaN and
/// infinite elements make the whole matrix NaN. The gradient is the Fréchet derivative at aᵀ, a block of e^(aᵀ g; 0
/// aᵀ).
[[nodiscard]] Tensor expm(Tensor a, Source at = Source::here());
[[nodiscard]] inline Tensor matrix_exp(Tensor a, Source at = Source::here()) { return expm(std::move(a), at); }
/// The product of two or more matrices, in the order of fewest multiplications. The first may be a vector, a row, and
/// the last one, a column.
[[nodiscard]] Tensor multi_dot(const std::vector<Tensor>& matrices, Source at = Source::here());

}  // namespace xgrad::linalg
