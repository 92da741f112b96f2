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
/// inner nodes. Touches no tensor's grad().
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const std::vector<Tensor>& seeds = {}, Graph graph = Graph::release,
                         Unused unused = Unused::error);
/// The same for lists in braces: grad({loss}, {w, b}).
std::vector<Tensor> grad(std::initializer_list<Tensor> outputs, std::initializer_list<Tensor> inputs,
                         const std::vector<Tensor>& seeds = {}, Graph graph = Graph::release,
                         Unused unused = Unused::error);
/// The same for one output and one input.
Tensor grad(const Tensor& output, const Tensor& input, Graph graph = Graph::release);

/// How many nodes of graphs exist in this process.
std::int64_t live_nodes() noexcept;

/// How many threads kernels may use together; results do not depend on it.
int num_threads() noexcept;
void set_num_threads(int count);

/// The instruction set that the library's kernels were compiled for: "SSE2", "AVX2" or "AVX-512".
const char* instruction_set() noexcept;

}  // namespace xgrad
