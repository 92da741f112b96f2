#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "inspect.hpp"

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/loader.hpp>
#include <xgrad/data/sampler.hpp>

using namespace xgrad;
using namespace xgrad::data;
using Catch::Matchers::Contains;

namespace {

using Rows = std::vector<std::int64_t>;

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

Rows upto(std::int64_t n) {
  Rows rows(static_cast<std::size_t>(n));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

/// The shares of the rows among many draws.
std::vector<double> shares(const Sampler& sampler, std::size_t rows, std::uint64_t epochs) {
  std::vector<double> counts(rows);
  double all = 0;
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch)
    for (std::int64_t row : sampler.order({epoch, 1})) {
      ++counts[static_cast<std::size_t>(row)];
      ++all;
    }
  for (double& count : counts) count /= all;
  return counts;
}

/// Odd rows, then even ones, in batches of any size.
class Parity : public BatchSampler {
 public:
  std::int64_t size() const override { return 2; }
  std::vector<Rows> batches(const Pass& pass) const override {
    if (pass.epoch == 9) return {{0}, {}};
    return {{1, 3, 5}, {0, 2, 4, static_cast<std::int64_t>(pass.epoch)}};
  }
};

}  // namespace

TEST_CASE("the random sampler's order is that of a shuffling loader", "[data]") {
  const TensorDataset set(arange(50));
  Loader shuffling(set, LoaderOptions().shuffle().seed(4)),
      sampling(set, LoaderOptions().sampler(RandomSampler(50)).seed(4));
  CHECK(shuffling.order(3) == sampling.order(3));
  CHECK(SequentialSampler(5).order({7, 8}) == upto(5));
  CHECK(sorted(RandomSampler(50).order({1, 2})) == upto(50));
  CHECK(RandomSampler(50).order({1, 2}) != RandomSampler(50).order({2, 2}));
  CHECK(RandomSampler(50).order({1, 2}) != RandomSampler(50).order({1, 3}));
}

TEST_CASE("more samples than rows are whole orders, fewer are the beginning of one", "[data]") {
  const Rows many = RandomSampler(7, Replacement::no, 17).order({0, 3});
  REQUIRE(many.size() == 17);
  const Rows first(many.begin(), many.begin() + 7), second(many.begin() + 7, many.begin() + 14);
  CHECK(sorted(first) == upto(7));
  CHECK(sorted(second) == upto(7));
  CHECK(first != second);
  const std::set<std::int64_t> rest(many.begin() + 14, many.end());
  CHECK(rest.size() == 3);
  const Rows few = RandomSampler(100, Replacement::no, 10).order({0, 3});
  CHECK(std::set<std::int64_t>(few.begin(), few.end()).size() == 10);
  CHECK(*std::max_element(few.begin(), few.end()) > 10);
  const std::vector<double> drawn = shares(RandomSampler(4, Replacement::yes, 1000), 4, 20);
  for (double share : drawn) CHECK(std::abs(share - 0.25) < 0.015);
}

TEST_CASE("a subset sampler gives its own rows in random order", "[data]") {
  const SubsetRandomSampler sampler({3, 9, 27, 81});
  CHECK(sampler.size() == 4);
  CHECK(sorted(sampler.order({0, 1})) == Rows{3, 9, 27, 81});
  std::set<Rows> orders;
  for (std::uint64_t epoch = 0; epoch < 200; ++epoch) orders.insert(sampler.order({epoch, 1}));
  CHECK(orders.size() == 24);
  CHECK_THROWS_WITH(SubsetRandomSampler({1, -2}), "SubsetRandomSampler: row -2 is negative");
}

TEST_CASE("weights are the probabilities of rows", "[data]") {
  const std::vector<double> weights{1, 0, 3, 6, 0};
  const std::vector<double> drawn = shares(WeightedRandomSampler(weights, 1000), 5, 40);
  for (std::size_t i = 0; i < 5; ++i) CHECK(std::abs(drawn[i] - weights[i] / 10) < 0.012);
  CHECK(drawn[1] == 0);
  CHECK(drawn[4] == 0);
  // Without replacement: the first of two draws by weight, the second by the weights that are left.
  const WeightedRandomSampler pairs(Tensor{1., 2., 3.}, 2, Replacement::no);
  std::map<Rows, double> counts;
  const double epochs = 20000;
  for (std::uint64_t epoch = 0; epoch < 20000; ++epoch) ++counts[pairs.order({epoch, 5})];
  const double w[] = {1, 2, 3};
  for (std::int64_t a = 0; a < 3; ++a)
    for (std::int64_t b = 0; b < 3; ++b) {
      if (a == b) continue;
      const double expected = w[a] / 6 * w[b] / (6 - w[a]);
      CHECK(std::abs(counts[{a, b}] / epochs - expected) < 0.012);
    }
  CHECK(sorted(WeightedRandomSampler(weights, 3, Replacement::no).order({0, 0})) == Rows{0, 2, 3});
  CHECK(WeightedRandomSampler(std::vector<double>{5e-324}, 3).order({0, 0}) == Rows{0, 0, 0});
  CHECK(WeightedRandomSampler(std::vector<double>{}, 0).order({0, 0}).empty());
}

TEST_CASE("weights that mean nothing are refused", "[data]") {
  const auto refusal = [](const std::vector<double>& weights, std::int64_t samples, Replacement replacement) {
    return thrown_by<std::invalid_argument>([&] { WeightedRandomSampler(weights, samples, replacement); });
  };
  CHECK(refusal({1, -1}, 1, Replacement::yes) ==
        "WeightedRandomSampler: weight 1 is -1: it must be finite and not negative");
  CHECK_THAT(refusal({NAN}, 1, Replacement::yes), Contains("weight 0 is nan"));
  CHECK_THAT(refusal({1e308, 1e308}, 1, Replacement::yes), Contains("sum of the weights is infinite"));
  CHECK_THAT(refusal({0, 0}, 1, Replacement::yes), Contains("none of them is positive"));
  CHECK_THAT(refusal({1, 0}, 2, Replacement::no), Contains("only 1 weights are positive"));
  CHECK_THAT(refusal({1}, -1, Replacement::yes), Contains("must not be negative, got -1"));
  CHECK_THROWS_WITH(WeightedRandomSampler(ones({2, 2}), 1), Contains("(2, 2)"));
  CHECK_THROWS_WITH(RandomSampler(0, Replacement::yes, 3), "RandomSampler: cannot draw 3 samples from 0 rows");
  CHECK_THROWS_WITH(RandomSampler(-1), Contains("got -1"));
  CHECK_THROWS_WITH(StratifiedSampler(Tensor{1., 2.}), Contains("float64 of shape (2): they must be int64"));
}

TEST_CASE("balancing weights draw every class equally often", "[data]") {
  const Tensor labels = {0, 0, 0, 0, 0, 0, 7, 7, -1};
  const std::vector<double> drawn = shares(WeightedRandomSampler(balancing_weights(labels), 900), 9, 40);
  CHECK(std::abs(drawn[8] - 1. / 3) < 0.01);
  CHECK(std::abs(drawn[6] + drawn[7] - 1. / 3) < 0.01);
}

TEST_CASE("every prefix of a stratified order has each class's share to less than one row", "[data]") {
  kernels::Philox random(3);
  for (int trial = 0; trial < 60; ++trial) {
    const std::int64_t n = 1 + static_cast<std::int64_t>(random.below(300)),
                       k = 1 + static_cast<std::int64_t>(random.below(12));
    Tensor labels = Raw::uninitialized({n}, int64);
    std::map<std::int64_t, double> counts;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto label = static_cast<std::int64_t>(
          random.below(static_cast<std::uint64_t>(1 + random.below(static_cast<std::uint64_t>(k)))));
      Raw::write<std::int64_t>(labels)[i] = label;
      ++counts[label];
    }
    const Rows order = StratifiedSampler(labels).order({static_cast<std::uint64_t>(trial), 2});
    REQUIRE(sorted(order) == upto(n));
    std::map<std::int64_t, double> seen;
    double worst = 0;
    for (std::size_t m = 0; m < order.size(); ++m) {
      ++seen[Raw::data<std::int64_t>(labels)[order[m]]];
      for (const auto& [label, count] : counts)
        worst = std::max(worst, std::abs(seen[label] - static_cast<double>(m + 1) * count / static_cast<double>(n)));
    }
    CAPTURE(n, k);
    CHECK(worst < 1);
  }
  const StratifiedSampler sampler(Tensor{0, 0, 0, 0, 1, 1, 1, 1});
  std::set<Rows> orders;
  for (std::uint64_t epoch = 0; epoch < 50; ++epoch) orders.insert(sampler.order({epoch, 0}));
  CHECK(orders.size() > 45);
}

TEST_CASE("a loader over a sampler has its rows and its number of batches", "[data]") {
  const TensorDataset set(arange(6));
  Loader loader(set, LoaderOptions().batch_size(4).sampler(RandomSampler(6, Replacement::yes, 10)));
  CHECK(loader.size() == 3);
  CHECK(loader.dataset_size() == 6);
  Rows rows;
  for (auto [x] : loader)
    for (std::int64_t row : whole_numbers(x)) rows.push_back(row);
  CHECK(rows == loader.order(0));
  CHECK(rows.size() == 10);
  Loader far(set, LoaderOptions().sampler(SubsetRandomSampler({2, 6})));
  CHECK_THROWS_WITH(far.begin(), "DataLoader: row 6 is out of range for 6 rows");
  CHECK_THROWS_WITH(Loader(set, LoaderOptions().shuffle().sampler(SequentialSampler(6))),
                    Contains("exclude each other"));
}

TEST_CASE("a batch sampler chooses whole batches", "[data]") {
  const TensorDataset set(arange(6));
  Loader loader(set, LoaderOptions().batch_sampler(Parity()));
  CHECK(loader.size() == 2);
  for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
    std::vector<Rows> batches;
    for (auto [x] : loader) batches.push_back(whole_numbers(x));
    CHECK((batches == std::vector<Rows>{{1, 3, 5}, {0, 2, 4, epoch}}));
  }
  CHECK(loader.position().epoch == 2);
  loader.set_position({2, 1});
  CHECK(whole_numbers((*loader.begin())[0]) == Rows{0, 2, 4, 2});
  loader.set_position({9, 0});
  CHECK_THROWS_WITH(loader.begin(), Contains("a batch of no rows"));
  CHECK_THROWS_WITH(Loader(set, LoaderOptions().batch_size(2).batch_sampler(Parity())),
                    Contains("excludes batch_size"));
}
