#include <xgrad/autograd/ops/attention.hpp>
#include <xgrad/nn/positions.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

struct Sizes {
  Shape q, k, v;
};

const std::vector<Sizes>& sizes() {
  static const std::vector<Sizes> list = {
      {{3, 2}, {4, 2}, {4, 3}},          {{1, 3}, {1, 3}, {1, 2}},        {{2, 3, 4}, {2, 5, 4}, {2, 5, 4}},
      {{2, 1, 2, 2}, {3, 3, 2}, {3, 1}}, {{0, 2}, {3, 2}, {3, 2}},        {{2, 2}, {0, 2}, {0, 3}},
      {{0, 3, 2}, {0, 3, 2}, {0, 3, 2}}, {{3, 2}, {3, 2}, {3, 0}},        {{2, 0}, {3, 0}, {3, 2}},
      {{5, 9}, {6, 9}, {6, 17}},         {{2, 35, 2}, {2, 5, 2}, {5, 1}}, {{4, 1}, {2, 1}, {2, 1}},
  };
  return list;
}

Sample attending(const Sizes& at, const AttentionOptions& options) {
  return {[options](const Tensors& x) { return scaled_dot_product_attention(x[0], x[1], x[2], {}, options); },
          {any(at.q), any(at.k), any(at.v)}};
}

// With the same random numbers in every call.
Sample dropping(const Sizes& at, const AttentionOptions& options) {
  return {[options](const Tensors& x) {
            Generator random(4);
            AttentionOptions how = options;
            return scaled_dot_product_attention(x[0], x[1], x[2], {}, how.dropout_p(0.4).generator(&random));
          },
          {any(at.q), any(at.k), any(at.v)}};
}

Sample adding(const Shape& mask, const Sizes& at) {
  return {[](const Tensors& x) { return scaled_dot_product_attention(x[0], x[1], x[2], x[3]); },
          {any(at.q), any(at.k), any(at.v), any(mask)}};
}

Sample allowing(const Shape& allowed, const Sizes& at) {
  const Tensor which = mask(allowed);
  return {[which](const Tensors& x) { return scaled_dot_product_attention(x[0], x[1], x[2], which); },
          {any(at.q), any(at.k), any(at.v)}};
}

Case attention() {
  // Where one key is left, the weights do not depend on query and key.
  Case row{"scaled_dot_product_attention", {}, {}, no_scalars | takes_empty | selects | zero_slope};
  for (const Sizes& at : sizes()) {
    row.samples.push_back(attending(at, {}));
    row.samples.push_back(attending(at, AttentionOptions().is_causal(true).scale(0.7)));
  }
  const Sizes batch{{2, 3, 4, 2}, {2, 3, 5, 2}, {2, 3, 5, 3}};
  for (const Shape& shape :
       {Shape{4, 5}, Shape{1, 5}, Shape{4, 1}, Shape{2, 1, 4, 5}, Shape{3, 1, 1}, Shape{}, Shape{5}}) {
    row.samples.push_back(adding(shape, batch));
    row.samples.push_back(allowing(shape, batch));
  }
  row.samples.push_back(dropping(batch, {}));
  row.samples.push_back(dropping(batch, AttentionOptions().is_causal(true)));
  const auto with = [](AttentionOptions options) {
    return [options](const Tensors& x) {
      return scaled_dot_product_attention(x[0], x[1], x[2], x.size() > 3 ? x[3] : Tensor(), options);
    };
  };
  const auto f = with({});
  row.refusals = {
      {f, {any({2}), any({3, 2}), any({3, 2})}},
      {f, {any({2, 3}), any({4, 2}), any({4, 2})}},
      {f, {any({2, 3}), any({4, 3}), any({5, 3})}},
      {f, {any({2, 2, 3}), any({3, 4, 3}), any({4, 3})}},
      {f, {any({2, 3}), any({4, 3}), any({4, 3}), any({3, 4})}, {"(3, 4)", "(2, 4)"}},
      {with(AttentionOptions().is_causal(true)), {any({2, 3}), any({4, 3}), any({4, 3}), any({2, 4})}, {"is_causal"}},
      {with(AttentionOptions().dropout_p(1.5)), {any({2, 3}), any({4, 3}), any({4, 3})}, {"1.5"}},
      {f, {any({2, 3}).to(float32), any({4, 3}), any({4, 3})}, {"float32", "float64"}},
  };
  return row;
}

Sample packed(const Shape& qkv, std::int64_t heads, const AttentionOptions& options, const Tensor& mask = {}) {
  return {[=](const Tensors& x) {
            const bool added = mask.defined() && mask.dtype() != boolean;
            return packed_attention(x[0], heads, added ? mask.to(x[0].dtype()) : mask, options);
          },
          {any(qkv)}};
}

Case packed_row() {
  Case row{"packed_attention", {}, {}, no_scalars | takes_empty};
  const AttentionOptions causal = AttentionOptions().is_causal(true);
  for (const auto& [shape, heads] : std::vector<std::pair<Shape, int>>{{{2, 3, 12}, 2},
                                                                       {{1, 5, 6}, 1},
                                                                       {{2, 1, 6}, 2},
                                                                       {{0, 3, 6}, 2},
                                                                       {{2, 0, 6}, 1},
                                                                       {{2, 3, 0}, 2},
                                                                       {{3, 4, 9}, 3},
                                                                       {{1, 35, 6}, 2}}) {
    row.samples.push_back(packed(shape, heads, {}));
    row.samples.push_back(packed(shape, heads, causal));
  }
  row.samples.push_back(packed({2, 3, 12}, 2, {}, mask({2, 1, 3, 3})));
  row.samples.push_back(packed({2, 3, 12}, 2, {}, constant(any({2, 3, 3}))));
  row.samples.push_back(
      {[](const Tensors& x) { return packed_attention(x[0], 2, x[1]); }, {any({2, 3, 12}), any({3, 3})}});
  const auto by = [](std::int64_t heads) {
    return [heads](const Tensors& x) { return packed_attention(x[0], heads); };
  };
  row.refusals = {
      {by(1), {any({3, 6})}}, {by(2), {any({2, 3, 8})}}, {by(4), {any({2, 3, 18})}}, {by(0), {any({2, 3, 6})}}};
  return row;
}

Case rotary() {
  Case row{"rotary_embedding", {}, {}, no_scalars};
  for (const Shape& shape : {Shape{3, 4}, Shape{1, 2}, Shape{2, 3, 6}, Shape{0, 4}, Shape{3, 0}, Shape{2, 2, 3, 2},
                             Shape{5, 18}, Shape{2, 0, 2}})
    for (const std::int64_t offset : {0, 7})
      row.samples.push_back({[offset](const Tensors& x) { return nn::rotary_embedding(x[0], offset); }, {any(shape)}});
  const auto f = [](const Tensors& x) { return nn::rotary_embedding(x[0]); };
  row.refusals = {{f, {any({4})}}, {f, {any({2, 3})}}};
  return row;
}

}  // namespace

std::vector<ValueCase> attention_values() {
  return {{"sinusoidal_positions", "begins with sines of 0 and cosines of 0", [] {
             const Tensor p = nn::sinusoidal_positions(3, 4, float64);
             return p.shape() == Shape{3, 4} && p(0, 0).item() == 0 && p(0, 1).item() == 1 && p(0, 3).item() == 1;
           }}};
}

std::vector<Case> attention_cases() { return {attention(), packed_row(), rotary()}; }

}  // namespace cases
