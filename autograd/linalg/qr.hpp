#pragma once

#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::linalg {

/// a = q r.
struct QR {
  Tensor q, r;
};

/// How much of q and r is computed: for a (m, n), k = min(m, n) columns of q, or all m.
enum class QRMode : std::uint8_t { reduced, complete };

/// a (..., m, n) = q r, with orthonormal columns in q (..., m, k) and an upper triangle in r (..., k, n), k = min(m,
/// n), by Householder reflections, so that the diagonal of r may be negative; complete: q (..., m, m), r (..., m, n).
/// NaN gives NaN. The gradient needs the first k columns of a to be independent; a complete q with more rows than a has
/// columns has none.
[[nodiscard]] QR qr(Tensor a, QRMode mode = QRMode::reduced, Source at = Source::here());

}  // namespace xgrad::linalg
