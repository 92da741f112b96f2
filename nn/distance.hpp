#pragma once

#include <xgrad/nn/module_of.hpp>

namespace xgrad::nn {

/// y = Σ x₁ x₂ / (max(|x₁|, eps) max(|x₂|, eps)) along an axis; x₁ and x₂ broadcast, and numbers are vectors of one
/// element. At a vector shorter than eps the slope is that of the division by eps.
[[nodiscard]] Tensor cosine_similarity(Tensor x1, Tensor x2, Dim dim = 1, double eps = 1e-8,
                                       Source at = Source::here());
/// y = (Σ |x₁ - x₂ + eps|^p)^(1/p) over the last axis; x₁ and x₂ broadcast.
[[nodiscard]] Tensor pairwise_distance(Tensor x1, Tensor x2, double p = 2, double eps = 1e-6,
                                       KeepDims keep = KeepDims::no, Source at = Source::here());

/// cosine_similarity() as a module of two inputs.
class CosineSimilarity : public ModuleOf<CosineSimilarity> {
 public:
  explicit CosineSimilarity(Dim dim = 1, double eps = 1e-8);

  Tensor forward(const Tensor& x1, const Tensor& x2);

 private:
  std::int64_t dim_;
  double eps_;
};

/// pairwise_distance() as a module of two inputs.
class PairwiseDistance : public ModuleOf<PairwiseDistance> {
 public:
  explicit PairwiseDistance(double p = 2, double eps = 1e-6, KeepDims keep = KeepDims::no);

  Tensor forward(const Tensor& x1, const Tensor& x2);

 private:
  double p_, eps_;
  KeepDims keep_;
};

}  // namespace xgrad::nn
