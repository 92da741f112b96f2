#include <algorithm>
#include <cmath>
#include <cstdint>

#include <xgrad/linalg.hpp>

#include <xgrad/autograd/ops/bitwise.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/diagonal.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/variance.hpp>

#include "cases.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace cases {
namespace {

const double nan = std::nan("");

ValueCase gives(const char* op, const char* sentence, std::function<Tensor()> got, Tensor expected) {
  return {op, sentence, [=] { return difference(got(), expected) == ""; }};
}

Tensor low() { return Tensor{1.0, 2.0, nan}; }
Tensor high() { return Tensor({{2.0}, {1.0}}); }
Tensor truth(std::initializer_list<detail::Nested> entries) { return Tensor(entries, boolean); }

std::vector<ValueCase> comparisons() {
  return {
      gives("less", "broadcasts, and NaN is less than nothing", [] { return less(low(), high()); },
            {{true, false, false}, {false, false, false}}),
      gives("less_equal", "holds for equals", [] { return less_equal(low(), high()); },
            {{true, true, false}, {true, false, false}}),
      gives("greater", "is strict", [] { return greater(low(), high()); },
            {{false, false, false}, {false, true, false}}),
      gives("greater_equal", "holds for equals", [] { return greater_equal(low(), high()); },
            {{false, true, false}, {true, true, false}}),
      gives(
          "equal", "is false for NaN against itself", [] { return equal(low(), low()); }, truth({true, true, false})),
      gives(
          "not_equal", "is true for NaN against itself", [] { return not_equal(low(), low()); },
          truth({false, false, true})),
      gives(
          "equal", "compares dtypes by value",
          [] {
            return equal(Tensor{1, 2}, Tensor{1.0, 2.5});
          },
          truth({true, false})),
      gives(
          "less", "of nothing is nothing",
          [] {
            return less(zeros({0, 3}), zeros({1, 3}));
          },
          zeros({0, 3}, boolean)),
      gives(
          "less", "has an operator",
          [] {
            return Tensor{1, 3} < 2;
          },
          truth({true, false})),
      gives(
          "greater_equal", "has an operator with a number on the left",
          [] {
            return 2 >= Tensor{1, 3};
          },
          truth({true, false})),
      gives(
          "isnan", "finds NaN, not infinities",
          [] {
            return isnan(Tensor{nan, HUGE_VAL, 0.0});
          },
          truth({true, false, false})),
      gives(
          "isnan", "is false for whole numbers",
          [] {
            return isnan(Tensor{1, 0});
          },
          truth({false, false})),
      gives(
          "logical_and", "takes anything but 0 for true, NaN too",
          [] {
            return logical_and(Tensor{0.0, 2.0, nan}, Tensor{1, 1, 1});
          },
          truth({false, true, true})),
      gives("logical_or", "broadcasts",
            [] {
              return logical_or(Tensor{true, false}, Tensor({{true}, {false}}));
            },
            {{true, true}, {true, false}}),
      gives(
          "logical_not", "turns 0 to true",
          [] {
            return logical_not(Tensor{0, 3, -1});
          },
          truth({true, false, false})),
      gives(
          "logical_and", "has NumPy's and xtensor's operators",
          [] {
            return (Tensor{true, false} & true) || !Tensor{true, true};
          },
          truth({true, false})),
      gives(
          "logical_not", "has both operators",
          [] {
            return ~(~Tensor{true, false}) | Tensor{false, false};
          },
          truth({true, false})),
  };
}

std::vector<ValueCase> classes() {
  const Tensor edges = {nan, HUGE_VAL, -HUGE_VAL, 0.0, -1e308};
  return {
      gives(
          "isfinite", "is false for NaN and infinities", [=] { return isfinite(edges); },
          truth({false, false, false, true, true})),
      gives(
          "isfinite", "holds for every integer",
          [] {
            return isfinite(Tensor{INT64_MIN, INT64_MAX});
          },
          truth({true, true})),
      gives(
          "isinf", "holds for both infinities", [=] { return isinf(edges); }, truth({false, true, true, false, false})),
      gives(
          "isposinf", "holds for one", [=] { return isposinf(edges); }, truth({false, true, false, false, false})),
      gives(
          "isneginf", "holds for the other", [=] { return isneginf(edges); },
          truth({false, false, true, false, false})),
      gives(
          "logical_xor", "holds where one alone is not 0",
          [] {
            return logical_xor(Tensor{0.0, 2.0, nan, 0.0}, Tensor{0, 3, 0, 1});
          },
          truth({false, false, true, true})),
      gives(
          "isclose", "measures by the second operand",
          [] {
            return isclose(Tensor{1.0, 9.0, 10.0}, Tensor{1.0 + 1e-6, 10.0, 9.0}, 0.1, 0.0);
          },
          truth({true, true, false})),
      gives(
          "isclose", "has PyTorch's tolerances",
          [] {
            return isclose(Tensor{1e-9, 1e-7, 100.0}, Tensor{0.0, 0.0, 100.0011});
          },
          truth({true, false, false})),
      gives(
          "isclose", "holds for equal infinities only, and for NaN if asked",
          [] {
            return isclose(Tensor{HUGE_VAL, HUGE_VAL, nan, 1.0}, Tensor{HUGE_VAL, -HUGE_VAL, nan, HUGE_VAL}, 0.5, 1.0,
                           equal_nan);
          },
          truth({true, false, true, false})),
      gives(
          "isclose", "compares integers too",
          [] {
            return isclose(Tensor{3, 100000}, Tensor{4, 100001});
          },
          truth({false, true})),
  };
}

std::vector<ValueCase> bits() {
  return {
      gives("bitwise_and", "works on two's complement",
            [] {
              return bitwise_and(Tensor{-3, 12, 5}, Tensor{6, 10, -1});
            },
            {4, 8, 5}),
      gives("bitwise_or", "broadcasts",
            [] {
              return bitwise_or(Tensor{1, -8}, Tensor({{2}, {5}}));
            },
            {{3, -6}, {5, -3}}),
      gives("bitwise_xor", "takes bool beside int64",
            [] {
              return bitwise_xor(Tensor{1, 6}, Tensor{true, true});
            },
            {0, 7}),
      gives(
          "bitwise_xor", "of bools is bool",
          [] {
            return bitwise_xor(Tensor{true, false}, Tensor{true, true});
          },
          truth({false, true})),
      gives("bitwise_not", "is -1 - x",
            [] {
              return bitwise_not(Tensor{0, 5, -7});
            },
            {-1, -6, 6}),
      gives(
          "bitwise_not", "of a bool is its opposite",
          [] {
            return bitwise_not(Tensor{true, false});
          },
          truth({false, true})),
      gives("bitwise_left_shift", "drops what is beyond int64",
            [] {
              return bitwise_left_shift(Tensor{3, 1, -1, 5}, Tensor{2, 63, 64, -1});
            },
            {std::int64_t{12}, INT64_MIN, std::int64_t{0}, std::int64_t{0}}),
      gives("bitwise_right_shift", "rounds down",
            [] {
              return bitwise_right_shift(Tensor{-3, 13, -1, 5}, Tensor{1, 2, 64, -1});
            },
            {-2, 3, -1, 0}),
  };
}

std::vector<ValueCase> places() {
  const Tensor ties = Tensor({{1.0, 5.0, 5.0}, {7.0, nan, 7.0}});
  return {
      gives(
          "argmax", "of all is a place in the flattened tensor, of the NaN if there is one",
          [=] { return argmax(ties); }, full({}, 4)),
      gives(
          "argmax", "takes the first of several",
          [=] {
            return argmax(Tensor{3, 9, 9});
          },
          full({}, 1)),
      gives("argmax", "works along an axis", [=] { return argmax(ties, 1); }, {1, 1}),
      gives("argmax", "keeps the axis if asked", [=] { return argmax(ties, -2, keepdims); }, {{1, 1, 1}}),
      gives(
          "argmin", "takes the first of several",
          [=] {
            return argmin(Tensor{3, 1, 1});
          },
          full({}, 1)),
      gives("argmin", "finds the NaN", [=] { return argmin(ties, 1); }, {0, 1}),
      gives(
          "argmax", "of no rows is nothing",
          [] {
            return argmax(zeros({0, 3}), 1);
          },
          zeros(0, int64)),
  };
}

std::vector<ValueCase> creation() {
  return {
      gives(
          "zeros", "is float32 by default",
          [] {
            return zeros({1, 2});
          },
          Tensor({{0, 0}}, float32)),
      gives("zeros", "takes a size alone", [] { return zeros(2, float64); }, {0.0, 0.0}),
      gives("ones", "takes a dtype", [] { return ones(2, int64); }, {1, 1}),
      gives("full", "goes by the number's own dtype", [] { return full(2, 1.5); }, {1.5, 1.5}),
      gives(
          "full", "or by the one asked for", [] { return full(2, 1.5, float32); }, Tensor({1.5, 1.5}, float32)),
      gives("zeros_like", "keeps shape and dtype",
            [] {
              return zeros_like(Tensor{3, 4});
            },
            {0, 0}),
      gives("ones_like", "keeps shape and dtype", [] { return ones_like(Tensor({{2.5}})); }, {{1.0}}),
      gives(
          "full_like", "keeps shape and dtype",
          [] {
            return full_like(Tensor({1.0, 2.0}, float32), 0.5);
          },
          Tensor({0.5, 0.5}, float32)),
      gives("arange", "counts from 0", [] { return arange(3); }, {0, 1, 2}),
      gives("arange", "stops before the end", [] { return arange(1, 6, 2); }, {1, 3, 5}),
      gives("arange", "counts down", [] { return arange(2, -1, -1); }, {2, 1, 0}),
      gives("arange", "is float64 from doubles", [] { return arange(0.0, 1.0, 0.25); }, {0.0, 0.25, 0.5, 0.75}),
      gives(
          "arange", "is empty where the end is behind", [] { return arange(3, 1); }, zeros(0, int64)),
      gives("linspace", "includes both ends", [] { return linspace(0, 1, 5, float64); }, {0.0, 0.25, 0.5, 0.75, 1.0}),
      gives(
          "linspace", "of one is the start", [] { return linspace(2, 9, 1, float64); }, Tensor{2.0}),
      gives(
          "eye", "has ones on its diagonal", [] { return eye(2); }, Tensor({{1, 0}, {0, 1}}, float32)),
      gives("eye", "may be wide", [] { return eye(2, 3, int64); }, {{1, 0, 0}, {0, 1, 0}}),
  };
}

std::vector<ValueCase> listing() {
  return {
      gives("one_hot", "has a one at each label",
            [] {
              return one_hot(Tensor({{2, 0}}));
            },
            {{{0, 0, 1}, {1, 0, 0}}}),
      gives("one_hot", "has as many classes as asked for", [] { return one_hot(Tensor{1}, 2); }, {{0, 1}}),
      gives(
          "one_hot", "of no labels has the classes asked for", [] { return one_hot(zeros({0}, int64), 3); },
          zeros({0, 3}, int64)),
      gives(
          "one_hot", "of one label is a row", [] { return one_hot(Tensor(std::int64_t{1})); }, Tensor{0, 1}),
      gives("tril_indices", "lists rows, then columns", [] { return tril_indices(3, 4, -1); }, {{1, 2, 2}, {0, 0, 1}}),
      gives(
          "tril_indices", "is empty beyond the matrix", [] { return tril_indices(3, 4, -3); }, zeros({2, 0}, int64)),
      gives("triu_indices", "lists rows, then columns", [] { return triu_indices(3, 4, 2); }, {{0, 0, 1}, {2, 3, 3}}),
      gives("triu_indices", "takes all below the matrix", [] { return triu_indices(2, 2, -5); },
            {{0, 0, 1, 1}, {0, 1, 0, 1}}),
  };
}

/// Whether two generators of one seed give the same, and the same generator something else the next time.
bool repeats(const std::function<Tensor(Generator&)>& draw) {
  Generator a(5), b(5);
  const Tensor first = draw(a);
  return difference(first, draw(b)) == "" && difference(first, draw(a)) != "";
}

bool all(const Tensor& x, const std::function<bool(double)>& holds) {
  const std::vector<double> list = values(x);
  return std::all_of(list.begin(), list.end(), holds);
}

std::vector<ValueCase> randomness() {
  return {
      {"rand", "repeats by seed", [] { return repeats([](Generator& g) {
                                         return rand({4, 5}, g);
                                       }); }},
      {"rand", "stays below 1",
       [] {
         manual_seed(1);
         return all(rand(1000), [](double x) { return x >= 0 && x < 1; });
       }},
      {"randn", "repeats by seed", [] { return repeats([](Generator& g) { return randn(20, g, float64); }); }},
      {"randn", "has mean 0 and variance 1 within four standard errors",
       [] {
         Generator g(3);
         const Tensor x = randn(10000, g, float64);
         return std::abs(mean(x).item()) < 0.04 && std::abs(var(x).item() - 1) < 0.057;
       }},
      {"randint", "repeats by seed", [] { return repeats([](Generator& g) { return randint(-50, 50, 20, g); }); }},
      {"randint", "reaches both ends and no further",
       [] {
         Generator g(3);
         const Tensor x = randint(-2, 3, 200, g);
         return x.dtype() == int64 && min(x).item() == -2 && max(x).item() == 2;
       }},
      {"randperm", "repeats by seed", [] { return repeats([](Generator& g) { return randperm(12, g); }); }},
      {"randperm", "holds every number once",
       [] {
         Generator g(3);
         std::vector<double> list = values(randperm(50, g));
         std::sort(list.begin(), list.end());
         for (std::size_t i = 0; i < list.size(); ++i)
           if (list[i] != static_cast<double>(i)) return false;
         return list.size() == 50;
       }},
  };
}

std::vector<ValueCase> ranks() {
  return {gives("matrix_rank", "counts the singular values above the tolerance",
                [] {
                  return linalg::matrix_rank(Tensor({{{1., 2.}, {2., 4.}}, {{1., 2.}, {2., 5.}}}));
                },
                {1, 2}),
          gives("matrix_rank", "of no rows or columns is 0",
                [] {
                  return linalg::matrix_rank(ones({2, 0, 3}));
                },
                {0, 0}),
          gives(
              "matrix_rank", "drops what is below a tolerance of the caller's",
              [] {
                return linalg::matrix_rank(full({1, 1}, 0.1), linalg::Tolerance().atol(0.2));
              },
              Tensor(0))};
}

}  // namespace

const std::vector<ValueCase>& value_table() {
  static const std::vector<ValueCase> all = [] {
    std::vector<ValueCase> rows;
    for (auto kind : {comparisons, places, creation, listing, randomness, ranks, order_values, sampling_values,
                      attention_values, classes, bits})
      for (ValueCase& row : kind()) rows.push_back(std::move(row));
    return rows;
  }();
  return all;
}

}  // namespace cases
