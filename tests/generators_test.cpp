// Generated data sets: their formulas, and the numbers of the programs that they reproduce.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "inspect.hpp"

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/synthetic.hpp>
#include <xgrad/nn/losses.hpp>

using namespace xgrad;
using namespace xgrad::data;
using Catch::Matchers::Contains;

namespace {

const double pi = std::acos(-1.0);

struct Point {
  double x, y;
  std::int64_t target;
};

std::vector<Point> points(const TensorDataset<2>& set) {
  const Numbers at = numbers(set.inputs());
  const std::vector<std::int64_t> targets = whole_numbers(set.targets());
  REQUIRE(set.inputs().shape() == Shape({set.size(), 2}));
  REQUIRE(set.inputs().dtype() == float32);
  std::vector<Point> all;
  for (std::size_t i = 0; i < targets.size(); ++i) all.push_back({at[2 * i], at[2 * i + 1], targets[i]});
  return all;
}

bool equal_sets(const TensorDataset<2>& a, const TensorDataset<2>& b) {
  return numbers(a.inputs()) == numbers(b.inputs()) && numbers(a.targets()) == numbers(b.targets());
}

}  // namespace

TEST_CASE("the two spirals of NumPy's seed 0 train to the recorded losses", "[data]") {
  const TensorDataset set = two_spirals(100, 1.0, NumPySeed{0});
  const std::vector<Point> all = points(set);
  CHECK(std::abs(all[0].x - 4.13404227) < 5e-7);
  CHECK(std::abs(all[0].y - -10.92629463) < 5e-7);

  Tensor weights = zeros(2).requires_grad_();
  std::vector<double> losses;
  for (int step = 0; step <= 100; ++step) {
    const Tensor loss = nn::binary_cross_entropy_with_logits(matmul(set.inputs(), weights), set.targets());
    if (step % 10 == 0) losses.push_back(loss.item());
    weights.set_grad({});
    loss.backward();
    const NoGrad off;
    weights -= 0.01 * weights.grad();
  }
  const double recorded[] = {.693147, .539651, .527821, .525859, .525466, .525381,
                             .525362, .525358, .525357, .525357, .525357};
  for (std::size_t i = 0; i < 11; ++i) CHECK(std::abs(losses[i] - recorded[i]) < 1.01e-6);
  CHECK(std::abs(weights[0].item() - -.0855) < 5e-5);
  CHECK(std::abs(weights[1].item() - .1515) < 5e-5);
}

TEST_CASE("the three arms of NumPy's seed 1984 are the book's", "[data]") {
  // Computed by NumPy: row 0, 1, 99, 101, 250 and 299 of the book's spiral.load_data(), in float32.
  const std::vector<Point> all = points(spirals(3, 100, 0.2, NumPySeed{1984}));
  REQUIRE(all.size() == 300);
  const std::map<std::size_t, Point> book = {{0, {-0.0, 0.0, 0}},
                                             {1, {-0.0009769864846020937, 0.009952160529792309, 0}},
                                             {99, {-0.5870091319084167, -0.7971952557563782, 0}},
                                             {101, {-0.008370205760002136, -0.005471714772284031, 1}},
                                             {250, {-0.23457343876361847, -0.4415600895881653, 2}},
                                             {299, {-0.5974310040473938, 0.7894150614738464, 2}}};
  for (const auto& [row, point] : book) {
    CHECK(all[row].x == point.x);
    CHECK(all[row].y == point.y);
    CHECK(all[row].target == point.target);
  }
}

TEST_CASE("arms without noise are spirals", "[data]") {
  const std::vector<Point> all = points(spirals(4, 50, 0));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double r = static_cast<double>(i % 50) / 50;
    CHECK(std::abs(std::hypot(all[i].x, all[i].y) - r) < 1e-6);
    CHECK(all[i].target == static_cast<std::int64_t>(i / 50));
    if (r > 0)
      CHECK(std::abs(std::remainder(std::atan2(all[i].x, all[i].y) - 4 * (r + static_cast<double>(all[i].target)),
                                    2 * pi)) < 1e-5);
  }
  CHECK_FALSE(equal_sets(spirals(2, 5, 0.2, 1), spirals(2, 5, 0.2, 2)));
  CHECK(equal_sets(spirals(2, 5, 0.2, 1), spirals(2, 5, 0.2, 1)));
}

TEST_CASE("moons are two half circles with as many points as scikit-learn gives each", "[data]") {
  const std::vector<Point> all = points(moons(7));
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(all[i].target == (i < 3 ? 0 : 1));
    const double cx = i < 3 ? 0 : 1, cy = i < 3 ? 0 : 0.5;
    CHECK(std::abs(std::hypot(all[i].x - cx, all[i].y - cy) - 1) < 1e-6);
    CHECK((i < 3 ? all[i].y > -1e-6 : all[i].y < 0.5 + 1e-6));
  }
  CHECK(std::abs(all[0].x - 1) < 1e-6);   // from t = 0
  CHECK(std::abs(all[2].x - -1) < 1e-6);  // to pi
  CHECK(std::abs(all[3].x - 0) < 1e-6);
  CHECK(std::abs(all[6].x - 2) < 1e-6);
  CHECK(points(moons(1))[0].target == 1);
}

TEST_CASE("circles have their radii", "[data]") {
  for (const Point& each : points(circles(21, 0, 0.3)))
    CHECK(std::abs(std::hypot(each.x, each.y) - (each.target == 0 ? 1 : 0.3)) < 1e-6);
  CHECK(points(circles(21)).back().target == 1);
  CHECK(points(circles(21))[10].target == 1);  // the odd one is inside
}

TEST_CASE("noise has the size asked for, in every set that has it", "[data]") {
  const std::int64_t n = 4000;
  const auto deviation = [](const TensorDataset<2>& noisy, const TensorDataset<2>& clean) {
    return xgrad::std(noisy.inputs() - clean.inputs()).item();
  };
  CHECK(std::abs(deviation(moons(n, 0.5), moons(n)) - 0.5) < 0.02);
  CHECK(std::abs(deviation(circles(n, 0.5), circles(n)) - 0.5) < 0.02);
  CHECK(std::abs(deviation(exclusive_or(n, 0.5), exclusive_or(n, 0)) - 0.5) < 0.02);
  CHECK(std::abs(deviation(two_spirals(n / 2, 0.5, NumPySeed{3}), two_spirals(n / 2, 0, NumPySeed{3})) - 0.5) < 0.02);
  CHECK_FALSE(equal_sets(moons(5, 0.1, 1), moons(5, 0.1, 2)));
}

TEST_CASE("blobs lie around their centres, evenly divided", "[data]") {
  const Tensor centers = Tensor({{0., 100.}, {100., 0.}, {-100., 0.}});
  const std::vector<Point> all = points(blobs_at(1001, centers, 2));
  std::map<std::int64_t, int> counts;
  double squares = 0;
  for (const Point& each : all) {
    ++counts[each.target];
    const double dx = each.x - centers(each.target, 0).item(), dy = each.y - centers(each.target, 1).item();
    squares += dx * dx + dy * dy;
  }
  CHECK(counts == std::map<std::int64_t, int>{{0, 334}, {1, 334}, {2, 333}});
  CHECK(std::abs(std::sqrt(squares / 2002) - 2) < 0.1);
  const TensorDataset wide = blobs(30, 5, 4);
  CHECK(wide.inputs().shape() == Shape({30, 5}));
  CHECK(max(abs(blobs(500, 2, 500, 0).inputs())).item() <= 10);
  CHECK(max(abs(blobs(500, 2, 500, 0).inputs())).item() > 9);
}

TEST_CASE("classes of exclusive-or and of the checkerboard follow from the coordinates", "[data]") {
  for (const Point& each : points(exclusive_or(400, 0.05)))
    CHECK(each.target == (std::lround(each.x) ^ std::lround(each.y)));
  std::map<std::int64_t, int> counts;
  for (const Point& each : points(checkerboard(2000, 3))) {
    CHECK(each.target == static_cast<std::int64_t>(std::floor(each.x) + std::floor(each.y)) % 2);
    CHECK(std::max(each.x, each.y) <= 3);
    ++counts[each.target];
  }
  CHECK(std::abs(counts[0] - 2000 * 5 / 9) < 120);
}

TEST_CASE("regression data come from the weights that are returned", "[data]") {
  const auto [data, weights] = regression(300, 6, 2, 5, 0);
  const Tensor exact = matmul(data.inputs().to(float64), weights.to(float64)) + 5;
  CHECK(max(abs(exact - data.targets())).item() < 1e-4);
  CHECK(data.targets().dtype() == float32);
  CHECK(count_nonzero(weights).item() == 2);
  CHECK(max(weights).item() < 100);
  CHECK(std::abs(mean(data.inputs()).item()) < 0.1);
  const Regression noisy = regression(3000, 6, 2, 5, 3);
  CHECK(std::abs(xgrad::std(noisy.data.targets() - matmul(noisy.data.inputs(), noisy.weights)).item() - 3) < 0.15);
  CHECK(regression(2, 3, 10).weights.size() == 3);
}

TEST_CASE("generators refuse what means nothing, and make empty sets", "[data]") {
  for (const TensorDataset<2>& empty : {spirals(0, 5), spirals(3, 0), moons(0), circles(0), blobs(0), exclusive_or(0),
                                        checkerboard(0), regression(0, 3, 2).data, two_spirals(0, 1, NumPySeed{0})})
    CHECK(empty.size() == 0);
  CHECK_THROWS_WITH(moons(-1), "moons: the number of points must not be negative, got -1");
  CHECK_THROWS_WITH(moons(3, -0.5), "moons: the noise must be finite and not negative, got -0.5");
  CHECK_THROWS_WITH(circles(3, 0, 1), "circles: the factor must be in [0, 1), got 1");
  CHECK_THROWS_WITH(spirals(-2, 3), Contains("number of arms"));
  CHECK_THROWS_WITH(spirals(std::int64_t{1} << 40, std::int64_t{1} << 40), Contains("spirals: out of memory"));
  CHECK_THROWS_WITH(blobs(3, 0), "blobs: the number of features must be at least 1, got 0");
  CHECK_THROWS_WITH(blobs_at(3, ones({2})), Contains("(2): it must be (centres, features)"));
  CHECK_THROWS_WITH(blobs_at(3, ones({0, 2})), Contains("around no centres"));
  CHECK_THROWS_WITH(blobs(3, std::int64_t{1} << 40, std::int64_t{1} << 40), Contains("out of memory"));
  CHECK_THROWS_WITH(checkerboard(3, 0), Contains("at least 1"));
  CHECK_THROWS_WITH(regression(3, 3, 3, NAN), Contains("the bias must be finite, got nan"));
  CHECK_THROWS_WITH(regression(std::int64_t{1} << 40, std::int64_t{1} << 40), Contains("regression: out of memory"));
}
