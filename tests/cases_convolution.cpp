#include <xgrad/autograd/ops/convolution.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

using Numbers = std::vector<std::int64_t>;

// A call: the shapes of input, weight and bias, and its settings.
struct Call {
  std::vector<Shape> shapes;
  Numbers stride = {1}, padding = {0}, dilation = {1};
  std::int64_t groups = 1;
  Numbers more = {0};  // output_padding
  const char* word = nullptr;
};

Tensor bias_of(const Tensors& x) { return x.size() > 2 ? x[2] : Tensor(); }

using Plain = Tensor (*)(Tensor, Tensor, Tensor, Dims, ConvPadding, Dims, Dim, Source);
using Transposed = Tensor (*)(Tensor, Tensor, Tensor, Dims, Dims, Dims, Dim, Dims, Source);

TensorFunction call(Plain f, const Call& c) {
  return [f, c](const Tensors& x) {
    return f(x[0], x[1], bias_of(x), c.stride, c.word != nullptr ? ConvPadding(c.word) : ConvPadding(Dims(c.padding)),
             c.dilation, c.groups, Source::here());
  };
}
TensorFunction call(Transposed f, const Call& c) {
  return [f, c](const Tensors& x) {
    return f(x[0], x[1], bias_of(x), c.stride, c.padding, c.more, c.groups, c.dilation, Source::here());
  };
}

template <class F>
Case row_of(const char* op, F f, const std::vector<Call>& calls) {
  Case row{op, {}, {}, no_scalars};
  for (const Call& one : calls) {
    Tensors inputs;
    for (const Shape& shape : one.shapes) inputs.push_back(any(shape));
    row.samples.push_back({call(f, one), inputs});
  }
  return row;
}

template <class F>
void add_refusals(Case& row, F f, const Shape& x, const Shape& w, const std::string& channels) {
  const auto refuse = [&](const Call& c, const std::vector<std::string>& says) {
    Tensors inputs;
    for (const Shape& shape : c.shapes) inputs.push_back(any(shape));
    row.refusals.push_back({call(f, c), inputs, says});
  };
  const std::vector<Shape> good = {x, w};
  refuse({{x, w.with(0, 5).with(1, 5)}}, {to_string(x)});
  refuse({{any({}).shape(), w}}, {"()"});
  refuse({{x, w.without(2)}}, {to_string(w.without(2))});
  refuse({{x, w.with(2, 0)}}, {"0"});
  refuse({{x, w, {7}}}, {"bias", "(7)", channels});
  refuse({good, {0}}, {"stride", "0"});
  refuse({good, {1}, {-1}}, {"padding", "-1"});
  refuse({good, {1}, {0}, {0}}, {"dilation", "0"});
  refuse({good, {1}, {0}, {1}, 0}, {"groups", "0"});
  refuse({good, {1}, {0}, {1}, 3}, {"3"});
  refuse({good, {1, 1, 1, 1}}, {"stride", "(1, 1, 1, 1)"});
  refuse({good, {1}, {INT64_MAX / 2 + 1}}, {to_string(x)});
  refuse({good, {1}, {0}, {INT64_MAX}}, {to_string(x)});
  row.refusals.push_back({call(f, {}), {any(x), any(w).to(float32)}, {"float64", "float32"}});
  row.refusals.push_back({call(f, {}), {labels(x, 3), labels(w, 3)}, {"int64"}});
}

Case sequences() {
  Case row = row_of("conv1d", static_cast<Plain>(conv1d),
                    {{{{2, 2, 5}, {3, 2, 3}}, {2}, {1}},
                     {{{2, 2, 5}, {3, 2, 2}, {3}}},
                     {{{1, 3, 9}, {2, 3, 3}, {2}}, {3}, {2}, {2}},
                     {{{3, 6}, {2, 3, 2}, {2}}, {2}},
                     {{{2, 4, 5}, {6, 2, 3}, {6}}, {1}, {1}, {1}, 2},
                     {{{2, 3, 6}, {3, 1, 3}, {3}}, {1}, {1}, {1}, 3},
                     {{{2, 2, 6}, {2, 2, 4}, {2}}, {1}, {0}, {1}, 1, {0}, "same"},
                     {{{1, 1, 7}, {1, 1, 2}}, {1}, {0}, {2}, 1, {0}, "same"},
                     {{{2, 1, 5}, {2, 1, 5}}, {1}, {0}, {1}, 1, {0}, "valid"},
                     {{{0, 2, 5}, {3, 2, 2}, {3}}},
                     {{{2, 0, 5}, {3, 0, 2}, {3}}},
                     {{{2, 2, 5}, {0, 2, 2}, {0}}},
                     {{{2, 2, 0}, {3, 2, 1}, {3}}, {1}, {1}},
                     {{{1, 1, 1}, {1, 1, 1}, {1}}},
                     {{{2, 2, 4}, {2, 2, 1}}},
                     {{{1, 2, 19}, {3, 2, 2}, {3}}, {4}, {0}, {3}},
                     {{{1, 9, 5}, {17, 9, 2}, {17}}}});
  add_refusals(row, static_cast<Plain>(conv1d), {2, 2, 4}, {4, 2, 3}, "(4)");
  const auto unfit = [](const Tensors& x) { return conv1d(x[0], x[1]); };
  row.refusals.push_back({unfit, {any({2, 2, 2}), any({4, 2, 3})}});
  row.refusals.push_back({[](const Tensors& x) { return conv1d(x[0], x[1], {}, 2, "same"); },
                          {any({2, 2, 4}), any({4, 2, 3})},
                          {"same", "(2)"}});
  row.refusals.push_back(
      {[](const Tensors& x) { return conv1d(x[0], x[1], {}, 1, "both"); }, {any({2, 2, 4}), any({4, 2, 3})}, {"both"}});
  return row;
}

Case images() {
  Case row = row_of("conv2d", static_cast<Plain>(conv2d),
                    {{{{2, 2, 4, 5}, {3, 2, 3, 3}}, {1}, {1}},
                     {{{2, 2, 4, 5}, {3, 2, 2, 3}, {3}}},
                     {{{1, 3, 5, 6}, {2, 3, 3, 2}, {2}}, {2, 1}, {1, 2}, {1, 2}},
                     {{{1, 2, 7, 7}, {2, 2, 3, 3}, {2}}, {3, 2}, {2, 0}, {2, 1}},
                     {{{3, 4, 4}, {2, 3, 2, 2}, {2}}, {2}},
                     {{{1, 4, 3, 4}, {6, 2, 2, 2}, {6}}, {1}, {1}, {1}, 2},
                     {{{2, 3, 4, 4}, {3, 1, 3, 3}, {3}}, {1}, {1}, {1}, 3},
                     {{{1, 2, 5, 5}, {4, 1, 3, 3}}, {2}, {1}, {1}, 2},
                     {{{1, 2, 4, 4}, {2, 2, 2, 3}, {2}}, {1}, {0}, {1}, 1, {0}, "same"},
                     {{{1, 2, 3, 3}, {2, 2, 2, 2}}, {1}, {0}, {1}, 1, {0}, "valid"},
                     {{{0, 2, 4, 4}, {3, 2, 2, 2}, {3}}},
                     {{{2, 0, 4, 4}, {3, 0, 2, 2}, {3}}},
                     {{{2, 2, 4, 4}, {0, 2, 2, 2}, {0}}},
                     {{{1, 2, 0, 3}, {2, 2, 1, 1}, {2}}, {1}, {1, 0}},
                     {{{1, 1, 1, 1}, {1, 1, 1, 1}, {1}}},
                     {{{2, 3, 3, 3}, {4, 3, 1, 1}, {4}}},
                     {{{2, 3, 4, 4}, {2, 3, 1, 1}}, {2}},
                     {{{1, 1, 6, 9}, {5, 1, 3, 3}, {5}}},
                     {{{1, 9, 3, 5}, {7, 9, 2, 2}}}});
  add_refusals(row, static_cast<Plain>(conv2d), {2, 2, 4, 4}, {4, 2, 3, 3}, "(4)");
  row.refusals.push_back({[](const Tensors& x) {
                            return conv2d(x[0], x[1], {}, 1, {0, 1});
                          },
                          {any({2, 2, 2, 4}), any({4, 2, 3, 3})},
                          {"2", "3"}});
  return row;
}

Case volumes() {
  Case row = row_of("conv3d", static_cast<Plain>(conv3d),
                    {{{{1, 1, 3, 3, 3}, {2, 1, 2, 2, 3}}, {1}, {1}},
                     {{{1, 2, 3, 3, 4}, {2, 2, 2, 2, 2}, {2}}},
                     {{{1, 2, 4, 3, 4}, {2, 2, 2, 1, 2}, {2}}, {2, 1, 2}, {1, 0, 1}, {1, 1, 2}},
                     {{{2, 3, 3, 3}, {2, 2, 2, 2, 1}, {2}}},
                     {{{1, 2, 2, 3, 3}, {4, 1, 2, 2, 2}, {4}}, {1}, {1}, {1}, 2},
                     {{{1, 1, 2, 2, 3}, {1, 1, 2, 2, 2}}, {1}, {0}, {1}, 1, {0}, "same"},
                     {{{0, 2, 3, 3, 3}, {2, 2, 2, 2, 2}}},
                     {{{1, 0, 3, 3, 3}, {2, 0, 2, 2, 2}, {2}}},
                     {{{1, 2, 3, 3, 3}, {0, 2, 2, 2, 2}}},
                     {{{1, 1, 0, 2, 2}, {1, 1, 1, 2, 2}, {1}}, {1}, {1}},
                     {{{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}, {1}}},
                     {{{2, 2, 2, 2, 2}, {3, 2, 1, 1, 1}, {3}}},
                     {{{1, 1, 3, 2, 5}, {2, 1, 1, 1, 3}}, {1, 1, 2}},
                     {{{1, 1, 3, 2, 2}, {2, 1, 3, 1, 1}, {2}}},
                     {{{1, 1, 2, 4, 3}, {1, 1, 1, 2, 2}}, {1, 3, 1}, {0, 1, 1}},
                     {{{1, 3, 2, 2, 3}, {2, 3, 2, 1, 2}, {2}}}});
  add_refusals(row, static_cast<Plain>(conv3d), {1, 2, 4, 4, 4}, {4, 2, 3, 3, 3}, "(4)");
  return row;
}

Case transposed_sequences() {
  Case row = row_of("conv_transpose1d", static_cast<Transposed>(conv_transpose1d),
                    {{{{2, 2, 4}, {2, 3, 3}}, {2}, {1}, {1}, 1, {1}},
                     {{{2, 2, 4}, {2, 3, 2}, {3}}},
                     {{{1, 3, 3}, {3, 2, 3}, {2}}, {3}, {0}, {1}, 1, {2}},
                     {{{1, 2, 5}, {2, 1, 2}, {1}}, {2}, {1}, {3}, 1, {2}},
                     {{{2, 4}, {2, 3, 2}, {3}}, {2}},
                     {{{2, 4, 3}, {4, 3, 2}, {6}}, {1}, {0}, {1}, 2},
                     {{{1, 3, 4}, {3, 1, 3}, {3}}, {2}, {1}, {1}, 3},
                     {{{1, 1, 2}, {1, 1, 2}}, {4}},
                     {{{0, 2, 4}, {2, 3, 2}, {3}}},
                     {{{2, 0, 4}, {0, 3, 2}, {3}}},
                     {{{2, 2, 4}, {2, 0, 2}}},
                     {{{1, 2, 1}, {2, 3, 2}, {3}}, {1}, {1}},
                     {{{1, 1, 1}, {1, 1, 1}, {1}}},
                     {{{2, 2, 5}, {2, 2, 1}}},
                     {{{1, 2, 9}, {2, 3, 4}, {3}}, {2}, {3}},
                     {{{1, 5, 4}, {5, 9, 2}, {9}}}});
  add_refusals(row, static_cast<Transposed>(conv_transpose1d), {2, 4, 4}, {4, 2, 3}, "(2)");
  row.refusals.push_back({[](const Tensors& x) { return conv_transpose1d(x[0], x[1], {}, 2, 0, 2); },
                          {any({2, 4, 4}), any({4, 2, 3})},
                          {"output_padding", "(2)"}});
  row.refusals.push_back(
      {[](const Tensors& x) { return conv_transpose1d(x[0], x[1], {}, 1, 3); }, {any({2, 4, 2}), any({4, 2, 3})}});
  return row;
}

Case transposed_images() {
  Case row = row_of("conv_transpose2d", static_cast<Transposed>(conv_transpose2d),
                    {{{{2, 2, 3, 3}, {2, 2, 3, 3}}, {2}, {1}, {1}, 1, {1}},
                     {{{1, 2, 3, 4}, {2, 3, 2, 3}, {3}}},
                     {{{1, 3, 2, 3}, {3, 2, 3, 2}, {2}}, {2, 3}, {1, 0}, {1, 2}, 1, {0, 2}},
                     {{{2, 3, 3}, {2, 2, 2, 2}, {2}}},
                     {{{1, 4, 3, 3}, {4, 2, 2, 2}, {4}}, {2}, {0}, {1}, 2},
                     {{{1, 3, 3, 3}, {3, 1, 3, 3}, {3}}, {1}, {1}, {1}, 3},
                     {{{1, 1, 2, 2}, {1, 1, 2, 2}}, {3}},
                     {{{1, 2, 3, 3}, {2, 2, 2, 2}}, {2}, {1}, {3}},
                     {{{0, 2, 3, 3}, {2, 3, 2, 2}, {3}}},
                     {{{1, 0, 3, 3}, {0, 3, 2, 2}, {3}}},
                     {{{1, 2, 3, 3}, {2, 0, 2, 2}}},
                     {{{1, 2, 1, 2}, {2, 2, 2, 2}}, {1}, {1}},
                     {{{1, 1, 1, 1}, {1, 1, 1, 1}, {1}}},
                     {{{2, 3, 2, 2}, {3, 2, 1, 1}, {2}}},
                     {{{1, 2, 4, 5}, {2, 1, 3, 3}, {1}}, {2}, {2}, {1}, 1, {1, 0}},
                     {{{1, 3, 2, 5}, {3, 5, 2, 2}}}});
  add_refusals(row, static_cast<Transposed>(conv_transpose2d), {2, 4, 4, 4}, {4, 2, 3, 3}, "(2)");
  return row;
}

Case transposed_volumes() {
  Case row = row_of("conv_transpose3d", static_cast<Transposed>(conv_transpose3d),
                    {{{{1, 1, 2, 2, 2}, {1, 2, 2, 2, 3}}, {2}, {1}, {1}, 1, {1}},
                     {{{1, 2, 2, 2, 3}, {2, 2, 2, 2, 2}, {2}}},
                     {{{1, 2, 2, 2, 3}, {2, 1, 1, 2, 2}, {1}}, {2, 1, 3}, {0, 1, 0}, {1, 2, 1}},
                     {{{2, 2, 2, 2}, {2, 1, 2, 2, 1}, {1}}},
                     {{{1, 2, 2, 2, 2}, {2, 2, 1, 2, 2}, {4}}, {1}, {0}, {1}, 2},
                     {{{0, 2, 2, 2, 2}, {2, 1, 2, 2, 2}}},
                     {{{1, 0, 2, 2, 2}, {0, 2, 2, 2, 2}, {2}}},
                     {{{1, 2, 2, 2, 2}, {2, 0, 2, 2, 2}}},
                     {{{1, 1, 1, 1, 2}, {1, 1, 2, 2, 2}}, {1}, {1}},
                     {{{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}, {1}}},
                     {{{2, 2, 2, 1, 2}, {2, 3, 1, 1, 1}, {3}}},
                     {{{1, 1, 2, 2, 4}, {1, 2, 1, 1, 3}}, {1, 1, 2}},
                     {{{1, 1, 3, 2, 2}, {1, 2, 3, 1, 1}, {2}}},
                     {{{1, 1, 2, 2, 2}, {1, 1, 2, 2, 2}}, {3}},
                     {{{1, 1, 2, 2, 3}, {1, 1, 1, 2, 2}}, {1, 2, 1}, {0, 1, 1}},
                     {{{1, 3, 2, 2, 2}, {3, 2, 1, 2, 2}, {2}}}});
  add_refusals(row, static_cast<Transposed>(conv_transpose3d), {1, 4, 3, 3, 3}, {4, 2, 2, 2, 2}, "(2)");
  return row;
}

}  // namespace

std::vector<Case> convolution_cases() {
  return {sequences(), images(), volumes(), transposed_sequences(), transposed_images(), transposed_volumes()};
}

}  // namespace cases
