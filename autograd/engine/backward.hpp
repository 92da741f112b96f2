#pragma once

#include <initializer_list>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// Backward from several roots at once, each with its seed; without seeds every root must be a scalar. Adds the
/// gradients into the leaves. If it throws, no leaf's gradient has changed.
void backward(const std::vector<Tensor>& roots, const std::vector<Tensor>& seeds = {}, Graph graph = Graph::release);

/// Whether grad() may return undefined tensors for inputs that the outputs do not depend on.
enum class Unused : bool { error, allowed };
inline constexpr Unused allow_unused = Unused::allowed;

/// The gradients of the outputs (summed, each weighted by its seed) with respect to the inputs, which may be leaves or
/// inner nodes. Touches no tensor's grad(). Only the nodes on paths from the outputs to the inputs are walked and,
/// unless the graph is retained, freed; hooks of other tensors are not called.
[[nodiscard]] std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                                       const std::vector<Tensor>& seeds = {}, Graph graph = Graph::release,
                                       Unused unused = Unused::error);
/// The same for lists in braces: grad({loss}, {w, b}).
[[nodiscard]] std::vector<Tensor> grad(std::initializer_list<Tensor> outputs, std::initializer_list<Tensor> inputs,
                                       const std::vector<Tensor>& seeds = {}, Graph graph = Graph::release,
                                       Unused unused = Unused::error);
[[nodiscard]] std::vector<Tensor> grad(std::initializer_list<Tensor> outputs, std::initializer_list<Tensor> inputs,
                                       std::initializer_list<Tensor> seeds, Graph graph = Graph::release,
                                       Unused unused = Unused::error);
/// The same for one output and one input, and a seed if the output is no scalar.
[[nodiscard]] Tensor grad(const Tensor& output, const Tensor& input, Graph graph = Graph::release);
[[nodiscard]] Tensor grad(const Tensor& output, const Tensor& input, const Tensor& seed, Graph graph = Graph::release);

}  // namespace xgrad
