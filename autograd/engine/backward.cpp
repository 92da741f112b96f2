#include <xgrad/autograd/engine/backward.hpp>

#include <stdexcept>
#include <utility>

#include <xgrad/autograd/engine/engine.hpp>
#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>

namespace xgrad {

namespace {

Tensor seed_for(const char* op, const Tensor& root, const Tensor& seed) {
  const detail::Calling calling(op);
  if (!root.requires_grad())
    throw std::logic_error(std::string(op) +
                           ": the root needs no gradient: nothing it was made from requires one, or recording was off");
  if (!seed.defined()) {
    if (root.size() != 1)
      throw std::invalid_argument(std::string(op) + ": the root must hold one element, but has shape " +
                                  to_string(root.shape()) + ": reduce it with sum() or mean(), or pass a seed");
    Tensor one = Raw::uninitialized(root.shape(), root.dtype());
    if (root.dtype() == float32)
      *Raw::write<float>(one) = 1;
    else
      *Raw::write<double>(one) = 1;
    return one;
  }
  if (seed.shape() != root.shape())
    throw std::invalid_argument(std::string(op) + ": the seed has shape " + to_string(seed.shape()) + ", the root " +
                                to_string(root.shape()) + ": they must agree");
  if (!is_floating(seed.dtype()))
    throw std::invalid_argument(std::string(op) + ": the seed must be float32 or float64, got " +
                                name_of(seed.dtype()));
  return to(seed, root.dtype());
}

// In a scope of its own: errors in the rules and hooks of the user are not those of grad().
void require_gradients(const std::vector<Tensor>& inputs) {
  const detail::Calling calling("grad");
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].requires_grad())
      throw std::invalid_argument("grad: input " + std::to_string(i) + " does not require a gradient");
}

std::vector<Tensor> seeds_for(const char* op, const std::vector<Tensor>& roots, const std::vector<Tensor>& seeds) {
  if (roots.empty()) throw std::invalid_argument(std::string(op) + ": there is no root");
  if (!seeds.empty() && seeds.size() != roots.size())
    throw std::invalid_argument(std::string(op) + ": " + std::to_string(seeds.size()) + " seeds for " +
                                std::to_string(roots.size()) + " roots");
  std::vector<Tensor> result;
  for (std::size_t i = 0; i < roots.size(); ++i)
    result.push_back(seed_for(op, roots[i], i < seeds.size() ? seeds[i] : Tensor()));
  return result;
}

}  // namespace

void backward(const std::vector<Tensor>& roots, const std::vector<Tensor>& seeds, Graph graph) {
  const std::vector<Tensor> all = seeds_for("backward", roots, seeds);
  const detail::SavedApartScope joined(false);  // a rule that calls this may be run apart itself, for forward mode
  Engine(graph, nullptr).run(roots.data(), all.data(), roots.size());
}

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const std::vector<Tensor>& seeds, Graph graph, Unused unused) {
  if (inputs.empty()) throw std::invalid_argument("grad: there is no input");
  require_gradients(inputs);
  const std::vector<Tensor> all = seeds_for("grad", outputs, seeds);
  const detail::SavedApartScope joined(false);
  Engine engine(graph, &inputs);
  engine.run(outputs.data(), all.data(), outputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!engine.found()[i].defined() && unused == Unused::error)
      throw std::invalid_argument("grad: the outputs do not depend on input " + std::to_string(i) +
                                  ": pass allow_unused to get an undefined tensor");
  return std::move(engine.found());
}

std::vector<Tensor> grad(std::initializer_list<Tensor> outputs, std::initializer_list<Tensor> inputs,
                         const std::vector<Tensor>& seeds, Graph graph, Unused unused) {
  return grad(std::vector<Tensor>(outputs), std::vector<Tensor>(inputs), seeds, graph, unused);
}

std::vector<Tensor> grad(std::initializer_list<Tensor> outputs, std::initializer_list<Tensor> inputs,
                         std::initializer_list<Tensor> seeds, Graph graph, Unused unused) {
  return grad(std::vector<Tensor>(outputs), std::vector<Tensor>(inputs), std::vector<Tensor>(seeds), graph, unused);
}

Tensor grad(const Tensor& output, const Tensor& input, Graph graph) { return grad(output, input, Tensor(), graph); }

Tensor grad(const Tensor& output, const Tensor& input, const Tensor& seed, Graph graph) {
  return grad(std::vector<Tensor>{output}, std::vector<Tensor>{input}, std::vector<Tensor>{seed}, graph)[0];
}

void Tensor::backward(Graph graph) const { backward(Tensor(), graph); }

void Tensor::backward(Tensor seed, Graph graph) const {
  const Tensor own = seed_for("backward", *this, seed);
  const detail::SavedApartScope joined(false);
  Engine(graph, nullptr).run(this, &own, 1);
}

}  // namespace xgrad
