#include <xgrad/autograd/func/per_sample.hpp>

#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/out_of_memory.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::func::detail {
namespace {

// A batch without elements can have any number of samples, for whose gradients there must be room before any is
// computed.
std::vector<Shape> result_shapes(const char* op, const Tensors& all, std::size_t params, std::int64_t samples) {
  const xgrad::detail::Calling calling(op);
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < params; ++i) {
    shapes.push_back(all[i].shape().inserted(0, samples));
    xgrad::detail::bytes_of(all[i].size() == 0 ? Shape{samples} : shapes[i], all[i].dtype());
  }
  return shapes;
}

}  // namespace

Tensors per_sample_gradients(const Function& loss, const Tensors& all, std::size_t params) {
  const char* const op = "per_sample_grad";
  for (std::size_t i = 0; i < params; ++i)
    if (!all[i].defined())
      throw std::invalid_argument(std::string(op) + ": argument " + std::to_string(i) + " is an empty tensor");
  std::int64_t samples = -1;
  for (std::size_t i = params; i < all.size(); ++i) {
    const std::string which = std::string(op) + ": tensor " + std::to_string(i - params) + " of the batch";
    if (!all[i].defined()) throw std::invalid_argument(which + " is empty");
    if (all[i].rank() == 0) throw std::invalid_argument(which + " is a scalar: its axis 0 counts the samples");
    if (samples >= 0 && all[i].shape()[0] != samples)
      throw std::invalid_argument(which + " holds " + std::to_string(all[i].shape()[0]) + " samples, the first " +
                                  std::to_string(samples) + ": they must agree");
    samples = all[i].shape()[0];
  }
  const std::vector<Shape> shapes = result_shapes(op, all, params, samples);
  std::vector<Tensors> rows(params);
  Tensors one = all;
  for (std::int64_t n = 0; n < samples; ++n) {
    for (std::size_t i = params; i < all.size(); ++i) one[i] = select(all[i], 0, n);
    const Tensors found = gradients(op, loss, one, all_of(params), Tensor(), nullptr, nullptr);
    for (std::size_t i = 0; i < params; ++i) rows[i].push_back(found[i]);
  }
  Tensors result;
  for (std::size_t i = 0; i < params; ++i)
    result.push_back(rows[i].empty() ? zeros(shapes[i], all[i].dtype()) : stack(rows[i], 0));
  return result;
}

}  // namespace xgrad::func::detail
