#include <xgrad/data/synthetic.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::data {
namespace {

constexpr double pi = 3.14159265358979323846;
// Streams that differ from all other streams of the same seed; the names say whose.
constexpr std::uint64_t first_stream = std::uint64_t{0x5b12a15} << 32;
enum Stream : std::uint64_t {
  of_angles,
  of_noise,
  of_arms,
  of_moons,
  of_circles,
  of_blobs,
  of_corners,
  of_cells,
  of_model
};

kernels::Philox stream(std::uint64_t seed, Stream which) { return kernels::Philox(seed, first_stream + which); }

/// NumPy's RandomState.
class NumPyRandom {
 public:
  explicit NumPyRandom(NumPySeed seed) : engine_(seed.seed) {}

  double uniform() {
    const std::uint32_t high = next() >> 5, low = next() >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }
  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    double a, b, square;
    do {
      a = 2 * uniform() - 1;
      b = 2 * uniform() - 1;
      square = a * a + b * b;
    } while (square >= 1 || square == 0);
    const double factor = std::sqrt(-2 * std::log(square) / square);
    spare_ = factor * a;
    has_spare_ = true;
    return factor * b;
  }

 private:
  std::uint32_t next() { return static_cast<std::uint32_t>(engine_()); }

  std::mt19937 engine_;
  double spare_ = 0;
  bool has_spare_ = false;
};

std::int64_t checked(const char* op, const char* what, Dim number, std::int64_t least = 0) {
  const std::int64_t value = number.value(op);
  if (value >= least) return value;
  throw std::invalid_argument(std::string(op) + ": the number of " + what + " must " +
                              (least == 0 ? "not be negative" : "be at least " + std::to_string(least)) + ", got " +
                              std::to_string(value));
}

void check_noise(const char* op, double noise, const char* what = "noise") {
  if (!(noise >= 0) || !std::isfinite(noise))
    throw std::invalid_argument(std::string(op) + ": the " + what + " must be finite and not negative, got " +
                                xgrad::detail::number_text(noise));
}

/// a b, or an error for what no memory can hold.
std::int64_t product(std::int64_t a, std::int64_t b) {
  if (b != 0 && a > (std::int64_t{1} << 60) / b) xgrad::detail::refuse_memory({a, b}, float32);
  return a * b;
}

/// Points that are added one by one.
class Points {
 public:
  Points(std::int64_t rows, std::int64_t features = 2)
      : inputs_(Raw::uninitialized({rows, features}, float32)), targets_(Raw::uninitialized({rows}, int64)) {
    at_ = Raw::write<float>(inputs_);
    target_ = Raw::write<std::int64_t>(targets_);
  }
  void coordinate(double x) { *at_++ = static_cast<float>(x); }
  void add(double x, double y, std::int64_t target) {
    coordinate(x);
    coordinate(y);
    *target_++ = target;
  }
  void close(std::int64_t target) { *target_++ = target; }
  TensorDataset<2> set() const { return TensorDataset<2>(inputs_, targets_); }

 private:
  Tensor inputs_, targets_;
  float* at_;
  std::int64_t* target_;
};

/// A point of class `side`, for an angle and two numbers of noise.
template <class Random>
void add_spiral_point(Points& points, std::int64_t side, double u, double noise, Random& normal) {
  static const double cos30 = std::cos(pi / 6), sin30 = std::sin(pi / 6);
  const double theta = 2 * pi * std::sqrt(u);
  const double r = side == 0 ? 2 * theta + pi : -2 * theta - pi;
  const double x = r * std::cos(theta) + noise * normal.normal();
  const double y = r * std::sin(theta) + noise * normal.normal();
  points.add(cos30 * x - sin30 * y, sin30 * x + cos30 * y, side);
}

Points room_for_spirals(Dim per_spiral, double noise) {
  const std::int64_t count = checked("two_spirals", "points", per_spiral);
  check_noise("two_spirals", noise);
  if (count > std::int64_t{1} << 60) xgrad::detail::refuse_memory({2, count, 2}, float32);
  return Points(2 * count);
}

template <class Random>
TensorDataset<2> arms_of(Dim arms, Dim per_arm, double noise, Random random) {
  const std::int64_t count = checked("spirals", "arms", arms), each = checked("spirals", "points", per_arm);
  check_noise("spirals", noise);
  Points points(product(count, each));
  for (std::int64_t arm = 0; arm < count; ++arm)
    for (std::int64_t i = 0; i < each; ++i) {
      const double r = static_cast<double>(i) / static_cast<double>(each);
      const double theta = 4 * static_cast<double>(arm) + 4 * r + noise * random.normal();
      points.add(r * std::sin(theta), r * std::cos(theta), arm);
    }
  return points.set();
}

TensorDataset<2> clouds(std::int64_t rows, std::int64_t features, const std::vector<double>& centers, double deviation,
                        kernels::Philox& random) {
  const char* op = xgrad::detail::caller_or("blobs");
  check_noise(op, deviation, "deviation");
  const auto count = features == 0 ? std::int64_t{0} : static_cast<std::int64_t>(centers.size()) / features;
  if (count == 0 && rows > 0)
    throw std::invalid_argument(std::string(op) + ": cannot place " + std::to_string(rows) +
                                " points around no centres");
  product(rows, features);
  Points points(rows, features);
  for (std::int64_t c = 0; c < count; ++c)
    for (std::int64_t i = 0; i < rows / count + (c < rows % count); ++i) {
      for (std::int64_t k = 0; k < features; ++k)
        points.coordinate(centers[static_cast<std::size_t>(c * features + k)] + deviation * random.normal());
      points.close(c);
    }
  return points.set();
}

}  // namespace

TensorDataset<2> two_spirals(Dim points, double noise, std::uint64_t seed) {
  const xgrad::detail::Calling calling("two_spirals");
  Points made = room_for_spirals(points, noise);
  kernels::Philox normal = stream(seed, of_noise);
  for (std::int64_t side = 0; side < 2; ++side) {
    kernels::Philox uniform = stream(seed, of_angles);
    for (std::int64_t i = 0; i < points; ++i) add_spiral_point(made, side, uniform.uniform(), noise, normal);
  }
  return made.set();
}

TensorDataset<2> two_spirals(Dim points, double noise, NumPySeed seed) {
  const xgrad::detail::Calling calling("two_spirals");
  Points made = room_for_spirals(points, noise);
  NumPyRandom random(seed);
  std::vector<double> u(static_cast<std::size_t>(points.value()));
  for (std::int64_t side = 0; side < 2; ++side) {
    std::generate(u.begin(), u.end(), [&] { return random.uniform(); });
    for (double each : u) add_spiral_point(made, side, each, noise, random);
  }
  return made.set();
}

TensorDataset<2> spirals(Dim arms, Dim per_arm, double noise, std::uint64_t seed) {
  const xgrad::detail::Calling calling("spirals");
  return arms_of(arms, per_arm, noise, stream(seed, of_arms));
}

TensorDataset<2> spirals(Dim arms, Dim per_arm, double noise, NumPySeed seed) {
  const xgrad::detail::Calling calling("spirals");
  return arms_of(arms, per_arm, noise, NumPyRandom(seed));
}

TensorDataset<2> moons(Dim rows, double noise, std::uint64_t seed) {
  const xgrad::detail::Calling calling("moons");
  const std::int64_t count = checked("moons", "points", rows);
  check_noise("moons", noise);
  Points points(count);
  kernels::Philox random = stream(seed, of_moons);
  for (std::int64_t side = 0; side < 2; ++side) {
    const std::int64_t n = side == 0 ? count / 2 : count - count / 2;
    for (std::int64_t i = 0; i < n; ++i) {
      const double t = n == 1 ? 0 : pi * static_cast<double>(i) / static_cast<double>(n - 1);
      const double x = side == 0 ? std::cos(t) : 1 - std::cos(t), y = side == 0 ? std::sin(t) : 0.5 - std::sin(t);
      const double right = noise * random.normal();
      points.add(x + right, y + noise * random.normal(), side);
    }
  }
  return points.set();
}

TensorDataset<2> circles(Dim rows, double noise, double factor, std::uint64_t seed) {
  const xgrad::detail::Calling calling("circles");
  const std::int64_t count = checked("circles", "points", rows);
  check_noise("circles", noise);
  if (!(factor >= 0 && factor < 1))
    throw std::invalid_argument("circles: the factor must be in [0, 1), got " + xgrad::detail::number_text(factor));
  Points points(count);
  kernels::Philox random = stream(seed, of_circles);
  for (std::int64_t side = 0; side < 2; ++side) {
    const std::int64_t n = side == 0 ? count / 2 : count - count / 2;
    const double radius = side == 0 ? 1 : factor;
    for (std::int64_t i = 0; i < n; ++i) {
      const double t = 2 * pi * static_cast<double>(i) / static_cast<double>(n);
      const double right = noise * random.normal();
      points.add(radius * std::cos(t) + right, radius * std::sin(t) + noise * random.normal(), side);
    }
  }
  return points.set();
}

TensorDataset<2> blobs(Dim rows, Dim features, Dim centers, double deviation, std::uint64_t seed) {
  const xgrad::detail::Calling calling("blobs");
  const std::int64_t count = checked("blobs", "points", rows), width = checked("blobs", "features", features, 1);
  const std::int64_t size = product(checked("blobs", "centres", centers, 1), width);
  Raw::uninitialized({centers.value(), width}, float64);  // refuses what no memory can hold
  kernels::Philox random = stream(seed, of_blobs);
  std::vector<double> places(static_cast<std::size_t>(size));
  std::generate(places.begin(), places.end(), [&] { return 20 * random.uniform() - 10; });
  return clouds(count, width, places, deviation, random);
}

TensorDataset<2> blobs_at(Dim rows, const Tensor& centers, double deviation, std::uint64_t seed) {
  const xgrad::detail::Calling calling("blobs_at");
  const std::int64_t count = checked("blobs_at", "points", rows);
  if (!centers.defined()) throw std::invalid_argument("blobs_at: the centres are an undefined tensor");
  if (centers.rank() != 2)
    throw std::invalid_argument("blobs_at: the centres have shape " + to_string(centers.shape()) +
                                ": it must be (centres, features)");
  const NoGrad off;
  const Tensor places = centers.detach().to(float64);
  const auto* from = Raw::data<double>(places);
  kernels::Philox random = stream(seed, of_blobs);
  return clouds(count, centers.shape()[1], {from, from + places.size()}, deviation, random);
}

TensorDataset<2> exclusive_or(Dim rows, double noise, std::uint64_t seed) {
  const xgrad::detail::Calling calling("exclusive_or");
  const std::int64_t count = checked("exclusive_or", "points", rows);
  check_noise("exclusive_or", noise);
  Points points(count);
  kernels::Philox random = stream(seed, of_corners);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t a = i / 2 % 2, b = i % 2;
    const double x = static_cast<double>(a) + noise * random.normal();
    points.add(x, static_cast<double>(b) + noise * random.normal(), a ^ b);
  }
  return points.set();
}

TensorDataset<2> checkerboard(Dim rows, Dim cells, std::uint64_t seed) {
  const xgrad::detail::Calling calling("checkerboard");
  const std::int64_t count = checked("checkerboard", "points", rows), n = checked("checkerboard", "cells", cells, 1);
  Points points(count);
  kernels::Philox random = stream(seed, of_cells);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto side = static_cast<double>(n);
    // As float32, so that the class is that of the point as it is stored.
    const auto x = static_cast<float>(side * random.uniform()), y = static_cast<float>(side * random.uniform());
    const double cell = std::floor(static_cast<double>(x)) + std::floor(static_cast<double>(y));
    points.add(static_cast<double>(x), static_cast<double>(y), static_cast<std::int64_t>(std::fmod(cell, 2)));
  }
  return points.set();
}

Regression regression(Dim rows, Dim features, Dim informative, double bias, double noise, std::uint64_t seed) {
  const xgrad::detail::Calling calling("regression");
  const std::int64_t count = checked("regression", "rows", rows), width = checked("regression", "features", features);
  const std::int64_t used = std::min(width, checked("regression", "informative features", informative));
  check_noise("regression", noise);
  if (!std::isfinite(bias))
    throw std::invalid_argument("regression: the bias must be finite, got " + xgrad::detail::number_text(bias));
  product(count, width);
  const Tensor inputs = Raw::uninitialized({count, width}, float32), targets = Raw::uninitialized({count}, float32);
  const Tensor weights = Raw::uninitialized({width}, float32);
  kernels::Philox random = stream(seed, of_model);
  auto* w = Raw::write<float>(weights);
  for (std::int64_t k = 0; k < width; ++k) w[k] = k < used ? static_cast<float>(100 * random.uniform()) : 0.0f;
  auto* x = Raw::write<float>(inputs);
  auto* y = Raw::write<float>(targets);
  for (std::int64_t i = 0; i < count; ++i, x += width) {
    double sum = bias;
    for (std::int64_t k = 0; k < width; ++k) {
      x[k] = static_cast<float>(random.normal());
      sum += static_cast<double>(x[k]) * static_cast<double>(w[k]);
    }
    y[i] = static_cast<float>(sum + noise * random.normal());
  }
  return {TensorDataset<2>(inputs, targets), weights};
}

}  // namespace xgrad::data
