#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/functional.hpp>

#include "both_bodies.hpp"

using namespace xgrad;

namespace {

/// Batch norm with the statistics of the batch, without running ones.
Tensor by_batch(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return nn::batch_norm(x, weight, bias, {}, {}, true, .1, 1e-5);
}

std::vector<std::int64_t> all_but_channels(const Tensor& x) {
  std::vector<std::int64_t> axes;
  for (std::size_t k = 0; k < x.rank(); ++k)
    if (k != 1) axes.push_back(static_cast<std::int64_t>(k));
  return axes;
}

/// The smallest eps that there is.
constexpr double no_eps = std::numeric_limits<double>::denorm_min();

const std::vector<Shape> shapes = {{4, 3}, {100, 50}, {3, 2, 5}, {2, 3, 4, 4}, {1500, 33}, {5, 700}, {2, 1, 41}};

}  // namespace

TEST_CASE("a normalised batch has mean 0 and variance 1 in every channel") {
  for (const Shape& shape : shapes) {
    INFO(shape);
    const Tensor x = normal(shape, 1) * 3 + 7;
    const Tensor y = nn::batch_norm(x, {}, {}, {}, {}, true, .1, no_eps);
    const auto axes = all_but_channels(x);
    require_close(mean(y, axes), zeros({shape[1]}, float64), 1e-13);
    require_close(var(y, axes, 0), ones({shape[1]}, float64), 1e-12);
  }
}

TEST_CASE("batch norm agrees with its formula written out") {
  for (const Shape& shape : shapes) {
    INFO(shape);
    const Tensor x = normal(shape, 2), w = normal({shape[1]}, 3), b = normal({shape[1]}, 4);
    std::vector<std::int64_t> column(shape.rank() - 1, 1);
    column[0] = shape[1];
    const auto axes = all_but_channels(x);
    const Tensor m = mean(x, axes, keepdims), v = var(x, axes, 0, keepdims);
    const Tensor expected = (x - m) / sqrt(v + 1e-5) * reshape(w, column) + reshape(b, column);
    require_close(by_batch(x, w, b), expected, 1e-12);
    require_close(by_batch(x.to(float32), w.to(float32), b.to(float32)).to(float64), expected, 2e-6);
  }
}

TEST_CASE("the kernels and the formulas of batch norm give the same gradient") {
  for (const Shape& shape : shapes) {
    INFO(shape);
    const Tensor x = normal(shape, 5).requires_grad_(), w = normal({shape[1]}, 6).requires_grad_(),
                 b = normal({shape[1]}, 7).requires_grad_();
    const Tensor rm = normal({shape[1]}, 8), rv = square(normal({shape[1]}, 9)) + .5;
    require_bodies_agree([](const std::vector<Tensor>& in) { return by_batch(in[0], in[1], in[2]); }, {x, w, b});
    require_bodies_agree([](const std::vector<Tensor>& in) { return by_batch(in[0], {}, {}); }, {x});
    require_bodies_agree(
        [&](const std::vector<Tensor>& in) { return nn::batch_norm(in[0], in[1], in[2], rm, rv, false); }, {x, w, b});
  }
}

TEST_CASE("batch norm passes the gradient checks") {
  for (const Shape& shape : std::vector<Shape>{{5, 3}, {3, 2, 4}}) {
    const Tensor x = normal(shape, 10).requires_grad_(), w = normal({shape[1]}, 11).requires_grad_(),
                 b = normal({shape[1]}, 12).requires_grad_();
    const Tensor rm = normal({shape[1]}, 13), rv = square(normal({shape[1]}, 14)) + .5;
    const TensorFunction trained = [](const std::vector<Tensor>& in) { return by_batch(in[0], in[1], in[2]); };
    const TensorFunction bare = [](const std::vector<Tensor>& in) { return by_batch(in[0], {}, {}); };
    const TensorFunction constant = [=](const std::vector<Tensor>& in) {
      return nn::batch_norm(in[0], in[1], in[2], rm, rv, false);
    };
    require_holds(gradcheck(trained, {x, w, b}));
    require_holds(gradgradcheck(trained, {x, w, b}));
    require_holds(gradcheck(bare, {x}));
    require_holds(gradgradcheck(bare, {x}));
    require_holds(gradcheck(constant, {x, w, b}));
    require_holds(gradgradcheck(constant, {x, w, b}));
  }
}

TEST_CASE("the gradient of a normalised batch sums to 0, and so does its product with the batch") {
  for (const Shape& shape : shapes) {
    const Tensor x = normal(shape, 15).requires_grad_();
    const Tensor y = nn::batch_norm(x, {}, {}, {}, {}, true, .1, no_eps);
    const Tensor gx = grad({y}, {x}, {normal(shape, 16)}, retain_graph)[0];
    const auto axes = all_but_channels(x);
    require_close(sum(gx, axes), zeros({shape[1]}, float64), 1e-11);
    require_close(sum(gx * x.detach(), axes), zeros({shape[1]}, float64), 1e-10);
    // A bias before batch norm is redundant, and the sum of its output is constant.
    require_close(grad({y}, {x}, {ones(shape, float64)})[0], zeros(shape, float64), 1e-12);
  }
}

TEST_CASE("float32 statistics survive a large mean") {
  const Tensor x = Tensor({{4.}, {7.}, {13.}, {16.}}), far = x + 1e9;
  const Tensor mean_now = zeros({1}, float64), var_now = zeros({1}, float64);
  nn::batch_norm(far, {}, {}, mean_now, var_now, true, 1.0);
  CHECK(mean_now.item() == 1e9 + 10);
  CHECK(var_now.item() == Approx(30).epsilon(1e-14));
  const Tensor single = (x + 1e4).to(float32);
  require_close(by_batch(single, {}, {}).to(float64), by_batch(single.to(float64), {}, {}), 1e-6);
}

TEST_CASE("training moves the running statistics, by the unbiased variance, and evaluation uses them") {
  const Tensor x = normal({6, 2}, 17), running_mean = Tensor{1., -1.}, running_var = Tensor{2., .5};
  nn::batch_norm(x, {}, {}, running_mean, running_var, true, .25);
  require_close(running_mean, .75 * Tensor{1., -1.} + .25 * mean(x, 0), 1e-14);
  require_close(running_var, .75 * Tensor{2., .5} + .25 * var(x, 0), 1e-14);
  const Tensor before = running_mean.clone();
  const Tensor y = nn::batch_norm(x, {}, {}, running_mean, running_var, false, .25);
  require_close(y, (x - running_mean) / sqrt(running_var + 1e-5), 1e-13);
  require_close(running_mean, before, 0);
  require_close(nn::batch_norm(x, {}, {}, {}, {}, false), by_batch(x, {}, {}), 0);
  CHECK(nn::batch_norm(x[0].reshape({1, 2}), {}, {}, running_mean, running_var, false).shape() == Shape{1, 2});
}

TEST_CASE("a graph that used running statistics outlives their change") {
  const Tensor x = normal({4, 2}, 18).requires_grad_(), running_mean = zeros({2}, float64),
               running_var = ones({2}, float64);
  const Tensor y = nn::batch_norm(x, {}, {}, running_mean, running_var, false);
  nn::batch_norm(x.detach(), {}, {}, running_mean, running_var, true);
  sum(y).backward();
  require_close(x.grad(), full({4, 2}, 1 / std::sqrt(1 + 1e-5)), 1e-15);
}

TEST_CASE("writing the running statistics counts as a write") {
  const Tensor x = normal({4, 2}, 19), running_mean = zeros({2}, float64), running_var = ones({2}, float64);
  const Tensor a = Tensor{1., 2.}.requires_grad_();
  const Tensor product = sum(a * running_mean);
  nn::batch_norm(x, {}, {}, running_mean, running_var, true);
  CHECK_THROWS_AS(product.backward(), std::logic_error);
}

TEST_CASE("only the gradients that are needed are made") {
  const Tensor x = normal({4, 2}, 20), w = normal({2}, 21).requires_grad_(), b = normal({2}, 22);
  const Tensor y = by_batch(x, w, b);
  y.backward(ones({4, 2}, float64) * x);
  CHECK(w.grad().defined());
  CHECK_FALSE(x.grad().defined());
  CHECK_FALSE(by_batch(x, w.detach(), b).requires_grad());
}

TEST_CASE("batch norm of an empty batch is empty and moves nothing") {
  const Tensor x = zeros({0, 3}).requires_grad_(), w = ones({3}).requires_grad_(), b = zeros({3}).requires_grad_();
  const Tensor running_mean = zeros({3}), running_var = ones({3});
  const Tensor y = nn::batch_norm(x, w, b, running_mean, running_var, true);
  CHECK(y.shape() == Shape{0, 3});
  require_close(running_var, ones({3}), 0);
  y.backward(zeros({0, 3}));
  CHECK(x.grad().shape() == Shape{0, 3});
  require_close(w.grad(), zeros({3}), 0);
  require_close(b.grad(), zeros({3}), 0);
}

TEST_CASE("batch norm refuses what does not fit, before it writes") {
  const Tensor x = zeros({4, 50}), running_mean = zeros({50}), running_var = ones({50});
  require_refused(
      [&] {
        nn::batch_norm(zeros({1, 50}), {}, {}, running_mean, running_var, true);
      },
      "batch_norm: expected more than 1 value per channel when training, got input of shape (1, 50)");
  require_refused([&] { nn::batch_norm(zeros({50}), {}, {}, {}, {}, true); },
                  "batch_norm: the input must have axes (N, C) or (N, C, L...), got shape (50)");
  require_refused([&] { nn::batch_norm(x, ones({49}), {}, {}, {}, true); },
                  "batch_norm: weight must have shape (50) for input (4, 50), got (49)");
  require_refused([&] { nn::batch_norm(x, {}, zeros({50}, float64), running_mean, running_var, true); },
                  "batch_norm: input is float32, bias is float64: write 1.0f, x.to(float32) or model.to(float64)");
  require_refused([&] { nn::batch_norm(x.to(int64), {}, {}, {}, {}, true); }, "batch_norm: the input is int64");
  require_refused([&] { nn::batch_norm(x, {}, {}, running_mean, {}, true); }, "batch_norm: one of running_mean");
  require_refused([&] { nn::batch_norm(x, {}, {}, {}, {}, true, .1, -1); }, "batch_norm: eps must be positive");
  require_close(running_var, ones({50}), 0);
}

TEST_CASE("a constant channel is normalised to 0, whatever the eps") {
  for (const DType dtype : {float32, float64})
    for (const double eps : {1e-5, 1e-40, 1e-45, 1e-80, 5e-324})
      for (const Graph graph : {Graph::release, create_graph}) {
        INFO(dtype << ' ' << eps);
        const Tensor x = put(ones({4, 2}, dtype), {xt::all(), 1}, Tensor{1., 2., 3., 4.}).requires_grad_();
        const Tensor y = nn::batch_norm(x, {}, {}, {}, {}, true, .1, eps);
        CHECK(sum(abs(y(xt::all(), 0))).item() == 0);
        // An upstream gradient of equal numbers is orthogonal to every slope.
        CHECK(sum(abs(grad({y}, {x}, {ones({4, 2}, dtype)}, graph)[0](xt::all(), 0))).item() == 0);
        const Tensor constant = zeros({2}, dtype);
        const Tensor z = nn::batch_norm(zeros({4, 2}, dtype), {}, {}, constant, constant, false, .1, eps);
        CHECK(sum(abs(z)).item() == 0);
      }
}

TEST_CASE("dropout keeps elements with probability 1 - p and scales them") {
  Generator generator(1);
  const Tensor x = ones({200, 500});
  for (double p : {.1, .5, .9}) {
    const Tensor y = nn::dropout(x, p, true, &generator);
    double kept = 0;
    for (double v : numbers(y)) {
      REQUIRE((v == 0 || v == Approx(1 / (1 - p)).epsilon(1e-7)));
      kept += v != 0;
    }
    // Five standard deviations of a binomial count.
    CHECK(std::abs(kept - 1e5 * (1 - p)) < 5 * std::sqrt(1e5 * p * (1 - p)));
    CHECK(mean(y).item() == Approx(1).margin(5 * std::sqrt(p / (1 - p) / 1e5)));
  }
}

TEST_CASE("backward through dropout uses the mask of forward") {
  Generator generator(2);
  const Tensor x = (square(normal({30, 40}, 23)) + 1).requires_grad_(), seed = normal({30, 40}, 24);
  const Tensor y = nn::dropout(x, .4, true, &generator);
  const Tensor mask = y.detach() / x.detach();
  require_close(grad({y}, {x}, {seed}, retain_graph)[0], seed * mask, 1e-14);
  require_close(grad({y}, {x}, {seed}, create_graph)[0].detach(), seed * mask, 1e-14);
}

TEST_CASE("dropout with p = 0, p = 1 and in evaluation") {
  const Tensor x = normal({5, 5}, 25).requires_grad_();
  require_close(nn::dropout(x, 0.0), x, 0);
  require_close(nn::dropout(x, .5, false), x, 0);
  const Tensor none = nn::dropout(x, 1.0);
  require_close(none, zeros({5, 5}, float64), 0);
  sum(none).backward();
  require_close(x.grad(), zeros({5, 5}, float64), 0);
  CHECK(nn::dropout(zeros({0, 3}), .5).shape() == Shape{0, 3});
}

TEST_CASE("equal generators drop the same elements, and draws differ") {
  const Tensor x = ones({70000});
  Generator one(3), two(3);
  const auto first = numbers(nn::dropout(x, .5, true, &one));
  CHECK(first == numbers(nn::dropout(x, .5, true, &two)));
  CHECK(one.draws() == 1);
  CHECK(first != numbers(nn::dropout(x, .5, true, &one)));
  const int before = num_threads();
  set_num_threads(before == 1 ? 4 : 1);
  Generator three(3);
  CHECK(first == numbers(nn::dropout(x, .5, true, &three)));
  set_num_threads(before);
  manual_seed(7);
  const auto drawn = numbers(nn::dropout(x, .5));
  manual_seed(7);
  CHECK(drawn == numbers(nn::dropout(x, .5)));
}

TEST_CASE("dropout refuses a probability outside [0, 1], and whole numbers") {
  const Tensor x = zeros({3});
  require_refused([&] { nn::dropout(x, 1.5); }, "dropout: the probability must lie in [0, 1], got 1.5");
  require_refused([&] { nn::dropout(x, -.1); }, "dropout: the probability must lie in [0, 1], got -0.1");
  require_refused([&] { nn::dropout(x, std::nan("")); }, "dropout: the probability must lie in [0, 1], got");
  require_refused([&] { nn::dropout(x.to(int64), .5); }, "dropout: the input is int64");
  require_refused([] { nn::dropout(Tensor(), .5); }, "dropout: ");
}

TEST_CASE("batch norm gives the same bits on any number of threads") {
  for (const Shape& shape : std::vector<Shape>{{3000, 50}, {64, 16, 49}}) {
    const Tensor x = normal(shape, 26, float32).requires_grad_();
    const auto all = [&] {
      const Tensor y = by_batch(x, {}, {});
      return std::vector<std::vector<double>>{numbers(y), numbers(grad({y}, {x}, {y.detach() * x.detach()})[0])};
    };
    const int before = num_threads();
    set_num_threads(1);
    const auto serial = all();
    set_num_threads(4);
    const auto parallel = all();
    set_num_threads(before);
    CHECK(serial == parallel);
  }
}

TEST_CASE("what is dropped is exactly 0, whatever it was, and so is its gradient in every order") {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (DType dtype : {float32, float64})
    for (double p : {.5, 1.}) {
      INFO(p << ", " << dtype);
      const auto drop = [p](const Tensor& x) {
        Generator generator(4);
        return nn::dropout(x, p, true, &generator);
      };
      const Tensor kept = drop(ones({3, 40}, dtype)) != 0;
      const auto zero_where_dropped = [&](const Tensor& y) {
        return difference(where(kept, zeros_like(y), y), zeros_like(y)) == "" && sum((y == 0) & kept).item() == 0;
      };
      for (double worst : {inf, -inf, nan}) {
        const Tensor x = full({3, 40}, worst, dtype).requires_grad_(), y = drop(x);
        const Tensor seed = full({3, 40}, worst, dtype).requires_grad_();
        CHECK(zero_where_dropped(y.detach()));
        CHECK(zero_where_dropped(grad({y}, {x}, {seed.detach()}, retain_graph)[0]));
        const Tensor g = grad({y}, {x}, {seed}, create_graph)[0];
        CHECK(zero_where_dropped(g.detach()));
        CHECK(zero_where_dropped(grad({g}, {seed}, {full({3, 40}, worst, dtype)})[0]));
      }
    }
}

TEST_CASE("the recorded gradient of batch norm is as accurate as the kernel's, also for a large mean") {
  const Shape shape{64, 5};
  for (double centre : {0., 1e3, 1e6}) {
    const Tensor x = (normal(shape, 27) + centre).to(float32), w = normal({5}, 28, float32), b = zeros({5});
    const Tensor seed = normal(shape, 29, float32);
    const auto gradients = [&](DType dtype, Graph graph) {
      const std::vector<Tensor> in = {x.to(dtype).detach().requires_grad_(), w.to(dtype).detach().requires_grad_(),
                                      b.to(dtype).detach().requires_grad_()};
      return grad({by_batch(in[0], in[1], in[2])}, in, {seed.to(dtype)}, graph);
    };
    const auto expected = gradients(float64, retain_graph);
    for (Graph graph : {retain_graph, create_graph}) {
      const auto got = gradients(float32, graph);
      for (std::size_t i = 0; i < 3; ++i) {
        INFO("around " << centre << ", input " << i);
        CHECK(difference(got[i].detach().to(float64), expected[i], 0, 1e-6 * largest(expected[i])) == "");
      }
    }
  }
}

TEST_CASE("a normalised batch does not depend on the scale of the input, nor its gradient on more than that scale") {
  // Squares of float32 overflow from 2^64 on, and those of float64 from 2^512 on; both underflow on the other side.
  struct Scale {
    DType dtype;
    int exponent;
    double tolerance;
  };
  for (const Scale& at : std::vector<Scale>{{float32, 66, 1e-5},
                                            {float32, 100, 1e-5},
                                            {float32, -66, 1e-5},
                                            {float32, -90, 1e-5},
                                            {float64, 300, 1e-12},
                                            {float64, 600, 1e-12},
                                            {float64, 900, 1e-12},
                                            {float64, -300, 1e-12},
                                            {float64, -510, 1e-12}})
    for (const Shape& shape : std::vector<Shape>{{20, 3}, {4, 3, 5}}) {
      INFO(shape << ", 2^" << at.exponent << ", " << at.dtype);
      const Tensor base = normal(shape, 30, at.dtype), w = normal({3}, 31, at.dtype), b = normal({3}, 32, at.dtype);
      const Tensor seed = normal(shape, 33, at.dtype);
      // Of the three channels, the first alone is scaled.
      const double factor = std::ldexp(1.0, at.exponent);
      const Tensor column = reshape(Tensor{factor, 1., 1.}, std::vector<std::int64_t>{3}).to(at.dtype);
      const Tensor scale = shape.rank() == 3 ? unsqueeze(column, 1) : column;
      const auto everything = [&](const Tensor& values, Graph graph) {
        const std::vector<Tensor> in = {values.detach().clone().requires_grad_(), w.detach().clone().requires_grad_(),
                                        b.detach().clone().requires_grad_()};
        const Tensor y = nn::batch_norm(in[0], in[1], in[2], {}, {}, true, .1, no_eps);
        auto all = grad({y}, in, {seed}, graph);
        all.push_back(y);
        return all;
      };
      const auto expected = everything(base, retain_graph);
      for (Graph graph : {retain_graph, create_graph}) {
        auto got = everything(base * scale, graph);
        got[0] = got[0] * scale;
        for (std::size_t i = 0; i < got.size(); ++i)
          CHECK(difference(got[i].detach(), expected[i].detach(), 0, at.tolerance * largest(expected[i].detach())) ==
                "");
      }
    }
}
