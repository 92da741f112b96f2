// Forward mode, reverse mode and finite differences agree for every row of the table of cases.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/func/core.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "cases.hpp"
#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;
using namespace cases;
using func::detail::Linear;
using func::detail::Recording;

namespace {

using Places = std::vector<std::size_t>;

Tensor random_like(const Tensor& y, std::uint64_t seed) {
  kernels::Philox random(seed);
  Tensor result = Raw::uninitialized(y.shape(), float64);
  for (std::int64_t i = 0; i < y.size(); ++i) Raw::write<double>(result)[i] = random.uniform() - 0.5;
  return result;
}

Tensors random_like(const Tensors& list, std::uint64_t seed) {
  Tensors result;
  for (const Tensor& x : list) result.push_back(random_like(x, ++seed));
  return result;
}

double dot_of(const Tensor& a, const Tensor& b) {
  double total = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) total += Raw::data<double>(a)[i] * Raw::data<double>(b)[i];
  return total;
}
double dot_of(const Tensors& a, const Tensors& b) {
  double total = 0;
  for (std::size_t i = 0; i < a.size(); ++i) total += dot_of(a[i], b[i]);
  return total;
}
double size_of_products(const Tensors& a, const Tensors& b) {
  double total = 1;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::int64_t j = 0; j < a[i].size(); ++j)
      total += std::abs(Raw::data<double>(a[i])[j] * Raw::data<double>(b[i])[j]);
  return total;
}

std::string compare(const char* what, double one, double other, double scale) {
  if (std::abs(one - other) <= 1e-11 * scale || (std::isnan(one) && std::isnan(other))) return "";
  return std::string(what) + ": " + std::to_string(one) + " against " + std::to_string(other) + ", a difference of " +
         std::to_string((one - other) / scale * 1e11) + "e-11";
}

Places wanted(const Sample& sample) {
  Places result;
  for (std::size_t i = 0; i < sample.inputs.size(); ++i)
    if (sample.inputs[i].requires_grad()) result.push_back(i);
  return result;
}

/// The inputs without their places in the graph.
Tensors constants(const Sample& sample) {
  Tensors result;
  for (const Tensor& x : sample.inputs) result.push_back(x.detach());
  return result;
}

std::shared_ptr<const Recording> recorded(const Sample& sample, const Tensors& x) {
  return std::make_shared<const Recording>(
      "jvp", [&](const Tensors& in) { return Tensors{sample.f(in)}; }, x, wanted(sample));
}

/// The derivative of the sample's function along t, whose elements are at most 1/2, so that kinks stay as far away as
/// gradcheck needs them, by a stencil of six points.
Tensor difference_quotient(const Sample& sample, const Tensors& x, const Tensors& t) {
  const NoGrad off;
  const Places places = wanted(sample);
  const double h = std::pow(2.2e-16, 1.0 / 7) / 2;
  const auto at = [&](double step) {
    Tensors moved = x;
    for (std::size_t i = 0; i < places.size(); ++i) moved[places[i]] = x[places[i]] + step * h * t[i];
    return sample.f(moved);
  };
  return (at(3) - 9.0 * at(2) + 45.0 * at(1) - 45.0 * at(-1) + 9.0 * at(-2) - at(-3)) / (60 * h);
}

struct Count {
  std::size_t samples = 0, nothing = 0, scalars = 0;
  std::set<std::string> ops;
};

/// Calls check(sample, count of it) for the table, prints how many there were, and reports what comes back.
void for_each_sample(const char* title, const std::function<std::string(const Sample&, std::uint64_t)>& check) {
  Count count;
  for (const Case& row : table())
    for (std::size_t i = 0; i < row.samples.size(); ++i) {
      const Sample& sample = row.samples[i];
      std::string problem, shapes;
      bool nothing = false, scalar = false;
      for (const Tensor& x : sample.inputs) {
        shapes += to_string(x.shape()) + " ";
        nothing = nothing || x.size() == 0;
        scalar = scalar || x.rank() == 0;
      }
      try {
        problem = check(sample, 1000 * count.samples);
      } catch (const std::exception& error) {
        problem = std::string("threw: ") + error.what();
      }
      INFO(row.op << ", sample " << i << " of shapes " << shapes);
      CHECK(problem == "");
      ++count.samples;
      count.nothing += nothing;
      count.scalars += scalar;
      count.ops.insert(row.op);
    }
  std::printf("%s: %zu ops, %zu samples, %zu of them without elements and %zu with a scalar\n", title, count.ops.size(),
              count.samples, count.nothing, count.scalars);
}

}  // namespace

TEST_CASE("forward mode agrees with reverse mode and with finite differences", "[three]") {
  for_each_sample("three ways", [](const Sample& sample, std::uint64_t seed) {
    const Tensors x = constants(sample);
    const auto recording = recorded(sample, x);
    const Tensors t = random_like(recording->inputs(), seed), u = random_like(recording->outputs(), seed + 100);
    const Tensors forward = Linear(recording).push(t), reverse = recording->pull_again(u);
    std::string found = compare("forward against reverse", dot_of(forward, u), dot_of(reverse, t),
                                size_of_products(forward, u) + size_of_products(reverse, t));
    const auto nothing = [](const Tensor& one) { return one.size() == 0; };
    if (found.empty() && std::none_of(t.begin(), t.end(), nothing)) {
      const Tensor quotient = difference_quotient(sample, x, t);
      found = difference(forward[0], quotient, 1e-7, 1e-8 * std::max(1.0, largest(quotient)));
    }
    return found;
  });
}

TEST_CASE("many tangents at once give what each gives alone", "[three]") {
  for_each_sample("many at once", [](const Sample& sample, std::uint64_t seed) {
    const auto recording = recorded(sample, constants(sample));
    const Linear linear(recording);
    for (std::size_t i = 0; i < recording->inputs().size(); ++i) {
      Tensors alone(recording->inputs().size());
      const Tensor& x = recording->inputs()[i];
      const Tensor one = random_like(x, seed), other = random_like(x, seed + 1);
      const Tensor both = linear.push_many(i, stack({one, other}, 0))[0];
      alone[i] = one;
      const Tensor first = linear.push(alone)[0];
      alone[i] = other;
      const Tensor second = linear.push(alone)[0];
      if (!both.defined()) {
        if (largest_of_all(first) != 0 || largest_of_all(second) != 0)
          return std::string("the tangents of both are missing");
        continue;
      }
      const std::string found = difference(both, stack({first, second}, 0), 1e-12, 1e-12 * (1 + largest(first)));
      if (!found.empty()) return "input " + std::to_string(i) + ": " + found;
    }
    return std::string();
  });
}

TEST_CASE("forward over reverse agrees with reverse over reverse", "[three]") {
  for_each_sample("second derivatives", [](const Sample& sample, std::uint64_t seed) {
    const Tensors x = constants(sample);
    const Places places = wanted(sample);
    const auto gradients = [&](const Tensors& in) {
      const Recording inner(
          "grad", [&](const Tensors& all) { return Tensors{sample.f(all)}; }, in, places);
      return inner.pull_again(random_like(inner.outputs(), seed + 100));
    };
    const auto recording = std::make_shared<const Recording>("jvp", gradients, x, places);
    const Tensors t = random_like(recording->inputs(), seed), s = random_like(recording->outputs(), seed + 200);
    const Tensors forward = Linear(recording).push(t), reverse = recording->pull_again(s);
    return compare("forward against reverse", dot_of(forward, s), dot_of(reverse, t),
                   size_of_products(forward, s) + size_of_products(reverse, t));
  });
}

TEST_CASE("a recorded sweep gives what an unrecorded one gives, and can be differentiated by another", "[three]") {
  for_each_sample("forward over forward", [](const Sample& sample, std::uint64_t seed) {
    const Tensors x = constants(sample);
    const Places places = wanted(sample);
    Tensors t;
    const auto tangents = [&](const Tensors& in) {
      const auto inner = std::make_shared<const Recording>(
          "jvp", [&](const Tensors& all) { return Tensors{sample.f(all)}; }, in, places);
      if (t.empty()) t = random_like(inner->inputs(), seed);
      return Linear(inner).push(t);
    };
    const auto recording = std::make_shared<const Recording>("jvp", tangents, x, places);
    const Tensor once = recording->outputs()[0].detach(), plain = Linear(recorded(sample, x)).push(t)[0];
    std::string found = difference(once, plain, 1e-12, 1e-12 * (1 + largest(plain)));
    if (!found.empty()) return "recorded against unrecorded: " + found;
    // The second derivative along s and t, once by two sweeps and once by a sweep and a walk backward.
    const Tensors s = random_like(recording->inputs(), seed + 200), u = random_like(recording->outputs(), seed + 300);
    const Tensors forward = Linear(recording).push(s), reverse = recording->pull_again(u);
    return compare("forward over forward against reverse over forward", dot_of(forward, u), dot_of(reverse, s),
                   size_of_products(forward, u) + size_of_products(reverse, s));
  });
}
