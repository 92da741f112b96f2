#pragma once

#include <type_traits>

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// Whether a layer adds a bias: with_bias, no_bias, or a bool. Never an integer, so that Linear(784, 50, 10) does not
/// compile.
class Bias {
 public:
  template <class B, std::enable_if_t<std::is_same_v<B, bool>, int> = 0>
  constexpr Bias(B on) : on_(on) {}
  constexpr bool on() const { return on_; }

 private:
  bool on_;
};
inline constexpr Bias with_bias{true};
inline constexpr Bias no_bias{false};

/// y = x Wᵀ + b over the last axis: x (..., in), W (out, in), b (out).
///
/// W, then b, are initialised uniformly in ±1/√in from the calling thread's generator or the given one. An x with
/// another last axis is an error.
class Linear : public Module {
 public:
  Linear(Dim in_features, Dim out_features, Bias bias = with_bias);
  Linear(Dim in_features, Dim out_features, Bias bias, Generator& generator);

  std::int64_t in_features() const { return weight.shape(1); }
  std::int64_t out_features() const { return weight.shape(0); }

  Parameter weight;
  Parameter bias;  ///< undefined without bias

 protected:
  struct Values {
    Tensor weight, bias;  // an undefined bias is none
  };
  explicit Linear(const Values& values);
  /// What a weight or bias begins with in a layer of so many in_features.
  static Tensor drawn(const Shape& shape, std::int64_t in_features, Generator& generator);
  /// Prints the sizes of the weight.
  void describe_sizes();
  Tensor forward(const Tensor& x) override;
};

}  // namespace xgrad::nn
