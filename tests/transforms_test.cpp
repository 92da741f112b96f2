#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "inspect.hpp"

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/loader.hpp>
#include <xgrad/data/map.hpp>
#include <xgrad/data/transforms.hpp>

using namespace xgrad;
using namespace xgrad::data;
using namespace xgrad::data::transforms;
using Catch::Matchers::Contains;

namespace {

/// `rows` pictures of height x width, all pixels different.
Tensor pictures(std::int64_t rows, std::int64_t height, std::int64_t width, DType dtype = float32) {
  return (arange(rows * height * width) + 1).reshape({rows, height, width}).to(dtype);
}

Tensor same_row(const Tensor& row, std::int64_t count) {
  return stack(std::vector<Tensor>(static_cast<std::size_t>(count), row));
}

double worst(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  return max(abs(a.to(float64) - b.to(float64))).item();
}

/// What every row of a dataset of 30 pictures becomes, by row.
std::vector<Numbers> augmented(const Transform& transform, std::int64_t batch_size, bool shuffle, std::int64_t workers,
                               std::uint64_t epoch, std::uint64_t seed = 5) {
  const auto set = TransformedDataset(TensorDataset(pictures(30, 6, 5), arange(30)), transform);
  DataLoader loader(set, DataLoader::Options().batch_size(batch_size).shuffle(shuffle).workers(workers).seed(seed));
  loader.set_position({epoch, 0});
  std::vector<Numbers> rows(30);
  for (auto [x, row] : loader)
    for (std::int64_t i = 0; i < row.size(); ++i) rows[static_cast<std::size_t>(row[i].item())] = numbers(x[i]);
  return rows;
}

}  // namespace

TEST_CASE("augmentation depends on seed, epoch and row, not on batches, order or threads", "[data]") {
  const Compose all{RandomShift(1, 2),    RandomHorizontalFlip(),          RandomVerticalFlip(0.3),
                    RandomRotation(20),   RandomAffine(10, 0.1, 0.8, 1.2), RandomCrop(5, 4, 1),
                    GaussianNoise(0, 0.5)};
  const std::vector<Numbers> reference = augmented(all, 1, false, 0, 0);
  CHECK(reference == augmented(all, 7, false, 0, 0));
  CHECK(reference == augmented(all, 7, true, 0, 0));
  CHECK(reference == augmented(all, 4, true, 3, 0));
  const std::vector<Numbers> next = augmented(all, 4, true, 2, 1), other = augmented(all, 4, true, 2, 0, 6);
  for (std::size_t i = 0; i < reference.size(); ++i) {
    CHECK(reference[i] != next[i]);
    CHECK(reference[i] != other[i]);
  }
}

TEST_CASE("steps of a sequence, and datasets within each other, draw for themselves", "[data]") {
  const Tensor zero = zeros({200, 1}, float64);
  const Tensor twice = Compose{GaussianNoise(0, 1), GaussianNoise(0, 1)}(zero);
  CHECK(std::abs(xgrad::std(twice).item() - std::sqrt(2.)) < 0.2);  // 2 if both drew the same
  const TransformedDataset inner(TensorDataset(zero, zero), GaussianNoise(0, 1)), outer(inner, GaussianNoise(0, 1));
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < 200; ++i) rows.push_back(i);
  CHECK(std::abs(xgrad::std(outer.gather(rows.data(), 200).inputs).item() - std::sqrt(2.)) < 0.2);
}

TEST_CASE("normalising subtracts the mean and divides by the deviation, by feature or by channel", "[data]") {
  const Tensor x = Tensor({{1., 10.}, {3., 30.}}).to(float32);
  CHECK(numbers(Normalize({1, 10}, {2, 20})(x)) == Numbers{0, 0, 1, 1});
  CHECK(Normalize(1, 2)(x).dtype() == float32);
  CHECK(numbers(Normalize(1, 2)(x)) == Numbers{0, 4.5, 1, 14.5});
  const Tensor channels = pictures(2, 3, 4, float64).reshape({2, 3, 2, 2});
  const Tensor y = Normalize({1, 5, 9}, {1, 2, 4})(channels);
  CHECK(y[0][2].sum().item() == (0 + 1 + 2 + 3) / 4.);
  CHECK(y[1][1].sum().item() == 4 * 6 + (0 + 1 + 2 + 3) / 2.);

  const Normalize fitted = Normalize::fit(channels);
  const Tensor standard = fitted(channels);
  CHECK(worst(mean(standard, {0, 2, 3}), zeros({3}, float64)) < 1e-12);
  CHECK(worst(var(standard, {0, 2, 3}, 0), ones({3}, float64)) < 1e-12);
  CHECK(Normalize::fit(Tensor({{1., 5.}, {3., 5.}})).std() == std::vector<double>{1, 1});
  CHECK(Normalize::fit(pictures(2, 2, 2)).mean() == std::vector<double>{4.5});
  CHECK(Normalize::fit(channels.reshape({2, 3, 2, 1, 2})).mean() == fitted.mean());
  CHECK_THROWS_WITH(Normalize({1, 2, 3}, {1, 1, 1})(x),
                    "Normalize: the input has shape (2, 2), but there are 3 means: axis 1 must have this size");
  CHECK_THROWS_WITH(Normalize(0, 0), "Normalize: the deviation must be positive and finite, got 0");
  CHECK_THROWS_WITH(Normalize({1, 2}, {1}), Contains("2 means and 1 deviations"));
  CHECK_THROWS_WITH(Normalize(0, 1)(arange(3)), Contains("the input is int64"));
  CHECK_THROWS_WITH(Normalize::fit(zeros({0, 3})), Contains("(0, 3)"));
}

TEST_CASE("one-hot labels", "[data]") {
  const Tensor y = OneHot(3)(Tensor{2, 0});
  CHECK(y.dtype() == float32);
  CHECK(numbers(y) == Numbers{0, 0, 1, 1, 0, 0});
  CHECK_THROWS_WITH(OneHot(3)(Tensor{3}), "OneHot: label 3 is none of 3 classes");
  CHECK_THROWS_WITH(OneHot(3)(Tensor{{0, -1}, {1, 2}}), "OneHot: label -1 is none of 3 classes");
  CHECK(OneHot(2)(Tensor{{0, 1}, {1, 1}}).shape() == Shape({2, 2, 2}));
  CHECK(OneHot(2)(zeros({0}, int64)).shape() == Shape({0, 2}));
  CHECK_THROWS_WITH(OneHot(3)(Tensor{1.}), Contains("they must be int64"));
  CHECK_THROWS_WITH(OneHot(0), Contains("at least 1, got 0"));
}

TEST_CASE("flips mirror whole rows, with the probability asked for", "[data]") {
  const Tensor x = pictures(3, 2, 3).reshape({3, 1, 2, 3});
  CHECK(worst(RandomHorizontalFlip(1)(x), flip(x, 3)) == 0);
  CHECK(worst(RandomVerticalFlip(1)(x), flip(x, 2)) == 0);
  CHECK(worst(RandomHorizontalFlip(0)(x), x) == 0);
  const Tensor many = same_row(Tensor({{1., 2.}}), 4000);
  CHECK(std::abs(mean(RandomHorizontalFlip(0.25)(many)(xt::all(), 0, 0)).item() - 1.25) < 0.03);
  CHECK(numbers(RandomHorizontalFlip(1)(Tensor({{{1, 2}}}))) == Numbers{2, 1});
  CHECK_THROWS_WITH(RandomHorizontalFlip(1.5), "RandomHorizontalFlip: p must be in [0, 1], got 1.5");
  CHECK_THROWS_WITH(RandomVerticalFlip(NAN), Contains("got nan"));
  CHECK_THROWS_WITH(RandomVerticalFlip()(ones({5, 784})), Contains("(5, 784)") && Contains("Reshape"));
}

TEST_CASE("padding and crops", "[data]") {
  const Tensor x = pictures(2, 3, 4);
  CHECK(worst(Pad(2, 7)(x), pad(x, {2, 2, 2, 2}, PadMode::constant, 7)) == 0);
  CHECK(worst(CenterCrop(1, 2)(x), x(xt::all(), xt::range(1, 2), xt::range(1, 3))) == 0);
  CHECK(worst(CenterCrop(2, 3)(x), x(xt::all(), xt::range(0, 2), xt::range(0, 3))) == 0);
  CHECK(worst(CenterCrop(5, 6)(x), pad(x, {1, 1, 1, 1})) == 0);
  CHECK(worst(CenterCrop(4, 4)(x), pad(x, {0, 0, 1, 0})) == 0);  // as floor((3 - 4) / 2) = -1

  // Every place of a crop is reached, and only those.
  const Tensor many = same_row(pictures(1, 3, 4)[0], 3000);
  const Tensor crops = RandomCrop(2, 3)(many);
  std::map<double, int> corners;
  for (std::int64_t i = 0; i < 3000; ++i) {
    const double corner = crops(i, 0, 0).item();
    ++corners[corner];
    REQUIRE(crops(i, 1, 2).item() == corner + 4 + 2);
  }
  CHECK(corners.size() == 4);
  for (const auto& [corner, count] : corners) CHECK(std::abs(count - 750) < 120);
  const Tensor padded = RandomCrop(3, 4, 1, -1)(many);
  CHECK(min(padded).item() == -1);
  CHECK(max(padded).item() == 12);
  CHECK_THROWS_WITH(RandomCrop(4, 4)(x), Contains("cannot cut 4 x 4 out of pictures of 3 x 4 with padding 0"));
  CHECK_THROWS_WITH(RandomCrop(0, 4), Contains("the height must be in [1,"));
  CHECK_THROWS_WITH(Pad(-1), Contains("got -1"));
  CHECK_THROWS_WITH(Pad(std::int64_t{1} << 39)(x), Contains("Pad: out of memory"));
  CHECK(Pad(1)(zeros({0, 2, 2})).shape() == Shape({0, 4, 4}));
  CHECK(numbers(Pad(1, 1)(zeros({1, 0, 1}).to(int64))) == Numbers{1, 1, 1, 1, 1, 1});
}

TEST_CASE("a shift moves by every number of pixels up to the largest", "[data]") {
  const Tensor dot = pad(ones({1, 1, 1}), {3, 3, 3, 3});
  const Tensor moved = RandomShift(1, 2)(same_row(dot[0], 3000));
  std::map<std::int64_t, int> places;
  for (std::int64_t i = 0; i < 3000; ++i) ++places[argmax(moved[i].reshape({49})).item<std::int64_t>()];
  CHECK(places.size() == 15);
  for (const auto& [place, count] : places) {
    CHECK(std::abs(place / 7 - 3) <= 1);
    CHECK(std::abs(place % 7 - 3) <= 2);
    CHECK(std::abs(count - 200) < 70);
  }
  CHECK(worst(sum(moved, {1, 2}), ones({3000})) == 0);
  CHECK(worst(RandomShift(0, 0)(dot), dot) == 0);
  CHECK(sum(RandomShift(100, 0, 0)(dot, {3, 4})).item() <= 1);
}

TEST_CASE("a rotation turns about the middle against the clock, by bilinear interpolation", "[data]") {
  // A linear picture stays linear, so where no pixel from outside takes part, the result is known for every angle.
  const std::int64_t n = 21;
  Tensor x = Raw::uninitialized({n, n}, float64);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      Raw::write<double>(x)[i * n + j] = 3 * static_cast<double>(i - 10) + 5 * static_cast<double>(j - 10);
  const Tensor turned = RandomRotation(180)(same_row(x, 200));
  double positive = 0;
  for (std::int64_t row = 0; row < 200; ++row) {
    // The slopes of the result: those of the picture, turned.
    const double by_row = turned(row, 11, 10).item(), by_col = turned(row, 10, 11).item();
    CHECK(std::abs(by_row * by_row + by_col * by_col - 34) < 1e-9);
    const double angle = std::remainder(std::atan2(by_row, by_col) - std::atan2(3., 5.), 2 * std::acos(-1.));
    positive += angle > 0;
    for (std::int64_t i = 5; i < 16; ++i)
      for (std::int64_t j = 5; j < 16; ++j)
        REQUIRE(std::abs(turned(row, i, j).item() - by_row * static_cast<double>(i - 10) -
                         by_col * static_cast<double>(j - 10)) < 1e-9);
  }
  CHECK(std::abs(positive - 100) < 30);
  CHECK(worst(RandomRotation(0)(pictures(2, 4, 5)), pictures(2, 4, 5)) == 0);
  CHECK(min(RandomRotation(45, -3)(ones({50, 9, 9}))).item() < -1);
  CHECK_THROWS_WITH(RandomRotation(-1), "RandomRotation: degrees must be in [0, 360], got -1");
  CHECK_THROWS_WITH(RandomRotation(9)(ones({1, 2, 2}).to(int64)), Contains("the input is int64"));
}

TEST_CASE("an affine map scales and moves", "[data]") {
  const Tensor x = same_row(pad(ones({1, 4, 4}), {8, 8, 8, 8})[0], 100);
  const Tensor large = RandomAffine(0, 0, 2, 2)(x), moved = RandomAffine(0, 0.25)(x);
  for (std::int64_t i = 0; i < 100; ++i) {
    CHECK(std::abs(sum(large[i]).item() - 64) < 1e-4);
    CHECK(std::abs(sum(moved[i]).item() - 16) < 1e-4);
  }
  CHECK(worst(moved, x) == 1);
  CHECK_THROWS_WITH(RandomAffine(0, 0, 2, 1), Contains("positive, finite and in order, got 2 to 1"));
  CHECK_THROWS_WITH(RandomAffine(0, 2), Contains("translate must be in [0, 1], got 2"));
}

TEST_CASE("a NaN in a picture does not spread beyond the pixels that are made of it", "[data]") {
  Tensor x = ones({1, 5, 5});
  x.put({0, 2, 2}, NAN);
  CHECK(sum(isnan(RandomRotation(0)(x))).item() == 1);
}

TEST_CASE("noise has the deviation asked for", "[data]") {
  const Tensor noise = GaussianNoise(1, 0.5)(zeros({40, 1000}, float64));
  CHECK(std::abs(mean(noise).item() - 1) < 0.02);
  CHECK(std::abs(xgrad::std(noise).item() - 0.5) < 0.02);
  CHECK_THROWS_WITH(GaussianNoise(0, -1), "GaussianNoise: sigma must be finite and not negative, got -1");
  CHECK_THROWS_WITH(GaussianNoise(INFINITY), "GaussianNoise: the mean must be finite, got inf");
}

TEST_CASE("functions of one's own are transforms, and what they return is checked", "[data]") {
  const Lambda twice([](const Tensor& x) { return x * 2; });
  CHECK(numbers(twice(Tensor{1., 2.})) == Numbers{2, 4});
  const Lambda random([](const Tensor& x, const Draws& draws) {
    CHECK(draws.count() == x.shape(0));
    return x + draws.row(0).uniform();
  });
  CHECK(numbers(random(Tensor{1.})) == numbers(random(Tensor{1.})));
  CHECK_THROWS_WITH(Lambda([](const Tensor& x) { return sum(x); })(ones({3})),
                    "Lambda: the result has shape () for 3 rows: axis 0 must count the rows");
  CHECK_THROWS_WITH(Lambda([](const Tensor&) { return Tensor(); })(ones({3})), Contains("undefined"));
  CHECK_THROWS_WITH(twice(Tensor(1.)), Contains("the input has shape ()"));
  CHECK_THROWS_WITH(twice(Tensor()), Contains("undefined"));
  CHECK_THROWS_WITH(Transform("Mine()", nullptr), "Mine: the function is empty");
  CHECK_THROWS_WITH(TransformedDataset(TensorDataset(ones({3})), twice, 1),
                    "TransformedDataset: column 1 is out of range for 1 column");
  CHECK(Reshape({2, -1})(ones({3, 8})).shape() == Shape({3, 2, 4}));
  CHECK(Flatten()(ones({3, 2, 4})).shape() == Shape({3, 8}));
  CHECK(Flatten()(ones({0, 2, 4})).shape() == Shape({0, 8}));
}

TEST_CASE("no picture is so large that its padding exceeds a number", "[data]") {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const Tensor wide = zeros({0, 1, most}), high = zeros({0, most, 1});
  for (const Tensor& x : {wide, high}) {
    CHECK_THROWS_WITH(Pad(1)(x), "Pad: the input has shape " + to_string(x.shape()) +
                                     ": a picture has at most 2^62 rows and columns");
    CHECK_THROWS_WITH(RandomCrop(1, 1, 1)(x), Contains("at most 2^62 rows"));
    CHECK_THROWS_WITH(CenterCrop(1, 1)(x), Contains("at most 2^62 rows"));
  }
  CHECK(Pad(1)(zeros({0, 2, 3})).shape() == Shape({0, 4, 5}));
}

TEST_CASE("a transform prints in the form of torchvision's", "[data]") {
  CHECK(Reshape({1, 28, 28}).text() == "Reshape(shape=(1, 28, 28))");
  CHECK(Reshape({-1}).text() == "Reshape(shape=(-1))");
  CHECK(Reshape({}).text() == "Reshape(shape=())");
  std::ostringstream text;
  text << Compose{RandomHorizontalFlip(), Compose{Normalize({0.5, 0.25}, {1, 2})}};
  CHECK(text.str() ==
        "Compose(\n    RandomHorizontalFlip(p=0.5)\n    Compose(\n        Normalize(mean=(0.5, 0.25), std=(1, 2))\n"
        "    )\n)");
}
