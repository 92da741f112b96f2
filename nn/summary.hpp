#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <type_traits>
#include <vector>

#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// The table that torchsummary prints for a model, and its numbers.
///
/// The conventions are torchsummary's: the first axis is the batch, and shown as -1. `pass_mb` counts the outputs of
/// one sample, twice, for the values and their gradients; `input_mb` counts the whole input. Every number takes 4
/// bytes, whatever its dtype, and a MB is 2^20 bytes.
///
/// Unlike torchsummary's, rows are modules without children (including the model itself, if it has none), and the
/// totals count every parameter of the model once, also those of modules with children and tied ones.
///
/// What torchsummary does not count is printed by detailed():
///
/// - Multiply-adds are those of matrix products, in linear, matmul, addmm, einsum, attention and the like, for the
///   whole input: m k n for (m, k) by (k, n). Other ops, biases among them, count 0, as in PyTorch's FlopCounterMode,
///   whose FLOPs are twice this number. Those that a module with children computes itself are in the total alone.
/// - The bytes that a recorded forward keeps for backward, outputs included, and those that are needed at the worst
///   moment of a backward from the outputs, with all gradients; in both, the dtypes count, and parameters, buffers and
///   inputs, which are there anyway, do not. Kernels that reuse memory in place need less than the predicted peak.
struct Summary {
  struct Row {
    std::string name;  ///< "Linear-1": class and place in the order of calls
    Shape output;      ///< of the whole batch; the first, where a module returns several tensors
    std::int64_t parameters = 0;
    std::vector<Shape> outputs;  ///< all of them
    std::int64_t multiply_adds = 0;
  };
  std::vector<Row> rows;
  std::int64_t total = 0;
  std::int64_t trainable = 0;
  double input_mb = 0;
  double pass_mb = 0;
  double parameters_mb = 0;
  double total_mb = 0;
  std::int64_t multiply_adds = 0;
  std::int64_t saved_bytes = 0;
  std::int64_t backward_bytes = 0;
};

/// Runs the model on zeros of `input`, batch axis included, in the dtype of its first parameter or the given one, which
/// is int64 for a model that takes ids. Once in evaluation mode, unrecorded, for the table, and once recorded, in the
/// modes that its modules are in, for the memory; where such a pass refuses the input, as batch normalisation does with
/// one row, in evaluation mode again. Modes, buffers and the calling thread's generator are as before afterwards, also
/// when the model throws; a generator that a module owns has drawn.
[[nodiscard]] Summary summary(const Module& model, const Shape& input);
[[nodiscard]] Summary summary(const Module& model, const Shape& input, DType dtype);
/// The same, and prints it.
Summary summary(const Module& model, const Shape& input, std::ostream& out);

namespace detail {

/// The summary of a model that is called by `call`, which returns its outputs.
Summary summarised(const ModuleBase& model, const std::vector<Tensor>& inputs,
                   const std::function<std::vector<Tensor>()>& call);

}  // namespace detail

/// The same on these inputs: summary(net, ids, mask) calls net(ids, mask).
template <class M, class Input, class... Inputs, std::enable_if_t<std::is_base_of_v<Tensor, Input>, int> = 0>
[[nodiscard]] Summary summary(const M& model, const Input& input, const Inputs&... more) {
  return detail::summarised(model, detail::tensors_in(input, more...),
                            [&] { return detail::tensors_in(model(input, more...)); });
}

/// The table as << prints it.
std::string to_string(const Summary& summary);
/// The table with the multiply-adds of each row, and lines for them and for the memory of backward.
std::string detailed(const Summary& summary);
std::ostream& operator<<(std::ostream& out, const Summary& summary);

}  // namespace xgrad::nn
