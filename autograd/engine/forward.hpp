#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// What forward mode throws at an op whose rule cannot be transposed, since it is once_differentiable() and has no
/// push.
struct NoForwardMode : std::logic_error {
  using logic_error::logic_error;
};

/// Whether the ops of a sweep are recorded, so that its result can be differentiated.
enum class Recorded : bool { no, yes };

/// Whether the outputs depend on recorded values besides the inputs, or the inputs on others. Every input has a node.
bool reaches_outside(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs);

/// The recorded ops by which outputs depend on inputs, in the order of their creation: what forward mode walks. A sweep
/// carries tangents from the inputs to the outputs, node by node. It may be made any number of times, as long as the
/// graph is not freed and saved values are not written.
class Tape {
 public:
  /// Every input has a node. A path ends at the first input that it meets.
  Tape(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs);

  bool reaches_outside() const noexcept { return outside_; }

  /// The tangents of the outputs for those of the inputs; an undefined one is zero. Each has the shape and dtype of its
  /// value; with `many`, the size of a leading axis, each holds that many tangents. Errors begin with `op`.
  std::vector<Tensor> push(const char* op, const std::vector<Tensor>& tangents, Recorded recorded,
                           const std::int64_t* many = nullptr) const;

 private:
  struct Step {
    Ref<Node> node;
    std::size_t first;  // of its edges in from_
  };
  static constexpr std::size_t nowhere = SIZE_MAX;

  std::vector<Step> steps_;
  std::vector<std::size_t> from_;      // for each edge, the place of its tangent
  std::vector<std::size_t> last_use_;  // for each place, the last step that reads it
  std::vector<std::size_t> outputs_;   // places; those of the inputs come first, then those of the steps
  std::size_t inputs_;
  bool outside_ = false;
};

}  // namespace xgrad::detail
