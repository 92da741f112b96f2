#pragma once

#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// The axes start_dim .. end_dim made one: (N, 28, 28) becomes (N, 784).
class Flatten : public Module {
 public:
  explicit Flatten(Dim start_dim = 1, Dim end_dim = -1);

  std::int64_t start_dim() const { return start_dim_; }
  std::int64_t end_dim() const { return end_dim_; }

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t start_dim_;
  std::int64_t end_dim_;
};

/// One axis cut into several of the given sizes, of which one may be -1: Unflatten(1, {28, 28}) undoes Flatten() of
/// images.
class Unflatten : public Module {
 public:
  Unflatten(Dim dim, const NewShape& unflattened_size);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t dim_;
  NewShape sizes_;
};

}  // namespace xgrad::nn
