#include <xgrad/autograd/func/jacobian.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/engine/forward.hpp>
#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::func::detail {
namespace {

// Tangents of all elements of a large tensor at once would take memory without bound.
constexpr std::int64_t most_elements = std::int64_t{1} << 20;

Shape joined(const char* op, const Shape& first, const Shape& second) {
  const xgrad::detail::Calling calling(op);
  Shape result = first;
  for (const std::int64_t size : second) result = result.inserted(result.rank(), size);
  return result;
}

// Rows begin ... end - 1 of the identity matrix, each in the shape of x.
Tensor unit_vectors(const Tensor& x, std::int64_t begin, std::int64_t end) {
  Tensor result = zeros(x.shape().inserted(0, end - begin), x.dtype());
  xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    for (std::int64_t i = begin; i < end; ++i) Raw::write<T>(result)[(i - begin) * x.size() + i] = T(1);
  });
  return result;
}

Tensor one_output(const Recording& recording) {
  if (recording.outputs().size() != 1)
    throw std::invalid_argument(std::string(recording.op()) + ": the function must return one tensor, but returned " +
                                std::to_string(recording.outputs().size()));
  const Tensor& y = recording.outputs()[0];
  if (!is_floating(y.dtype()))
    throw std::invalid_argument(std::string(recording.op()) + ": the function returned " + name_of(y.dtype()) +
                                ": only float32 and float64 have derivatives");
  return y;
}

// The derivatives of the outputs along each element of input i: the last axis of each block, of shape (y.size, x.size),
// counts these elements.
Tensors columns(const Linear& linear, std::size_t i) {
  const Tensor& x = linear.recording().inputs()[i];
  const Tensors& outputs = linear.recording().outputs();
  std::int64_t largest = std::max<std::int64_t>(x.size(), 1);
  for (const Tensor& y : outputs) largest = std::max(largest, y.size());
  const std::int64_t chunk = std::max<std::int64_t>(1, most_elements / largest);
  std::vector<Tensors> parts(outputs.size());
  for (std::int64_t begin = 0; begin < x.size(); begin += chunk) {
    const std::int64_t end = std::min(begin + chunk, x.size());
    const Tensors found = linear.push_many(i, unit_vectors(x, begin, end));
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const Shape flat{end - begin, outputs[k].size()};
      parts[k].push_back(found[k].defined() ? reshape(found[k], flat) : zeros(flat, outputs[k].dtype()));
    }
  }
  Tensors result;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (parts[k].empty())
      result.push_back(zeros({outputs[k].size(), 0}, outputs[k].dtype()));
    else
      result.push_back(transpose(parts[k].size() == 1 ? parts[k][0] : concat(parts[k], 0)));
  }
  return result;
}

Tensors forward_blocks(const std::shared_ptr<const Recording>& recording, const Tensor& y) {
  const Linear linear(recording);
  Tensors result;
  for (std::size_t i = 0; i < recording->inputs().size(); ++i) {
    const Tensor& x = recording->inputs()[i];
    const Shape shape = joined(recording->op(), y.shape(), x.shape());
    result.push_back(to(reshape(columns(linear, i)[0], shape), x.dtype()));
  }
  return result;
}

Tensors reverse_blocks(const Recording& recording, const Tensor& y) {
  const Tensors& inputs = recording.inputs();
  std::vector<Shape> shapes;
  for (const Tensor& x : inputs) shapes.push_back(joined(recording.op(), y.shape(), x.shape()));
  std::vector<Tensors> rows(inputs.size());
  for (std::int64_t k = 0; k < y.size(); ++k) {
    const Tensors row = recording.pull_again({reshape(unit_vectors(y, k, k + 1), y.shape())});
    for (std::size_t i = 0; i < inputs.size(); ++i) rows[i].push_back(row[i]);
  }
  Tensors result;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    result.push_back(rows[i].empty() ? zeros(shapes[i], inputs[i].dtype()) : reshape(stack(rows[i], 0), shapes[i]));
  return result;
}

// The gradient of f, as a function that a transform can record.
Function gradient_of(const char* op, const Function& f, const std::vector<std::size_t>& wrt) {
  return [op, f, wrt](const Tensors& x) { return gradients(op, f, x, wrt, Tensor(), nullptr, nullptr); };
}

}  // namespace

Tensors jacobian_blocks(const char* op, const Function& f, const Tensors& x, const std::vector<std::size_t>& wrt,
                        Mode mode) {
  const auto recording = std::make_shared<const Recording>(op, f, x, wrt);
  const Tensor y = one_output(*recording);
  std::int64_t size = 0;
  for (const Tensor& input : recording->inputs()) size += input.size();
  const bool forward = mode == Mode::forward || (mode == Mode::automatic && size <= y.size());
  if (!forward) return reverse_blocks(*recording, y);
  try {
    return forward_blocks(recording, y);
  } catch (const xgrad::detail::NoForwardMode&) {
    if (mode == Mode::forward) throw;
    return reverse_blocks(*recording, y);
  }
}

std::vector<Tensors> hessian_blocks(const Function& f, const Tensors& x, const std::vector<std::size_t>& wrt) {
  const auto recording = std::make_shared<const Recording>("hessian", gradient_of("hessian", f, wrt), x, wrt);
  const Tensors &inputs = recording->inputs(), &slopes = recording->outputs();
  std::vector<Tensors> blocks(inputs.size());
  try {
    const Linear linear(recording);
    for (std::size_t j = 0; j < inputs.size(); ++j) {
      const Tensors along = columns(linear, j);
      for (std::size_t i = 0; i < inputs.size(); ++i)
        blocks[i].push_back(reshape(along[i], joined(recording->op(), inputs[i].shape(), inputs[j].shape())));
    }
  } catch (const xgrad::detail::NoForwardMode&) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Function one = [&](const Tensors& in) {
        return Tensors{gradients("hessian", f, in, wrt, Tensor(), nullptr, nullptr)[i]};
      };
      blocks[i] = reverse_blocks(Recording("hessian", one, x, wrt), slopes[i]);
    }
  }
  return blocks;
}

Tensors hessian_product(const Function& f, const Tensors& x, const Tensors& v) {
  const auto wrt = all_of(x.size());
  const auto recording = std::make_shared<const Recording>("hvp", gradient_of("hvp", f, wrt), x, wrt);
  if (v.size() != x.size())
    throw std::invalid_argument("hvp: " + std::to_string(v.size()) + " vectors for " + std::to_string(x.size()) +
                                " arguments");
  try {
    return Linear(recording).push(v);
  } catch (const xgrad::detail::NoForwardMode&) {
    return recording->pull_again(v);  // the Hessian is symmetric
  }
}

}  // namespace xgrad::func::detail
