#pragma once

#include <xgrad/autograd/ops/padding.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// What the paddings share: pad() of the last axes of x (N, C, ...) or (C, ...).
class Padding : public Module {
 protected:
  Padding(const char* name, std::size_t axes, const Dims& padding, PadMode mode, const Number& value,
          bool prints_value = false);
  Tensor forward(const Tensor& x) override;

 private:
  std::size_t axes_;
  Dims padding_;
  PadMode mode_;
  Number value_;
};

// Each takes one number for all sides, or (before, after) for the last axis, then for the one before it, and so on:
// nn::ZeroPad2d({1, 2, 3, 4}) adds 1 column on the left, 2 on the right, 3 rows above and 4 below. Negative numbers
// remove elements.

/// Zeros around sequences.
class ZeroPad1d : public Padding {
 public:
  explicit ZeroPad1d(const Dims& padding);
};
/// Zeros around images.
class ZeroPad2d : public Padding {
 public:
  explicit ZeroPad2d(const Dims& padding);
};
/// Zeros around volumes.
class ZeroPad3d : public Padding {
 public:
  explicit ZeroPad3d(const Dims& padding);
};
/// A number around sequences.
class ConstantPad1d : public Padding {
 public:
  ConstantPad1d(const Dims& padding, Number value);
};
/// A number around images.
class ConstantPad2d : public Padding {
 public:
  ConstantPad2d(const Dims& padding, Number value);
};
/// A number around volumes.
class ConstantPad3d : public Padding {
 public:
  ConstantPad3d(const Dims& padding, Number value);
};
/// PadMode::reflect around sequences.
class ReflectionPad1d : public Padding {
 public:
  explicit ReflectionPad1d(const Dims& padding);
};
/// PadMode::reflect around images.
class ReflectionPad2d : public Padding {
 public:
  explicit ReflectionPad2d(const Dims& padding);
};
/// PadMode::reflect around volumes.
class ReflectionPad3d : public Padding {
 public:
  explicit ReflectionPad3d(const Dims& padding);
};
/// PadMode::replicate around sequences.
class ReplicationPad1d : public Padding {
 public:
  explicit ReplicationPad1d(const Dims& padding);
};
/// PadMode::replicate around images.
class ReplicationPad2d : public Padding {
 public:
  explicit ReplicationPad2d(const Dims& padding);
};
/// PadMode::replicate around volumes.
class ReplicationPad3d : public Padding {
 public:
  explicit ReplicationPad3d(const Dims& padding);
};
/// PadMode::circular around sequences.
class CircularPad1d : public Padding {
 public:
  explicit CircularPad1d(const Dims& padding);
};
/// PadMode::circular around images.
class CircularPad2d : public Padding {
 public:
  explicit CircularPad2d(const Dims& padding);
};
/// PadMode::circular around volumes.
class CircularPad3d : public Padding {
 public:
  explicit CircularPad3d(const Dims& padding);
};

}  // namespace xgrad::nn
