// Datasets of any number of columns, and datasets made of others.

#include <array>
#include <cstdint>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "inspect.hpp"

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/loader.hpp>
#include <xgrad/data/map.hpp>
#include <xgrad/data/subset.hpp>

using namespace xgrad;
using namespace xgrad::data;
using Catch::Matchers::Contains;

namespace {

/// 0, 1, ... as int64.
Tensor upto(std::int64_t n) { return arange(n); }

/// Row i holds i, 10 i and (i, -i).
TensorDataset<3> three(std::int64_t n) {
  return TensorDataset(upto(n), upto(n) * 10, stack({upto(n), upto(n) * -1}, 1).to(float32));
}

TensorDataset<1> one(std::int64_t n) { return TensorDataset(upto(n)); }

template <std::size_t N>
std::vector<std::int64_t> first_column(const DatasetOf<N>& set, std::vector<std::int64_t> rows = {}) {
  if (rows.empty()) {
    rows.resize(static_cast<std::size_t>(set.size()));
    std::iota(rows.begin(), rows.end(), std::int64_t{0});
  }
  return whole_numbers(data::detail::columns_of<N>(set.gather(rows.data(), static_cast<std::int64_t>(rows.size())))[0]);
}

/// One row at a time, with a number drawn for each.
class Drawn : public RowDataset {
 public:
  std::int64_t size() const override { return 20; }
  Batch row(std::int64_t number) const override { return {Tensor(static_cast<double>(number)), rand({2})}; }
};

/// Rows of different lengths, with zeros behind the shorter ones of a batch.
class Ragged : public RowDatasetOf<1> {
 public:
  std::int64_t size() const override { return 5; }
  std::array<Tensor, 1> row(std::int64_t number) const override { return {ones({number + 1})}; }
  std::array<Tensor, 1> collate(const std::vector<std::array<Tensor, 1>>& rows) const override {
    std::int64_t longest = 0;
    for (const auto& row : rows) longest = std::max(longest, row[0].size());
    std::vector<Tensor> padded;
    padded.reserve(rows.size());
    for (const auto& row : rows) padded.push_back(pad(row[0], {0, longest - row[0].size()}));
    return {stack(padded)};
  }
};

}  // namespace

TEST_CASE("a loop unpacks one, two and three columns", "[data]") {
  std::int64_t batches = 0;
  Loader triples(three(10), LoaderOptions().batch_size(4).shuffle());
  for (auto [i, ten, pair] : triples) {
    ++batches;
    CHECK(whole_numbers(ten) == whole_numbers(i * 10));
    CHECK(pair.shape() == Shape({i.size(), 2}));
    CHECK(numbers(pair(xt::all(), 1)) == numbers(i.to(float32) * -1));
  }
  CHECK(batches == 3);
  Loader singles(one(5), LoaderOptions().batch_size(2));
  std::vector<std::int64_t> seen;
  for (auto [x] : singles)
    for (std::int64_t each : whole_numbers(x)) seen.push_back(each);
  CHECK(seen == std::vector<std::int64_t>{0, 1, 2, 3, 4});
  Loader pairs(TensorDataset(ones({4, 2}), upto(4)));
  static_assert(std::is_same_v<decltype(pairs), DataLoader>);
  for (auto [x, y] : pairs) CHECK(x.shape() == Shape({1, 2}));
  Loader by_pointer(std::make_shared<const TensorDataset<3>>(three(3)));
  static_assert(std::is_same_v<decltype(by_pointer), Loader<3>>);
  for (const auto& batch : by_pointer) CHECK(batch.size() == 3);
}

TEST_CASE("columns of any number are checked, by name where there are two", "[data]") {
  CHECK_THROWS_WITH(TensorDataset(upto(2), upto(2), upto(3)),
                    "TensorDataset: column 0 of shape (2) and column 2 of shape (3): axis 0 must agree");
  CHECK_THROWS_WITH(TensorDataset(Tensor()), "TensorDataset: column 0 is an undefined tensor");
  CHECK_THROWS_WITH(TensorDataset(upto(1), upto(1), Tensor(1)),
                    "TensorDataset: column 2 has shape (): axis 0 must count the rows");
  class Wrong : public DatasetOf<3> {
    std::int64_t size() const override { return 2; }
    std::array<Tensor, 3> gather(const std::int64_t*, std::int64_t) const override {
      return {ones({1}), ones({1}), ones({7})};
    }
  };
  Loader loader((Wrong()));
  CHECK_THROWS_WITH(*loader.begin(), Contains("returned column 2 of shape (7) for 1 row"));
}

TEST_CASE("a subset has the rows given, in their order", "[data]") {
  const Subset some(three(10), {7, 0, 7, 3});
  CHECK(some.size() == 4);
  CHECK(first_column(some) == std::vector<std::int64_t>{7, 0, 7, 3});
  CHECK(first_column(Subset(some, {3, 1})) == std::vector<std::int64_t>{3, 0});
  CHECK(first_column(Subset(std::make_shared<TensorDataset<1>>(one(3)), {2})) == std::vector<std::int64_t>{2});
  CHECK_THROWS_WITH(Subset(one(3), {3}), "Subset: row 3 is out of range for 3 rows");
  CHECK_THROWS_WITH(Subset<1>(std::shared_ptr<const DatasetOf<1>>(), {}), "Subset: the dataset is null");
  const std::int64_t beyond = 4;
  CHECK_THROWS_WITH(some.gather(&beyond, 1), "Subset: row 4 is out of range for 4 rows");
}

TEST_CASE("random_split shares out every row once, by count or by fraction", "[data]") {
  const auto [train, valid, test] = random_split(three(10), {0.5, 0.25, 0.25}, 3);
  CHECK(train.size() == 6);  // and the row that is left
  CHECK(valid.size() == 2);  // 2.5 rounded down
  CHECK(test.size() == 2);
  std::multiset<std::int64_t> all;
  for (const auto* part : {&train, &valid, &test})
    for (std::int64_t row : first_column(*part)) all.insert(row);
  CHECK(all == std::multiset<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});

  const auto [a, b] = random_split(three(10), {7, 3}, 3);
  CHECK(first_column(a) == first_column(random_split(three(10), {7, 3}, 3)[0]));
  CHECK(first_column(a) != first_column(random_split(three(10), {7, 3}, 4)[0]));
  CHECK(b.size() == 3);
  const std::size_t n = 4;
  CHECK(random_split(one(10), {n, 10 - n})[1].size() == 6);
  CHECK(random_split(one(0), {0.5, 0.5})[0].size() == 0);

  CHECK_THROWS_WITH(random_split(one(10), {7, 4}),
                    "random_split: the parts of 7 + 4 rows are not the 10 rows of the dataset");
  CHECK_THROWS_WITH(random_split(one(10), {7, 2}), Contains("7 + 2 rows are not the 10"));
  CHECK_THROWS_WITH(random_split(one(10), {-1, 11}), Contains("part 0 has -1 rows"));
  CHECK_THROWS_WITH(random_split(one(10), {0.5, 0.25}), Contains("add up to 0.75: they must add up to 1"));
  CHECK_THROWS_WITH(random_split(one(10), {1.5, -0.5}), Contains("part 0 is 1.5 of all rows"));
  CHECK_THROWS_WITH(random_split(one(10), {0.5, 5}), Contains("mixed"));
}

TEST_CASE("a concatenation gathers from all of its datasets at once, in the order asked for", "[data]") {
  const ConcatDataset all(three(3), three(0), three(4));
  CHECK(all.size() == 7);
  CHECK(first_column(all) == std::vector<std::int64_t>{0, 1, 2, 0, 1, 2, 3});
  CHECK(first_column(all, {6, 0, 3, 0, 5}) == std::vector<std::int64_t>{3, 0, 0, 0, 2});
  CHECK(first_column(all, {4, 3}) == std::vector<std::int64_t>{1, 0});
  const std::int64_t none = 0;
  CHECK(all.gather(&none, 0)[2].shape() == Shape({0, 2}));
  static_assert(std::is_same_v<decltype(ConcatDataset(all)), ConcatDataset<3>>);  // a copy, not a list of one
  CHECK(ConcatDataset<3>(std::vector<std::shared_ptr<const DatasetOf<3>>>()).size() == 0);
  const std::int64_t rows[] = {0, 1};
  CHECK_THROWS_WITH(ConcatDataset(TensorDataset(ones({1, 2})), TensorDataset(ones({1, 3}))).gather(rows, 2),
                    Contains("dataset 0 has column 0 of shape (1, 2) float32, dataset 1 of (1, 3) float32"));
  CHECK_THROWS_WITH(ConcatDataset<1>({nullptr}), "ConcatDataset: dataset 0 is null");
  CHECK_THROWS_WITH(all.gather(&(const std::int64_t&)std::int64_t{7}, 1), Contains("row 7 is out of range for 7 rows"));
}

TEST_CASE("map changes batches, and their number of columns", "[data]") {
  const auto sums = data::map(three(5), [](const Tensor& i, const Tensor& ten, const Tensor&) { return i + ten; });
  static_assert(std::decay_t<decltype(sums)>::column_count == 1);
  CHECK(first_column(sums) == std::vector<std::int64_t>{0, 11, 22, 33, 44});
  const auto pairs = data::map(one(3), [](const Tensor& x) { return Batch{x, x + 1}; });
  for (auto [x, y] : DataLoader(pairs)) CHECK(y.item<int>() == x.item<int>() + 1);
  const auto four = data::map(one(3), [](const Tensor& x) { return std::array<Tensor, 4>{x, x, x, x * 2}; });
  for (auto [a, b, c, d] : Loader(four)) CHECK(d.item<int>() == 2 * a.item<int>());
  CHECK_THROWS_WITH(data::map(std::shared_ptr<const TensorDataset<1>>(), [](const Tensor& x) { return x; }),
                    "map: the dataset is null");
}

TEST_CASE("the parts of a concatenation draw for themselves", "[data]") {
  const auto noisy = data::map_rows(TensorDataset<1>(zeros({4, 2})), [](const Tensor& x) { return x + randn({2}); });
  const ConcatDataset<1> all(noisy, noisy, noisy);
  const std::int64_t rows[] = {0, 4, 8, 1, 5};
  const Tensor drawn = all.gather_in({3, 5}, rows, 5)[0];
  for (const auto& [i, k] : {std::pair(0, 1), std::pair(0, 2), std::pair(1, 2), std::pair(3, 4)})
    CHECK(min(abs(drawn[i] - drawn[k])).item() > 0);
  CHECK(max(abs(drawn[0] - noisy.gather_in({3, 5}, rows, 1)[0][0])).item() == 0);
  CHECK(max(abs(drawn[4] - all.gather_in({3, 5}, rows + 4, 1)[0][0])).item() == 0);
  CHECK(max(abs(all.gather(rows, 5)[0] - all.gather_in({}, rows, 5)[0])).item() == 0);
}

TEST_CASE("a column that is not there is refused by number", "[data]") {
  const auto set = three(2);
  CHECK(set.column(2).shape() == Shape({2, 2}));
  CHECK_THROWS_WITH(set.column(3), "TensorDataset: column 3 is out of range for 3 columns");
  CHECK_THROWS_WITH(three(2).column(4), "TensorDataset: column 4 is out of range for 3 columns");
  CHECK_THROWS_AS(one(2).column(1), std::invalid_argument);
}

TEST_CASE("functions of rows within each other draw for themselves", "[data]") {
  const auto plus = [](const Tensor& x) { return x + randn({2}); };
  const auto minus = [](const Tensor& x) { return x - randn({2}); };
  const auto from = [](const auto& set) {
    const std::int64_t rows[] = {0, 3, 7};
    return data::detail::columns_of<1>(set.gather_in({3, 5}, rows, 3))[0];
  };
  const TensorDataset<1> none(zeros({8, 2}));
  const auto once = data::map_rows(none, plus);
  for (const Tensor& twice :
       {from(data::map_rows(once, minus)), from(data::map_rows(Subset(once, {0, 1, 2, 3, 4, 5, 6, 7}), minus)),
        from(data::map_rows(data::map(once, [](const Tensor& x) { return x; }), minus)),
        from(data::map_rows(data::map_rows(once, minus), minus))})
    CHECK(min(abs(twice)).item() > 0);
  struct Noise : RowDatasetOf<1> {
    std::int64_t size() const override { return 8; }
    std::array<Tensor, 1> row(std::int64_t) const override { return {randn({2})}; }
  };
  CHECK(min(abs(from(data::map_rows(Noise(), minus)))).item() > 0);
}

TEST_CASE("map_rows gets rows without axis 0, and stacks what it returns", "[data]") {
  const auto rows = data::map_rows(three(4), [](const Tensor& i, const Tensor&, const Tensor& pair) {
    CHECK(i.rank() == 0);
    return Batch{concat({pair, pair}), i};
  });
  const std::int64_t wanted[] = {2, 1};
  const Batch batch = rows.gather(wanted, 2);
  CHECK(numbers(batch.inputs) == Numbers{2, -2, 2, -2, 1, -1, 1, -1});
  CHECK(batch.inputs.shape() == Shape({2, 4}));
  const auto ragged = data::map_rows(one(4), [](const Tensor& x) { return ones({x.item<std::int64_t>() + 1}); });
  CHECK_THROWS_WITH(
      ragged.gather(wanted, 2),
      "map_rows: cannot stack column 0 of shape (3) float32 and (2) float32: the rows of a batch must be alike");
}

TEST_CASE("what a row draws depends on seed, epoch and row, not on batches or order", "[data]") {
  const auto drawn = [](std::int64_t batch_size, bool shuffle, std::uint64_t seed, std::uint64_t epoch) {
    DataLoader loader(Drawn(), DataLoader::Options().batch_size(batch_size).shuffle(shuffle).seed(seed));
    loader.set_position({epoch, 0});
    std::vector<Numbers> by_row(20);
    for (auto [row, values] : loader)
      for (std::int64_t i = 0; i < row.size(); ++i)
        by_row[static_cast<std::size_t>(row[i].item())] = numbers(values[i]);
    return by_row;
  };
  const std::vector<Numbers> one_by_one = drawn(1, false, 5, 0);
  CHECK(one_by_one == drawn(7, true, 5, 0));
  CHECK(one_by_one != drawn(7, true, 5, 1));
  CHECK(one_by_one != drawn(7, true, 6, 0));
  CHECK(std::set<Numbers>(one_by_one.begin(), one_by_one.end()).size() == 20);
  manual_seed(9);
  const Numbers before = numbers(rand({3}));
  manual_seed(9);
  drawn(3, false, 5, 0);
  CHECK(numbers(rand({3})) == before);  // the program's own numbers go on as if nothing had been drawn
}

TEST_CASE("rows of different lengths are put together by collate", "[data]") {
  Loader loader(Ragged(), LoaderOptions().batch_size(3));
  std::vector<Shape> shapes;
  for (auto [x] : loader) shapes.push_back(x.shape());
  CHECK((shapes == std::vector<Shape>{{3, 3}, {2, 5}}));
}
