// Histories, progress and the input contract.

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::train;
using Catch::Matchers::Contains;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

/// What Progress writes to a stream that is no terminal, or to the terminal of a pseudo-terminal.
template <class F>
std::string written(F&& f, bool terminal) {
  std::FILE* to = nullptr;
  int from = -1;
  if (terminal) {
    from = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE((from >= 0 && ::grantpt(from) == 0 && ::unlockpt(from) == 0));
    to = ::fdopen(::open(::ptsname(from), O_RDWR | O_NOCTTY), "w");
  } else {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    from = ends[0];
    to = ::fdopen(ends[1], "w");
  }
  f(to);
  std::fputs("\x04", to);
  std::fflush(to);
  std::string text;
  for (char letter = 0; ::read(from, &letter, 1) == 1 && letter != 4;) text += letter;
  std::fclose(to);
  ::close(from);
  return text;
}

void some_progress(std::FILE* to) {
  Progress progress(Progress::Options().stream(to).width(60));
  progress.begin("epoch 0", 100);
  progress.update(50, "loss 0.5");
  progress.print("epoch 0: loss 0.25");
}

class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = ::getenv(name)) before_ = old;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~Environment() { before_.empty() ? ::unsetenv(name_) : ::setenv(name_, before_.c_str(), 1); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::string before_;
};

}  // namespace

TEST_CASE("a history is a table, and text that others read", "[train]") {
  History history;
  CHECK(history.csv() == "\n");
  history.add({{"epoch", 0}, {"train_loss", 0.1}});
  history.add({{"epoch", 1}, {"train_loss", none}, {"a \"b\", c", inf}});
  CHECK(history.columns() == std::vector<std::string>{"epoch", "train_loss", "a \"b\", c"});
  CHECK(history.csv() == "epoch,train_loss,\"a \"\"b\"\", c\"\n0,0.1,\n1,,inf\n");
  CHECK(history.csv({"train_loss", "epoch"}) == "train_loss,epoch\n0.1,0\n,1\n");
  CHECK(history.json_lines() ==
        "{\"epoch\": 0, \"train_loss\": 0.1}\n{\"epoch\": 1, \"a \\\"b\\\", c\": \"Infinity\"}\n");
  CHECK(history["epoch"] == std::vector<double>{0, 1});
  CHECK(history.row(-1).at("epoch") == 1);
  CHECK_FALSE(history.row(-1).contains("train_loss"));
  CHECK_THROWS_WITH(history["los"], Contains("there is no column \"los\": there are epoch, train_loss"));
  CHECK_THROWS_WITH(history.row(2), Contains("row 2 is out of range: there are 2"));
  CHECK_THROWS_WITH(history.add({{"x", 1}, {"x", 2}}), Contains("\"x\" is given twice"));
  CHECK_THROWS_WITH(history.add({{"", 1}}), Contains("empty name"));
  CHECK_THROWS_WITH(history.row(0).at("y"), Contains("Record: there is no \"y\": there are epoch, train_loss"));
  History loaded;
  loaded.load_state_dict(history.state_dict());
  CHECK(loaded.csv() == history.csv());
  CHECK_THROWS_WITH(loaded.load_state_dict({{"000.a", Tensor{1., 2.}}, {"001.b", Tensor{1.}}}), Contains("rows"));
  CHECK_THROWS_WITH(loaded.load_state_dict({{"a", Tensor{1.}}}), Contains("columns are named"));
  CHECK(loaded.csv() == history.csv());
  const Folder folder;
  history.save_csv(folder.file("a.csv"));
  history.save_json_lines(folder.file("a.jsonl"));
  CHECK(get(folder.file("a.csv")) == history.csv());
  CHECK(get(folder.file("a.jsonl")) == history.json_lines());
}

TEST_CASE("a history of one column has a line for each row", "[train]") {
  History history;
  history.add({{"epoch", 0}});
  history.add({{"epoch", 1}, {"val_loss", 0.5}});
  history.add({{"epoch", 2}, {"val_loss", none}});
  CHECK(history.csv({"val_loss"}) == "val_loss\n\"\"\n0.5\n\"\"\n");
  CHECK(history.csv({"val_loss", "val_loss"}) == "val_loss,val_loss\n,\n0.5,0.5\n,\n");
  const Folder folder;
  history.save_csv(folder.file("a.csv"), {"val_loss"});
  const Tensor values = io::read_csv(folder.file("a.csv")).values;
  REQUIRE(values.shape() == Shape({3, 1}));
  CHECK(values[1].item() == 0.5);
}

TEST_CASE("a line of progress has a bar, a rate and the time left, and fits its width", "[train]") {
  using train::detail::progress_line;
  CHECK(progress_line("epoch 3", 20000, 60000, "rows", 24512.3, "loss 0.2914", 100) ==
        "epoch 3  [##########....................]   33 %  24,512 rows/s  0:02 left  loss 0.2914");
  CHECK(progress_line("epoch 3", 0, 60000, "rows", 0, "", 80) ==
        "epoch 3  [..............................]    0 %  0.0 rows/s");
  CHECK(progress_line("epoch 3", 7, 0, "batches", 3.25, "", 80) == "epoch 3  3.2 batches/s");
  CHECK(progress_line("epoch 3", 9, 5, "rows", 5, "", 60).find("100 %") != std::string::npos);
  for (int width = 0; width < 100; ++width) {
    const std::string line = progress_line("epoch 3", 20000, 60000, "rows", 24512.3, "Verlust größer", width);
    CHECK(line.size() <= static_cast<std::size_t>(width));
    CHECK((line.empty() || (static_cast<unsigned char>(line.back()) & 0xc0) != 0xc0));
  }
  CHECK(train::detail::duration_text(6.2) == "0:07");
  CHECK(train::detail::duration_text(3 * 3600 + 121) == "3:02:01");
  CHECK(train::detail::duration_text(4 * 86400 + 3 * 3600 + 120) == "4 d 03:02");
  CHECK(train::detail::duration_text(inf) == "?");
  CHECK(train::detail::rate_text(1234567.4) == "1,234,567");
  CHECK(train::detail::rate_text(none) == "?");
}

TEST_CASE("progress is a bar on a terminal, and lines elsewhere", "[train]") {
  const Environment term("TERM", "xterm"), color("NO_COLOR", nullptr);
  CHECK(written(some_progress, false) == "epoch 0: loss 0.25\n");
  const std::string bar = written(some_progress, true);
  CHECK_THAT(bar, Contains("\repoch 0  [") && Contains("50 %") && Contains("\x1b[K"));
  CHECK_THAT(bar, Catch::Matchers::EndsWith("epoch 0: loss 0.25\r\n"));
  {
    const Environment plain("NO_COLOR", "1");
    const std::string without = written(some_progress, true);
    CHECK_THAT(without, Contains("50 %") && !Contains("\x1b"));
  }
  {
    const Environment dumb("TERM", "dumb");
    CHECK(written(some_progress, true) == "epoch 0: loss 0.25\r\n");
  }
  CHECK_THROWS_WITH(Progress(Progress::Options().stream(nullptr)), Contains("the stream is null"));
  CHECK_THROWS_WITH(Progress(Progress::Options().width(-1)), Contains("the width is -1"));
}

TEST_CASE("an input contract has the mean, deviation and range of each feature", "[train]") {
  manual_seed(2);
  const Tensor x = randn({500, 3}, float64) * Tensor{1., 2., 3.} + Tensor{1e6, 0., -5.};
  InputContract contract;
  for (std::int64_t first = 0; first < 500; first += 64)
    contract.observe(x(xt::range(first, std::min<std::int64_t>(first + 64, 500))));
  CHECK(contract.rows() == 500);
  CHECK(difference(contract.mean(), mean(x, 0), 1e-12) == "");
  CHECK(difference(contract.deviation(), xgrad::std(x, 0, 0.0), 1e-9) == "");
  CHECK(contract.minimum() == min(x).item());
  CHECK(contract.maximum() == max(x).item());
  CHECK(contract.row_shape() == std::vector<std::int64_t>{3});
  CHECK(contract.breaches(x).empty());
  InputContract loaded, a, b;
  loaded.load_state_dict(contract.state_dict());
  CHECK(difference(loaded.mean(), contract.mean()) == "");
  a.observe(x(xt::range(0, 200)));
  b.observe(x(xt::range(200, 500)));
  a.merge(b);
  CHECK(difference(a.deviation(), contract.deviation(), 1e-9) == "");
  CHECK(loaded.breaches(a).empty());
}

TEST_CASE("data out of contract are told of by what is wrong with them", "[train]") {
  manual_seed(2);
  const Tensor pixels = rand({100, 20}) * Tensor(rand({100, 20}) > 0.7f).to(float32);
  InputContract contract;
  contract.set_transforms({"normalise", "flip"});
  contract.observe(pixels);
  const auto first = [&](const Tensor& x) {
    const std::vector<std::string> all = contract.breaches(x);
    return all.empty() ? std::string() : all[0];
  };
  CHECK(first(rand({100, 20}) * Tensor(rand({100, 20}) > 0.7f).to(float32)) == "");
  CHECK(first(pixels(xt::range(0, 1))) == "");
  CHECK_THAT(first(pixels * 255), Contains("reach from 0 to 25") && Contains("in training from 0 to"));
  CHECK_THAT(first(pixels / 255), Contains("have a deviation of"));
  CHECK_THAT(first(pixels.to(float64)), Contains("the inputs are float64, in training float32"));
  CHECK_THAT(first(pixels.reshape({100, 4, 5})), Contains("rows of shape (4, 5), in training (20)"));
  CHECK_THAT(first(where(pixels > 0.9f, NAN, pixels)), Contains("hold NaN or infinities, in training none"));
  Tensor shifted = pixels.clone();
  shifted.put({xt::all(), 3}, 0.97);
  CHECK_THAT(first(shifted),
             Contains("the means of 1 of 20 features are off") && Contains("that of feature 3 is 0.97"));
  InputContract other;
  other.set_transforms({"flip"});
  other.observe(pixels);
  CHECK_THAT(contract.breaches(other).at(0), Contains("the transforms are flip, in training normalise, flip"));
  InputContract loaded;
  loaded.load_state_dict(contract.state_dict());
  CHECK(loaded.transforms() == contract.transforms());
  CHECK(InputContract().breaches(pixels).empty());
  std::vector<std::string> warnings;
  CHECK_FALSE(check_inputs(contract, pixels * 255, [&](const std::string& text) { warnings.push_back(text); }));
  CHECK_FALSE(warnings.empty());
}

TEST_CASE("a contract of rows that differ in shape, of numbers that are none, and of integers", "[train]") {
  InputContract contract;
  contract.observe(ones({2, 5}));
  contract.observe(zeros({2, 7}));
  CHECK(contract.row_shape() == std::vector<std::int64_t>{-1});
  CHECK(contract.mean().size() == 1);
  CHECK(std::fabs(contract.mean()[0].item() - 10.0 / 24) < 1e-15);
  CHECK(contract.breaches(ones({3, 6})).empty());
  CHECK_THROWS_WITH(contract.observe(ones({2, 5}, float64)), Contains("the batch is float64, the rows before"));
  CHECK_THROWS_WITH(contract.observe(Tensor(1.f)), Contains("axis 0 must count the rows"));
  CHECK_THROWS_WITH(contract.observe(Tensor()), Contains("an empty tensor"));
  InputContract holes;
  holes.observe(Tensor({{1., none}, {3., 4.}, {inf, 6.}}));
  CHECK(holes.has_non_finite());
  CHECK(numbers(holes.mean()) == Numbers{2, 5});
  CHECK(holes.maximum() == 6);
  InputContract words;
  words.observe(Tensor({{1, 2}, {3, 4}}));
  CHECK(words.dtype() == int64);
  CHECK_THAT(words.breaches(Tensor({{9, 1}})).at(0), Contains("from 1 to 9"));
  CHECK_THROWS_WITH(words.load_state_dict({{"dtype", Tensor{1.}}}), Contains("\"rows\" is missing"));
}

TEST_CASE("a contract refuses a state that no rows have given", "[train]") {
  InputContract contract;
  contract.observe(Tensor({{1., 2., 3.}, {4., 5., 7.}}));
  const StateDict good = contract.state_dict();
  using Wholes = std::vector<std::int64_t>;
  const auto with = [&](const char* key, const Wholes& numbers) {
    StateDict state = good;
    state[key] = Tensor(numbers);
    return thrown_by<std::invalid_argument>([&] { contract.load_state_dict(state); });
  };
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const Wholes& row : {Wholes{5}, Wholes{2}, Wholes{}, Wholes{-1}, Wholes{0}, Wholes{2, 2}, Wholes{most, most},
                            Wholes{std::int64_t{1} << 32, std::int64_t{1} << 32, 3}})
    CHECK_THAT(with("row_shape", row),
               Contains("InputContract: cannot load this state: it has 3 features, and rows of"));
  CHECK_THAT(with("row_shape", {-2}), Contains("an axis of size -2"));
  CHECK_THAT(with("rows", {most, 0}), Contains("there are at most 2^53"));
  CHECK_THAT(with("rows", {2, most}), Contains("there are at most 2^53"));
  CHECK_THAT(with("count", {2, most, 2}), Contains("no data have these"));
  CHECK(with("row_shape", {1, 3}) == "nothing was thrown");
  contract.load_state_dict(good);
  contract.observe(Tensor({{7., 8., 20.}}));
  CHECK(numbers(contract.mean()) == Numbers{4, 5, 10});

  // One feature for all elements goes with every row.
  InputContract wide;
  wide.observe(ones({2, 5}));
  wide.observe(ones({2, 7}));
  StateDict state = wide.state_dict();
  for (const Wholes& row : {Wholes{-1}, Wholes{7}, Wholes{}, Wholes{most, most}, Wholes{0}}) {
    state["row_shape"] = Tensor(row);
    InputContract loaded;
    loaded.load_state_dict(state);
    loaded.observe(ones({2, 5}));
    CHECK(numbers(loaded.mean()) == Numbers{1});
  }
}

TEST_CASE("a contract of numbers near the greatest goes on from its state", "[train]") {
  InputContract contract, loaded;
  for (const double number : {1.7e308, -1.7e308, 1.7e308, -1.7e308}) contract.observe(full({1, 1}, number, float64));
  CHECK(std::fabs(numbers(contract.mean())[0]) < 1e295);
  loaded.load_state_dict(contract.state_dict());
  CHECK(loaded.maximum() == 1.7e308);
}

TEST_CASE("a history of many columns is loaded in time in proportion to their number", "[train]") {
  StateDict state;
  const int columns = scaled(100000, 30000);
  for (int i = 0; i < columns; ++i)
    state.emplace_back(std::to_string(i) + ".a column with a long name " + std::to_string(i), zeros({0}, float64));
  const std::clock_t start = std::clock();
  History history;
  history.load_state_dict(state);
  CHECK(history.columns().size() == static_cast<std::size_t>(columns));
  CHECK(std::clock() - start < 3 * CLOCKS_PER_SEC);
}

TEST_CASE("a trainer warns of inputs that are not those of training", "[train]") {
  manual_seed(1);
  const Tensor x = rand({200, 6}), t = sum(x, 1, keepdims);
  nn::Linear model(6, 1);
  optim::SGD optimizer(model.parameters(), 0.01);
  const std::vector<data::Batch> train{{x(xt::range(0, 100)), t(xt::range(0, 100))}},
      test{{x(xt::range(100, 200)) * 255, t(xt::range(100, 200))}};
  std::vector<std::string> warnings;
  Trainer trainer(model, optimizer, nn::mse_loss,
                  Trainer::Options().epochs(2).progress(ProgressStyle::silent).warn([&](const std::string& text) {
                    warnings.push_back(text);
                  }));
  trainer.fit(train, train);
  CHECK(warnings.empty());
  trainer.evaluate(test);
  REQUIRE_FALSE(warnings.empty());
  CHECK_THAT(warnings[0], Contains("Trainer: out of the contract of training: the inputs reach from") &&
                              Contains("give the data the same transforms"));
  warnings.clear();
  const std::vector<data::Batch> narrow{{x(xt::all(), xt::range(0, 3)), t}};
  CHECK_THROWS(trainer.evaluate(narrow));
  REQUIRE_FALSE(warnings.empty());
  CHECK_THAT(warnings[0], Contains("rows of shape (3), in training (6)"));
}

TEST_CASE("a contract is not merged with itself", "[train]") {
  InputContract contract;
  contract.observe(ones({3, 2}));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { contract.merge(contract); }),
             Contains("InputContract: cannot merge a contract with itself"));
  CHECK(contract.rows() == 3);
}
