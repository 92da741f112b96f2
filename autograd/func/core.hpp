#pragma once

// What the transforms are made of: functions of lists of tensors, without templates.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::func {

using Tensors = std::vector<Tensor>;

namespace detail {

using Function = std::function<Tensors(const Tensors&)>;

/// A call of a function whose ops are recorded, whatever the mode of the caller. The arguments `wrt` get new places in
/// the graph: leaves, or, where recording is on and they are recorded values, nodes behind those. So what the caller
/// differentiates himself is told from what the transform does, at any depth.
class Recording {
 public:
  /// Errors begin with `op`.
  Recording(const char* op, const Function& f, const Tensors& x, const std::vector<std::size_t>& wrt);

  const char* op() const noexcept { return op_; }
  const Tensors& inputs() const noexcept { return inputs_; }
  const Tensors& outputs() const noexcept { return outputs_; }
  /// Whether a result of the transform may have to be recorded: the caller records, and the outputs depend on recorded
  /// values of his.
  bool outer() const noexcept { return outer_; }
  /// The outputs for the caller: without a place in the graph unless outer().
  Tensors values() const;

  /// The gradients of the outputs, each weighted by its seed, with respect to the inputs; zeros where there is none.
  /// Seeds must have the shapes of the outputs; an undefined one stands for 1, and its output must be one element.
  Tensors pull(const Tensors& seeds, Graph graph) const;
  /// pull() for a caller who may record, and that may be called again.
  Tensors pull_again(const Tensors& seeds) const;

 private:
  Tensor seed_for(const Tensor& output, const Tensor& seed) const;

  const char* op_;
  Tensors inputs_, outputs_;
  bool outer_ = false;
};

/// The tangents of a function's outputs for those of its inputs, by forward mode: a recording that can be swept again.
class Linear {
 public:
  explicit Linear(std::shared_ptr<const Recording> recording);
  ~Linear();
  Linear(const Linear&) = delete;
  Linear& operator=(const Linear&) = delete;

  const Recording& recording() const noexcept { return *recording_; }
  /// Tangents have the shapes of the inputs; an undefined one is zero.
  Tensors push(const Tensors& tangents) const;
  /// The tangents of the outputs for many tangents of input i, along leading axes of one size. Undefined where zero.
  Tensors push_many(std::size_t i, const Tensor& tangents) const;

 private:
  struct Made;
  std::shared_ptr<const Recording> recording_;
  std::unique_ptr<const Made> made_;
};

/// The gradients of the function's one output, and its value if that is asked for.
Tensors gradients(const char* op, const Function& f, const Tensors& x, const std::vector<std::size_t>& wrt,
                  const Tensor& seed, Tensor* value, bool* outer);

/// 0, ..., n-1.
std::vector<std::size_t> all_of(std::size_t n);
/// The argument numbers that a transform is given as a list; none is an error.
std::vector<std::int64_t> some_of(const char* op, std::vector<std::int64_t> argnums);
/// Argument numbers, negative ones from the end, of a call with n arguments; out of range or twice is an error.
std::vector<std::size_t> resolved(const char* op, const std::vector<std::int64_t>& argnums, std::size_t n);
/// The places of such arguments in a flat list, where the first of them is a list of `length` tensors.
std::vector<std::size_t> with_list(const std::vector<std::size_t>& arguments, std::size_t length);

}  // namespace detail
}  // namespace xgrad::func
