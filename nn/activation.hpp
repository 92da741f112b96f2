#pragma once

#include <cstdint>
#include <optional>

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

// The functions of activation.hpp, piecewise_activation.hpp, rrelu.hpp and softmax.hpp in autograd/ops as modules;
// those headers say what each computes.

class ReLU : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Sigmoid : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class LogSigmoid : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Tanh : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class SiLU : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Softplus : public Module {
 public:
  explicit Softplus(double beta = 1.0, double threshold = 20.0);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double beta_, threshold_;
};

class LeakyReLU : public Module {
 public:
  explicit LeakyReLU(double negative_slope = 0.01);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double negative_slope_;
};

class ELU : public Module {
 public:
  explicit ELU(double alpha = 1.0);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double alpha_;
};

class GELU : public Module {
 public:
  explicit GELU(Gelu approximate = Gelu::exact);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  Gelu approximate_;
};

class Softmax : public Module {
 public:
  explicit Softmax(Dim dim);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t dim_;
};

class LogSoftmax : public Module {
 public:
  explicit LogSoftmax(Dim dim);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t dim_;
};

class ReLU6 : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class SELU : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Mish : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Softsign : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Tanhshrink : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Hardsigmoid : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Hardswish : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

class CELU : public Module {
 public:
  explicit CELU(Number alpha = 1.0);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double alpha_;
};

class Hardtanh : public Module {
 public:
  explicit Hardtanh(Number min_val = -1.0, Number max_val = 1.0);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double min_val_, max_val_;
};

class Hardshrink : public Module {
 public:
  explicit Hardshrink(Number lambda = 0.5);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double lambda_;
};

class Softshrink : public Module {
 public:
  explicit Softshrink(Number lambda = 0.5);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double lambda_;
};

class Threshold : public Module {
 public:
  Threshold(Number threshold, Number value);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double threshold_, value_;
};

class GLU : public Module {
 public:
  explicit GLU(Dim dim = -1);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t dim_;
};

class Softmin : public Module {
 public:
  explicit Softmin(Dim dim);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t dim_;
};

/// softmax() over the channels of images (N, C, H, W) or (C, H, W).
class Softmax2d : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

/// y = x for x > 0, else weight x, with a weight that is learned: one for all channels, or one for each, which is axis
/// 1 of x. It starts at `init`.
class PReLU : public Module {
 public:
  explicit PReLU(Dim num_parameters = 1, double init = 0.25);

  Parameter weight;

 protected:
  Tensor forward(const Tensor& x) override;
};

/// rrelu() with slopes that are random in training, and their mean in evaluation. Draws from the calling thread's
/// generator, or from one of its own, which copies of the module share and clones copy.
class RReLU : public Module {
 public:
  explicit RReLU(double lower = 1.0 / 8, double upper = 1.0 / 3);
  RReLU(double lower, double upper, const Generator& generator);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double lower_, upper_;
  Shared<std::optional<Generator>> generator_;
};

/// y = x.
class Identity : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

}  // namespace xgrad::nn
