#include <algorithm>

#include <xgrad/nn/bilinear.hpp>
#include <xgrad/nn/distance.hpp>
#include <xgrad/nn/embedding.hpp>
#include <xgrad/nn/functional.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

// ---- norms: the inputs are x, and weight and bias if there are any

struct RowsNorm {
  Shape x, normalized;
  bool weighted = false, biased = false;
};

const std::vector<RowsNorm>& rows_to_normalize() {
  static const std::vector<RowsNorm> list = {
      {{3}, {3}},
      {{2, 4}, {4}, true, true},
      {{0, 3}, {3}, true, true},
      {{0, 2, 2}, {2, 2}, true},
      {{3, 0}, {0}, true, true},
      {{0}, {0}},
      {{2, 0, 3}, {3}, true},
      {{0, 4}, {4}},
      {{4, 3}, {3}, false, true},
      {{2, 3, 2}, {2}, true, true},
      {{2, 3, 2}, {3, 2}, true, true},
      {{2, 2, 3}, {2, 2, 3}, true},
      {{1, 5}, {5}},
      {{2, 1, 4}, {1, 4}, true, true},
      {{3, 1, 2}, {2}, true},
      {{2, 35}, {35}, true, true},
      {{35, 3}, {3}, true, true},
      {{19, 2}, {2}, true, true},
      {{2, 2, 2, 3}, {2, 3}},
  };
  return list;
}

Sample normalizing(const RowsNorm& norm, bool root_mean_square) {
  Sample sample{{}, {any(norm.x)}};
  if (norm.weighted) sample.inputs.push_back(nonzero(norm.normalized));
  if (norm.biased && !root_mean_square) sample.inputs.push_back(any(norm.normalized));
  sample.f = [norm, root_mean_square](const Tensors& x) {
    const Tensor weight = norm.weighted ? x[1] : Tensor();
    if (root_mean_square) return rms_norm(x[0], norm.normalized, weight, 0.3);
    return layer_norm(x[0], norm.normalized, weight, norm.biased ? x.back() : Tensor(), 0.3);
  };
  return sample;
}

Case normalizing_rows(const char* op, bool root_mean_square) {
  Case row{op, {}, {}, no_scalars | takes_empty};
  for (const RowsNorm& norm : rows_to_normalize()) row.samples.push_back(normalizing(norm, root_mean_square));
  const auto f = [root_mean_square](const Shape& shape) {
    return [=](const Tensors& x) {
      return root_mean_square ? rms_norm(x[0], shape, x[1]) : layer_norm(x[0], shape, x[1]);
    };
  };
  row.refusals = {{f({2}), {any({4, 3}), any({2})}, {"(4, 3)", "(2)"}},
                  {f({4}), {any({4, 3}), any({4})}, {"(4, 3)", "(4)"}},
                  {f({4, 3, 1}), {any({4, 3}), any({4, 3, 1})}, {"(4, 3)", "(4, 3, 1)"}},
                  {f(Shape()), {any({4, 3}), any({3})}, {"(4, 3)", "()"}},
                  {f({3}), {any({4, 3}), any({1})}, {"(4, 3)", "(1)"}},
                  {f({3}), {any({4, 3}), constant(any({3})).to(float32)}, {"float64", "float32"}}};
  return row;
}

struct GroupsNorm {
  Shape x;
  std::int64_t groups;
  bool affine = true;
};

Case normalizing_groups() {
  Case row{"group_norm", {}, {}, no_scalars | takes_empty};
  const std::vector<GroupsNorm> list = {
      {{2, 4}, 2, false}, {{3, 4}, 1},           {{2, 3, 2}, 3},        {{2, 4, 3}, 2},       {{0, 4}, 2},
      {{0, 2, 3}, 1},     {{2, 2, 0}, 2},        {{2, 0, 3}, 1},        {{0, 2, 2, 2}, 2},    {{2, 4, 2, 2}, 4},
      {{1, 6, 2}, 3},     {{1, 2, 5}, 2, false}, {{2, 6}, 3},           {{3, 2, 1, 3}, 1},    {{2, 2, 35}, 2},
      {{2, 36}, 2},       {{19, 4}, 2},          {{2, 4, 1}, 2, false}, {{1, 4, 2, 1, 2}, 2},
  };
  for (const GroupsNorm& norm : list) {
    Sample sample{{}, {any(norm.x)}};
    const Shape channels{norm.x[1]};
    if (norm.affine) sample.inputs.insert(sample.inputs.end(), {nonzero(channels), any(channels)});
    sample.f = [norm](const Tensors& x) {
      return norm.affine ? group_norm(x[0], norm.groups, x[1], x[2], 0.3) : group_norm(x[0], norm.groups, {}, {}, 0.3);
    };
    row.samples.push_back(sample);
  }
  const auto f = [](std::int64_t n) { return [n](const Tensors& x) { return group_norm(x[0], n, x[1], x[2]); }; };
  row.refusals = {{f(3), {any({2, 4}), any({4}), any({4})}, {"(2, 4)", "3"}},
                  {f(0), {any({2, 4}), any({4}), any({4})}, {"(2, 4)", "0"}},
                  {f(2), {any({4}), any({4}), any({4})}, {"(4)"}},
                  {f(2), {any({2, 4}), any({2}), any({4})}, {"(2, 4)", "(2)"}},
                  {f(2), {any({2, 4}), any({4}), any({4, 1})}, {"(2, 4)", "(4, 1)"}},
                  {f(2), {any({1, 2}), any({2}), any({2})}, {"(1, 2)"}}};
  return row;
}

struct InstancesNorm {
  Shape x;
  bool affine = true, running = false, own = true;
};

Case normalizing_instances() {
  Case row{"instance_norm", {}, {}, no_scalars | takes_empty};
  const std::vector<InstancesNorm> list = {
      {{2, 3, 4}, false},
      {{2, 3, 4}},
      {{0, 3, 4}},
      {{0, 2, 2}, true, true},
      {{2, 0, 3}},
      {{2, 3, 0}},
      {{1, 2, 3}},
      {{2, 2, 2, 2}},
      {{2, 1, 5}, true, true},
      {{3, 2, 3}, false, true},
      {{2, 3, 2}, true, true},
      {{2, 2, 35}},
      {{1, 1, 6}},
      {{2, 2, 1, 3}, true, true},
      {{1, 2, 2, 1, 2}},
      {{0, 1, 2}, false},
      {{1, 3, 7}, true, true},
      {{2, 3, 4}, true, true, false},
      {{2, 3, 1}, true, true, false},
      {{0, 2, 3}, true, true, false},
  };
  for (const InstancesNorm& norm : list) {
    Sample sample{{}, {any(norm.x)}};
    const Shape channels{norm.x[1]};
    if (norm.affine) sample.inputs.insert(sample.inputs.end(), {nonzero(channels), any(channels)});
    if (norm.running)
      sample.inputs.insert(sample.inputs.end(), {constant(any(channels)), constant(positive(channels))});
    sample.f = [norm](const Tensors& x) {
      const std::size_t r = norm.affine ? 3 : 1;
      // Training updates the running statistics: the function is pure because it gets copies.
      return instance_norm(x[0], norm.running ? x[r].detach().clone() : Tensor(),
                           norm.running ? x[r + 1].detach().clone() : Tensor(), norm.affine ? x[1] : Tensor(),
                           norm.affine ? x[2] : Tensor(), norm.own, 0.3, 0.3);
    };
    row.samples.push_back(sample);
  }
  // The last one is timed under the name of the row.
  std::rotate(row.samples.begin(), row.samples.begin() + 1, row.samples.end());
  const TensorFunction affine = [](const Tensors& x) { return instance_norm(x[0], {}, {}, x[1], x[2]); };
  const TensorFunction running = [](const Tensors& x) { return instance_norm(x[0], x[1], x[2]); };
  row.refusals = {
      {affine, {any({2, 3}), any({3}), any({3})}, {"(2, 3)"}},
      {affine, {any({2, 3, 1}), any({3}), any({3})}, {"(2, 3, 1)"}},
      {affine, {any({2, 3, 4}), any({2}), any({3})}, {"(2, 3, 4)", "(2)"}},
      {running, {any({2, 3, 4}), constant(any({2})), constant(any({3}))}, {"(2, 3, 4)", "(2)"}},
      {[](const Tensors& x) { return instance_norm(x[0], x[1]); }, {any({2, 3, 4}), constant(any({3}))}, {"running"}},
      {[](const Tensors& x) { return instance_norm(x[0], {}, {}, {}, {}, false); }, {any({2, 3, 4})}, {"running"}}};
  return row;
}

// ---- dropouts

using Dropping = Tensor (*)(Tensor, double, bool, Generator*, Source);

Case dropping(const char* op, Dropping f, const std::vector<Shape>& shapes, const Shape& wrong, unsigned flags) {
  Case row{op, {}, {}, flags};
  // The same mask in every call.
  const auto with = [f](double p, bool training) {
    return [=](const Tensors& x) {
      Generator generator(9);
      return f(x[0], p, training, &generator, Source::here());
    };
  };
  for (const Shape& shape : shapes) row.samples.push_back({with(0.3, true), {any(shape)}});
  row.samples.insert(row.samples.begin(), {with(0.5, false), {any(shapes.back())}});
  row.samples.insert(row.samples.begin(), {with(1.0, true), {any(shapes.back())}});
  row.refusals.push_back({with(1.5, true), {any(shapes.back())}, {"1.5"}});
  row.refusals.push_back({with(-0.5, true), {any(shapes.back())}, {"-0.5"}});
  if (!wrong.empty()) row.refusals.push_back({with(0.5, true), {any(wrong)}});
  return row;
}

const std::vector<Shape> volumes = {{2, 3, 1, 2, 2}, {0, 2, 1, 1, 1}, {2, 0, 1, 2, 1}, {2, 2, 0, 1, 1},
                                    {0, 2, 2, 2},    {1, 2, 2, 2},    {3, 2, 1, 1},    {4, 1, 2, 1},
                                    {2, 2, 1, 1, 2}, {1, 1, 2, 3},    {5, 1, 1, 2},    {2, 4, 1, 1, 1},
                                    {3, 1, 2, 1, 2}, {6, 1, 1, 1},    {2, 3, 2, 1, 1}, {4, 2, 1, 3}};
const std::vector<Shape> images = {{2, 3, 2, 2}, {0, 2, 1, 1}, {2, 0, 1, 2}, {2, 2, 0, 1}, {0, 2, 2},    {1, 4, 2},
                                   {3, 2, 1},    {4, 1, 2},    {2, 2, 1, 2}, {1, 6, 3},    {5, 1, 1, 2}, {2, 4, 1},
                                   {3, 1, 2, 1}, {6, 1, 1},    {2, 3, 2},    {4, 2, 1, 3}};
const std::vector<Shape> lines = {{2, 3, 2}, {0, 2, 1}, {2, 0, 2}, {2, 2, 0}, {0, 2},    {4, 2}, {3, 1},    {4, 1, 2},
                                  {2, 2, 2}, {6, 3},    {5, 1, 2}, {2, 4, 1}, {3, 2, 1}, {6, 1}, {2, 3, 1}, {4, 2, 3}};

// ---- tables

struct Lookup {
  Shape indices;
  std::int64_t rows, width;
  nn::EmbeddingOptions options = {};
};

Case looking_up() {
  Case row{"embedding", {}, {}, selects};
  const auto padded = nn::EmbeddingOptions().padding_idx(-1);
  const auto plain = nn::EmbeddingOptions();
  const std::vector<Lookup> list = {
      {{}, 3, 2, plain},        {{}, 4, 1, padded}, {{0}, 3, 2, plain},  {{2, 0}, 3, 2, padded}, {{3}, 4, 0, plain},
      {{0, 3}, 2, 2, plain},    {{5}, 3, 2, plain}, {{5}, 3, 2, padded}, {{2, 3}, 4, 3, plain},  {{2, 3}, 4, 3, padded},
      {{2, 2, 2}, 2, 2, plain}, {{1}, 1, 3, plain}, {{4}, 2, 1, padded}, {{3, 1}, 5, 2, plain},  {{35}, 4, 2, plain},
      {{2, 4}, 3, 2, padded},   {{}, 2, 3, plain}};
  for (const Lookup& one : list)
    row.samples.push_back(
        {[one](const Tensors& x) { return nn::embedding(x[0], x[1], one.options); },
         {labels(one.indices, one.options.padding_idx() ? std::max<std::int64_t>(1, one.rows - 1) : one.rows),
          any({one.rows, one.width})}});
  const TensorFunction f = [padded](const Tensors& x) { return nn::embedding(x[0], x[1], padded); };
  row.refusals = {{f, {Tensor{0, 4}, any({4, 2})}, {"4"}},
                  {f, {Tensor{-1, 0}, any({4, 2})}, {"-1"}},
                  {f, {any({2}), any({4, 2})}, {"(2)"}},
                  {f, {Tensor{0, 1}, any({4})}, {"(4)"}},
                  {[](const Tensors& x) { return nn::embedding(x[0], x[1], nn::EmbeddingOptions().padding_idx(4)); },
                   {Tensor{0, 1}, any({4, 2})},
                   {"4"}}};
  return row;
}

struct Bagging {
  Shape indices;
  std::vector<std::int64_t> offsets = {};
  nn::BagMode mode = nn::BagMode::mean;
  bool weighted = false, padded = false, last = false;
};

Case bagging() {
  constexpr auto sum = nn::BagMode::sum, mean = nn::BagMode::mean, max = nn::BagMode::max;
  Case row{"embedding_bag", {}, {}, selects | no_scalars | takes_empty};
  const std::vector<Bagging> list = {{{2, 3}},
                                     {{2, 3}, {}, sum},
                                     {{2, 3}, {}, sum, true},
                                     {{2, 3}, {}, max},
                                     {{0, 3}},
                                     {{2, 0}, {}, sum, true},
                                     {{2, 0}, {}, max},
                                     {{0}, {0, 0}},
                                     {{0}, {}, max},
                                     {{7}, {0, 3}},
                                     {{7}, {0, 3, 3, 5}, sum, true},
                                     {{7}, {0, 2, 6}, max},
                                     {{7}, {0, 2, 7}, mean, false, false, true},
                                     {{7}, {0, 4}, sum, true, true},
                                     {{7}, {0, 4}, mean, false, true},
                                     {{6}, {0, 1, 4}, max, false, true},
                                     {{1, 1}, {}, sum},
                                     {{3, 1}, {}, mean},
                                     {{35}, {0, 20}, sum}};
  for (const Bagging& one : list) {
    auto options = nn::EmbeddingBagOptions().mode(one.mode).include_last_offset(one.last);
    if (one.padded) options.padding_idx(0);
    const Tensor offsets = one.indices.rank() == 1 ? Tensor(one.offsets) : Tensor();
    Tensors inputs = {labels(one.indices, 4), distinct({4, 2})};
    if (one.weighted) inputs.push_back(any(one.indices));
    row.samples.push_back({[=](const Tensors& x) {
                             return nn::embedding_bag(x[0], x[1], offsets, options, x.size() > 2 ? x[2] : Tensor());
                           },
                           inputs});
  }
  const auto with = [](const Tensor& offsets, nn::BagMode mode) {
    return [=](const Tensors& x) {
      return nn::embedding_bag(x[0], x[1], offsets, nn::EmbeddingBagOptions().mode(mode),
                               x.size() > 2 ? x[2] : Tensor());
    };
  };
  row.refusals = {{with({}, mean), {Tensor{0, 1}, any({4, 2})}, {"(2)"}},
                  {with(Tensor{0}, mean), {labels({2, 3}, 4), any({4, 2})}, {"(2, 3)"}},
                  {with(Tensor{1, 2}, mean), {Tensor{0, 1}, any({4, 2})}, {"1"}},
                  {with(Tensor{0, 3}, mean), {Tensor{0, 1}, any({4, 2})}, {"3"}},
                  {with(Tensor{0, 2, 1}, mean), {Tensor{0, 1}, any({4, 2})}, {"1"}},
                  {with({}, mean), {labels({2, 3}, 4), any({4, 2}), any({2, 3})}, {"per_sample_weights"}},
                  {with({}, sum), {labels({2, 3}, 4), any({4, 2}), any({2})}, {"(2, 3)", "(2)"}},
                  {with({}, sum), {Tensor({{0, 9}}), any({4, 2})}, {"9"}}};
  return row;
}

// ---- of two inputs

Case of_forms() {
  Case row{"bilinear", {}, {}, no_scalars | takes_empty | selects};  // no elements between have no slope
  struct Form {
    Shape lead;
    std::int64_t in1, in2, out;
    bool biased = true;
  };
  const std::vector<Form> list = {{{}, 2, 3, 2, false}, {{2}, 2, 3, 2},        {{0}, 2, 3, 2},        {{0, 2}, 1, 2, 2},
                                  {{2}, 0, 2, 3},       {{2}, 2, 0, 2},        {{3}, 2, 2, 0},        {{2, 2}, 2, 2, 1},
                                  {{3}, 1, 1, 1},       {{1}, 3, 2, 2, false}, {{}, 2, 2, 3},         {{2, 1}, 1, 3, 2},
                                  {{4}, 2, 1, 3},       {{2, 1, 2}, 2, 2, 2},  {{3}, 3, 3, 1, false}, {{5}, 1, 2, 1},
                                  {{2}, 3, 1, 2}};
  for (const Form& one : list) {
    const Shape a = one.lead.inserted(one.lead.rank(), one.in1), b = one.lead.inserted(one.lead.rank(), one.in2);
    Tensors inputs = {any(a), any(b), any({one.out, one.in1, one.in2})};
    if (one.biased) inputs.push_back(any({one.out}));
    row.samples.push_back(
        {[](const Tensors& x) { return nn::bilinear(x[0], x[1], x[2], x.size() > 3 ? x[3] : Tensor()); }, inputs});
  }
  const TensorFunction f = [](const Tensors& x) { return nn::bilinear(x[0], x[1], x[2]); };
  row.refusals = {{f, {any({2, 3}), any({2, 2}), any({4, 2, 2})}},
                  {f, {any({2, 3}), any({3, 2}), any({4, 3, 2})}},
                  {f, {any({2, 3}), any({2, 2}), any({3, 2})}},
                  {f, {any({}), any({2}), any({4, 1, 2})}},
                  {[](const Tensors& x) { return nn::bilinear(x[0], x[1], x[2], x[3]); },
                   {any({2, 3}), any({2, 2}), any({4, 3, 2}), any({3})}}};
  return row;
}

Case similarity() {
  Case row{"cosine_similarity", {}, {}, selects};  // vectors of one element have slope 0
  struct Two {
    Shape a, b;
    std::int64_t dim;
  };
  const std::vector<Two> list = {{{3}, {3}, 0},
                                 {{4}, {4}, -1},
                                 {{2}, {2}, 0},
                                 {{0, 3}, {0, 3}, 1},
                                 {{3, 0}, {3, 0}, 1},
                                 {{0, 2}, {1, 2}, 1},
                                 {{2, 0, 2}, {2, 0, 2}, 2},
                                 {{2, 3}, {2, 3}, 1},
                                 {{2, 3}, {2, 3}, 0},
                                 {{4, 3}, {1, 3}, 1},
                                 {{2, 3}, {3}, -1},
                                 {{2, 3, 2}, {2, 3, 2}, 1},
                                 {{1, 4}, {1, 4}, 1},
                                 {{2, 35}, {2, 35}, 1},
                                 {{3, 2}, {3, 1}, 0},
                                 {{5, 2}, {5, 2}, 1},
                                 {{0}, {0}, 0},
                                 {{}, {}, -1}};
  for (const Two& two : list)
    row.samples.push_back({[two](const Tensors& x) { return nn::cosine_similarity(x[0], x[1], two.dim); },
                           {nonzero(two.a), nonzero(two.b)}});
  const TensorFunction f = [](const Tensors& x) { return nn::cosine_similarity(x[0], x[1], 1); };
  row.refusals = {{f, {any({2, 3}), any({2, 4})}},
                  {f, {any({3}), any({3})}, {"axis 1"}},
                  {f, {any({}), any({})}, {"axis 1"}},
                  {f, {any({2, 3}), constant(any({2, 3})).to(float32)}, {"float64", "float32"}}};
  return row;
}

Case distances(double p, KeepDims keep) {
  Case row{"pairwise_distance", {}, {}, none};
  const std::vector<std::pair<Shape, Shape>> list = {{{3}, {3}},       {{4}, {4}},
                                                     {{0, 3}, {0, 3}}, {{0, 2}, {1, 2}},
                                                     {{2, 0}, {2, 0}}, {{2, 0, 2}, {2, 0, 2}},
                                                     {{2, 3}, {2, 3}}, {{2, 3}, {3}},
                                                     {{4, 3}, {1, 3}}, {{2, 3, 2}, {2, 3, 2}},
                                                     {{1}, {1}},       {{3, 1}, {3, 1}},
                                                     {{1, 4}, {1, 4}}, {{2, 35}, {2, 35}},
                                                     {{5, 2}, {5, 2}}, {{2, 1, 3}, {1, 2, 3}},
                                                     {{0, 1}, {0, 1}}, {{}, {}},
                                                     {{}, {}}};
  for (const auto& [a, b] : list)
    row.samples.push_back({[=](const Tensors& x) { return nn::pairwise_distance(x[0], x[1], p, 1e-6, keep); },
                           {any(a), between(4, 6)(b)}});
  const TensorFunction f = [](const Tensors& x) { return nn::pairwise_distance(x[0], x[1]); };
  row.refusals = {{f, {any({2, 3}), any({2, 4})}},
                  {f, {any({2, 3}), constant(any({2, 3})).to(float32)}, {"float64", "float32"}}};
  return row;
}

}  // namespace

std::vector<Case> layer_cases() {
  return {normalizing_rows("layer_norm", false),
          normalizing_rows("rms_norm", true),
          normalizing_groups(),
          normalizing_instances(),
          dropping("dropout1d", dropout1d, lines, {3}, selects | no_scalars),
          dropping("dropout2d", dropout2d, images, {3, 2}, selects | no_scalars),
          dropping("dropout3d", dropout3d, volumes, {3, 2, 2}, selects | no_scalars),
          dropping("alpha_dropout", alpha_dropout, unary_shapes(), {}, selects),
          dropping("feature_alpha_dropout", feature_alpha_dropout, images, {3}, selects | no_scalars),
          looking_up(),
          bagging(),
          of_forms(),
          similarity(),
          distances(2, KeepDims::no),
          distances(3, KeepDims::yes)};
}

}  // namespace cases
