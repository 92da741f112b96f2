#include <xgrad/autograd/ops/diagonal.hpp>

#include <algorithm>
#include <cstring>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/lost_writes.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/matrix/strided.hpp>
#include <xgrad/autograd/kernels/matrix/triangle.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/strides.hpp>

namespace xgrad {
namespace {

using detail::Strides;
using kernels::Triangle;

// A diagonal in two axes of a shape: where it is, and how long.
struct Diagonal {
  Shape whole;
  std::size_t axis1, axis2;
  std::int64_t offset;

  std::int64_t length() const {
    const std::int64_t rows = whole[axis1], columns = whole[axis2];
    if (offset >= 0) return offset >= columns ? 0 : std::min(rows, columns - offset);
    return offset <= -rows ? 0 : std::min(rows + offset, columns);
  }
  Shape shape() const {
    const Shape rest = whole.without(std::max(axis1, axis2)).without(std::min(axis1, axis2));
    return rest.inserted(rest.rank(), length());
  }
  // Distances in `whole` along the axes of shape().
  Strides strides() const {
    const Strides own = detail::strides_of(whole);
    Strides result;
    for (std::size_t k = 0; k < whole.rank(); ++k)
      if (k != axis1 && k != axis2) result.push_back(own[k]);
    result.push_back(own[axis1] + own[axis2]);
    return result;
  }
  std::int64_t start() const {
    const Strides own = detail::strides_of(whole);
    if (length() == 0) return 0;
    return offset >= 0 ? offset * own[axis2] : -offset * own[axis1];
  }
};

Tensor taken(const char* name, Tensor x, const Diagonal& diagonal, Source at);

// Zeros with x on the diagonal.
Tensor embedded(const char* name, Tensor x, const Diagonal& diagonal, Source at) {
  Tensor y = Raw::uninitialized(diagonal.whole, x.dtype());
  const auto bytes = static_cast<std::size_t>(y.size()) * size_of(y.dtype());
  if (bytes > 0) std::memset(Raw::write_bytes(y), 0, bytes);
  if (bytes > 0 && x.size() > 0)
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      const Strides in = detail::strides_of(x.shape()), out = diagonal.strides();
      kernels::copy_strided(Raw::data<T>(x), Raw::write<T>(y) + diagonal.start(),
                            {x.rank(), x.shape().data(), in.begin(), out.begin()});
    });
  return record(name, at, std::move(y), {std::move(x)}, attributes("offset", diagonal.offset),
                [diagonal](Tensor g) { return taken("diagonal", std::move(g), diagonal, Source::here()); });
}

Tensor taken(const char* name, Tensor x, const Diagonal& diagonal, Source at) {
  Tensor y = detail::strided_copy(x, diagonal.shape(), diagonal.strides(), diagonal.start());
  y = detail::LostWrites(x).mark(std::move(y));
  return record(name, at, std::move(y), {std::move(x)}, attributes("offset", diagonal.offset),
                [diagonal](Tensor g) { return embedded("diag_embed", std::move(g), diagonal, Source::here()); });
}

Diagonal diagonal_of(const char* op, const Shape& whole, Dim offset, Dim axis1, Dim axis2) {
  Diagonal result{whole, resolve_axis(op, axis1, whole.rank()), resolve_axis(op, axis2, whole.rank()), offset};
  if (result.axis1 == result.axis2)
    throw detail::argument_error(std::string(op) + ": axis " + std::to_string(result.axis1) + " of rank " +
                                 std::to_string(whole.rank()) + " is named twice: a diagonal lies in two axes");
  return result;
}

Tensor embedded_in_new_axes(const char* op, Tensor x, Dim offset, Dim axis1, Dim axis2, Source at) {
  if (x.rank() == 0) throw detail::argument_error(std::string(op) + ": shape () has no axis to lay on a diagonal");
  const std::size_t rank = x.rank() + 1;
  const std::size_t a = resolve_axis(op, axis1, rank), b = resolve_axis(op, axis2, rank);
  std::int64_t size = offset.value() < 0 ? -(offset.value() + 1) : offset.value();
  if (__builtin_add_overflow(size, offset.value() < 0 ? 1 : 0, &size) ||
      __builtin_add_overflow(size, x.shape().back(), &size))
    throw detail::argument_error(std::string(op) + ": the offset " + std::to_string(offset.value()) + " and shape " +
                                 to_string(x.shape()) + " give a matrix whose size exceeds 2^63 - 1");
  if (a == b)
    throw detail::argument_error(std::string(op) + ": axis " + std::to_string(a) + " of rank " + std::to_string(rank) +
                                 " is named twice: a diagonal lies in two axes");
  const Shape whole = x.shape().without(rank - 2).inserted(std::min(a, b), size).inserted(std::max(a, b), size);
  return embedded(op, std::move(x), {whole, a, b, offset}, at);
}

Tensor cut(const char* op, Tensor x, std::int64_t diagonal, Triangle side, Source at) {
  detail::require_defined(op, &x, 1);
  if (x.rank() < 2)
    throw detail::argument_error(std::string(op) + ": a triangle needs two axes, got shape " + to_string(x.shape()));
  const std::size_t rank = x.rank();
  const std::int64_t rows = x.shape()[rank - 2], columns = x.shape()[rank - 1];
  Tensor y = Raw::uninitialized(x.shape(), x.dtype());
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::triangle(Raw::data<T>(x), Raw::write<T>(y), detail::along(x.shape(), rank - 2).outer, rows, columns,
                      diagonal, side);
  });
  y = detail::LostWrites(x).mark(std::move(y));
  return record(op, at, std::move(y), {std::move(x)}, attributes("diagonal", diagonal),
                [op, diagonal, side](Tensor g) { return cut(op, std::move(g), diagonal, side, Source::here()); });
}

// An integer of 128 bits, in which counts of the places of a matrix cannot overflow.
__extension__ using Wide = __int128;

// How many places (i, j) of a matrix have j - i < bound.
Wide places_below(std::int64_t rows, std::int64_t columns, Wide bound) {
  const Wide first = std::max<Wide>(0, -bound), full = std::clamp<Wide>(Wide(columns) - bound, first, rows);
  if (first >= rows) return 0;
  return (full - first) * (first + full - 1 + 2 * bound) / 2 + (rows - full) * columns;
}

// The places of a triangle. Row i of the lower one has the columns before i + diagonal + 1, of the upper one those from
// i + diagonal on.
Tensor places(const char* op, std::int64_t rows, std::int64_t columns, std::int64_t diagonal, Triangle side) {
  if (rows < 0 || columns < 0)
    throw detail::argument_error(std::string(op) + ": a matrix of " + std::to_string(rows) + " rows and " +
                                 std::to_string(columns) + " columns does not exist");
  const bool lower = side == Triangle::lower;
  const Wide bound = Wide(std::clamp(diagonal, -rows, columns)) + (lower ? 1 : 0);
  const Wide below = places_below(rows, columns, bound), all = lower ? below : Wide(rows) * columns - below;
  if (all > Wide(1) << 61) detail::refuse_memory(2 * static_cast<double>(all), int64);
  const auto count = static_cast<std::int64_t>(all);
  Tensor y = Raw::uninitialized({2, count}, int64);
  auto *row = Raw::write<std::int64_t>(y), *column = row + count, *const column_start = column;
  // Only the rows that have places, since there may be 2^63 of them.
  auto i = static_cast<std::int64_t>(lower ? std::max<Wide>(0, 1 - bound) : 0);
  for (; row < column_start; ++i) {
    const auto cut = static_cast<std::int64_t>(std::clamp<Wide>(i + bound, 0, columns));
    const std::int64_t last = lower ? cut : columns;
    for (std::int64_t j = lower ? 0 : cut; j < last; ++j) {
      *row++ = i;
      *column++ = j;
    }
  }
  return y;
}

}  // namespace

Tensor diagonal(Tensor x, Dim offset, Dim axis1, Dim axis2, Source at) {
  const detail::Timed timed("diagonal", at);
  detail::require_defined("diagonal", &x, 1);
  const Diagonal where = diagonal_of("diagonal", x.shape(), offset, axis1, axis2);
  return taken("diagonal", std::move(x), where, at);
}

Tensor diag(Tensor x, Dim offset, Source at) {
  const detail::Timed timed("diag", at);
  detail::require_defined("diag", &x, 1);
  if (x.rank() == 1) return embedded_in_new_axes("diag", std::move(x), offset, 0, 1, at);
  if (x.rank() != 2)
    throw detail::argument_error("diag: shape " + to_string(x.shape()) +
                                 " is neither a vector nor a matrix: use diagonal() or diag_embed()");
  const Diagonal where = diagonal_of("diag", x.shape(), offset, 0, 1);
  return taken("diag", std::move(x), where, at);
}

Tensor diag_embed(Tensor x, Dim offset, Dim axis1, Dim axis2, Source at) {
  const detail::Timed timed("diag_embed", at);
  detail::require_defined("diag_embed", &x, 1);
  return embedded_in_new_axes("diag_embed", std::move(x), offset, axis1, axis2, at);
}

Tensor trace(Tensor x, Source at) {
  const detail::Timed timed("trace", at);
  detail::require_defined("trace", &x, 1);
  if (x.rank() != 2)
    throw detail::argument_error("trace: shape " + to_string(x.shape()) +
                                 " is not a matrix: for others, sum(diagonal(x, 0, -2, -1), -1)");
  const Diagonal where = diagonal_of("trace", x.shape(), 0, 0, 1);
  return sum(taken("diagonal", std::move(x), where, at), {}, KeepDims::no, at);
}

Tensor tril(Tensor x, Dim diagonal, Source at) {
  const detail::Timed timed("tril", at);
  return cut("tril", std::move(x), diagonal, Triangle::lower, at);
}

Tensor triu(Tensor x, Dim diagonal, Source at) {
  const detail::Timed timed("triu", at);
  return cut("triu", std::move(x), diagonal, Triangle::upper, at);
}

Tensor tril_indices(Dim rows, Dim columns, Dim diagonal, Source at) {
  const detail::Timed timed("tril_indices", at);
  return places("tril_indices", rows, columns, diagonal, Triangle::lower);
}

Tensor triu_indices(Dim rows, Dim columns, Dim diagonal, Source at) {
  const detail::Timed timed("triu_indices", at);
  return places("triu_indices", rows, columns, diagonal, Triangle::upper);
}

}  // namespace xgrad
