// Textbook examples with known numbers, from the perceptron to logistic regression on two spirals.

#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

const double tiny = 1e-12;  // the rounding errors of a few float64 operations stay below this

/// The greatest difference between the elements of two tensors; infinite where the shapes differ.
double distance(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return std::numeric_limits<double>::infinity();
  return max(abs(a.to(float64) - b.to(float64))).item();
}

Tensor randn64(Shape shape, std::uint64_t seed) {
  Generator generator(seed);
  return randn(std::move(shape), generator, float64);
}

Tensor leaf(const Tensor& values) { return values.clone().requires_grad_(); }

const Tensor corners{{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}};

Tensor perceptron(const Tensor& x, double w1, double w2, double bias) { return step(matmul(x, Tensor{w1, w2}) + bias); }

/// Rosenblatt's rule, w += (t - y) x; whether some pass over the rows goes without a mistake.
bool perceptron_learns(const Tensor& targets) {
  Tensor w = zeros(3, float64);
  for (int pass = 0; pass < 100; ++pass) {
    int mistakes = 0;
    for (std::int64_t row = 0; row < 4; ++row) {
      const Tensor x = concat({corners[row], Tensor{1.}});
      const Tensor miss = targets[row] - step(matmul(w, x));
      mistakes += miss.item() != 0;
      w += miss * x;
    }
    if (mistakes == 0) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a perceptron is an AND, a NAND or an OR gate, and two layers of them are XOR") {
  const Tensor a = perceptron(corners, .5, .5, -.7);
  const Tensor nand = perceptron(corners, -.5, -.5, .7);
  const Tensor o = perceptron(corners, .5, .5, -.2);
  CHECK(distance(a, Tensor{0., 0., 0., 1.}) == 0);
  CHECK(distance(nand, Tensor{1., 1., 1., 0.}) == 0);
  CHECK(distance(o, Tensor{0., 1., 1., 1.}) == 0);
  CHECK(distance(perceptron(stack({nand, o}, 1), .5, .5, -.7), Tensor{0., 1., 1., 0.}) == 0);
}

TEST_CASE("the perceptron's rule learns AND and OR but never XOR") {
  CHECK(perceptron_learns(Tensor{0., 0., 0., 1.}));
  CHECK(perceptron_learns(Tensor{0., 1., 1., 1.}));
  CHECK_FALSE(perceptron_learns(Tensor{0., 1., 1., 0.}));
}

TEST_CASE("matrices do not commute, and the transpose of a product is the product of the transposes in reverse") {
  const Tensor a = randn64({3, 3}, 1), b = randn64({3, 3}, 2);
  CHECK(distance(matmul(a, b), matmul(b, a)) > .1);
  CHECK(distance(transpose(matmul(a, b)), matmul(transpose(b), transpose(a))) < tiny);
}

TEST_CASE("two linear layers without an activation between them are one") {
  nn::Linear first(5, 4), second(4, 3);
  first.to(float64);
  second.to(float64);
  const Tensor x = randn64({7, 5}, 3);
  const Tensor w = matmul(second.weight, first.weight), b = matmul(second.weight, first.bias) + second.bias;
  CHECK(distance(second(first(x)), linear(x, w, b)) < tiny);
}

TEST_CASE("the 2-3-2-2 net of sigmoids gives 0.31682708 and 0.69627909") {
  const Tensor w1{{.1, .3, .5}, {.2, .4, .6}}, w2{{.1, .4}, {.2, .5}, {.3, .6}}, w3{{.1, .3}, {.2, .4}};
  const Tensor b1{.1, .2, .3}, b2{.1, .2}, b3{.1, .2};
  const Tensor z1 = sigmoid(matmul(Tensor{1.0, 0.5}, w1) + b1);
  const Tensor z2 = sigmoid(matmul(z1, w2) + b2);
  CHECK(distance(matmul(z2, w3) + b3, Tensor{0.31682708, 0.69627909}) < 5e-9);
}

TEST_CASE("the activations have the values of their definitions") {
  const Tensor x{-3., -1., -.5, 0., .5, 1., 3.};
  CHECK(distance(step(x), Tensor{0., 0., 0., 0., 1., 1., 1.}) == 0);
  CHECK(distance(relu(x), Tensor{0., 0., 0., 0., .5, 1., 3.}) == 0);
  CHECK(distance(leaky_relu(x), Tensor{-.03, -.01, -.005, 0., .5, 1., 3.}) < tiny);
  CHECK(distance(elu(Tensor{-1., 0., 2.}), Tensor{-.6321205588285577, 0., 2.}) < tiny);
  CHECK(distance(sigmoid(Tensor{-1., 1., 2.}), Tensor{.2689414213699951, .7310585786300049, .8807970779778823}) < tiny);
  CHECK(distance(silu(Tensor{-1., 0., 1.}), Tensor{-.2689414213699951, 0., .7310585786300049}) < tiny);
  CHECK(distance(gelu(Tensor{-1., 0., 1.}), Tensor{-.15865525393145707, 0., .8413447460685429}) < tiny);
}

TEST_CASE("sigmoid, tanh, silu, gelu and softmax are related by their identities") {
  const Tensor x = linspace(-8, 8, 65, float64);
  CHECK(distance(sigmoid(x), (1 + tanh(x / 2)) / 2) < tiny);
  CHECK(distance(silu(x), x * sigmoid(x)) < tiny);
  CHECK(distance(gelu(x), x * (1 + erf(x / std::sqrt(2.))) / 2) < tiny);
  CHECK(distance(softmax(stack({x, zeros_like(x)}, 1), 1)(xt::all(), 0), sigmoid(x)) < tiny);
}

TEST_CASE("the slope of the sigmoid is at most a quarter, so ten of them in a row make a gradient vanish") {
  Tensor x = leaf(linspace(-6, 6, 25, float64));
  CHECK(max(grad(sum(sigmoid(x)), x)).item() == Approx(.25));
  Tensor y = x;
  for (int layer = 0; layer < 10; ++layer) y = sigmoid(y);
  CHECK(max(grad(sum(y), x)).item() < std::pow(.25, 10));
}

TEST_CASE("softmax has the known probabilities, and none changes when a constant is added") {
  const Tensor x{.3, 2.9, 4.0};
  const Tensor p = softmax(x, 0);
  CHECK(distance(p, Tensor{.01821127, .24519181, .73659691}) < 5e-9);
  CHECK(sum(p).item() == Approx(1));
  CHECK(distance(softmax(x + 1000, 0), p) < tiny);
}

TEST_CASE("the ten-class example has the known squared errors and cross entropies") {
  const Tensor right{.1, .05, .6, 0., .05, .1, 0., .1, 0., 0.}, wrong{.1, .05, .1, 0., .05, .1, 0., .6, 0., 0.};
  const Tensor t{0., 0., 1., 0., 0., 0., 0., 0., 0., 0.};
  auto squared_error = [&](const Tensor& y) { return (sum(square(y - t)) / 2).item(); };
  CHECK(squared_error(right) == Approx(.0975).epsilon(1e-12));
  CHECK(squared_error(wrong) == Approx(.5975).epsilon(1e-12));
  const Tensor two{2, 2};
  const Tensor each = nn::cross_entropy(log(stack({right, wrong})), two, nn::Reduction::none);  // ln y are logits of y
  CHECK(distance(each, Tensor{.510825, 2.302585}) < 1e-6);
}

TEST_CASE("equal logits of ten classes have the cross entropy ln 10") {
  CHECK(nn::cross_entropy(zeros({4, 10}, float64), Tensor{0, 3, 9, 9}).item() == Approx(std::log(10.)));
}

TEST_CASE("accuracy has no gradient, so it cannot be the loss") {
  Tensor logits = leaf(randn64({6, 3}, 4));
  const Tensor accuracy = mean(argmax(logits, 1) == Tensor{0, 1, 2, 0, 1, 2});
  CHECK_FALSE(accuracy.requires_grad());
  CHECK_THROWS_AS(accuracy.backward(), std::logic_error);
}

TEST_CASE("central differences agree with the derivatives by hand") {
  auto curve = [](const Tensor& x) { return sum(.01 * square(x) + .1 * x); };
  CHECK(distance(numerical_gradient(curve, Tensor{5., 10.}), Tensor{.2, .3}) < 1e-9);
  auto bowl = [](const Tensor& x) { return sum(square(x)); };
  CHECK(distance(numerical_gradient(bowl, Tensor{3., 4.}), Tensor{6., 8.}) < 1e-7);
}

TEST_CASE("a hundred steps of gradient descent bring (-3, 4) to the bottom of the bowl") {
  Tensor x = leaf(Tensor{-3., 4.});
  for (int i = 0; i < 100; ++i) {
    const Tensor slope = grad(sum(square(x)), x);
    const NoGrad off;
    x -= .1 * slope;
  }
  CHECK(distance(x, Tensor{-6.11110793e-10, 8.14814391e-10}) < 1e-17);
}

TEST_CASE("the gates pass their gradients by local rules") {
  Tensor a = leaf(Tensor{2., 5.}), b = leaf(Tensor{3., 4.});
  const Tensor g{10., 100.};
  auto gradients = [&](const Tensor& y) { return stack(grad({y}, {a, b}, {g})); };
  CHECK(distance(gradients(a + b), stack({g, g})) == 0);
  CHECK(distance(gradients(a * b), stack({g * b, g * a})) == 0);
  CHECK(distance(gradients(maximum(a, b)), Tensor{{0., 100.}, {10., 0.}}) == 0);
  CHECK(distance(gradients(a + a + b), stack({2 * g, g})) == 0);  // a is used twice: its gradients add
}

TEST_CASE("reciprocal, log, exp and sigmoid have their known derivatives") {
  Tensor x = leaf(Tensor{.5, 1., 2.});
  auto slope = [&](const Tensor& y) { return grad(sum(y), x); };
  CHECK(distance(slope(1 / x), Tensor{-4., -1., -.25}) < tiny);
  CHECK(distance(slope(log(x)), Tensor{2., 1., .5}) < tiny);
  CHECK(distance(slope(exp(x)), exp(x)) < tiny);
  CHECK(distance(slope(sigmoid(x)), sigmoid(x) * (1 - sigmoid(x))) < tiny);
}

TEST_CASE("a gradient has the shape of its variable") {
  Tensor x = leaf(randn64({5, 3}, 5)), w = leaf(randn64({3, 4}, 6)), b = leaf(randn64({4}, 7));
  Tensor scale = leaf(Tensor(2.));
  sum(scale * relu(matmul(x, w) + b)).backward();
  for (const Tensor& each : {x, w, b, scale}) CHECK(each.grad().shape() == each.shape());
}

TEST_CASE("Y = WX + B has the gradients W'dY, dY X' and dY, summed over the batch for a bias") {
  Tensor w = leaf(randn64({4, 3}, 8)), x = leaf(randn64({3, 5}, 9));
  Tensor full = leaf(randn64({4, 5}, 10)), bias = leaf(randn64({4, 1}, 11));
  const Tensor dy = randn64({4, 5}, 12);
  const std::vector<Tensor> got = grad({matmul(w, x) + full + bias}, {x, w, full, bias}, {dy});
  CHECK(distance(got[0], matmul(transpose(w), dy)) < tiny);
  CHECK(distance(got[1], matmul(dy, transpose(x))) < tiny);
  CHECK(distance(got[2], dy) == 0);
  CHECK(distance(got[3], sum(dy, 1, keepdims)) < tiny);
}

TEST_CASE("softmax with cross entropy has the gradient p - t, node by node through exp, sum, divide and log") {
  Tensor z = leaf(Tensor{.3, 2.9, 4.0});
  const Tensor t{0., 1., 0.};
  const Tensor e = exp(z), s = sum(e), y = e / s, loss = -sum(t * log(y));
  for (const Tensor& inner : {e, s, y}) inner.retain_grad();
  loss.backward();
  CHECK(distance(y.grad(), -t / y) < tiny);
  CHECK(s.grad().item() == Approx(1 / s.item()));   // the t's sum to 1
  CHECK(distance(e.grad(), 1 / s - t / e) < tiny);  // one path through the sum, one through the division
  CHECK(distance(z.grad(), y - t) < tiny);
  CHECK(distance(grad(nn::cross_entropy(z.reshape({1, 3}), Tensor{1}), z), y - t) < tiny);  // fused
}

TEST_CASE("sigmoid with binary cross entropy has the gradient z - t") {
  Tensor x = leaf(Tensor{-2., 0., 3.});
  const Tensor t{0., 1., 1.}, z = sigmoid(x);
  CHECK(distance(grad(-sum(t * log(z) + (1 - t) * log(1 - z)), x), z - t) < tiny);
  CHECK(distance(grad(nn::binary_cross_entropy(sigmoid(x), t, nn::Reduction::sum), x), z - t) < tiny);
  CHECK(distance(grad(nn::binary_cross_entropy_with_logits(x, t, nn::Reduction::sum), x), z - t) < tiny);
}

TEST_CASE("the 3-4-3 net's weights have the gradients derived by hand") {
  const Tensor x = randn64({1, 3}, 13), t{{0., 0., 1.}};
  Tensor w0 = leaf(randn64({3, 4}, 14)), w1 = leaf(randn64({4, 3}, 15));
  const Tensor z1 = matmul(x, w0), h = relu(z1), z2 = matmul(h, w1);
  nn::cross_entropy(z2, Tensor{2}).backward();
  const Tensor d2 = softmax(z2, 1) - t;
  const Tensor d1 = matmul(d2, transpose(w1)) * (z1 > 0);
  REQUIRE(sum(z1 > 0).item() > 0);
  CHECK(distance(w1.grad(), matmul(transpose(h), d2)) < tiny);
  CHECK(distance(w0.grad(), matmul(transpose(x), d1)) < tiny);
}

TEST_CASE("a first weight of the 2-3-2 net collects its gradient over two paths") {
  const Tensor x{.05, .1}, t{.01, .99};
  Tensor w = leaf(randn64({2, 3}, 16)), v = leaf(randn64({3, 2}, 17));  // w1 is w(0, 0), w7 is v(0, 0), w10 is v(0, 1)
  const Tensor zh = sigmoid(matmul(x, w)), zo = sigmoid(matmul(zh, v));
  (-sum(t * log(zo) + (1 - t) * log(1 - zo))).backward();
  const double h1 = zh(0).item(), miss1 = (zo - t)(0).item(), miss2 = (zo - t)(1).item();
  CHECK(v.grad()(0, 0).item() == Approx(miss1 * h1));
  const double first = miss1 * v(0, 0).item() * h1 * (1 - h1) * .05;
  const double second = miss2 * v(0, 1).item() * h1 * (1 - h1) * .05;
  CHECK(w.grad()(0, 0).item() == Approx(first + second));
}

TEST_CASE("two apples at 100 with tax cost 220, with the gradients 2.2, 110 and 200") {
  Tensor apple = leaf(Tensor(100.)), count = leaf(Tensor(2.)), tax = leaf(Tensor(1.1));
  const Tensor price = apple * count * tax;
  price.backward();
  CHECK(price.item() == Approx(220));
  CHECK(apple.grad().item() == Approx(2.2));
  CHECK(count.grad().item() == Approx(110));
  CHECK(tax.grad().item() == Approx(200));
}

TEST_CASE("apples and oranges cost 715, with the gradients 2.2, 110, 3.3, 165 and 650") {
  Tensor apple = leaf(Tensor(100.)), apples = leaf(Tensor(2.)), orange = leaf(Tensor(150.)), oranges = leaf(Tensor(3.));
  Tensor tax = leaf(Tensor(1.1));
  const Tensor price = (apple * apples + orange * oranges) * tax;
  CHECK(price.item() == Approx(715));
  const Tensor got = stack(grad({price}, {apple, apples, orange, oranges, tax}));
  CHECK(distance(got, Tensor{2.2, 110., 3.3, 165., 650.}) < tiny * 1000);
}

TEST_CASE("CIFAR-10's pictures fit a linear classifier and an MLP") {
  manual_seed(0);
  const Tensor pictures = rand({2, 3072});
  CHECK(nn::Linear(3072, 10)(pictures).shape() == Shape{2, 10});
  CHECK(nn::MLP({3072, 100, 10})(pictures).shape() == Shape{2, 10});
}

namespace {

/// The stream of np.random.seed(0), as np.random.rand and np.random.randn draw from it.
class NumpyStream {
 public:
  double rand() {
    const double a = static_cast<double>(engine_() >> 5), b = static_cast<double>(engine_() >> 6);
    return (a * 67108864 + b) / 9007199254740992;
  }

  /// Marsaglia's polar method, two numbers at a time, of which the second is handed out first.
  double randn() {
    if (has_kept_) {
      has_kept_ = false;
      return kept_;
    }
    double x, y, r2;
    do {
      x = 2 * rand() - 1;
      y = 2 * rand() - 1;
      r2 = x * x + y * y;
    } while (r2 >= 1 || r2 == 0);
    const double f = std::sqrt(-2 * std::log(r2) / r2);
    kept_ = f * x;
    has_kept_ = true;
    return f * y;
  }

 private:
  std::mt19937 engine_{0};
  double kept_ = 0;
  bool has_kept_ = false;
};

/// Two spirals as NumPy draws them, float64 (200, 2): for each spiral first the angles, then the noise.
Tensor numpy_spirals() {
  const double pi = std::acos(-1.), c = std::cos(pi / 6), s = std::sin(pi / 6);
  NumpyStream numpy;
  std::vector<double> points;
  for (double side : {1., -1.}) {
    std::vector<double> angles(100);
    for (double& theta : angles) theta = std::sqrt(numpy.rand()) * 2 * pi;
    for (double theta : angles) {
      const double r = side * (2 * theta + pi);
      const double x = r * std::cos(theta) + numpy.randn(), y = r * std::sin(theta) + numpy.randn();
      points.insert(points.end(), {c * x - s * y, s * x + c * y});
    }
  }
  return Tensor(points).reshape({200, 2});
}

std::string six_digits(const Tensor& number) {
  char text[16];
  std::snprintf(text, sizeof text, "%.6f", number.item());
  return text;
}

}  // namespace

TEST_CASE("logistic regression on two spirals repeats losses recorded from another implementation, digit for digit") {
  const Tensor points = numpy_spirals();
  CHECK(distance(points[0], Tensor{4.13404227, -10.92629463}) < 5e-9);
  const Tensor x = points.to(float32), t = concat({zeros(100), ones(100)});
  Tensor w = zeros(2).requires_grad_();
  std::vector<std::string> losses;
  for (int epoch = 0; epoch <= 100; ++epoch) {
    const Tensor z = sigmoid(matmul(x, w));
    const Tensor loss = nn::binary_cross_entropy(z, t);
    // The recorded losses have an epsilon of 1e-7 inside the logarithms, as Keras adds it; float32 rounds it to 2^-23
    // beside a number near 1. Without it, two of the eleven losses end differently.
    const double epsilon = std::numeric_limits<float>::epsilon();
    const Tensor printed = -mean(t * log(z + epsilon) + (1 - t) * log(1 - z + epsilon));
    CHECK(std::abs(loss.item() - printed.item()) < 1e-6);
    if (epoch % 10 == 0) losses.push_back(six_digits(printed));
    const Tensor slope = grad(loss, w);
    const NoGrad off;
    w -= .01 * slope;
  }
  CHECK(losses == std::vector<std::string>{"0.693147", "0.539651", "0.527821", "0.525859", "0.525466", "0.525381",
                                           "0.525362", "0.525358", "0.525357", "0.525357", "0.525357"});
  CHECK(distance(w, Tensor{-.0855, .1515}) < 5e-5);
}
