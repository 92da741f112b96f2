#pragma once

#include <xgrad/nn/embedding.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// p[t, 2i] = sin(t / 10000^(2i/features)), p[t, 2i + 1] = cos of the same, (length, features) (Vaswani et al., 2017).
/// An odd number of features ends with a sine.
[[nodiscard]] Tensor sinusoidal_positions(Dim length, Dim features, DType dtype = float32);

/// x with every pair (x_i, x_{i + d/2}) of its last axis, of an even size d, turned by the angle t base^(-2i/d), where
/// t is the place on the axis before the last, counted from `offset`: a product of two such rows depends on the
/// distance of their places alone (Su et al., "RoFormer", 2021; the halves are paired as in GPT-NeoX and Hugging Face).
/// For queries and keys (..., L, d).
[[nodiscard]] Tensor rotary_embedding(Tensor x, Dim offset = 0, double base = 10000, Source at = Source::here());

/// y = x + sinusoidal_positions for x (..., L, features) and L up to max_length.
class SinusoidalPositions : public Module {
 public:
  SinusoidalPositions(Dim max_length, Dim features);

  Buffer table;  ///< (max_length, features)

 protected:
  Tensor forward(const Tensor& x) override;
};

/// y = x + weight[0 .. L-1] for x (..., L, features) and L up to max_length, with learned rows that start normal with
/// deviation 1 (Gehring et al., 2017).
class LearnedPositions : public Module {
 public:
  LearnedPositions(Dim max_length, Dim features);

  Parameter weight;  ///< (max_length, features)

 protected:
  Tensor forward(const Tensor& x) override;
};

/// rotary_embedding() as a module without weights.
class RotaryEmbedding : public Module {
 public:
  explicit RotaryEmbedding(double base = 10000);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  double base_;
};

}  // namespace xgrad::nn
