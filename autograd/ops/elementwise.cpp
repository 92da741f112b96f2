#include <xgrad/autograd/ops/elementwise.hpp>

#include <array>
#include <atomic>

#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/tiles.hpp>

namespace xgrad::detail {
namespace {

using kernels::Tile;

/// What a node keeps of the user's function.
struct Kept {
  std::shared_ptr<const void> f;
  const Readings* readings;
  Source at;
};

std::uint32_t bits_of(Needs needs, std::size_t count) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (needs[i]) bits |= 1u << i;
  return bits;
}

/// g times the slopes, as recorded ops.
void pull_traced(const Kept& kept, Tensor* x, std::uint32_t needs, const Tensor& g, Tensor* out) {
  const std::size_t count = kept.readings->inputs;
  Traced in[most_elementwise_inputs], slopes[most_elementwise_inputs];
  for (std::size_t i = 0; i < count; ++i)
    in[i] = Traced(x[i].dtype() == g.dtype() ? std::move(x[i]) : to(std::move(x[i]), g.dtype(), kept.at), kept.at);
  kept.readings->traced_slopes(kept.f.get(), in, needs, slopes);
  for (std::size_t i = 0; i < count; ++i) {
    if ((needs >> i & 1u) == 0 || !slopes[i].defined()) continue;
    Traced upstream(g, kept.at);
    if (!slopes[i].is_number() || slopes[i].number() != 1) transform(kernels::fn::Chained(), upstream, slopes[i]);
    out[i] = upstream.tensor();
  }
}

/// Calls run with a pass as the user's own code takes it.
template <class Run>
auto whole_pass(DType dtype, const Shape& shape, const Tensor* in, std::size_t in_count, const Tensor* out,
                std::size_t out_count, const Run& run) {
  kernels::TileInput inputs[most_elementwise_inputs + 1];
  void* outputs[most_elementwise_inputs];
  for (std::size_t i = 0; i < in_count; ++i) inputs[i] = {in[i].raw(), in[i].shape().data(), in[i].shape().rank()};
  for (std::size_t i = 0; i < out_count; ++i) outputs[i] = out[i].defined() ? out[i].raw_write() : nullptr;
  return run(kernels::WholePass{tile_type(dtype), shape.data(), shape.rank(), inputs, outputs});
}

/// g, the last of the tensors `in`, times the slopes, in one pass over tiles. Says which slopes there are.
std::uint32_t pull_tiles(const Kept& kept, const Tensor* in, std::uint32_t needs, const Tensor* out) {
  const std::size_t count = kept.readings->inputs;
  const Tensor& g = in[count];
  std::atomic<std::uint32_t> found{0};
  tile_pass(g.dtype(), g.shape(), in, count + 1, out, count, [&](Tile* tiles, Tile* results) {
    Tile slopes[most_elementwise_inputs];
    kept.readings->slopes(kept.f.get(), tiles, needs, slopes);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!slopes[i].defined()) {
        results[i] = Tile(0.0);
        continue;
      }
      bits |= 1u << i;
      kernels::chain_into(results[i], tiles[count], std::move(slopes[i]));
    }
    if ((found.load(std::memory_order_relaxed) & bits) != bits) found.fetch_or(bits, std::memory_order_relaxed);
  });
  return found.load();
}

/// g times the slopes, in one pass.
void pull_fused(const Kept& kept, Tensor* x, std::uint32_t needs, const Tensor& g, Tensor* out) {
  const std::size_t count = kept.readings->inputs;
  Tensor in[most_elementwise_inputs + 1];
  for (std::size_t i = 0; i < count; ++i) {
    in[i] = x[i].dtype() == g.dtype() ? std::move(x[i]) : converted(x[i], g.dtype());
    if (needs >> i & 1u) out[i] = Tensor::uninitialized(g.shape(), g.dtype());
  }
  in[count] = g;
  if (g.size() == 0) return;
  std::uint32_t found = 0;
  if (kept.readings->slopes_pass == nullptr)
    found = pull_tiles(kept, in, needs, out);
  else
    found = whole_pass(g.dtype(), g.shape(), in, count + 1, out, count,
                       [&](const kernels::WholePass& pass) { return kept.readings->slopes_pass(kept.f.get(), pass); });
  for (std::size_t i = 0; i < count; ++i)
    if ((found >> i & 1u) == 0) out[i] = Tensor();
}

template <std::size_t N>
class ElementwiseNode final : public InputsNode<N> {
 public:
  ElementwiseNode(Kept kept, const Tensor& y, Tensor* x)
      : InputsNode<N>("elementwise", kept.at, y), kept_(std::move(kept)) {
    bool differentiable[N];
    std::uint32_t reads[N];
    for (std::size_t i = 0; i < N; ++i) {
      differentiable[i] = is_floating(x[i].dtype());
      reads[i] = reads_every_x;
    }
    this->connect(x, differentiable, reads, y);
  }

  void pull(const Tensor& g, Tensor* out) override {
    Tensor x[N];
    for (std::size_t i = 0; i < N; ++i) x[i] = this->input(i);
    const std::uint32_t needs = bits_of(this->needs(), N);
    if (grad_enabled())
      pull_traced(kept_, x, needs, g, out);
    else
      pull_fused(kept_, x, needs, g, out);
  }

 private:
  Kept kept_;
};

template <std::size_t N = 1>
Ref<Node> make_node(Kept kept, const Tensor& y, Tensor* x) {
  if (kept.readings->inputs == N) return Ref<Node>::adopt(new ElementwiseNode<N>(std::move(kept), y, x));
  if constexpr (N < most_elementwise_inputs)
    return make_node<N + 1>(std::move(kept), y, x);
  else
    return Ref<Node>();
}

}  // namespace

Tensor elementwise(const void* f, const Readings& readings, Tensor* x, Source at) {
  const std::size_t count = readings.inputs;
  const Timed timed("elementwise", at);
  require_defined("elementwise", x, count);
  const DType dtype = promote(x, count, true);
  Tensor y = Tensor::uninitialized(broadcast_all("elementwise", x, count), readings.mask ? boolean : dtype);
  Tensor in[most_elementwise_inputs];
  for (std::size_t i = 0; i < count; ++i) in[i] = x[i].dtype() == dtype ? x[i] : converted(x[i], dtype);
  if (readings.value_pass != nullptr)
    whole_pass(dtype, y.shape(), in, count, &y, 1,
               [&](const kernels::WholePass& pass) { readings.value_pass(f, pass); });
  else
    tile_pass(dtype, y.shape(), in, count, &y, 1,
              [&](Tile* tiles, Tile* result) { readings.value(f, tiles, result[0]); });
  y.mark_weak(all_weak(x, count));
  if (readings.mask || !records(x, count)) return y;
  Ref<Node> node = make_node(Kept{readings.keep(f), &readings, at}, y, x);
  return attach(std::move(y), std::move(node));
}

}  // namespace xgrad::detail
