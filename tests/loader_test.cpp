#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "inspect.hpp"

#include <xgrad/data/dataset.hpp>
#include <xgrad/data/loader.hpp>

using namespace xgrad;
using namespace xgrad::data;
using Catch::Matchers::Contains;

namespace {

/// Row i holds (i, -i) and has target 10 i.
TensorDataset<2> counting(std::int64_t rows) {
  Tensor inputs = Raw::uninitialized({rows, 2}, float32);
  Tensor targets = Raw::uninitialized({rows}, int64);
  for (std::int64_t i = 0; i < rows; ++i) {
    Raw::write<float>(inputs)[2 * i] = static_cast<float>(i);
    Raw::write<float>(inputs)[2 * i + 1] = static_cast<float>(-i);
    Raw::write<std::int64_t>(targets)[i] = 10 * i;
  }
  return TensorDataset(inputs, targets);
}

/// One epoch: the rows in the order of arrival, and the sizes of the batches.
struct Epoch {
  std::vector<std::int64_t> rows, sizes;
};

Epoch run(DataLoader& loader) {
  Epoch epoch;
  for (auto [inputs, targets] : loader) {
    REQUIRE(inputs.shape() == Shape({targets.shape(0), 2}));
    epoch.sizes.push_back(targets.size());
    for (std::int64_t i = 0; i < targets.size(); ++i) {
      const std::int64_t row = Raw::data<std::int64_t>(targets)[i] / 10;
      REQUIRE(Raw::data<float>(inputs)[2 * i] == static_cast<float>(row));
      REQUIRE(Raw::data<float>(inputs)[2 * i + 1] == static_cast<float>(-row));
      epoch.rows.push_back(row);
    }
  }
  return epoch;
}

std::vector<std::int64_t> upto(std::int64_t n) {
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < n; ++i) result.push_back(i);
  return result;
}

std::vector<std::int64_t> sorted(std::vector<std::int64_t> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

TEST_CASE("a TensorDataset gathers rows of any dtype in the order asked for", "[data]") {
  const Tensor inputs = Tensor({{1., 2.}, {3., 4.}, {5., 6.}}).requires_grad_();
  const TensorDataset set(inputs, Tensor{true, false, true});
  const std::int64_t rows[] = {2, 2, 0};
  const auto [x, t] = set.gather(rows, 3);
  CHECK(x.dtype() == float64);
  CHECK(!x.requires_grad());
  CHECK(std::vector<double>(Raw::data<double>(x), Raw::data<double>(x) + 6) == std::vector<double>{5, 6, 5, 6, 1, 2});
  CHECK(t.dtype() == boolean);
  CHECK((Raw::data<bool>(t)[0] && Raw::data<bool>(t)[1] && Raw::data<bool>(t)[2]));
  CHECK(set.gather(rows, 0).inputs.shape() == Shape({0, 2}));
}

TEST_CASE("a TensorDataset refuses scalars, different numbers of rows, and rows out of range", "[data]") {
  CHECK_THROWS_WITH(TensorDataset(Tensor({{1., 2.}, {3., 4.}}), Tensor{1., 2., 3.}),
                    Contains("(2, 2)") && Contains("(3)"));
  CHECK_THROWS_WITH(TensorDataset(Tensor(1.0), Tensor{1.}), Contains("inputs have shape ()"));
  CHECK_THROWS_WITH(TensorDataset(Tensor{1.}, Tensor()), Contains("targets are an undefined tensor"));
  const TensorDataset set = counting(3);
  for (std::int64_t row : {-1, 3}) CHECK_THROWS_WITH(set.gather(&row, 1), Contains("out of range for 3 rows"));
}

TEST_CASE("a loader hands out every row once, in batches of the right sizes", "[data]") {
  const std::int64_t b = 4;
  for (std::int64_t n : {std::int64_t{0}, b - 1, b, b + 1, 5 * b}) {
    for (bool shuffle : {false, true}) {
      DataLoader loader(counting(n), DataLoader::Options().batch_size(b).shuffle(shuffle).seed(3));
      CAPTURE(n, shuffle);
      CHECK(loader.size() == (n + b - 1) / b);
      CHECK(loader.dataset_size() == n);
      const Epoch epoch = run(loader);
      CHECK(static_cast<std::int64_t>(epoch.sizes.size()) == loader.size());
      CHECK(sorted(epoch.rows) == upto(n));
      if (!shuffle) CHECK(epoch.rows == upto(n));
      for (std::size_t i = 0; i + 1 < epoch.sizes.size(); ++i) CHECK(epoch.sizes[i] == b);
    }
  }
}

TEST_CASE("drop_last leaves out a short last batch and nothing else", "[data]") {
  const std::int64_t b = 4;
  for (std::int64_t n : {std::int64_t{0}, b - 1, b, b + 1}) {
    DataLoader loader(counting(n), DataLoader::Options().batch_size(b).drop_last().shuffle());
    CAPTURE(n);
    CHECK(loader.size() == n / b);
    const Epoch epoch = run(loader);
    CHECK(epoch.sizes == std::vector<std::int64_t>(static_cast<std::size_t>(n / b), b));
    const std::set<std::int64_t> distinct(epoch.rows.begin(), epoch.rows.end());
    CHECK(distinct.size() == epoch.rows.size());
  }
}

TEST_CASE("the order depends on the seed and the number of the epoch alone", "[data]") {
  const auto options = DataLoader::Options().batch_size(7).shuffle().seed(11);
  DataLoader loader(counting(100), options);
  const Epoch first = run(loader), second = run(loader);
  CHECK(first.rows != upto(100));
  CHECK(first.rows != second.rows);
  CHECK(sorted(second.rows) == upto(100));
  CHECK(loader.order(1) == second.rows);

  DataLoader again(counting(100), DataLoader::Options(options).batch_size(10));
  CHECK(run(again).rows == first.rows);
  CHECK(run(again).rows == second.rows);
  DataLoader other(counting(100), DataLoader::Options(options).seed(12));
  CHECK(run(other).rows != first.rows);
}

TEST_CASE("shuffling reaches every order about equally often", "[data]") {
  DataLoader loader(counting(3), DataLoader::Options().shuffle());
  std::map<std::vector<std::int64_t>, int> seen;
  for (std::uint64_t epoch = 0; epoch < 6000; ++epoch) ++seen[loader.order(epoch)];
  CHECK(seen.size() == 6);
  for (const auto& [order, count] : seen) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("a loader that stopped inside an epoch resumes at its position", "[data]") {
  const auto options = DataLoader::Options().batch_size(3).shuffle().seed(5);
  DataLoader whole(counting(10), options);
  std::vector<std::int64_t> expected = run(whole).rows;
  const std::vector<std::int64_t> second = run(whole).rows;
  expected.insert(expected.end(), second.begin(), second.end());

  for (std::size_t stop = 0; stop <= 8; ++stop) {
    DataLoader before(counting(10), options);
    std::vector<std::int64_t> rows;
    std::size_t taken = 0;
    for (int epoch = 0; epoch < 2 && taken < stop; ++epoch) {
      for (auto [inputs, targets] : before) {
        for (std::int64_t target : whole_numbers(targets)) rows.push_back(target / 10);
        if (++taken == stop) break;
      }
    }
    const DataLoader::Position position = before.position();
    DataLoader after(counting(10), options);
    after.set_position(position);
    for (std::uint64_t epoch = position.epoch; epoch < 2; ++epoch) {
      const std::vector<std::int64_t> rest = run(after).rows;
      rows.insert(rows.end(), rest.begin(), rest.end());
    }
    CAPTURE(stop);
    CHECK(rows == expected);
  }
  CHECK_THROWS_WITH(whole.set_position({0, 5}), Contains("after batch 5: an epoch has 4"));
  CHECK_THROWS_AS(whole.set_position({0, -1}), std::invalid_argument);
}

TEST_CASE("a loader's iterators are input iterators", "[data]") {
  DataLoader loader(std::make_shared<TensorDataset<2>>(counting(5)), DataLoader::Options().batch_size(2));
  auto it = loader.begin();
  CHECK(it->inputs.shape() == Shape({2, 2}));
  CHECK(whole_numbers((*it++).targets) == std::vector<std::int64_t>{0, 10});
  CHECK(whole_numbers(it->targets) == std::vector<std::int64_t>{20, 30});
  ++it;
  CHECK(it != loader.end());
  ++it;
  CHECK(it == loader.end());
  CHECK(std::distance(loader.begin(), loader.end()) == 3);
}

TEST_CASE("a loader refuses a batch size below 1 and a null dataset", "[data]") {
  CHECK_THROWS_WITH(DataLoader(counting(3), DataLoader::Options().batch_size(0)),
                    "DataLoader: the batch size must be at least 1, got 0");
  CHECK_THROWS_AS(DataLoader(counting(3), DataLoader::Options().batch_size(-4)), std::invalid_argument);
  CHECK_THROWS_AS(DataLoader(std::shared_ptr<const Dataset>()), std::invalid_argument);
}
