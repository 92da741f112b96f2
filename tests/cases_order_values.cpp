// Values of ops without a gradient: counts, orders, searches and random numbers.

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/counting.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/histogram.hpp>
#include <xgrad/autograd/ops/sampling.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/sorting.hpp>
#include <xgrad/autograd/ops/variance.hpp>

#include "cases.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace cases {
namespace {

const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();

ValueCase gives(const char* op, const char* sentence, std::function<Tensor()> got, Tensor expected) {
  return {op, sentence, [=] { return difference(got(), expected) == ""; }};
}

Tensor truth(std::initializer_list<detail::Nested> entries) { return Tensor(entries, boolean); }
Tensor whole(std::initializer_list<detail::Nested> entries) { return Tensor(entries, int64); }
Tensor sparse() { return Tensor({{0.0, nan, 2.0}, {0.0, -0.0, 3.0}}); }

std::vector<ValueCase> counts() {
  return {
      gives(
          "any", "takes NaN for true, and -0 for false", [] { return any(sparse(), 0); }, truth({false, true, true})),
      gives(
          "any", "of nothing is false",
          [] {
            return any(zeros({0, 2}), 0);
          },
          truth({false, false})),
      gives(
          "any", "reduces axes that are not neighbours",
          [] {
            return any(ones({2, 3, 2}), {0, 2}, keepdims);
          },
          Tensor({{{true}, {true}, {true}}}, boolean)),
      gives(
          "all", "takes whole numbers",
          [] {
            return all(Tensor({{1, 2}, {0, 3}}), 1);
          },
          truth({true, false})),
      gives(
          "all", "of nothing is true", [] { return all(zeros({0})); }, full({}, true)),
      gives(
          "count_nonzero", "counts NaN", [] { return count_nonzero(sparse(), 1); }, whole({2, 1})),
      gives(
          "count_nonzero", "of all axes has rank 0", [] { return count_nonzero(sparse()); }, full({}, 3)),
      gives(
          "count_nonzero", "counts over axes that are not neighbours",
          [] {
            return count_nonzero(ones({2, 3, 2}, boolean), {0, 2});
          },
          whole({4, 4, 4})),
      gives(
          "nonzero", "gives a row of indices for each element", [] { return nonzero(sparse()); },
          whole({{0, 1}, {0, 2}, {1, 2}})),
      gives(
          "nonzero", "of a number has no columns", [] { return nonzero(full({}, 2.0)); }, zeros({1, 0}, int64)),
      gives(
          "nonzero", "of no elements has no rows",
          [] {
            return nonzero(zeros({0, 3}));
          },
          zeros({0, 2}, int64)),
  };
}

std::vector<ValueCase> orders() {
  const Tensor mixed{3.0, nan, 1.0, nan, -inf, 1.0};
  return {
      gives(
          "argsort", "puts NaN last, and equal elements in their order", [=] { return argsort(mixed); },
          whole({4, 2, 5, 0, 1, 3})),
      gives(
          "argsort", "downwards puts NaN first, and equal elements in their order",
          [=] { return argsort(mixed, descending); }, whole({1, 3, 0, 2, 5, 4})),
      gives(
          "argsort", "takes bools",
          [] {
            return argsort(truth({true, false, true}));
          },
          whole({1, 0, 2})),
      gives(
          "argsort", "of a number is 0", [] { return argsort(full({}, 2.0), 0); }, full({}, 0)),
      gives("unique", "has each value once, in ascending order, and every NaN", [=] { return unique(mixed).values; },
            {-inf, 1.0, 3.0, nan, nan}),
      gives(
          "unique", "says where each element is",
          [] {
            return unique(Tensor({{2, 1}, {1, 2}})).inverse;
          },
          whole({{1, 0}, {0, 1}})),
      gives(
          "unique", "counts slices along an axis",
          [] {
            return unique(Tensor({{1.0, 2.0}, {0.0, 5.0}, {1.0, 2.0}}), 0).counts;
          },
          whole({1, 2})),
      gives(
          "bincount", "counts, up to minlength",
          [] {
            return bincount(whole({1, 1, 3}), {}, 6);
          },
          whole({0, 2, 0, 1, 0, 0})),
      gives(
          "bincount", "of nothing is as long as minlength", [] { return bincount(zeros({0}, int64), {}, 2); },
          whole({0, 0})),
      gives(
          "bincount", "adds whole weights as float64",
          [] {
            return bincount(whole({1, 1, 3}), whole({1, 2, 3}));
          },
          Tensor{0.0, 3.0, 0.0, 3.0}),
      gives(
          "histc", "leaves out what is outside, and keeps the upper end",
          [] {
            return histc(Tensor{1.0, 2.0, 1.0, 5.0, 4.0, nan}, 4, 0, 4);
          },
          Tensor{0.0, 2.0, 1.0, 1.0}),
      gives(
          "histc", "takes the range from the elements",
          [] {
            return histc(Tensor{1.0, 2.0, 1.0, 5.0}, 4);
          },
          Tensor{2.0, 1.0, 0.0, 1.0}),
      gives(
          "histc", "widens a range without width",
          [] {
            return histc(Tensor({1.f, 1.f}), 3);
          },
          Tensor({0.f, 2.f, 0.f})),
      gives(
          "histc", "finds the bins of float32 where their products would overflow",
          [] { return histc(((arange(100.0) + 0.5) * 1e36).to(float32), 100, 0, 1e38); }, ones({100})),
      gives(
          "histc", "finds the bins of a range whose width overflows",
          [] {
            return histc(Tensor({-2.5e38f, -1.5e38f, -5e37f, 5e37f, 1.5e38f, 2.5e38f}), 6, -3e38, 3e38);
          },
          ones({6})),
      gives(
          "histc", "widens a range without width where one more is the same number",
          [] {
            return histc(Tensor({1e10f, 1e10f, 1e10f}), 4);
          },
          Tensor({0.f, 0.f, 3.f, 0.f})),
      gives(
          "histc", "widens a range without width to one side at the ends of the type",
          [] {
            const float most = std::numeric_limits<float>::max();
            return sum(histc(Tensor({most, most, most}), 4)) + 10.0 * sum(histc(Tensor({-most, -most}), 3));
          },
          Tensor(23.f)),
      gives(
          "histc", "counts over a range as wide as all numbers",
          [] {
            return histc(Tensor{-1.7e308, 1.7e308}, 2);
          },
          Tensor{1.0, 1.0}),
      gives(
          "searchsorted", "finds the left of equal numbers",
          [] {
            return searchsorted(Tensor{1.0, 2.0, 2.0, 3.0}, Tensor{2.0, 0.0, 9.0, nan});
          },
          whole({1, 0, 4, 4})),
      gives(
          "searchsorted", "finds the right of equal numbers",
          [] {
            return searchsorted(Tensor{1.0, 2.0, 2.0, 3.0}, 2.0, Side::right);
          },
          full({}, 3)),
      gives(
          "searchsorted", "searches each line in its own",
          [] {
            return searchsorted(Tensor({{1.0, 2.0}, {3.0, 4.0}}), Tensor({{2.0}, {3.0}}));
          },
          whole({{1}, {0}})),
      gives(
          "searchsorted", "in nothing finds 0", [] { return searchsorted(zeros({0}), Tensor{2.0}); }, whole({0})),
      gives(
          "bucketize", "searches in boundaries",
          [] {
            return bucketize(Tensor({{0, 5}, {2, 9}}), whole({1, 2, 5}));
          },
          whole({{0, 2}, {1, 3}})),
  };
}

/// Whether two generators of one seed give the same, and the same generator something else the next time.
bool repeats(const std::function<Tensor(Generator&)>& draw) {
  Generator a(5), b(5);
  const Tensor first = draw(a);
  return difference(first, draw(b)) == "" && difference(first, draw(a)) != "";
}

bool near(const Tensor& x, double expected, double tolerance) { return std::abs(x.item() - expected) < tolerance; }

bool within(const Tensor& x, double low, double high) {
  const std::vector<double> list = values(x);
  return std::all_of(list.begin(), list.end(), [=](double one) { return one >= low && one < high; });
}

std::vector<ValueCase> distributions() {
  return {
      {"bernoulli", "is 1 as often as p says",
       [] {
         Generator g(3);
         const Tensor x = bernoulli(full({10000}, 0.3), g);
         return near(mean(x), 0.3, 0.02) && within(x * (1 - x), 0, 1e-300);
       }},
      {"bernoulli", "is certain for p = 0 and p = 1",
       [] {
         return difference(bernoulli(Tensor({0.f, 1.f, 0.f})), Tensor({0.f, 1.f, 0.f})) == "";
       }},
      {"normal", "has the mean and deviation of each element",
       [] {
         Generator g(3);
         const Tensor x = normal(Tensor({{-5.0}, {100.0}}), full({5000}, 2.0), g);
         return near(mean(x[0]), -5, 0.12) && near(mean(x[1]), 100, 0.12) && near(var(x), 2756.5 + 4, 30);
       }},
      {"normal", "repeats by seed",
       [] { return repeats([](Generator& g) { return normal(1, 2, {20}, g, float64); }); }},
      {"uniform", "stays within its ends, in float32 too",
       [] {
         Generator g(3);
         const Tensor x = uniform(-2, 3, {10000}, g);
         return within(x, -2, 3) && near(mean(x), 0.5, 0.06) && within(uniform(1, 1 + 1e-7, {100}, g), 1, 1 + 1e-7);
       }},
      {"uniform", "spans a range wider than the largest number",
       [] {
         Generator g(3);
         const Tensor x = uniform(-1.7e308, 1.7e308, {100}, g, float64);
         return within(x, -1.7e308, 1.7e308) && max(x).item() > 1e308;
       }},
      {"exponential", "has mean 1 / rate and is positive",
       [] {
         Generator g(3);
         const Tensor x = exponential(4, {10000}, g, float64);
         return near(mean(x), 0.25, 0.01) && min(x).item() > 0;
       }},
      {"gumbel", "has the mean of Euler's constant and variance π²/6",
       [] {
         Generator g(3);
         const Tensor x = gumbel({20000}, g, float64);
         return near(mean(x), 0.5772156649, 0.04) && near(var(x), 1.6449340668, 0.1);
       }},
      {"rand_like", "keeps shape and dtype",
       [] {
         const Tensor x = rand_like(zeros({3, 2}, float64));
         return x.shape() == Shape{3, 2} && x.dtype() == float64;
       }},
      {"randn_like", "repeats by seed", [] { return repeats([](Generator& g) { return randn_like(zeros({9}), g); }); }},
      {"randint_like", "holds whole numbers in the dtype of x",
       [] {
         Generator g(3);
         const Tensor x = randint_like(zeros({100}), -2, 3, g);
         return x.dtype() == float32 && min(x).item() == -2 && max(x).item() == 2;
       }},
      {"randint", "counts from 0 where only the end is given",
       [] {
         Generator a(3), b(3);
         return difference(randint(7, {30}, a), randint(0, 7, {30}, b)) == "";
       }},
  };
}

std::vector<ValueCase> draws_of_indices() {
  return {
      {"multinomial", "draws in proportion to the weights",
       [] {
         Generator g(3);
         const Tensor x = multinomial(Tensor{1.0, 0.0, 3.0}, 10000, with_replacement, g);
         const std::vector<double> n = values(bincount(x, {}, 3));
         return std::abs(n[0] - 2500) < 180 && n[1] == 0 && n[0] + n[2] == 10000;
       }},
      {"multinomial", "without replacement draws the first in proportion to the weights too",
       [] {
         Generator g(3);
         double first = 0;
         for (int i = 0; i < 2000; ++i) first += multinomial(Tensor{1.0, 3.0}, 1, Replacement::no, g).item();
         return std::abs(first - 1500) < 80;
       }},
      {"multinomial", "without replacement draws each index once, those of weight 0 last",
       [] {
         Generator g(3);
         for (int i = 0; i < 50; ++i) {
           const Tensor x = multinomial(Tensor({{0.0, 1.0, 2.0}, {5.0, 0.0, 1e-300}}), 3, Replacement::no, g);
           if (difference(sort(x).values, whole({{0, 1, 2}, {0, 1, 2}})) != "") return false;
           if (x[0][2].item() != 0 || x[1][2].item() != 1) return false;
         }
         return true;
       }},
      {"multinomial", "of no rows is nothing",
       [] {
         return multinomial(zeros({0, 3}), 1).shape() == Shape{0, 1};
       }},
  };
}

}  // namespace

std::vector<ValueCase> order_values() {
  std::vector<ValueCase> rows = counts();
  for (ValueCase& row : orders()) rows.push_back(std::move(row));
  return rows;
}

std::vector<ValueCase> sampling_values() {
  std::vector<ValueCase> rows = distributions();
  for (ValueCase& row : draws_of_indices()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace cases
