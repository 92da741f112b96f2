#include <xgrad/nn/init_structured.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/linalg/qr.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/diagonal.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/sorting.hpp>

namespace xgrad::nn::init {
namespace {

using xgrad::detail::argument_error;
using xgrad::detail::Calling;
using xgrad::detail::number_text;

// A linear place in a tensor: the middle of the plane of channel `in` of filter `out`.
std::int64_t middle_of(const Shape& shape, std::int64_t out, std::int64_t in) {
  std::int64_t place = out * shape[1] + in;
  for (std::size_t axis = 2; axis < shape.rank(); ++axis) place = place * shape[axis] + shape[axis] / 2;
  return place;
}

void require_floating(const char* op, const Tensor& tensor) {
  if (!is_floating(tensor.dtype()))
    throw argument_error(std::string(op) + ": a " + name_of(tensor.dtype()) +
                         " tensor cannot hold these numbers: only float32 and float64 can");
}

}  // namespace

Tensor dirac_(Tensor tensor, Dim groups, Source at) {
  const Calling calling("dirac_", at);
  Raw::refuse_lost_write(tensor, "dirac_");
  const Shape& shape = tensor.shape();
  if (shape.rank() < 3 || shape.rank() > 5)
    throw argument_error("dirac_: the tensor has shape " + to_string(shape) +
                         ": the weight of a convolution has rank 3, 4 or 5");
  if (groups < 1 || shape[0] % groups.value() != 0)
    throw argument_error("dirac_: " + std::to_string(groups) + " groups do not divide the " + std::to_string(shape[0]) +
                         " filters of shape " + to_string(shape));
  const NoGrad no_grad;
  const Tensor values = zeros(shape, tensor.dtype());
  const std::int64_t filters = shape[0] / groups.value();
  if (values.size() > 0)
    xgrad::detail::visit(values.dtype(), [&](auto type) {
      auto* to = Raw::write<typename decltype(type)::type>(values);
      for (std::int64_t group = 0; group < groups.value(); ++group)
        for (std::int64_t i = 0; i < std::min(filters, shape[1]); ++i) to[middle_of(shape, group * filters + i, i)] = 1;
    });
  tensor.copy_(values, at);
  return tensor;
}

Tensor orthogonal_(Tensor tensor, double gain, Generator* generator, Source at) {
  const Calling calling("orthogonal_", at);
  Raw::refuse_lost_write(tensor, "orthogonal_");
  require_floating("orthogonal_", tensor);
  xgrad::detail::require_finite("orthogonal_", "the gain", gain);
  const Shape& shape = tensor.shape();
  if (shape.rank() < 2)
    throw argument_error("orthogonal_: the tensor has shape " + to_string(shape) + ": a matrix has rank 2 or more");
  if (tensor.size() == 0) return tensor;
  const NoGrad no_grad;
  const std::int64_t rows = shape[0], columns = tensor.size() / rows;
  const bool wide = rows < columns;
  const Tensor numbers = randn({std::max(rows, columns), std::min(rows, columns)},
                               generator ? *generator : default_generator(), tensor.dtype());
  // The signs make the decomposition unique, with a positive diagonal of r, and so q uniform (Mezzadri).
  const auto [q, r] = linalg::qr(numbers);
  const Tensor q_unique = q * where(diagonal(r) < 0.0, -gain, gain);
  tensor.copy_(reshape(wide ? transpose(q_unique) : q_unique, shape), at);
  return tensor;
}

Tensor sparse_(Tensor tensor, double sparsity, double std, Generator* generator, Source at) {
  const Calling calling("sparse_", at);
  Raw::refuse_lost_write(tensor, "sparse_");
  require_floating("sparse_", tensor);
  if (tensor.rank() != 2)
    throw argument_error("sparse_: the tensor has shape " + to_string(tensor.shape()) + ": it must be a matrix");
  if (!(sparsity >= 0 && sparsity <= 1))
    throw argument_error("sparse_: sparsity must lie in [0, 1], got " + number_text(sparsity));
  if (!(std >= 0) || std::isinf(std))
    throw argument_error("sparse_: the deviation must be finite and not negative, got " + number_text(std));
  const std::int64_t rows = tensor.shape(0), columns = tensor.shape(1);
  const auto zeroed = static_cast<std::int64_t>(std::ceil(sparsity * static_cast<double>(rows)));
  Generator& from = generator ? *generator : default_generator();
  const NoGrad no_grad;
  // The rows of each column in random order; the first of them are zeroed.
  const Tensor values = randn({rows, columns}, from, tensor.dtype()) * std;
  const Tensor order = argsort(rand({columns, rows}, from, float64), 1);
  const auto* row = Raw::data<std::int64_t>(order);
  xgrad::detail::visit_floating(values.dtype(), [&](auto type) {
    auto* to = Raw::write<typename decltype(type)::type>(values);
    for (std::int64_t column = 0; zeroed > 0 && column < columns; ++column)
      for (std::int64_t i = 0; i < zeroed; ++i) to[row[column * rows + i] * columns + column] = 0;
  });
  tensor.copy_(values, at);
  return tensor;
}

}  // namespace xgrad::nn::init
