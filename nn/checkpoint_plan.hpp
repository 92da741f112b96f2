#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <xgrad/nn/sequential.hpp>

namespace xgrad::func {

/// Which layers of a Sequential to checkpoint, from checkpoint_plan(). y = plan(x) is model(x), computed by that plan.
class CheckpointPlan {
 public:
  /// Layers begin ... end - 1.
  struct Segment {
    std::size_t begin, end;
    bool recomputed;
  };

  CheckpointPlan(const CheckpointPlan&) = default;  // without a move, which would leave the other handle incomplete
  CheckpointPlan& operator=(const CheckpointPlan&) = default;
  [[nodiscard]] Tensor operator()(const Tensor& x) const;
  [[nodiscard]] const std::vector<Segment>& segments() const& noexcept { return segments_; }
  [[nodiscard]] std::vector<Segment> segments() && { return std::move(segments_); }
  /// An estimate of what the graph holds at the worst moment of backward: results of ops, without parameters and
  /// gradients.
  [[nodiscard]] std::int64_t peak() const noexcept { return peak_; }
  /// The same without any checkpoint.
  [[nodiscard]] std::int64_t peak_without() const noexcept { return peak_without_; }
  /// Whether the peak is within the bytes that were asked for.
  [[nodiscard]] bool fits() const noexcept { return fits_; }

 private:
  friend CheckpointPlan checkpoint_plan(const nn::Sequential& model, const Tensor& x, std::int64_t bytes);
  CheckpointPlan(const nn::Sequential& model) : model_(model) {}

  nn::Sequential model_;
  std::vector<Segment> segments_;
  std::int64_t peak_ = 0, peak_without_ = 0;
  bool fits_ = false;
};

/// A plan by which the results that the graph of model(x) holds fit into `bytes`, and as few of them as possible are
/// computed twice; where none does, the one that needs least. The sizes are measured by one forward of x, which also
/// draws random numbers and counts in batch normalisation as any other does.
[[nodiscard]] CheckpointPlan checkpoint_plan(const nn::Sequential& model, const Tensor& x, std::int64_t bytes);

}  // namespace xgrad::func
