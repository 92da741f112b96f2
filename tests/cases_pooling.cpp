#include <algorithm>
#include <tuple>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/average_pooling.hpp>
#include <xgrad/autograd/ops/max_pooling.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

using List = std::vector<std::int64_t>;

// A pooling of one, two or three axes: how windows slide.
struct Slide {
  Shape x;
  Dims size;
  Dims stride = List{};
  Dims padding = 0;
  Dims dilation = 1;
  bool ceil = false;

  MaxPoolOptions of_max() const {
    return MaxPoolOptions().stride(stride).padding(padding).dilation(dilation).ceil_mode(ceil);
  }
  AvgPoolOptions of_average() const { return AvgPoolOptions().stride(stride).padding(padding).ceil_mode(ceil); }
};

const std::vector<Slide> lines = {
    {{0, 2, 5}, 2},
    {{2, 0, 5}, 3, 1},
    {{0, 4}, 2},
    {{0, 0, 3}, 3, 2, 1},
    {{2, 3, 8}, 2},
    {{1, 1, 7}, 3, 2},
    {{2, 7}, 2, 1},
    {{1, 2, 9}, 3, 1, 1},
    {{2, 1, 5}, 5, 1, 2},
    {{1, 2, 8}, 3, 2, 1, 2},
    {{1, 1, 9}, 2, 2, 0, 3},
    {{2, 2, 7}, 2, 2, 0, 1, true},
    {{1, 3}, 1},
    {{1, 2, 6}, 3, 3},
    {{1, 1, 2}, 3, 2, 0, 1, true},
    {{1, 2, 8}, 4, 3, 2},
    {{1, 1, 1}, 1},
    {{1, 1, 37}, 2},
    {{1, 1, 35}, 3, 1},
    {{1, 1, 40}, 3, 2, 1},
    {{1, 2, 5}, 2, 4, 1, 1, true},
    {{0, 3, 9}, 2, 1, 1, 4},
};
const std::vector<Slide> images = {
    {{0, 2, 4, 4}, 2},
    {{2, 0, 5, 3}, {2, 3}},
    {{0, 3, 3}, 2},
    {{0, 1, 6, 6}, 3, 2, 1},
    {{2, 2, 4, 4}, 2},
    {{1, 1, 5, 7}, 2},
    {{1, 1, 4, 19}, 2},
    {{1, 1, 3, 16}, 2, 2},
    {{1, 1, 2, 10}, {2, 2}, {2, 2}},
    {{1, 2, 6, 5}, 3, 2, 1},
    {{2, 5, 5}, 3, 1, 1},
    {{1, 2, 5, 4}, {3, 2}, {2, 1}, {1, 0}},
    {{1, 1, 7, 7}, {2, 3}, 2, {1, 1}, {3, 2}},
    {{1, 1, 5, 5}, 2, 2, 0, 1, true},
    {{1, 2, 5, 6}, 3, 2, 1, 1, true},
    {{1, 1, 1, 1}, 1},
    {{1, 3, 3, 3}, 3},
    {{1, 1, 4, 4}, 3, 3, 0, 1, true},
    {{1, 1, 2, 23}, {2, 3}, {1, 1}},
    {{1, 1, 2, 24}, {2, 3}, {1, 2}},
    {{0, 2, 3, 3}, 3, 1, 1},
};
const std::vector<Slide> volumes = {
    {{0, 2, 2, 2, 2}, 2},
    {{2, 0, 3, 3, 3}, 2},
    {{0, 3, 3, 3}, 2},
    {{0, 1, 4, 2, 2}, 2, 1, 1},
    {{1, 2, 2, 4, 4}, 2},
    {{1, 1, 3, 3, 3}, 2, 1},
    {{1, 3, 2, 4}, 2},
    {{1, 1, 3, 2, 4}, {3, 1, 2}, {1, 1, 2}},
    {{1, 1, 3, 3, 3}, 3, 2, 1},
    {{2, 1, 2, 3, 3}, {1, 2, 2}, {1, 2, 1}, {0, 1, 0}},
    {{1, 1, 4, 3, 3}, 2, 1, 1, {2, 1, 1}},
    {{1, 1, 3, 3, 3}, 2, 2, 0, 1, true},
    {{1, 1, 1, 1, 1}, 1},
    {{1, 1, 1, 4, 6}, {1, 2, 2}},
    {{2, 2, 2, 2}, 2},
    {{1, 1, 2, 2, 19}, {2, 2, 3}, {1, 1, 1}},
    {{1, 2, 3, 2, 2}, {2, 2, 1}, {1, 1, 1}},
    {{0, 2, 3, 2, 2}, {2, 2, 1}, {1, 1, 1}},
};
const std::vector<Slide>& slides(std::size_t axes) { return axes == 1 ? lines : axes == 2 ? images : volumes; }

/// A row of an op with a size of windows, whose calls f makes of a tensor and how they slide.
Case sliding(std::string op, std::size_t axes, const std::function<Tensor(const Tensor&, const Slide&)>& f,
             const Domain& domain, bool dilates, unsigned flags = none) {
  Case row{std::move(op), {}, {}, no_scalars | flags};
  for (const Slide& slide : slides(axes)) {
    Slide used = slide;
    if (!dilates) used.dilation = 1;
    row.samples.push_back({[f, used](const Tensors& x) { return f(x[0], used); }, {domain(slide.x)}});
  }
  const Shape fits = axes == 1 ? Shape{2, 6} : axes == 2 ? Shape{2, 6, 6} : Shape{2, 6, 6, 6};
  const auto refused = [&](const Shape& shape, Slide slide, std::vector<std::string> says = {}) {
    row.refusals.push_back({[f, slide](const Tensors& x) { return f(x[0], slide); }, {domain(shape)}, std::move(says)});
  };
  refused(fits, {{}, 0}, {"kernel_size", "0"});
  refused(fits, {{}, -2}, {"kernel_size", "-2"});
  refused(fits, {{}, {2, 2, 2, 2}}, {"kernel_size", "(2, 2, 2, 2)"});
  refused(fits, {{}, 2, 0}, {"stride", "0"});
  refused(fits, {{}, 7}, {"7", to_string(fits)});
  refused({3}, {{}, 2});
  refused(axes == 1 ? Shape{2, 2, 2, 2} : Shape{4, 4}, {{}, 2});
  refused(fits.with(fits.rank() - 1, 0), {{}, 2});
  return row;
}

void of_max(std::vector<Case>& rows) {
  using Pool = Tensor (*)(Tensor, const Dims&, const MaxPoolOptions&, Source);
  using WithIndices = ValuesIndices (*)(Tensor, const Dims&, const MaxPoolOptions&, Source);
  const std::tuple<const char*, const char*, Pool, WithIndices> all[] = {
      {"max_pool1d", "max_pool1d_with_indices", max_pool1d, max_pool1d_with_indices},
      {"max_pool2d", "max_pool2d_with_indices", max_pool2d, max_pool2d_with_indices},
      {"max_pool3d", "max_pool3d_with_indices", max_pool3d, max_pool3d_with_indices}};
  std::size_t axes = 0;
  for (const auto& [name, with, pool, with_indices] : all) {
    ++axes;
    const auto f = [pool = pool](const Tensor& x, const Slide& s) {
      return pool(x, s.size, s.of_max(), Source::here());
    };
    rows.push_back(sliding(name, axes, f, distinct, true));
    rows.push_back(sliding(
        with, axes,
        [g = with_indices](const Tensor& x, const Slide& s) { return g(x, s.size, s.of_max(), Source::here()).values; },
        distinct, true));
    const Shape x = axes == 1 ? Shape{2, 6} : axes == 2 ? Shape{2, 6, 6} : Shape{2, 6, 6, 6};
    rows[rows.size() - 2].refusals.push_back({[f](const Tensors& in) {
                                                return f(in[0], {{}, 2, 1, 2});
                                              },
                                              {distinct(x)},
                                              {"padding 2", "half"}});
    rows[rows.size() - 2].refusals.push_back({[f](const Tensors& in) {
                                                return f(in[0], {{}, 2, 1, 0, 0});
                                              },
                                              {distinct(x)},
                                              {"dilation", "0"}});
  }
}

void of_averages(std::vector<Case>& rows) {
  using Pool = Tensor (*)(Tensor, const Dims&, const AvgPoolOptions&, Source);
  const std::pair<const char*, Pool> all[] = {
      {"avg_pool1d", avg_pool1d}, {"avg_pool2d", avg_pool2d}, {"avg_pool3d", avg_pool3d}};
  std::size_t axes = 0;
  for (const auto& [name, pool] : all) {
    ++axes;
    const auto with = [pool = pool](const Tensor& x, const Slide& s, const AvgPoolOptions& options) {
      return pool(x, s.size, options, Source::here());
    };
    rows.push_back(sliding(
        name, axes, [with](const Tensor& x, const Slide& s) { return with(x, s, s.of_average()); }, any, false));
    rows.push_back(sliding(
        name, axes,
        [with](const Tensor& x, const Slide& s) { return with(x, s, s.of_average().count_include_pad(false)); }, any,
        false));
    if (axes > 1)
      rows.push_back(sliding(
          name, axes,
          [with](const Tensor& x, const Slide& s) { return with(x, s, s.of_average().divisor_override(-3)); }, any,
          false));
    const Shape x = axes == 1 ? Shape{2, 6} : axes == 2 ? Shape{2, 6, 6} : Shape{2, 6, 6, 6};
    rows.back().refusals.push_back({[with](const Tensors& in) {
                                      return with(in[0], {{}, 2}, AvgPoolOptions().divisor_override(0));
                                    },
                                    {any(x)},
                                    {"divisor_override", "0"}});
  }
  using Power = Tensor (*)(Tensor, double, const Dims&, const LPPoolOptions&, Source);
  const std::pair<const char*, Power> powers[] = {
      {"lp_pool1d", lp_pool1d}, {"lp_pool2d", lp_pool2d}, {"lp_pool3d", lp_pool3d}};
  axes = 0;
  for (const auto& [name, pool] : powers) {
    ++axes;
    const auto f = [pool = pool](const Tensor& x, const Slide& s) {
      return pool(x, 3, s.size, LPPoolOptions().stride(s.stride).ceil_mode(s.ceil), Source::here());
    };
    rows.push_back(sliding(name, axes, f, positive, false));
    const auto sums = [pool = pool](const Tensor& x, const Slide& s) {
      return pool(x, 1, s.size, LPPoolOptions().stride(s.stride).ceil_mode(s.ceil), Source::here());
    };
    rows.push_back(sliding(name, axes, sums, any, false));
    rows.back().refusals.push_back({[pool = pool](const Tensors& x) { return pool(x[0], 0, 2, {}, Source::here()); },
                                    {positive({2, 6})},
                                    {"norm_type", "0"}});
  }
}

// ---- to a given size

struct Resized {
  Shape x;
  Dims size;
};
const std::vector<Resized> resized_lines = {
    {{0, 2, 5}, 2}, {{2, 0, 5}, 3}, {{0, 4}, 2},    {{2, 5}, 0},    {{2, 3, 8}, 2}, {{1, 1, 7}, 3},
    {{2, 7}, 5},    {{1, 2, 4}, 7}, {{2, 1, 5}, 5}, {{1, 2, 8}, 1}, {{1, 1, 1}, 3}, {{1, 1, 9}, -1},
    {{1, 3}, 2},    {{3, 2, 3}, 2}, {{1, 11}, 4},   {{1, 2, 2}, 1}, {{2, 1, 6}, 4}, {{0, 1, 3}, 4},
};
const std::vector<Resized> resized_images = {
    {{0, 2, 4, 4}, 2},       {{2, 0, 5, 3}, {2, 3}}, {{0, 3, 3}, 2},         {{1, 2, 3, 3}, {0, 2}},
    {{1, 2, 4, 4}, 2},       {{1, 1, 5, 7}, {3, 4}}, {{1, 1, 7, 3}, 3},      {{2, 4, 5}, {-1, 2}},
    {{1, 1, 3, 4}, {5, 6}},  {{1, 2, 3, 3}, 1},      {{1, 1, 1, 1}, 2},      {{1, 6, 2}, {4, 1}},
    {{1, 1, 5, 5}, {2, -1}}, {{1, 3, 2, 2}, 2},      {{1, 1, 6, 7}, {4, 3}}, {{2, 1, 4, 3}, {3, 2}},
    {{1, 1, 2, 9}, {1, 4}},  {{0, 1, 2, 2}, 3},
};
const std::vector<Resized> resized_volumes = {
    {{0, 2, 2, 4, 4}, 2},
    {{2, 0, 2, 5, 3}, {2, 2, 3}},
    {{0, 3, 3, 2}, 2},
    {{1, 1, 2, 3, 3}, {1, 0, 2}},
    {{1, 2, 2, 4, 4}, 2},
    {{1, 1, 3, 2, 3}, {2, 3, 2}},
    {{1, 3, 3, 3}, {2, 2, 2}},
    {{1, 2, 2, 2}, 3},
    {{1, 1, 4, 2, 2}, {3, -1, 1}},
    {{1, 1, 1, 1, 1}, 2},
    {{1, 2, 2, 3, 2}, 1},
    {{2, 1, 2, 2, 3}, {1, 2, 2}},
    {{1, 1, 5, 2, 2}, {3, 2, 2}},
    {{1, 2, 3, 2}, {2, 2, -1}},
    {{1, 1, 2, 2, 5}, {2, 1, 3}},
    {{0, 1, 2, 2, 2}, 3},
    {{1, 1, 3, 4, 2}, {2, 3, 1}},
};

Case to_size(std::string op, std::size_t axes, Tensor (*f)(Tensor, const Dims&, Source), const Domain& domain) {
  Case row{std::move(op), {}, {}, no_scalars};
  const auto with = [f](Dims size) { return [f, size](const Tensors& x) { return f(x[0], size, Source::here()); }; };
  for (const Resized& one : axes == 1 ? resized_lines : axes == 2 ? resized_images : resized_volumes)
    row.samples.push_back({with(one.size), {domain(one.x)}});
  const Shape fits = axes == 1 ? Shape{2, 6} : axes == 2 ? Shape{2, 6, 6} : Shape{2, 6, 6, 6};
  row.refusals = {{with(-2), {domain(fits)}, {"output_size", "-2"}},
                  {with({2, 2, 2, 2}), {domain(fits)}, {"output_size", "(2, 2, 2, 2)"}},
                  {with(2), {domain({3})}},
                  {with(2), {domain(fits.with(1, 0))}}};
  return row;
}

template <ValuesIndices (*f)(Tensor, const Dims&, Source)>
Tensor values_of(Tensor x, const Dims& size, Source at) {
  return f(std::move(x), size, at).values;
}

// ---- back to the size before

struct Unpooled {
  Shape x;  // of the pooled tensor
  Dims size;
  MaxUnpoolOptions options = {};
};

Case unpooling(std::string op, std::size_t axes,
               Tensor (*f)(Tensor, Tensor, const Dims&, const MaxUnpoolOptions&, Source),
               const std::vector<Unpooled>& list) {
  Case row{std::move(op), {}, {}, no_scalars | selects};
  const auto with = [f](const Dims& size, const MaxUnpoolOptions& options = {}) {
    return [f, size, options](const Tensors& x) { return f(x[0], x[1], size, options, Source::here()); };
  };
  for (const Unpooled& one : list) {
    const Tensor x = any(one.x),
                 indices = labels(one.x, std::max<std::int64_t>(1, Shape(one.x.end() - axes, axes).count()));
    row.samples.push_back({with(one.size, one.options), {x, indices}});
  }
  const Shape fits = axes == 1 ? Shape{2, 3} : axes == 2 ? Shape{2, 3, 3} : Shape{2, 3, 3, 3};
  row.refusals = {{with(2), {any(fits), labels({3}, 1)}, {to_string(fits), "(3)"}},
                  {with(2), {any(fits), constant(any(fits))}, {"float64", to_string(fits)}},
                  {with(2), {any(fits), labels(fits, 1) - 1}, {"-1"}},
                  {with(2), {any(fits), labels(fits, 1) + 10000}, {"10000"}},
                  {with(2, MaxUnpoolOptions().output_size(8)), {any(fits), labels(fits, 1)}, {"8", "6"}},
                  {with(0), {any(fits), labels(fits, 1)}, {"kernel_size", "0"}}};
  return row;
}

void of_given_sizes(std::vector<Case>& rows) {
  rows.push_back(to_size("adaptive_max_pool1d", 1, adaptive_max_pool1d, distinct));
  rows.push_back(to_size("adaptive_max_pool2d", 2, adaptive_max_pool2d, distinct));
  rows.push_back(to_size("adaptive_max_pool3d", 3, adaptive_max_pool3d, distinct));
  rows.push_back(to_size("adaptive_max_pool1d_with_indices", 1, values_of<adaptive_max_pool1d_with_indices>, distinct));
  rows.push_back(to_size("adaptive_max_pool2d_with_indices", 2, values_of<adaptive_max_pool2d_with_indices>, distinct));
  rows.push_back(to_size("adaptive_max_pool3d_with_indices", 3, values_of<adaptive_max_pool3d_with_indices>, distinct));
  rows.push_back(to_size("adaptive_avg_pool1d", 1, adaptive_avg_pool1d, any));
  rows.push_back(to_size("adaptive_avg_pool2d", 2, adaptive_avg_pool2d, any));
  rows.push_back(to_size("adaptive_avg_pool3d", 3, adaptive_avg_pool3d, any));
  const auto to = [](Dims size) { return MaxUnpoolOptions().output_size(size); };
  rows.push_back(unpooling("max_unpool1d", 1, max_unpool1d,
                           {{{0, 2, 3}, 2},
                            {{2, 0, 3}, 2},
                            {{0, 3}, 3},
                            {{0, 1, 2}, 2, to(5)},
                            {{1, 2, 3}, 2},
                            {{2, 4}, 2},
                            {{1, 1, 4}, 3, MaxUnpoolOptions().stride(2)},
                            {{2, 1, 3}, 2, to(7)},
                            {{2, 3, 2}, 2, to(3)},
                            {{1, 5}, 1},
                            {{1, 1, 1}, 1},
                            {{3, 2}, 4},
                            {{1, 2, 4}, 3, MaxUnpoolOptions().stride(2).padding(1)},
                            {{4, 1}, 2},
                            {{1, 3, 6}, 2},
                            {{2, 2, 2}, 2}}));
  rows.push_back(unpooling("max_unpool2d", 2, max_unpool2d,
                           {{{0, 2, 3, 2}, 2},
                            {{2, 0, 3, 1}, 2},
                            {{0, 3, 2}, 3},
                            {{0, 1, 2, 2}, 2, to({5, 4})},
                            {{1, 2, 3, 3}, 2},
                            {{2, 2, 2}, 2},
                            {{1, 1, 2, 3}, {3, 2}, MaxUnpoolOptions().stride(2)},
                            {{2, 1, 2, 2}, 2, to({5, 3})},
                            {{1, 2, 3}, {1, 2}},
                            {{1, 5, 1}, 1},
                            {{1, 1, 1, 1}, 1},
                            {{3, 2, 2}, 3},
                            {{1, 2, 2, 2}, 3, MaxUnpoolOptions().stride(2).padding(1)},
                            {{4, 1, 1}, 2},
                            {{1, 3, 2, 2}, 2},
                            {{2, 2, 2, 1}, 2}}));
  rows.push_back(unpooling("max_unpool3d", 3, max_unpool3d,
                           {{{0, 2, 1, 3, 2}, 2},
                            {{2, 0, 1, 3, 1}, 2},
                            {{0, 2, 2, 2}, 3},
                            {{0, 1, 1, 2, 2}, 2, to({3, 5, 4})},
                            {{1, 2, 1, 3, 3}, 2},
                            {{2, 1, 2, 2}, 2},
                            {{1, 1, 2, 2, 3}, {1, 3, 2}, MaxUnpoolOptions().stride({1, 2, 2})},
                            {{2, 1, 1, 2, 2}, 2, to({2, 5, 3})},
                            {{1, 2, 3, 1}, {1, 2, 1}},
                            {{1, 5, 1, 1}, 1},
                            {{1, 1, 1, 1, 1}, 1},
                            {{3, 2, 1, 2}, 2},
                            {{1, 2, 2, 2, 2}, 3, MaxUnpoolOptions().stride(2).padding(1)},
                            {{4, 1, 1, 1}, 2},
                            {{1, 3, 2, 1, 2}, 2},
                            {{2, 2, 2, 1, 1}, 2}}));
}

}  // namespace

std::vector<Case> pooling_cases() {
  std::vector<Case> rows;
  of_max(rows);
  of_averages(rows);
  of_given_sizes(rows);
  return rows;
}

}  // namespace cases
