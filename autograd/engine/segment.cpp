#include <xgrad/autograd/engine/segment.hpp>

#include <utility>

#include <xgrad/autograd/engine/engine.hpp>

namespace xgrad::detail {

std::vector<Tensor> segment_gradients(const Tensor& output, const std::vector<Tensor>& inputs, const Tensor& seed,
                                      Graph graph, std::uint64_t floor, std::uint64_t hook_floor) {
  Engine engine(graph, &inputs, floor, hook_floor);
  engine.run(&output, &seed, 1);
  return std::move(engine.found());
}

}  // namespace xgrad::detail
