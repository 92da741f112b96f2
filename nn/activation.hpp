#pragma once

#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

// The functions of autograd/ops/activation.hpp as modules; that header says what each computes.

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

/// y = x.
class Identity : public Module {
 protected:
  Tensor forward(const Tensor& x) override;
};

}  // namespace xgrad::nn
