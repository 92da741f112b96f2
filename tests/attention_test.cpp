// scaled_dot_product_attention: masks and edges, equal bits on any number of threads, and the memory it takes.

#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/func.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

bool same(const Tensor& a, const Tensor& b) { return a.shape() == b.shape() && all(a == b).item<bool>(); }

struct Operands {
  Tensor q, k, v;
};
Operands random(const Shape& q, const Shape& k, DType dtype = float64, std::uint64_t seed = 1) {
  Generator draw(seed);
  return {randn(q, draw, dtype), randn(k, draw, dtype), randn(k, draw, dtype)};
}

}  // namespace

TEST_CASE("a row whose keys are all masked is 0, and so are its gradients") {
  Operands x = random({3, 4}, {5, 4});
  const Tensor allowed =
      Tensor({{true, true, false, true, false}, {false, false, false, false, false}, {false, true, true, true, true}});
  for (const Tensor& mask : {allowed, where(allowed, 0.0, Tensor(-inf))}) {
    for (Tensor* each : {&x.q, &x.k, &x.v}) *each = each->detach().requires_grad_();
    const Tensor y = scaled_dot_product_attention(x.q, x.k, x.v, mask);
    CHECK(same(y[1], zeros({4}, float64)));
    sum(y * y + y).backward();
    CHECK(same(x.q.grad()[1], zeros({4}, float64)));
    for (const Tensor& each : {x.q, x.k, x.v}) CHECK(all(isfinite(each.grad())).item<bool>());
  }
}

TEST_CASE("blocks that a mask leaves without a key, before and after others, count nothing") {
  const Operands x = random({2, 3}, {700, 3});
  Tensor allowed = zeros({2, 700}, boolean);
  allowed.put({0, xt::range(300, 310)}, true);
  allowed.put({1, xt::range(0, 5)}, true);
  const Tensor y = scaled_dot_product_attention(x.q, x.k, x.v, allowed);
  const auto alone = [&](std::int64_t row, std::int64_t begin, std::int64_t length) {
    return scaled_dot_product_attention(narrow(x.q, 0, row, 1), narrow(x.k, 0, begin, length),
                                        narrow(x.v, 0, begin, length))[0];
  };
  CHECK(amax(abs(y[0] - alone(0, 300, 10))).item() < 1e-14);
  CHECK(amax(abs(y[1] - alone(1, 0, 5))).item() < 1e-14);
}

TEST_CASE("one key gives its value, and scores beyond e^700 stay finite") {
  const Operands x = random({1, 1, 4}, {1, 1, 4});
  CHECK(same(scaled_dot_product_attention(x.q, x.k, x.v), x.v));
  const Tensor large({{1e3, 0.0}, {0.0, 1e3}});
  CHECK(same(scaled_dot_product_attention(large, large, large), large));
  const Tensor y = scaled_dot_product_attention(-large, large, large);
  CHECK(all(isfinite(y)).item<bool>());
}

TEST_CASE("NaN in a score stays in its row") {
  Operands x = random({3, 2}, {4, 2});
  x.q.put({1, 0}, std::numeric_limits<double>::quiet_NaN());
  const Tensor y = scaled_dot_product_attention(x.q, x.k, x.v);
  CHECK(all(isnan(y[1])).item<bool>());
  CHECK(all(isfinite(y[0])).item<bool>());
  CHECK(all(isfinite(y[2])).item<bool>());
}

TEST_CASE("empty batches, queries and keys") {
  CHECK(scaled_dot_product_attention(zeros({0, 3, 2}), zeros({0, 4, 2}), zeros({0, 4, 5})).shape() == Shape{0, 3, 5});
  CHECK(scaled_dot_product_attention(zeros({0, 2}), zeros({4, 2}), zeros({4, 5})).shape() == Shape{0, 5});
  CHECK(same(scaled_dot_product_attention(ones({3, 2}), zeros({0, 2}), zeros({0, 5})), zeros({3, 5})));
  CHECK(same(scaled_dot_product_attention(ones({1, 0}), zeros({2, 0}), Tensor({{1.0f}, {3.0f}})), full({1, 1}, 2.0f)));
}

TEST_CASE("dropout keeps the mean, repeats with its generator, and has the same mask in backward") {
  const Operands x = random({1, 40, 8}, {1, 300, 8}, float64);
  const Tensor ones_v = ones({1, 300, 1}, float64);
  const auto once = [&](std::uint64_t seed) {
    Generator draw(seed);
    return scaled_dot_product_attention(x.q, x.k, ones_v, {}, AttentionOptions().dropout_p(0.3).generator(&draw));
  };
  CHECK(same(once(1), once(1)));
  CHECK(!same(once(1), once(2)));
  CHECK(mean(once(1)).item() == Approx(1).epsilon(0.05));
  CHECK(same(scaled_dot_product_attention(x.q, x.k, x.v, {}, AttentionOptions().dropout_p(1)),
             zeros({1, 40, 8}, float64)));
  // y is linear in v, so that v times its gradient is y.
  Generator draw(5);
  const Tensor v = x.v.clone().requires_grad_();
  const Tensor y = scaled_dot_product_attention(x.q, x.k, v, {}, AttentionOptions().dropout_p(0.3).generator(&draw));
  sum(y).backward();
  CHECK(sum(v.detach() * v.grad()).item() == Approx(sum(y).item()));
}

TEST_CASE("attention has the same bits on any number of threads") {
  const int before = num_threads();
  struct Setup {
    Shape q, k;
    bool causal;
  };
  for (const Setup& setup : {Setup{{12, 64, 32}, {12, 64, 32}, true}, Setup{{2, 600, 16}, {2, 700, 16}, false},
                             Setup{{1, 900, 8}, {1, 900, 8}, true}, Setup{{300, 5, 4}, {300, 6, 4}, false}})
    for (const DType dtype : {float32, float64}) {
      std::vector<Tensor> first;
      for (const int threads : {1, 2, 3, 4, 8}) {
        set_num_threads(threads);
        Operands x = random(setup.q, setup.k, dtype, 7);
        for (Tensor* each : {&x.q, &x.k, &x.v}) each->requires_grad_();
        Generator draw(3);
        const auto options = AttentionOptions().is_causal(setup.causal).dropout_p(0.1).generator(&draw);
        const Tensor y = scaled_dot_product_attention(x.q, x.k, x.v, {}, options);
        sum(y * y).backward();
        const std::vector<Tensor> now{y.detach(), x.q.grad(), x.k.grad(), x.v.grad()};
        if (first.empty()) first = now;
        for (std::size_t i = 0; i < 4; ++i) CHECK(same(now[i], first[i]));
      }
    }
  set_num_threads(before);
}

TEST_CASE("the gradients of cut items are those of whole ones") {
  Operands x = random({1, 300, 4}, {1, 520, 4});
  const auto gradients = [&](std::int64_t copies) {
    std::vector<Tensor> in;
    for (const Tensor& each : {x.q, x.k, x.v})
      in.push_back(broadcast_to(each, each.shape().with(0, copies)).clone().requires_grad_());
    const Tensor y = scaled_dot_product_attention(in[0], in[1], in[2]);
    sum(y * y * y).backward();
    return std::vector<Tensor>{in[0].grad()[0], in[1].grad()[0], in[2].grad()[0]};
  };
  const std::vector<Tensor> cut = gradients(1), whole = gradients(5);
  for (std::size_t i = 0; i < 3; ++i) CHECK(amax(abs(cut[i] - whole[i])).item() < 1e-13);
}

TEST_CASE("the peak of attention over 2048 places is far below its weights") {
  // The most memory that the process has had at once since the last call, in bytes.
  const auto peak = [] {
    std::ifstream status("/proc/self/status");
    std::int64_t most = 0;
    for (std::string word; status >> word;)
      if (word == "VmHWM:") status >> most;
    std::ofstream("/proc/self/clear_refs") << 5;
    return most * 1024;
  };
  constexpr std::int64_t length = 2048, heads = 4, weights = heads * length * length * 4;
  Operands x = random({heads, length, 16}, {heads, length, 16}, float32);
  for (Tensor* each : {&x.q, &x.k, &x.v}) each->requires_grad_();
  const auto run = [&](std::int64_t places) {
    peak();
    const std::int64_t before = peak();
    const auto part = [&](const Tensor& whole) { return narrow(whole, 1, 0, places); };
    const auto options = AttentionOptions().is_causal(true);
    sum(scaled_dot_product_attention(part(x.q), part(x.k), part(x.v), {}, options)).backward();
    return peak() - before;
  };
  run(256);
  CHECK(run(length) < weights / 4);
}

TEST_CASE("a bool mask with the batch of the values alone has derivatives of every kind") {
  Generator draw(5);
  const auto drawn = [&](const Shape& shape) { return randn(shape, draw, float64).requires_grad_(); };
  const Tensor q = drawn({3, 2}), k = drawn({4, 2}), v = drawn({5, 4, 2});
  const Tensor mask = rand({5, 3, 4}, draw) < 0.7;
  const auto of = [&](const std::vector<Tensor>& x) { return scaled_dot_product_attention(x[0], x[1], x[2], mask); };
  CHECK(gradcheck(of, {q, k, v}));
  CHECK(gradgradcheck(of, {q, k, v}));
  const Tensor along = randn({3, 2}, draw, float64);
  const auto of_query = [&](const Tensor& x) { return sum(of({x, k.detach(), v.detach()})); };
  const double slope = func::jvp(of_query, q.detach(), along).second.item();
  CHECK(std::abs(slope - sum(grad({of_query(q)}, {q}, {})[0] * along).item()) < 1e-12);
}
