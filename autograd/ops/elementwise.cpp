#include <xgrad/autograd/ops/elementwise.hpp>

#include <array>
#include <atomic>

#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/tiles.hpp>

namespace xgrad::detail {
namespace {

using kernels::Tile;

/// The user's function, as a node stores it.
struct Kept {
  std::shared_ptr<const void> f;
  const CompiledForms* forms;
  Source at;
};

std::uint32_t bits_of(Needs needs, std::size_t count) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (needs[i]) bits |= 1u << i;
  return bits;
}

/// g times the slopes, as recorded ops.
void pull_recorded(const Kept& kept, Tensor* x, std::uint32_t needs, const Tensor& g, Tensor* out) {
  const std::size_t count = kept.forms->inputs;
  const GuardScope guard;
  Tensor in[most_elementwise_inputs], slopes[most_elementwise_inputs];
  for (std::size_t i = 0; i < count; ++i) in[i] = to(x[i], g.dtype(), kept.at);
  kept.forms->recorded_slopes(kept.f.get(), in, needs, slopes);
  for (std::size_t i = 0; i < count; ++i) {
    if ((needs >> i & 1u) == 0) continue;
    out[i] = slopes[i].defined() ? guarded_product(g, slopes[i]) : zeros_for(x[i], g);
  }
}

/// Packs the operands into a pass that code compiled in the user's file carries out, and calls run with it.
template <class Run>
auto whole_pass(DType dtype, const Shape& shape, const Tensor* in, std::size_t in_count, const Tensor* out,
                std::size_t out_count, const Run& run) {
  kernels::TileInput inputs[most_elementwise_inputs + 1];
  void* outputs[most_elementwise_inputs];
  for (std::size_t i = 0; i < in_count; ++i)
    inputs[i] = {Raw::bytes(in[i]), in[i].shape().data(), in[i].shape().rank()};
  for (std::size_t i = 0; i < out_count; ++i) outputs[i] = out[i].defined() ? Raw::write_bytes(out[i]) : nullptr;
  return run(kernels::WholePass{tile_type(dtype), shape.data(), shape.rank(), inputs, outputs});
}

/// g, the last of the tensors `in`, times the slopes, in one pass over tiles. Returns the bits of the inputs that have
/// a slope.
std::uint32_t pull_tiles(const Kept& kept, const Tensor* in, std::uint32_t needs, const Tensor* out) {
  const std::size_t count = kept.forms->inputs;
  const Tensor& g = in[count];
  std::atomic<std::uint32_t> found{0};
  tile_pass(g.dtype(), g.shape(), in, count + 1, out, count, [&](Tile* tiles, Tile* results) {
    Tile slopes[most_elementwise_inputs];
    kept.forms->slopes(kept.f.get(), tiles, needs, slopes);
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

/// g times the slopes, in one pass. Where the function is flat in an input, the gradient is zeros.
void pull_fused(const Kept& kept, Tensor* x, std::uint32_t needs, const Tensor& g, Tensor* out) {
  const std::size_t count = kept.forms->inputs;
  Tensor in[most_elementwise_inputs + 1];
  for (std::size_t i = 0; i < count; ++i) {
    in[i] = x[i].dtype() == g.dtype() ? x[i] : converted(x[i], g.dtype());
    if (needs >> i & 1u) out[i] = Raw::uninitialized(g.shape(), g.dtype());
  }
  in[count] = g;
  if (g.size() == 0) return;
  std::uint32_t found = 0;
  if (kept.forms->slopes_pass == nullptr)
    found = pull_tiles(kept, in, needs, out);
  else
    found = whole_pass(g.dtype(), g.shape(), in, count + 1, out, count,
                       [&](const kernels::WholePass& pass) { return kept.forms->slopes_pass(kept.f.get(), pass); });
  for (std::size_t i = 0; i < count; ++i)
    if ((needs >> i & 1u) != 0 && (found >> i & 1u) == 0) out[i] = zeros_for(x[i], g);
}

/// The rule of a user's function of N tensors.
template <std::size_t N>
struct PullAll {
  Kept kept;

  template <class... A>
  std::array<Tensor, N> operator()(A... all) const {
    return from_list(std::make_index_sequence<N>{}, std::tie(all...));
  }

 private:
  template <std::size_t... I, class All>
  std::array<Tensor, N> from_list(std::index_sequence<I...>, const All& all) const {
    Tensor x[] = {std::get<I>(all)...};
    const Tensor& g = std::get<N>(all);
    const std::uint32_t needs = bits_of(std::get<N + 1>(all), N);
    std::array<Tensor, N> out;
    if (grad_enabled())
      pull_recorded(kept, x, needs, g, out.data());
    else
      pull_fused(kept, x, needs, g, out.data());
    return out;
  }
};

template <std::size_t N = 1>
Tensor record_all(const Kept& kept, Tensor y, const Tensor* x) {
  if (kept.forms->inputs == N)
    return record_rules<N>("elementwise", kept.at, std::move(y), x, N, 0, attributes(),
                           Rule<reads_every_x | rule_joint | rule_pointwise, PullAll<N>>{{kept}});
  if constexpr (N < most_elementwise_inputs)
    return record_all<N + 1>(kept, std::move(y), x);
  else
    return y;
}

}  // namespace

Tensor elementwise(const void* f, const CompiledForms& forms, Tensor* x, Source at) {
  const std::size_t count = forms.inputs;
  const Timed timed("elementwise", at);
  require_defined("elementwise", x, count);
  const DType dtype = promote(x, count, true);
  Tensor y = result_room(x, count, broadcast_all("elementwise", x, count), forms.mask ? boolean : dtype);
  Tensor in[most_elementwise_inputs];
  for (std::size_t i = 0; i < count; ++i) in[i] = x[i].dtype() == dtype ? x[i] : converted(x[i], dtype);
  if (forms.value_pass != nullptr)
    whole_pass(dtype, y.shape(), in, count, &y, 1, [&](const kernels::WholePass& pass) { forms.value_pass(f, pass); });
  else
    tile_pass(dtype, y.shape(), in, count, &y, 1, [&](Tile* tiles, Tile* result) { forms.value(f, tiles, result[0]); });
  Raw::mark_weak(y, all_weak(x, count));
  if (forms.mask) return y;
  if (records(x, count)) y = record_all(Kept{forms.keep(f), &forms, at}, std::move(y), x);
  if (is_observed()) tell_computed("elementwise", at, y, x, count, attributes());
  return y;
}

}  // namespace xgrad::detail
