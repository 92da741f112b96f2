#include <xgrad/autograd/linalg/matrices.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/indexing/all_finite.hpp>
#include <xgrad/autograd/kernels/lapack/lapack.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::linalg::detail {

using xgrad::detail::require_defined;

void require_matrices(const char* op, const Tensor& a, const char* what) {
  require_defined(op, &a, 1);
  if (!is_floating(a.dtype()))
    throw xgrad::detail::argument_error(std::string(op) + ": " + what + " is " + name_of(a.dtype()) +
                                        ": only float32 and float64 are factorised: convert it with to()");
  if (a.rank() < 2)
    throw xgrad::detail::argument_error(
        std::string(op) + ": " + what + " has shape " + to_string(a.shape()) +
        ": it must have at least two axes, of which the last two are those of the matrix");
}

void require_square(const char* op, const Tensor& a, const char* what) {
  require_matrices(op, a, what);
  if (rows_of(a.shape()) != columns_of(a.shape()))
    throw xgrad::detail::argument_error(std::string(op) + ": " + what + " has shape " + to_string(a.shape()) +
                                        ": its last two axes must have the same size");
}

void require_finite(const char* op, const Tensor& a) {
  kernels::lapack::narrow(op, rows_of(a.shape()));
  kernels::lapack::narrow(op, columns_of(a.shape()));
  if (a.size() == 0) return;
  const std::int64_t size = rows_of(a.shape()) * columns_of(a.shape());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* const from = static_cast<const T*>(Raw::operand(a));
    for (std::int64_t first = 0; first < a.size(); first += size)
      if (!kernels::all_finite(from + first, size))
        throw xgrad::detail::argument_error(
            std::string(op) + ": " + which_matrix(batch_of(a.shape()), first / size) +
            " has elements that are NaN or infinite: its singular values are not defined");
  });
}

void require_diagonal(const char* op, const Tensor& a) {
  if (a.size() == 0) return;
  const std::int64_t n = rows_of(a.shape());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* const from = static_cast<const T*>(Raw::operand(a));
    for (std::int64_t i = 0; i < a.size() / (n * n); ++i)
      for (std::int64_t j = 0; j < n; ++j)
        if (from[(i * n + j) * n + j] == 0)
          throw xgrad::detail::argument_error(std::string(op) + ": " + which_matrix(batch_of(a.shape()), i) +
                                              " is singular: element " + std::to_string(j) + " of its diagonal is 0");
  });
}

void require_same_dtype(const char* op, const Tensor& a, const char* a_name, const Tensor& b, const char* b_name) {
  if (a.dtype() != b.dtype())
    throw xgrad::detail::argument_error(std::string(op) + ": " + a_name + " is " + name_of(a.dtype()) + ", " + b_name +
                                        " is " + name_of(b.dtype()) + ": convert one with to()");
}

Shape common_batch(const char* op, const Shape& a, const Shape& b) {
  try {
    return broadcast_shapes(op, batch_of(a), batch_of(b));
  } catch (const std::invalid_argument&) {
    throw xgrad::detail::argument_error(std::string(op) + ": the batches of " + to_string(a) + " and " + to_string(b) +
                                        " do not agree: the axes before the last two must broadcast");
  }
}

std::string which_matrix(const Shape& batch, std::int64_t index) {
  if (batch.rank() == 0) return "the matrix";
  Shape place = batch;
  for (std::size_t k = batch.rank(); k-- > 0;) {
    place = place.with(k, index % batch[k]);
    index /= batch[k];
  }
  return "matrix " + (batch.rank() == 1 ? std::to_string(place[0]) : to_string(place)) + " of the batch";
}

xgrad::detail::ScratchVector<std::int64_t> broadcast_indices(const Shape& batch, const Shape& own) {
  xgrad::detail::ScratchVector<std::int64_t> result(static_cast<std::size_t>(batch.count()));
  const std::size_t lead = batch.rank() - own.rank();
  for (std::size_t i = 0; i < result.size(); ++i) {
    auto rest = static_cast<std::int64_t>(i);
    std::int64_t index = 0, step = 1;
    for (std::size_t k = batch.rank(); k-- > lead;) {
      if (own[k - lead] != 1) index += rest % batch[k] * step;
      rest /= batch[k];
      step *= own[k - lead];
    }
    result[i] = index;
  }
  return result;
}

Tensor copied(const Tensor& a) {
  Tensor y = Raw::uninitialized(a.shape(), a.dtype());
  const auto bytes = static_cast<std::size_t>(a.size()) * size_of(a.dtype());
  if (bytes > 0) std::memcpy(Raw::write_bytes(y), Raw::operand(a), bytes);
  return y;
}

Tensor adjoint(Tensor a) { return swapaxes(std::move(a), -2, -1); }

Tensor times(Tensor a, Tensor b) { return matmul(std::move(a), std::move(b)); }

Tensor identity(std::int64_t n, DType dtype) { return eye(n, dtype); }

Tensor triangle(Tensor a, bool upper, bool strictly) {
  const std::int64_t m = rows_of(a.shape()), n = columns_of(a.shape());
  Tensor inside = Raw::uninitialized({m, n}, boolean);
  bool* to = Raw::write<bool>(inside);
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) *to++ = upper ? (strictly ? j > i : j >= i) : (strictly ? j < i : j <= i);
  const DType dtype = a.dtype();
  return where(inside, std::move(a), zeros({}, dtype));
}

Tensor diagonals(const Tensor& a) {
  const std::int64_t m = rows_of(a.shape()), n = columns_of(a.shape()), k = std::min(m, n);
  const Shape batch = batch_of(a.shape());
  const Tensor flat = reshape(a, batch.inserted(batch.rank(), m * n));
  return index_select(flat, -1, k == 0 ? zeros({0}, int64) : arange(k) * (n + 1));
}

Tensor diagonal_matrices(const Tensor& d) {
  return where(identity(d.shape().back(), d.dtype()) == 1, unsqueeze(d, -1), zeros({}, d.dtype()));
}

Tensor symmetric_part(const Tensor& a) { return (a + adjoint(a)) * 0.5; }

std::vector<Tensor> unpacked(const Tensor& packed, const std::vector<std::pair<std::int64_t, std::int64_t>>& sizes) {
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  const Shape batch = packed.shape().without(packed.rank() - 1);
  for (const auto& [rows, columns] : sizes) {
    const std::int64_t length = columns < 0 ? rows : rows * columns;
    Tensor part = narrow(packed, -1, start, length);
    parts.push_back(columns < 0 ? std::move(part) : reshape(std::move(part), matrices(batch, rows, columns)));
    start += length;
  }
  return parts;
}

Tensor quotient(const Tensor& x, const Tensor& y) { return x / where((x == 0) & (y == 0), ones({}, y.dtype()), y); }

Tensor balancing(const Tensor& a) {
  const std::int64_t size = rows_of(a.shape()) * columns_of(a.shape());
  Tensor y = Raw::uninitialized(matrices(batch_of(a.shape()), 1, 1), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    constexpr int most = std::numeric_limits<T>::max_exponent - 2;
    const T* from = static_cast<const T*>(Raw::operand(a));
    T* const to = Raw::write<T>(y);
    for (std::int64_t i = 0; i < y.size(); ++i) {
      T largest = 0;
      for (std::int64_t j = 0; j < size; ++j, ++from) largest = std::max(largest, std::abs(*from));
      int exponent = 0;
      if (largest > 0 && std::isfinite(largest)) std::frexp(largest, &exponent);
      to[i] = std::ldexp(T(1), std::clamp(-exponent, -most, most));
    }
  });
  return y;
}

}  // namespace xgrad::linalg::detail
