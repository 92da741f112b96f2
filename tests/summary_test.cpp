// Summaries of models of any inputs, their multiply-adds, and the memory that backward needs.

#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/runtime/page_heap.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/func.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::StartsWith;
namespace page_heap = xgrad::detail::page_heap;

namespace {

// A model of ids.
class Bag : public nn::Module {
 public:
  Bag() {
    add("table", table);
    add("out", out);
  }
  Tensor forward(const Tensor& ids) override { return out(mean(embedding(ids, table), 1)); }

  nn::Parameter table{rand({100, 16})};
  nn::Linear out{16, 3};
};

class Two : public nn::ModuleOf<Two> {
 public:
  Two() {
    add("left", left);
    add("right", right);
  }
  std::pair<Tensor, Tensor> forward(const Tensor& a, const Tensor& b) {
    const Tensor h = left(a);
    return {matmul(h, transpose(right(b))), h};
  }
  nn::Linear left{3, 4}, right{5, 4};
};

// A leaf of two results.
class Split : public nn::ModuleOf<Split> {
 public:
  std::pair<Tensor, Tensor> forward(const Tensor& x) { return {x + 1.0, sum(x, 1)}; }
};

// What page_heap holds at most while f runs, besides what was in use before.
template <class F>
double peak_of(const F& f) {
  release_cached_memory();
  const std::size_t before = page_heap::held().now;
  page_heap::reset_peak();
  f();
  return static_cast<double>(page_heap::held().peak - before);
}

}  // namespace

TEST_CASE("a summary counts the multiply-adds of matrix products") {
  const nn::Sequential model{nn::Linear(784, 50, nn::no_bias), nn::BatchNorm1d(50), nn::ReLU(), nn::Linear(50, 10)};
  const nn::Summary summary = nn::summary(model, {100, 784});
  // Half of what torch.utils.flop_counter.FlopCounterMode counts: 7,940,000.
  CHECK(summary.multiply_adds == 3'970'000);
  CHECK(summary.rows[0].multiply_adds == 3'920'000);
  CHECK(summary.rows[1].multiply_adds == 0);
  CHECK(summary.rows[3].multiply_adds == 50'000);
  CHECK(nn::summary(nn::Linear(3, 4), {2, 5, 3}).multiply_adds == 120);

  const auto of = [](auto f, const Shape& x) { return nn::summary(nn::Sequential{nn::Layer(f)}, x).multiply_adds; };
  CHECK(of([](const Tensor& x) { return matmul(x, transpose(x)); }, {3, 4}) == 36);
  CHECK(of([](const Tensor& x) { return bmm(x, x); }, {5, 2, 2}) == 40);
  CHECK(of([](const Tensor& x) { return addmm(ones({3}), x, ones({4, 3})); }, {2, 4}) == 24);
  CHECK(of([](const Tensor& x) { return mv(x, ones({4})); }, {2, 4}) == 8);
  CHECK(of([](const Tensor& x) { return dot(x, x); }, {7}) == 7);
  CHECK(of([](const Tensor& x) { return einsum("bij,bjk->bik", {x, x}); }, {5, 2, 2}) == 40);
  CHECK(of([](const Tensor& x) { return relu(x) * 2.0 + x; }, {5, 2}) == 0);
}

TEST_CASE("a custom function may have the name that an op has, or begin as one") {
  const auto doubled = [](const char* name) {
    return func::custom(
        name, [](const func::Tensors& in) { return in[0] * 2.0; },
        [](const func::Tensors&, const Tensor&, const Tensor& g) { return func::Tensors{g * 2.0}; });
  };
  for (const char* name : {"convert", "conv2d", "conv_transpose1d", "linear", "lstm", "scaled_dot_product_attention"}) {
    INFO(name);
    const auto f = doubled(name);
    CHECK_NOTHROW(nn::summary(nn::Sequential{nn::Layer([f](const Tensor& x) { return f(sum(x)) + x; })}, {2, 3}));
    CHECK_NOTHROW(nn::summary(nn::Sequential{nn::Layer([f](const Tensor& x) { return f(x); })}, {2, 3}));
  }
}

TEST_CASE("the detailed table adds columns and lines to torchsummary's") {
  const nn::Sequential model{nn::Linear(784, 50, nn::no_bias), nn::ReLU(), nn::Linear(50, 10, nn::no_bias)};
  const nn::Summary summary = nn::summary(model, {100, 784});
  CHECK(detailed(summary) ==
        "------------------------------------------------------------------------------------\n"
        "        Layer (type)               Output Shape         Param #       Multiply-adds\n"
        "====================================================================================\n"
        "            Linear-1                   [-1, 50]          39,200           3,920,000\n"
        "              ReLU-2                   [-1, 50]               0                   0\n"
        "            Linear-3                   [-1, 10]             500              50,000\n"
        "====================================================================================\n"
        "Total params: 39,700\n"
        "Trainable params: 39,700\n"
        "Non-trainable params: 0\n"
        "Total multiply-adds: 3,970,000\n"
        "------------------------------------------------------------------------------------\n"
        "Input size (MB): 0.30\n"
        "Forward/backward pass size (MB): 0.00\n"
        "Params size (MB): 0.15\n"
        "Estimated Total Size (MB): 0.45\n"
        "Saved for backward (MB): 0.02\n"
        "Peak of backward (MB): 0.17\n"
        "------------------------------------------------------------------------------------\n");
}

TEST_CASE("a model of ids is summarised by a dtype, or by ids") {
  const Bag model;
  const nn::Summary summary = nn::summary(model, {8, 20}, int64);
  CHECK(summary.total == 1651);
  CHECK(summary.rows.size() == 1);
  CHECK(summary.rows[0].output == Shape{8, 3});
  CHECK(summary.multiply_adds == 8 * 16 * 3);
  CHECK(to_string(nn::summary(model, randint(0, 100, {8, 20}))) == to_string(summary));
  CHECK_THROWS_AS(nn::summary(model, {8, 20}), std::invalid_argument);  // zeros in float32 are no ids
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { nn::summary(model, full({1, 2}, 100)); }), StartsWith("Bag: "));
}

TEST_CASE("a model of several inputs and outputs is summarised") {
  const Two model;
  const nn::Summary summary = nn::summary(model, ones({2, 3}), ones({7, 5}));
  CHECK(summary.rows.size() == 2);
  CHECK(summary.rows[1].name == "Linear-2");
  CHECK(summary.rows[1].output == Shape{7, 4});
  CHECK(summary.total == 40);
  CHECK(summary.rows[0].multiply_adds == 2 * 3 * 4);
  CHECK(summary.multiply_adds == 2 * 3 * 4 + 7 * 5 * 4 + 2 * 4 * 7);
  CHECK(summary.input_mb == 4 * (2 * 3 + 7 * 5) / 1048576.0);
  CHECK_THAT(to_string(nn::summary(Split(), ones({2, 3}))),
             Catch::Matchers::Contains("             Split-1            [[-1, 3], [-1]]               0\n"));
}

TEST_CASE("a summary leaves buffers, modes and generators as they were") {
  nn::Sequential model{nn::Linear(4, 3), nn::BatchNorm1d(3), nn::Dropout(0.5), nn::RReLU()};
  manual_seed(9);
  const Tensor next = rand({3});
  manual_seed(9);
  const StateDict before = model.state_dict();
  const nn::Summary summary = nn::summary(model, {2, 4});
  CHECK(difference(rand({3}), next) == "");
  const StateDict after = model.state_dict();
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(difference(after[i].second, before[i].second) == "");
  CHECK(model.is_training());
  CHECK(summary.saved_bytes > 0);

  // In training, batch normalisation refuses one row.
  const nn::Summary of_one = nn::summary(model, {1, 4});
  CHECK(of_one.rows.size() == 4);
  CHECK(of_one.saved_bytes > 0);
  CHECK(model.is_training());

  model.requires_grad_(false);
  CHECK(nn::summary(model, {2, 4}).backward_bytes == 2 * 3 * 4);
  CHECK_THROWS_AS(nn::summary(nn::LazyLinear(3), {2, 4}), std::logic_error);
}

TEST_CASE("the saved bytes are those of what the rules read") {
  const std::int64_t activation = 32 * 16 * 8;
  nn::Sequential model;
  for (int i = 0; i < 6; ++i) {
    model.push_back(nn::Linear(16, 16, nn::no_bias));
    model.push_back(tanh);
  }
  model.to(float64);
  const nn::Summary summary = nn::summary(model, {32, 16});
  CHECK(summary.saved_bytes == 6 * activation);  // each tanh's result, which the next layer reads too
  CHECK(summary.backward_bytes >= summary.saved_bytes + activation);
  // Every gradient of a weight takes 16 · 16, a half of what is let go with its layer.
  CHECK(summary.backward_bytes <= summary.saved_bytes + 3 * activation);
}

TEST_CASE("backward needs the memory that is predicted") {
  if (sanitized) return;
  struct Net {
    std::string name;
    nn::Sequential model;
    Shape input;
  };
  nn::Sequential deep;
  for (int i = 0; i < 8; ++i) deep.push_back(nn::Sequential{nn::Linear(512, 512), nn::BatchNorm1d(512), nn::Tanh()});
  const std::vector<Net> nets = {
      {"wide", {nn::Linear(512, 2048), nn::ReLU(), nn::Dropout(0.5), nn::Linear(2048, 512)}, {512, 512}},
      {"deep", deep, {1024, 512}},
      {"mostly weights", {nn::Linear(2048, 2048), nn::Sigmoid(), nn::Linear(2048, 2048)}, {64, 2048}}};
  for (Net net : nets) {
    const nn::Summary summary = nn::summary(net.model, net.input);
    const Tensor x = rand(net.input);
    const auto step = [&] { net.model(x).backward(ones({net.input[0], net.input[1]})); };
    step();
    net.model.zero_grad();
    const double peak = peak_of(step);
    const auto predicted = static_cast<double>(summary.backward_bytes);
    INFO(net.name << ": predicted " << predicted / 1e6 << " MB, " << peak / 1e6 << " MB");
    CHECK(peak <= 1.1 * predicted);
    CHECK(peak >= 0.85 * predicted);
  }
}

TEST_CASE("summary leaves buffers as they were, whatever a call writes to them") {
  struct Counting : nn::Module {
    nn::Buffer count{zeros({1})};
    Counting() { add("count", count); }
    Tensor forward(const Tensor& x) override {
      const NoGrad off;
      count.add_(ones({1}));
      return x;
    }
  };
  Counting model;
  static_cast<void>(nn::summary(model, {2, 1}));
  CHECK(model.count.item() == 0);
}
