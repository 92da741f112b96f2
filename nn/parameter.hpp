#pragma once

#include <memory>

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad::nn {

namespace detail {

struct Registration;

/// A tensor that a module can register. Copies are handles of one tensor; a copy made by clone() is a tensor of its
/// own. Moving copies the handle too, so that a module that was moved from stays valid.
class Registered : public Tensor {
 public:
  Registered(const Registered& other);
  Registered(Registered&& other) noexcept;
  Registered& operator=(const Registered& other) &;
  ~Registered();

 protected:
  Registered() = default;
  explicit Registered(const Tensor& leaf);

 private:
  friend struct Access;
  std::shared_ptr<Registration> registration_;
};

}  // namespace detail

/// A tensor that a module learns: a leaf of the graph over the storage it is made from. Registered with add().
///
/// An undefined Parameter is a legal member (a layer without bias) but cannot be registered. Assigning another
/// Parameter to a registered one is an error, since the module would go on training the old one; write values with
/// copy_(), set_data() or nn::init. Assigning whole modules is fine.
class Parameter : public detail::Registered {
 public:
  Parameter() = default;
  /// Refuses dtypes other than float32 and float64 when it is to be trained.
  explicit Parameter(const Tensor& values, bool requires_grad = true);
  Parameter(const Parameter&) = default;
  Parameter(Parameter&&) noexcept = default;
  Parameter& operator=(const Parameter& other) & = default;
  Parameter& operator=(const Tensor&) = delete;  // copy_() writes its values
  ~Parameter() = default;
};

/// A tensor that belongs to a module's state but is not learned, such as a running mean. It is saved and loaded with
/// the module. Assignment follows the same rules as Parameter's.
class Buffer : public detail::Registered {
 public:
  Buffer() = default;
  explicit Buffer(const Tensor& values);
  Buffer(const Buffer&) = default;
  Buffer(Buffer&&) noexcept = default;
  Buffer& operator=(const Buffer& other) & = default;
  Buffer& operator=(const Tensor&) = delete;  // copy_() writes its values
  ~Buffer() = default;
};

/// Makes `parameter`, a member that its module has registered, the same parameter as `other`: they are one from then
/// on, trained once, and saved under both names. For weights that two modules share, as an input and an output layer
/// do:
///
///     Net() {
///       nn::tie(out.weight, in.weight);
///       add("in", in);
///       add("out", out);
///     }
///
/// Shapes and dtypes must agree. Only this handle and its modules can be told of the change: where there are others, as
/// in copies of the module or in an optimiser, it is an error.
void tie(Parameter& parameter, const Parameter& other);

/// Write the parameter in place. While ops are recorded they are an error, as in PyTorch: the ops of a plain Tensor
/// would bind this handle to a new value that nobody trains.
Parameter& operator+=(Parameter& a, Operand b);
Parameter& operator-=(Parameter& a, Operand b);
Parameter& operator*=(Parameter& a, Operand b);
Parameter& operator/=(Parameter& a, Operand b);

}  // namespace xgrad::nn
