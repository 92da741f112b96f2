// Initialisers: their distributions, the fans of weights, and what they refuse.

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::nn;

namespace {

using Distribution = std::function<double(double)>;

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// The Kolmogorov-Smirnov distance, times the root of the count: below 1.95 in 999 of 1,000 cases.
double distance(const Tensor& numbers, const Distribution& distribution) {
  std::vector<double> sorted = values(numbers);
  for (const double each : sorted)
    if (std::isnan(each)) return each;  // it has no place in an order
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(sorted.size());
  double most = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double p = distribution(sorted[i]);
    if (std::isnan(p)) return p;
    most = std::max({most, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
  }
  return most * std::sqrt(n);
}

Distribution normal_of(double mean, double std) {
  return [=](double x) { return normal_distribution((x - mean) / std); };
}
Distribution uniform_of(double low, double high) {
  return [=](double x) { return std::clamp((x - low) / (high - low), 0.0, 1.0); };
}
Distribution truncated(double mean, double std, double a, double b) {
  // In the lower tail, where erfc is accurate.
  if (a > mean) return [=](double x) { return 1 - truncated(-mean, std, -b, -a)(-x); };
  return [=](double x) {
    const double from = normal_distribution((a - mean) / std);
    return (normal_distribution((x - mean) / std) - from) / (normal_distribution((b - mean) / std) - from);
  };
}

double deviation_of(const Tensor& x) { return xgrad::std(x).item(); }

Tensor weight(DType dtype = float64) { return zeros({40, 25, 10}, dtype); }

}  // namespace

TEST_CASE("initialisers have their distributions") {
  Generator generator(21);
  Generator* from = &generator;
  for (const DType dtype : {float32, float64}) {
    INFO(name_of(dtype));
    CHECK(distance(init::uniform_(weight(dtype), -1, 3, from), uniform_of(-1, 3)) < 1.95);
    CHECK(distance(init::normal_(weight(dtype), 1, 2, from), normal_of(1, 2)) < 1.95);
    CHECK(distance(init::normal_(weight(dtype), 0, 0.01, from), normal_of(0, 0.01)) < 1.95);
    // A weight (40, 25, 10): fan_in 250, fan_out 400.
    const double xavier = std::sqrt(2.0 / 650);
    CHECK(distance(init::xavier_normal_(weight(dtype), 2, from), normal_of(0, 2 * xavier)) < 1.95);
    const double bound = std::sqrt(3.0) * xavier;
    CHECK(distance(init::xavier_uniform_(weight(dtype), 1, from), uniform_of(-bound, bound)) < 1.95);
    const double in = std::sqrt(2.0 / 250), out = std::sqrt(2.0 / 400);
    CHECK(distance(init::kaiming_normal_(weight(dtype), 0, init::Fan::in, init::Nonlinearity::relu, from),
                   normal_of(0, in)) < 1.95);
    CHECK(distance(init::kaiming_normal_(weight(dtype), 0, init::Fan::out, init::Nonlinearity::relu, from),
                   normal_of(0, out)) < 1.95);
    const double wide = std::sqrt(3.0) * std::sqrt(2.0 / 26 / 250);
    CHECK(distance(init::kaiming_uniform_(weight(dtype), 5, init::Fan::in, init::Nonlinearity::leaky_relu, from),
                   uniform_of(-wide, wide)) < 1.95);
  }
}

TEST_CASE("uniform_ does not round up to the end of its interval") {
  Generator generator(25);
  // float32 has two numbers from 2^22 to before 2^22 + 1, to which a quarter would round.
  const std::vector<double> all = values(init::uniform_(weight(float32), 0x1p22, 0x1p22 + 1, &generator));
  CHECK(*std::min_element(all.begin(), all.end()) == 0x1p22);
  CHECK(*std::max_element(all.begin(), all.end()) == 0x1p22 + 0.5);
  const Tensor narrow = init::uniform_(weight(float32), 1, std::nextafter(1.0, 2.0));
  CHECK(difference(narrow, ones_like(narrow)) == "");
  CHECK(difference(init::uniform_(weight(float32), 0.7, 0.7), full({40, 25, 10}, 0.7, float32)) == "");
  const std::vector<double> wide = values(init::uniform_(weight(float32), 100, 101));
  CHECK(*std::max_element(wide.begin(), wide.end()) < 101);
}

TEST_CASE("the distance notices another distribution") {
  Generator generator(22);
  CHECK(distance(init::normal_(weight(), 0, 1, &generator), normal_of(0, 1.1)) > 1.95);
  CHECK(distance(init::normal_(weight(), 0, 1, &generator), normal_of(0.05, 1)) > 1.95);
  CHECK(distance(init::uniform_(weight(), 0, 1, &generator), normal_of(0.5, std::sqrt(1.0 / 12))) > 1.95);
}

TEST_CASE("trunc_normal_ is normal between its bounds, also in a tail") {
  struct Part {
    double mean, std, a, b;
  };
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<Part> parts = {{0, 1, -2, 2},   {0, 1, -0.1, 3},       {1, 0.5, -2, 2},      {0, 0.02, -2, 2},
                                   {0, 1, 3, 4},    {0, 1, -4, -3},        {0, 1, 6, 9},         {0, 1, -30, -25},
                                   {5, 2, -inf, 4}, {0, 1, -0.001, 0.001}, {-3, 0.1, -inf, inf}, {0, 1, 8, inf}};
  Generator generator(23);
  for (const Part& p : parts) {
    INFO(p.mean << " " << p.std << " " << p.a << " " << p.b);
    const Tensor x = init::trunc_normal_(weight(), p.mean, p.std, p.a, p.b, &generator);
    const std::vector<double> all = values(x);
    CHECK(*std::min_element(all.begin(), all.end()) >= p.a);
    CHECK(*std::max_element(all.begin(), all.end()) <= p.b);
    CHECK(distance(x, truncated(p.mean, p.std, p.a, p.b)) < 1.95);
    // The first two moments, by the formulas.
    const double low = (p.a - p.mean) / p.std, high = (p.b - p.mean) / p.std;
    if (std::abs(low) > 5 || std::abs(high) > 5) continue;
    const auto density = [](double t) { return std::exp(-0.5 * t * t) / std::sqrt(2 * std::acos(-1.0)); };
    const double share = normal_distribution(high) - normal_distribution(low);
    const double shift = (density(low) - density(high)) / share;
    const double variance = 1 + (low * density(low) - high * density(high)) / share - shift * shift;
    CHECK(mean(x).item() == Approx(p.mean + p.std * shift).margin(0.05 * p.std * std::sqrt(variance)));
    CHECK(deviation_of(x) == Approx(p.std * std::sqrt(variance)).epsilon(0.03));
  }
  const std::vector<double> floats = values(init::trunc_normal_(weight(float32), 0, 1, 0.1, 0.2, &generator));
  CHECK(*std::min_element(floats.begin(), floats.end()) >= 0.1);
  CHECK(*std::max_element(floats.begin(), floats.end()) <= 0.2);
}

TEST_CASE("orthogonal_ has orthonormal rows or columns, uniformly") {
  Generator generator(24);
  for (const Shape& shape : {Shape{5, 5}, Shape{3, 8}, Shape{8, 3}, Shape{4, 3, 2}, Shape{1, 6}, Shape{6, 1},
                             Shape{2, 3, 2, 2}, Shape{3, 1, 1, 1, 2}}) {
    INFO(to_string(shape));
    const Tensor x = init::orthogonal_(zeros(shape, float64), 3, &generator);
    const Tensor matrix = reshape(x, {shape[0], -1});
    const bool wide = matrix.shape(0) < matrix.shape(1);
    const Tensor product = wide ? matmul(matrix, transpose(matrix)) : matmul(transpose(matrix), matrix);
    CHECK(difference(product, 9.0 * eye(product.shape(0), float64), 0, 1e-13) == "");
  }
  // Uniform: the first column of a rotation of the plane by any angle is as likely; determinants of both signs occur.
  std::vector<double> angles;
  int positive = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::vector<double> x = values(init::orthogonal_(zeros({2, 2}, float64), 1, &generator));
    angles.push_back(std::atan2(x[2], x[0]));
    positive += x[0] * x[3] - x[1] * x[2] > 0;
  }
  CHECK(distance(Tensor(angles), uniform_of(-std::acos(-1.0), std::acos(-1.0))) < 1.95);
  CHECK(positive > 900);
  CHECK(positive < 1100);
  CHECK(init::orthogonal_(zeros({0, 3})).size() == 0);
  CHECK(init::orthogonal_(zeros({3, 0})).size() == 0);
  CHECK(difference(matmul(init::orthogonal_(zeros({4, 4})), ones({4, 1})), ones({4, 1})) != "");
}

TEST_CASE("sparse_ zeroes as many elements of each column, at random rows") {
  Generator generator(25);
  const Tensor x = init::sparse_(zeros({10, 300}, float64), 0.25, 0.5, &generator);
  const std::vector<double> all = values(x);
  std::vector<double> others;
  std::vector<int> by_row(10);
  for (std::size_t column = 0; column < 300; ++column) {
    int zeroed = 0;
    for (std::size_t row = 0; row < 10; ++row) {
      const double v = all[row * 300 + column];
      zeroed += v == 0;
      by_row[row] += v == 0;
      if (v != 0) others.push_back(v);
    }
    REQUIRE(zeroed == 3);
  }
  for (const int count : by_row) CHECK(std::abs(count - 90) < 35);
  CHECK(distance(Tensor(others), normal_of(0, 0.5)) < 1.95);
  CHECK(largest_of_all(init::sparse_(ones({4, 3}), 1)) == 0);
  CHECK(count_nonzero(init::sparse_(zeros({4, 3}), 0)).item<int>() == 12);
  CHECK(init::sparse_(zeros({0, 3}), 0.5).size() == 0);
}

TEST_CASE("dirac_ makes a convolution that passes its channels on") {
  // torch.nn.init.dirac_(torch.empty(4, 2, 3), 2)
  CHECK(difference(init::dirac_(full({4, 2, 3}, 7.f), 2), Tensor({{{0., 1., 0.}, {0., 0., 0.}},
                                                                  {{0., 0., 0.}, {0., 1., 0.}},
                                                                  {{0., 1., 0.}, {0., 0., 0.}},
                                                                  {{0., 0., 0.}, {0., 1., 0.}}},
                                                                 float32)) == "");
  // torch.nonzero(torch.nn.init.dirac_(torch.empty(3, 5, 4, 3)))
  CHECK(difference(nonzero(init::dirac_(zeros({3, 5, 4, 3}))), Tensor{{0, 0, 2, 1}, {1, 1, 2, 1}, {2, 2, 2, 1}}) == "");
  // torch.nonzero(torch.nn.init.dirac_(torch.empty(4, 1, 2, 3, 5), 2))
  CHECK(difference(nonzero(init::dirac_(zeros({4, 1, 2, 3, 5}), 2)), Tensor{{0, 0, 1, 1, 2}, {2, 0, 1, 1, 2}}) == "");
  CHECK(init::dirac_(zeros({0, 2, 3})).size() == 0);
  CHECK(init::dirac_(zeros({2, 2, 0})).size() == 0);
}

TEST_CASE("fans and gains are PyTorch's") {
  // torch.nn.init._calculate_fan_in_and_fan_out
  struct Case {
    Shape shape;
    double in, out;
  };
  for (const Case& c : {Case{{7, 5}, 5, 7}, Case{{7, 5, 3}, 15, 21}, Case{{7, 5, 3, 2}, 30, 42},
                        Case{{7, 5, 3, 2, 4}, 120, 168}, Case{{0, 5}, 5, 0}, Case{{7, 5, 0}, 0, 0}}) {
    INFO(to_string(c.shape));
    CHECK(init::fans(zeros(c.shape)).in == c.in);
    CHECK(init::fans(zeros(c.shape)).out == c.out);
  }
  // torch.nn.init.calculate_gain
  CHECK(init::calculate_gain(init::Nonlinearity::linear) == 1);
  CHECK(init::calculate_gain(init::Nonlinearity::sigmoid) == 1);
  CHECK(init::calculate_gain(init::Nonlinearity::tanh) == 1.6666666666666667);
  CHECK(init::calculate_gain(init::Nonlinearity::relu) == 1.4142135623730951);
  CHECK(init::calculate_gain(init::Nonlinearity::leaky_relu) == 1.4141428569978354);
  CHECK(init::calculate_gain(init::Nonlinearity::leaky_relu, 0.2) == 1.3867504905630728);
  CHECK(init::calculate_gain(init::Nonlinearity::selu) == 0.75);
}

TEST_CASE("an initialiser writes in place, the same from the same seed") {
  const Parameter w(zeros({3, 3}));
  const std::uint64_t seed = 31;
  for (const auto& write : std::vector<std::function<void(Generator&)>>{
           [&](Generator& g) { init::trunc_normal_(w, 0, 1, -2, 2, &g); },
           [&](Generator& g) { init::orthogonal_(w, 1, &g); }, [&](Generator& g) { init::sparse_(w, 0.1, 1, &g); }}) {
    Generator first(seed), second(seed);
    write(first);
    const Tensor once = w.detach().clone();
    CHECK(largest_of_all(once) > 0);
    init::zeros_(w);
    write(second);
    CHECK(difference(w.detach(), once) == "");
    CHECK(w.requires_grad());
    CHECK(w.is_leaf());
  }
}

TEST_CASE("initialisers refuse what they cannot do, and change nothing") {
  const Tensor x = full({2, 3}, 7.f);
  const auto refused = [&](const std::function<void()>& f) {
    const std::string text = thrown_by<std::invalid_argument>(f);
    CHECK(difference(x, full({2, 3}, 7.f)) == "");
    return text.substr(0, text.find(" (init_test.cpp"));
  };
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(refused([&] { init::trunc_normal_(x, 0, 0); }) ==
        "trunc_normal_: the deviation must be positive and finite, got 0");
  CHECK(refused([&] { init::trunc_normal_(x, 0, 1, 2, 2); }) ==
        "trunc_normal_: cannot draw from 2 .. 2: the first must be less");
  CHECK(refused([&] { init::trunc_normal_(x, 0, 1, 50, 60); }) ==
        "trunc_normal_: between 50 and 60 there is no probability of a normal distribution of mean 0 and deviation 1");
  CHECK_THROWS_AS(init::trunc_normal_(x, 0, 1, std::nan(""), 2), std::invalid_argument);
  CHECK_THROWS_AS(init::trunc_normal_(x, inf), std::invalid_argument);
  CHECK(refused([&] { init::orthogonal_(x(0)); }) ==
        "orthogonal_: the tensor has shape (3): a matrix has rank 2 or more");
  CHECK(refused([&] { init::orthogonal_(x, inf); }) == "orthogonal_: the gain must be finite, got inf");
  CHECK(refused([&] { init::sparse_(x, 1.5); }) == "sparse_: sparsity must lie in [0, 1], got 1.5");
  CHECK(refused([&] { init::sparse_(x, 0.5, -1); }) ==
        "sparse_: the deviation must be finite and not negative, got -1");
  CHECK(refused([&] {
          init::sparse_(zeros({2, 2, 2}), 0.5);
        }) == "sparse_: the tensor has shape (2, 2, 2): it must be a matrix");
  CHECK(refused([&] { init::dirac_(x); }) ==
        "dirac_: the tensor has shape (2, 3): the weight of a convolution has rank 3, 4 or 5");
  CHECK(refused([&] {
          init::dirac_(zeros({4, 2, 3}), 3);
        }) == "dirac_: 3 groups do not divide the 4 filters of shape (4, 2, 3)");
  CHECK_THROWS_AS(init::dirac_(zeros({4, 2, 3}), 0), std::invalid_argument);
  CHECK(refused([&] { static_cast<void>(init::fans(zeros({3}))); }) ==
        "fans: the tensor has shape (3): a weight with fans has rank 2 or more");
  CHECK_THROWS_AS(init::orthogonal_(zeros({2, 2}, int64)), std::invalid_argument);
  CHECK_THROWS_AS(init::trunc_normal_(zeros({2, 2}, int64)), std::invalid_argument);
  CHECK_THROWS_AS(init::sparse_(zeros({2, 2}, boolean), 0.5), std::invalid_argument);
}

TEST_CASE("gains that are negative or leave the range of numbers are refused, and slopes do not overflow", "[init]") {
  const Tensor w = zeros({2, 2}, float64);
  CHECK_THROWS_AS(init::xavier_uniform_(w, -1), std::invalid_argument);
  CHECK_THROWS_AS(init::xavier_normal_(w, -1), std::invalid_argument);
  CHECK_THROWS_AS(init::xavier_uniform_(w, 1.7e308), std::invalid_argument);
  CHECK(sum(abs(w)).item() == 0);
  init::kaiming_uniform_(w, 1e200);
  CHECK(largest(w) > 1e-202);
}
