// The errors of the elementary functions, in units in the last place.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

using Wide = long double;

template <class T>
constexpr int digits = std::numeric_limits<T>::digits;

/// |got - exact| in units in the last place of T at the exact value; infinite if one of them is NaN, infinite or a
/// signed zero and the other is not the same.
template <class T>
double ulps(T got, Wide exact) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  const T rounded = static_cast<T>(exact);
  if (std::isnan(got) || std::isnan(rounded)) return std::isnan(got) == std::isnan(rounded) ? 0 : wrong;
  if (got == rounded) return got == 0 && exact == 0 && std::signbit(got) != std::signbit(exact) ? wrong : 0.5;
  if (std::isinf(exact)) return wrong;
  int exponent = std::numeric_limits<T>::min_exponent;
  if (exact != 0) std::frexp(exact, &exponent);
  exponent = std::clamp(exponent, std::numeric_limits<T>::min_exponent, std::numeric_limits<T>::max_exponent);
  const Wide limit = std::copysign(std::ldexp(Wide(1), std::numeric_limits<T>::max_exponent), exact);
  const Wide value = std::isinf(got) ? (std::signbit(got) == std::signbit(exact) ? limit : -limit) : Wide(got);
  return static_cast<double>(std::abs(value - exact) / std::ldexp(Wide(1), exponent - digits<T>));
}

/// Numbers of every exponent, numbers of common magnitudes, multiples of 1/4 and their neighbours, and special values.
template <class T>
std::vector<T> samples() {
  std::mt19937_64 random(3);
  std::vector<T> all{T(0), T(-0.0), std::numeric_limits<T>::quiet_NaN()};
  for (const T size : {std::numeric_limits<T>::infinity(), std::numeric_limits<T>::max(), std::numeric_limits<T>::min(),
                       std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::min() / 3, T(88.72), T(103.9),
                       T(709.7), T(745.1), T(17.4)})
    for (const T sign : {T(1), T(-1)}) all.push_back(sign * size);
  for (int i = -80; i <= 80; ++i)
    for (const T way : {-std::numeric_limits<T>::infinity(), std::numeric_limits<T>::infinity()}) {
      const T here = T(i) / 4;
      all.push_back(here);
      all.push_back(std::nextafter(here, way));
    }
  const T scales[] = {T(1e-6), T(1e-3), T(0.4), T(1), T(1), T(2), T(6), T(20), T(100), T(800)};
  std::uniform_real_distribution<T> unit(-1, 1);
  for (int i = 0; i < 60000; ++i) {
    const std::uint64_t bits = random();
    T any;
    std::memcpy(&any, &bits, sizeof(T));
    all.push_back(any);
    all.push_back(unit(random) * scales[i % 10]);
    all.push_back(T(1) + unit(random) * scales[i % 5]);
  }
  return all;
}

template <class T, class Op, class Exact>
void check(const std::string& name, double limit, const Op& op, const Exact& exact) {
  static const std::vector<T> points = samples<T>();
  const Tensor y = op(Tensor(points));
  const T* got = y.view<T>().data();
  double worst = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double error = ulps(got[i], exact(Wide(points[i])));
    if (error > worst) {
      worst = error;
      at = i;
    }
  }
  INFO(name << (sizeof(T) == sizeof(float) ? " of float32" : " of float64") << " at " << points[at] << " is "
            << got[at]);
  CHECK(worst <= limit);
}

template <class Op, class Exact>
void both(const std::string& name, double limit, const Op& op, const Exact& exact) {
  check<float>(name, limit, op, exact);
  check<double>(name, limit, op, exact);
}

Wide logistic(Wide x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

}  // namespace

TEST_CASE("exp, log, tanh and sigmoid are within one unit in the last place on their whole range", "[accuracy]") {
  both(
      "exp", 1, [](const Tensor& x) { return exp(x); }, [](Wide x) { return std::exp(x); });
  both(
      "log", 1, [](const Tensor& x) { return log(x); }, [](Wide x) { return std::log(x); });
  both(
      "tanh", 1, [](const Tensor& x) { return tanh(x); }, [](Wide x) { return std::tanh(x); });
  both(
      "sigmoid", 1, [](const Tensor& x) { return sigmoid(x); }, logistic);
}

TEST_CASE("expm1, log1p, sin and cos are within one unit in the last place too, and erf within one and a half",
          "[accuracy]") {
  both(
      "expm1", 1, [](const Tensor& x) { return expm1(x); }, [](Wide x) { return std::expm1(x); });
  both(
      "log1p", 1, [](const Tensor& x) { return log1p(x); }, [](Wide x) { return std::log1p(x); });
  both(
      "sin", 1, [](const Tensor& x) { return sin(x); }, [](Wide x) { return std::sin(x); });
  both(
      "cos", 1, [](const Tensor& x) { return cos(x); }, [](Wide x) { return std::cos(x); });
  both(
      "erf", 1.5, [](const Tensor& x) { return erf(x); }, [](Wide x) { return std::erf(x); });
}

TEST_CASE("silu and gelu stay accurate far below 0", "[accuracy]") {
  constexpr Wide infinity = std::numeric_limits<Wide>::infinity();
  both(
      "silu", 1.5, [](const Tensor& x) { return silu(x); },
      [](Wide x) { return x == -infinity ? -Wide(0) : x * logistic(x); });
  both(
      "gelu", 2, [](const Tensor& x) { return gelu(x); },
      [](Wide x) { return x == -infinity ? -Wide(0) : x * std::erfc(-x * 0.70710678118654752440084436210485L) / 2; });
}

TEST_CASE("a result does not depend on the position of the number in the tensor", "[accuracy]") {
  const std::vector<float> points = samples<float>();
  for (const auto op : {+[](const Tensor& x) { return exp(x); }, +[](const Tensor& x) { return gelu(x); },
                        +[](const Tensor& x) { return sin(x); }, +[](const Tensor& x) { return cos(x); },
                        +[](const Tensor& x) { return log(x); }, +[](const Tensor& x) { return tanh(x); },
                        +[](const Tensor& x) { return sigmoid(x); }, +[](const Tensor& x) { return silu(x); },
                        +[](const Tensor& x) { return erf(x); }, +[](const Tensor& x) { return elu(x); }}) {
    const Tensor all = op(Tensor(points));
    bool same = true;
    for (std::size_t i = 0; i < 3000; ++i) {
      const Tensor one = op(Tensor(std::vector<float>{points[i]}));
      const float a = one.view<float>().data()[0], b = all.view<float>().data()[i];
      same = same && ((std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof(float)) == 0);
    }
    CHECK(same);
  }
}
