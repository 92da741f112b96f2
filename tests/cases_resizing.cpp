#include <xgrad/autograd/ops/rearranging.hpp>
#include <xgrad/autograd/ops/resizing.hpp>
#include <xgrad/nn/fold.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

// ---- resizing

using Interpolation = std::pair<Shape, InterpolateOptions>;

Case interpolating(const std::vector<Interpolation>& list) {
  Case row{"interpolate", {}, {}, no_scalars | selects};
  const auto with = [](const InterpolateOptions& options) {
    return [options](const Tensors& x) { return interpolate(x[0], options); };
  };
  for (const auto& [shape, options] : list) row.samples.push_back({with(options), {any(shape)}});
  const auto to = [] { return InterpolateOptions(); };
  using Mode = InterpolateMode;
  row.refusals = {{with(to()), {any({1, 2, 3})}, {"size", "(1, 2, 3)"}},
                  {with(to().size(2).scale_factor(2)), {any({1, 2, 3})}, {"both", "(1, 2, 3)"}},
                  {with(to().size(0)), {any({1, 2, 3})}, {"size", "0"}},
                  {with(to().size({2, 2, 2, 2})), {any({1, 2, 3})}, {"size", "(2, 2, 2, 2)"}},
                  {with(to().scale_factor(0.1)), {any({1, 2, 3})}, {"0.1", "(1, 2, 3)"}},
                  {with(to().scale_factor(-1)), {any({1, 2, 3})}, {"-1", "(1, 2, 3)"}},
                  {with(to().scale_factor({1., 2.})), {any({1, 2, 3})}, {"2", "(1, 2, 3)"}},
                  {with(to().size(2).align_corners(true)), {any({1, 2, 3})}, {"align_corners", "nearest"}},
                  {with(to().size(2).mode(Mode::linear)), {any({1, 2, 3, 3})}, {"linear", "(1, 2, 3, 3)"}},
                  {with(to().size(2).mode(Mode::bilinear)), {any({1, 2, 3})}, {"bilinear", "(1, 2, 3)"}},
                  {with(to().size(2)), {any({2, 3})}},
                  {with(to().size(2)), {any({1, 2, 0})}}};
  return row;
}

void of_resizing(std::vector<Case>& rows) {
  using Mode = InterpolateMode;
  const auto size = [](Dims list, Mode mode, bool align = false) {
    return InterpolateOptions().size(list).mode(mode).align_corners(align);
  };
  const auto scale = [](const ScaleFactors& list, Mode mode, bool align = false) {
    return InterpolateOptions().scale_factor(list).mode(mode).align_corners(align);
  };
  rows.push_back(interpolating({{{0, 2, 5}, size(3, Mode::nearest)},
                                {{2, 0, 5}, size(7, Mode::linear)},
                                {{0, 1, 3, 3}, scale(2, Mode::bilinear)},
                                {{1, 0, 3, 3}, scale(2, Mode::bicubic)},
                                {{0, 1, 2, 2, 2}, scale(2, Mode::trilinear)},
                                {{0, 1, 2, 2}, scale(2, Mode::area)},
                                {{1, 2, 5}, size(3, Mode::nearest)},
                                {{2, 1, 4}, scale(2.5, Mode::nearest)},
                                {{1, 2, 5}, size(8, Mode::nearest_exact)},
                                {{1, 1, 3, 4}, size({5, 3}, Mode::nearest)},
                                {{1, 1, 2, 2, 3}, scale({2, 1, 1.5}, Mode::nearest)},
                                {{1, 2, 5}, size(8, Mode::linear)},
                                {{1, 1, 6}, size(4, Mode::linear, true)},
                                {{1, 1, 1}, size(3, Mode::linear)},
                                {{1, 2, 4}, size(1, Mode::linear, true)},
                                {{1, 2, 3, 4}, scale(2, Mode::bilinear)},
                                {{1, 1, 5, 4}, size({3, 7}, Mode::bilinear, true)},
                                {{2, 1, 4, 4}, scale(0.5, Mode::bilinear)},
                                {{1, 1, 3, 4}, scale({1.7, 1.3}, Mode::bilinear)},
                                {{1, 1, 3, 19}, size({2, 37}, Mode::bilinear)},
                                {{1, 1, 3, 4}, scale({1.7, 1.3}, Mode::bilinear).recompute_scale_factor(true)},
                                {{1, 1, 4, 3}, scale(2, Mode::bicubic)},
                                {{1, 1, 4, 5}, size({3, 8}, Mode::bicubic, true)},
                                {{1, 1, 2, 3, 2}, size({3, 2, 4}, Mode::trilinear)},
                                {{1, 1, 2, 3, 2}, size({3, 5, 1}, Mode::trilinear, true)},
                                {{1, 2, 4, 5}, size({3, 2}, Mode::area)},
                                {{1, 2, 5}, size(3, Mode::area)},
                                {{1, 1, 3, 2, 3}, size({2, 1, 2}, Mode::area)}}));
}

// ---- channels and places exchanged

Case rearranging(std::string op, Tensor (*f)(Tensor, Dim, Source), const std::vector<std::pair<Shape, int>>& list,
                 const std::vector<std::pair<Shape, int>>& wrong) {
  Case row{std::move(op), {}, {}, no_scalars};
  const auto with = [f](int factor) {
    return [f, factor](const Tensors& x) { return f(x[0], factor, Source::here()); };
  };
  for (const auto& [shape, factor] : list) row.samples.push_back({with(factor), {any(shape)}});
  for (const auto& [shape, factor] : wrong)
    row.refusals.push_back({with(factor), {any(shape)}, {to_string(shape), std::to_string(factor)}});
  row.refusals.push_back({with(2), {any({4, 4})}});
  return row;
}

void of_rearranging(std::vector<Case>& rows) {
  rows.push_back(rearranging("pixel_shuffle", pixel_shuffle,
                             {{{0, 4, 2, 2}, 2},
                              {{2, 0, 2, 2}, 2},
                              {{1, 4, 0, 3}, 2},
                              {{4, 3, 0}, 2},
                              {{1, 4, 2, 3}, 2},
                              {{4, 2, 3}, 2},
                              {{2, 9, 1, 2}, 3},
                              {{1, 8, 2, 2}, 2},
                              {{3, 1, 2}, 1},
                              {{1, 1, 1}, 1},
                              {{2, 2, 4, 1, 2}, 2},
                              {{16, 1, 1}, 4},
                              {{1, 12, 2, 1}, 2},
                              {{8, 1, 3}, 2},
                              {{18, 2, 1}, 3},
                              {{2, 4, 3, 2}, 2}},
                             {{{1, 6, 2, 2}, 2}, {{4, 2, 2}, 0}, {{4, 2, 2}, -2}}));
  rows.push_back(rearranging("pixel_unshuffle", pixel_unshuffle,
                             {{{0, 1, 2, 2}, 2},
                              {{2, 0, 2, 2}, 2},
                              {{1, 4, 0, 2}, 2},
                              {{4, 3, 0}, 3},
                              {{1, 2, 4, 6}, 2},
                              {{1, 2, 4}, 2},
                              {{2, 1, 3, 6}, 3},
                              {{1, 3, 2, 2}, 2},
                              {{3, 1, 2}, 1},
                              {{1, 1, 1}, 1},
                              {{2, 2, 1, 4, 2}, 2},
                              {{1, 4, 4}, 4},
                              {{1, 2, 4, 2}, 2},
                              {{2, 2, 6}, 2},
                              {{2, 6, 3}, 3},
                              {{2, 2, 6, 4}, 2}},
                             {{{1, 6, 3, 2}, 2}, {{4, 2, 5}, 2}, {{4, 2, 2}, 0}, {{4, 2, 2}, -2}}));
  rows.push_back(rearranging("channel_shuffle", channel_shuffle,
                             {{{0, 4, 2, 2}, 2},
                              {{2, 0, 2, 2}, 2},
                              {{1, 4, 0, 3}, 2},
                              {{1, 3, 0}, 3},
                              {{1, 4, 2, 3}, 2},
                              {{2, 4, 3}, 4},
                              {{2, 9, 1, 2}, 3},
                              {{1, 8, 2, 2}, 4},
                              {{3, 1, 2}, 1},
                              {{1, 1, 1}, 1},
                              {{2, 4, 1, 2, 2}, 2},
                              {{2, 6, 1}, 3},
                              {{1, 12, 2, 1}, 4},
                              {{2, 8, 3}, 2},
                              {{1, 6, 5}, 2},
                              {{2, 4, 3, 2}, 2}},
                             {{{1, 5, 2, 2}, 2}, {{1, 4, 2}, 0}, {{1, 4, 2}, -2}}));
}

// ---- images as columns

void of_columns(std::vector<Case>& rows) {
  struct Blocks {
    Shape image;
    Dims size;
    nn::FoldOptions options = {};
  };
  const auto set = [] { return nn::FoldOptions(); };
  const std::vector<Blocks> list = {{{0, 2, 3, 3}, 2},
                                    {{2, 0, 3, 4}, {2, 3}},
                                    {{0, 3, 3}, 2},
                                    {{0, 1, 4, 4}, 2, set().stride(2)},
                                    {{1, 2, 3, 4}, 2},
                                    {{2, 1, 4, 4}, 2, set().stride(2)},
                                    {{2, 3, 3}, {1, 2}},
                                    {{1, 1, 5, 5}, 3, set().stride(2).padding(1)},
                                    {{1, 1, 5, 6}, {2, 3}, set().dilation({2, 1})},
                                    {{1, 2, 3, 3}, 3},
                                    {{1, 1, 1}, 1},
                                    {{1, 1, 2, 3}, 3, set().padding(2)},
                                    {{1, 4, 5}, {3, 2}, set().stride({1, 2}).padding({0, 1})},
                                    {{1, 1, 7, 3}, 2, set().stride(3)},
                                    {{2, 2, 2, 2}, 1},
                                    {{1, 1, 3, 9}, 2, set().dilation(2).padding(1).stride(2)}};
  Case out{"unfold", {}, {}, no_scalars}, in{"fold", {}, {}, no_scalars};
  for (const Blocks& one : list) {
    const auto take = [one](const Tensor& x) { return nn::unfold(x, one.size, one.options); };
    out.samples.push_back({[take](const Tensors& x) { return take(x[0]); }, {any(one.image)}});
    const Shape columns = take(constant(any(one.image))).shape();
    const Dims image(std::vector<std::int64_t>(one.image.end() - 2, one.image.end()));
    in.samples.push_back(
        {[one, image](const Tensors& x) { return nn::fold(x[0], image, one.size, one.options); }, {any(columns)}});
  }
  const TensorFunction by_two = [](const Tensors& x) { return nn::unfold(x[0], 2); };
  out.refusals = {{by_two, {any({3, 3})}},
                  {by_two, {any({1, 1, 3})}},
                  {by_two, {any({2, 3, 0})}},
                  {[](const Tensors& x) { return nn::unfold(x[0], 0); }, {any({1, 3, 3})}, {"kernel_size", "0"}},
                  {[](const Tensors& x) {
                     return nn::unfold(x[0], {1, 2, 3});
                   },
                   {any({1, 3, 3})},
                   {"(1, 2, 3)"}}};
  const TensorFunction to_four = [](const Tensors& x) { return nn::fold(x[0], 4, 2); };
  in.refusals = {{to_four, {any({1, 4, 8})}, {"(1, 4, 8)", "9"}},
                 {to_four, {any({1, 5, 9})}, {"(1, 5, 9)", "4"}},
                 {to_four, {any({9})}, {"(9)"}},
                 {[](const Tensors& x) { return nn::fold(x[0], 1, 2); }, {any({4, 1})}, {"2", "1"}}};
  rows.push_back(std::move(out));
  rows.push_back(std::move(in));
}

}  // namespace

std::vector<Case> resizing_cases() {
  std::vector<Case> rows;
  of_resizing(rows);
  of_rearranging(rows);
  of_columns(rows);
  return rows;
}

}  // namespace cases
