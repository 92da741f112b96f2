#include <xgrad/nn/checkpoint_plan.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/func/checkpoint.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/nn/graph_memory.hpp>

namespace xgrad::func {
namespace {

using Segment = CheckpointPlan::Segment;

struct Layer {
  std::int64_t input, inside;  // bytes: of its input, and of the results of its ops
};

std::int64_t bytes_of(const Shape& shape, DType dtype) {
  return shape.count() * static_cast<std::int64_t>(size_of(dtype));
}

std::vector<Layer> measured(const nn::Sequential& model, const Tensor& given) {
  std::vector<Layer> layers;
  Tensor x = given.detach();
  const EnableGrad on;
  for (const nn::Layer& layer : model) {
    if (is_floating(x.dtype())) x.requires_grad_();
    const Tensor y = layer(x);
    layers.push_back({bytes_of(x.shape(), x.dtype()), nn::detail::bytes_of_results(x, y)});
    x = y.detach();
  }
  return layers;
}

std::int64_t inside_of(const std::vector<Layer>& layers, const Segment& segment) {
  std::int64_t total = 0;
  for (std::size_t i = segment.begin; i < segment.end; ++i) total += layers[i].inside;
  return total;
}

// What is kept throughout, and the largest of the parts that are computed again, one at a time.
std::int64_t peak_of(const std::vector<Layer>& layers, const std::vector<Segment>& segments) {
  std::int64_t kept = 0, most = 0;
  for (const Segment& segment : segments) {
    const std::int64_t inside = inside_of(layers, segment);
    kept += segment.recomputed ? layers[segment.begin].input : inside;
    if (segment.recomputed) most = std::max(most, inside);
  }
  return kept + most;
}

std::int64_t recomputed_of(const std::vector<Layer>& layers, const std::vector<Segment>& segments) {
  std::int64_t total = 0;
  for (const Segment& segment : segments)
    if (segment.recomputed) total += inside_of(layers, segment);
  return total;
}

// Segments of at most `most` bytes each, from the front, all computed again.
std::vector<Segment> packed(const std::vector<Layer>& layers, std::int64_t most) {
  std::vector<Segment> segments;
  std::int64_t filled = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (segments.empty() || filled + layers[i].inside > most) {
      segments.push_back({i, i, true});
      filled = 0;
    }
    segments.back().end = i + 1;
    filled += layers[i].inside;
  }
  return segments;
}

// Keeps the results of those segments for which there is room, those that cost most to compute again first.
void keep_what_fits(const std::vector<Layer>& layers, std::vector<Segment>& segments, std::int64_t bytes) {
  std::vector<std::size_t> order(segments.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return inside_of(layers, segments[a]) > inside_of(layers, segments[b]);
  });
  for (const std::size_t i : order) {
    segments[i].recomputed = false;
    if (peak_of(layers, segments) > bytes) segments[i].recomputed = true;
  }
}

}  // namespace

CheckpointPlan checkpoint_plan(const nn::Sequential& model, const Tensor& x, std::int64_t bytes) {
  if (bytes < 0)
    throw std::invalid_argument("checkpoint_plan: the bytes must not be negative, got " + std::to_string(bytes));
  if (!x.defined()) throw std::invalid_argument("checkpoint_plan: the input is an empty tensor");
  CheckpointPlan plan(model);
  const std::vector<Layer> layers = measured(model, x);
  for (const Layer& layer : layers) plan.peak_without_ += layer.inside;
  plan.segments_ = {{0, layers.size(), false}};
  if (layers.empty()) plan.segments_.clear();
  plan.peak_ = plan.peak_without_;
  plan.fits_ = plan.peak_ <= bytes;
  if (plan.fits_) return plan;
  std::int64_t least = INT64_MAX;
  for (std::size_t first = 0; first < layers.size(); ++first) {
    for (std::size_t last = first; last < layers.size(); ++last) {
      std::vector<Segment> segments = packed(layers, inside_of(layers, {first, last + 1, true}));
      if (peak_of(layers, segments) <= bytes) keep_what_fits(layers, segments, bytes);
      const std::int64_t peak = peak_of(layers, segments), work = recomputed_of(layers, segments);
      const bool fits = peak <= bytes;
      const bool better = fits ? (!plan.fits_ || work < least) : (!plan.fits_ && peak < plan.peak_);
      if (!better) continue;
      plan.segments_ = std::move(segments);
      plan.peak_ = peak;
      plan.fits_ = fits;
      least = work;
    }
  }
  return plan;
}

Tensor CheckpointPlan::operator()(const Tensor& given) const {
  Tensor x = given;
  for (const Segment& segment : segments_) {
    const auto part = [model = model_, segment](const Tensor& in) {
      Tensor y = in;
      for (std::size_t i = segment.begin; i < segment.end; ++i) y = model[static_cast<std::int64_t>(i)](y);
      return y;
    };
    x = segment.recomputed ? checkpoint(part, x) : part(x);
  }
  return x;
}

}  // namespace xgrad::func
