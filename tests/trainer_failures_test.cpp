// A fit() that an exception has left, and that is called again, goes on where it stopped.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "folder.hpp"
#include "inspect.hpp"
#include "training.hpp"

using namespace xgrad;
using namespace xgrad::train;
using Catch::Matchers::Contains;

namespace {

using Options = Trainer::Options;

/// Throws in any of a callback's functions.
class Fails final : public Callback {
 public:
  void on_fit_begin(Trainer&) override { fit_begin(); }
  void on_epoch_begin(Trainer&) override { epoch_begin(); }
  void on_batch_begin(Trainer&) override { batch_begin(); }
  void on_batch_end(Trainer&) override { batch_end(); }
  void on_validation_begin(Trainer&) override { validation_begin(); }
  void on_validation_end(Trainer&) override { validation_end(); }
  void on_epoch_end(Trainer& trainer, Record&) override {
    epoch_end();
    if (epoch_ends) epoch_ends(trainer.epoch());
  }
  void on_checkpoint(Trainer&, const std::string&) override { checkpoint(); }
  void on_fit_end(Trainer&) override { fit_end(); }

  Once fit_begin, epoch_begin, batch_begin, batch_end, validation_begin, validation_end, epoch_end, checkpoint, fit_end;
  std::function<void(std::int64_t)> epoch_ends;
};

/// A training of three epochs of five batches, of which something fails once.
struct Run {
  std::shared_ptr<Fails> fails = std::make_shared<Fails>();
  Once loss, schedule, stepped;
  bool as_vector = false, nan_loss = false;
  std::int64_t accumulate = 1;
  std::string folder, best, csv, json;
  int failures = 0;

  /// The weights, the history without seconds, and how often callbacks have seen the end of an epoch and of a batch.
  std::string result() {
    manual_seed(3);
    const Tensor x = randn({40, 3}), t = matmul(x, Tensor({{1.f}, {-2.f}, {0.5f}})) + 1;
    nn::Linear net(3, 1);
    optim::SGD optimizer(net.parameters(), 0.05, optim::SGD::Options().momentum(0.9));
    optim::LambdaLR rate(optimizer, [this](std::int64_t step) {
      if (step > 0) schedule();
      return 1.0 / static_cast<double>(1 + step);
    });
    data::DataLoader loader(data::TensorDataset(x, t), data::DataLoader::Options().batch_size(8).shuffle().seed(5));
    std::vector<std::vector<Tensor>> batches;
    for (int i = 0; i < 40; i += 8) batches.push_back({x(xt::range(i, i + 8)), t(xt::range(i, i + 8))});
    data::DataLoader held_out(data::TensorDataset(x, t), data::DataLoader::Options().batch_size(40));
    const auto objective = [this](const Tensor& y, const Tensor& target) {
      if (!grad_enabled()) return nn::mse_loss(y, target);
      const bool now = loss.calls++ == loss.at;
      if (now && !nan_loss) throw std::runtime_error("once");
      return nn::mse_loss(y, target) * (now ? std::numeric_limits<double>::quiet_NaN() : 1.0);
    };
    int epochs = 0;
    Options options = Options()
                          .progress(ProgressStyle::silent)
                          .epochs(3)
                          .warn([](const std::string&) {})
                          .accumulate(accumulate)
                          .schedule(rate)
                          .train_metric("mae", MeanAbsoluteError())
                          .on_epoch_end([&epochs](Trainer&, Record&) { ++epochs; })
                          .callback(fails)
                          .keep_best("val_loss")
                          .restore_best(false);
    if (!folder.empty()) options.checkpoints(folder);
    if (!best.empty()) options.save_best(best);
    options.save_csv(csv).save_json_lines(json);
    Trainer trainer(net, optimizer, objective, options);
    for (int attempt = 0; attempt < 3; ++attempt) {
      try {
        if (as_vector)
          trainer.fit(batches, held_out);
        else
          trainer.fit(loader, held_out);
        break;
      } catch (const std::exception&) {
        ++failures;
        if (repair) repair();
        if (trainer.step() > 0) trainer.evaluate(loader);  // which does not move a training that has begun
      }
    }
    CHECK(epochs == 3);
    CHECK(trainer.epoch() == 3);
    std::string text = std::to_string(trainer.step()) + " steps";
    for (const Tensor& each : net.parameters())
      for (const float number : each.detach().to_xarray<float>()) text += " " + std::to_string(number * 1e6);
    for (const char* column : {"train_loss", "train_mae", "val_loss", "lr"})
      for (const double number : trainer.history()[column]) text += " " + std::to_string(number * 1e6);
    return text;
  }
  std::function<void()> repair;
};

template <class F>
void check_failure(const char* what, bool as_vector, std::int64_t accumulate, F&& make_fail) {
  INFO(what << (as_vector ? ", a vector" : ", a loader") << ", accumulate " << accumulate);
  Run whole;
  whole.as_vector = as_vector;
  whole.accumulate = accumulate;
  const std::string wanted = whole.result();
  CHECK(whole.failures == 0);
  Run run;
  run.as_vector = as_vector;
  run.accumulate = accumulate;
  make_fail(run);
  CHECK(run.result() == wanted);
  CHECK(run.failures == 1);
}

template <class F>
void check_all(const char* what, F&& make_fail) {
  for (const bool as_vector : {false, true})
    for (const std::int64_t accumulate : {1, 2}) check_failure(what, as_vector, accumulate, make_fail);
}

/// A layer of two weights, and twelve rows to train it with.
struct Small {
  explicit Small(const data::DataLoader::Options& options)
      : loader(data::TensorDataset(randn({12, 2}), randn({12, 1})), options) {}

  nn::Linear net{2, 1};
  optim::SGD optimizer{net.parameters(), 0.1};
  data::DataLoader loader;
};

}  // namespace

TEST_CASE("what fails in the middle of an epoch loses no batch", "[train]") {
  for (const int at : {0, 3, 4, 7, 14}) {
    check_all("on_batch_begin", [at](Run& run) { run.fails->batch_begin.at = at; });
    check_all("on_batch_end", [at](Run& run) { run.fails->batch_end.at = at; });
    check_all("the loss throws", [at](Run& run) { run.loss.at = at; });
    check_all("the loss is NaN", [at](Run& run) {
      run.loss.at = at;
      run.nan_loss = true;
    });
  }
}

TEST_CASE("what fails at the end of an epoch trains none of it again", "[train]") {
  for (const int at : {0, 1, 2}) {
    check_all("on_epoch_begin", [at](Run& run) { run.fails->epoch_begin.at = at; });
    check_all("on_validation_begin", [at](Run& run) { run.fails->validation_begin.at = at; });
    check_all("on_validation_end", [at](Run& run) { run.fails->validation_end.at = at; });
    check_all("on_epoch_end", [at](Run& run) { run.fails->epoch_end.at = at; });
    check_all("a schedule", [at](Run& run) { run.schedule.at = at; });
  }
  check_all("on_fit_begin", [](Run& run) { run.fails->fit_begin.at = 0; });
  check_all("on_fit_end", [](Run& run) { run.fails->fit_end.at = 0; });
}

TEST_CASE("a file that cannot be written at the end of an epoch is written by the next fit()", "[train]") {
  const Folder folder;
  check_failure("a checkpoint", false, 1, [&](Run& run) {
    run.folder = folder.file("run");
    std::ofstream(run.folder) << "no folder";
    run.repair = [path = run.folder] { std::filesystem::remove(path); };
  });
  CHECK(CheckpointFolder(folder.file("run")).steps().back() == 15);
  check_failure("the best weights", false, 1, [&](Run& run) {
    run.best = folder.file("best");
    std::filesystem::create_directory(run.best);
    std::ofstream(run.best + "/x") << "x";
    run.repair = [path = run.best] { std::filesystem::remove_all(path); };
  });
  CHECK(io::load_safetensors(folder.file("best")).size() == 2);
  check_failure("on_checkpoint", false, 1, [&](Run& run) {
    run.folder = folder.file("other");
    run.fails->checkpoint.at = 2;
  });
  for (const bool as_csv : {true, false}) {
    check_failure(as_csv ? "a table" : "lines of JSON", false, 1, [&](Run& run) {
      (as_csv ? run.csv : run.json) = folder.file(as_csv ? "later/a.csv" : "later/a.jsonl");
      run.folder = folder.file(as_csv ? "with a table" : "with lines");
      // Not before the last epoch.
      run.fails->epoch_ends = [&](std::int64_t epoch) {
        if (epoch < 2)
          std::filesystem::create_directory(folder.file("later"));
        else
          std::filesystem::remove_all(folder.file("later"));
      };
      run.repair = [&] { std::filesystem::create_directory(folder.file("later")); };
    });
    const std::string history = get(folder.file(as_csv ? "later/a.csv" : "later/a.jsonl"));
    CHECK(std::count(history.begin(), history.end(), '\n') == (as_csv ? 4 : 3));
    CHECK(CheckpointFolder(folder.file(as_csv ? "with a table" : "with lines")).steps().back() == 15);
  }
}

TEST_CASE("gradients that cannot be clipped leave those of the batches before them", "[train]") {
  const auto train = [](int spoiled) {
    manual_seed(1);
    Small small(data::DataLoader::Options().batch_size(2));
    int calls = 0;
    Trainer trainer(
        small.net, small.optimizer,
        [&](const Tensor& y, const Tensor& target) {
          const Tensor loss = nn::mse_loss(y, target);
          // Zero, with a slope that is not finite.
          return calls++ == spoiled ? loss + sum(sqrt(y * 0.0)) : loss;
        },
        Options().progress(ProgressStyle::silent).accumulate(3).clip_grad_norm(0.5));
    if (spoiled >= 0) CHECK_THROWS_WITH(trainer.fit(small.loader), Contains("clip_grad_norm_: the norm of order 2 is"));
    trainer.fit(small.loader);
    CHECK(trainer.step() == 2);
    return small.net.weight.clone();
  };
  const Tensor whole = train(-1);
  for (const int spoiled : {2, 5}) CHECK(difference(train(spoiled), whole) == "");
}

TEST_CASE("a step in which an anomaly is found is made, and none of its batches is trained again", "[train]") {
  manual_seed(1);
  std::vector<std::vector<Tensor>> batches;
  for (int i = 0; i < 5; ++i) batches.push_back({randn({4, 2}), randn({4, 1}) + 1000});
  const EitherBatches either(std::move(batches));
  const nn::Linear start(2, 1);
  // The weights where the step of that number is lost: it has the learning rate 0, or overflows and is taken back.
  const auto train = [&](int lost, std::int64_t group, bool counted, bool overflows) {
    nn::Linear net = nn::clone(start);
    optim::SGD optimizer(net.parameters(), 0.01);
    CountingSchedule schedule;
    std::vector<Tensor> before;
    int losses = 0;
    const auto objective = [&](const Tensor& y, const Tensor& target) {
      ++losses;
      const bool now = schedule.steps == lost;
      optimizer.set_lr(!now ? 0.01 : overflows ? 1e38 : 0);
      if (now) before = {net.weight.detach().clone(), net.bias.detach().clone()};
      return nn::mse_loss(y, target);
    };
    Trainer trainer(net, optimizer, objective,
                    Options().progress(ProgressStyle::silent).accumulate(group).schedule(schedule, Per::step));
    const auto fit = [&] { either.fit(trainer, counted); };
    if (overflows) {
      {
        const DetectAnomaly scope;
        CHECK_THROWS_AS(fit(), Anomaly);
      }
      CHECK(trainer.step() == lost + 1);
      CHECK(all(isfinite(net.weight)).item() == 0);
      const NoGrad off;
      net.weight.copy_(before[0]);
      net.bias.copy_(before[1]);
    }
    fit();
    CHECK(losses == 5);
    CHECK(trainer.epoch() == 1);
    CHECK(trainer.step() == (group == 1 ? 5 : 3));
    CHECK(schedule.steps == trainer.step());
    return net.weight.detach();
  };
  for (const std::int64_t group : {1, 2})
    for (const int lost : {0, 1, 2})
      for (const bool counted : {true, false}) {
        CAPTURE(group, lost, counted);
        CHECK(difference(train(lost, group, counted, true), train(lost, group, counted, false)) == "");
      }
}

TEST_CASE("a batch without rows is no divergence", "[train]") {
  nn::Linear net(2, 1);
  optim::SGD optimizer(net.parameters(), 0.1);
  const auto batch = [](std::int64_t rows) { return std::vector<Tensor>{ones({rows, 2}), zeros({rows, 1})}; };
  Trainer trainer(net, optimizer, nn::mse_loss, Options().progress(ProgressStyle::silent).metric("r2", R2Score()));
  std::vector<std::vector<Tensor>> some{batch(2), batch(0)}, full{batch(2)}, none{batch(0)};
  CHECK_THROWS_WITH(trainer.fit(some),
                    Contains("Trainer: batch 1 of epoch 0 has no rows, so that it has no mean loss"));
  CHECK(trainer.batch() == 1);
  CHECK(trainer.evaluate(some).at("loss") == trainer.evaluate(full).at("loss"));
  CHECK_THROWS_WITH(trainer.evaluate(none), Contains("Trainer: the data to evaluate have no rows"));
  CHECK_THROWS_WITH(trainer.fit(full, none), Contains("Trainer: the data to evaluate have no rows"));
}

TEST_CASE("a training keeps its place in a loader that others use too", "[train]") {
  const auto train = [](bool others) {
    manual_seed(1);
    Small small(data::DataLoader::Options().batch_size(3).shuffle());
    Trainer trainer(small.net, small.optimizer, nn::mse_loss,
                    Options().progress(ProgressStyle::silent).epochs(3).on_batch_end([&](Trainer& own) {
                      if (others && own.batch() == 2) own.evaluate(small.loader);
                      if (own.step() == 6) own.stop();
                    }));
    trainer.fit(small.loader);
    if (others) trainer.evaluate(small.loader);
    trainer.fit(small.loader);
    return small.net.weight.clone();
  };
  CHECK(difference(train(true), train(false)) == "");
}

TEST_CASE("a training begins where its loader is when fit() begins", "[train]") {
  using Loader = data::DataLoader;
  const auto train = [](Once Fails::*failing, const std::function<void(Loader&)>& prepare) {
    manual_seed(1);
    Small small(Loader::Options().batch_size(3).shuffle());
    prepare(small.loader);
    const auto fails = std::make_shared<Fails>();
    Trainer trainer(small.net, small.optimizer, nn::mse_loss,
                    Options().progress(ProgressStyle::silent).epochs(2).callback(fails));
    if (failing != nullptr) {
      ((*fails).*failing).at = 0;
      CHECK_THROWS_WITH(trainer.fit(small.loader), "once");
      trainer.evaluate(small.loader);
    }
    trainer.fit(small.loader);
    return small.net.weight.detach().clone();
  };
  const auto nothing = [](Loader&) {};
  const auto leave_a_loop = [](Loader& loader) {
    int count = 0;
    for (const auto& batch : loader) {
      static_cast<void>(batch);
      if (++count == 2) break;
    }
  };
  const auto set_position = [](Loader& loader) { loader.set_position({0, 2}); };
  for (const std::function<void(Loader&)>& prepare :
       std::vector<std::function<void(Loader&)>>{nothing, leave_a_loop, set_position}) {
    const Tensor wanted = train(nullptr, prepare);
    CHECK(difference(train(&Fails::fit_begin, prepare), wanted) == "");
    CHECK(difference(train(&Fails::epoch_begin, prepare), wanted) == "");
    CHECK(difference(train(&Fails::batch_begin, prepare), wanted) == "");
  }
  // A loop that was left is over, and a position that was set is gone on from.
  const auto next_epoch = [](Loader& loader) { loader.set_position({1, 0}); };
  CHECK(difference(train(nullptr, leave_a_loop), train(nullptr, next_epoch)) == "");
  CHECK(difference(train(nullptr, set_position), train(nullptr, nothing)) != "");
}

TEST_CASE("an epoch that was begun with a list of batches goes on with a loader", "[train]") {
  manual_seed(1);
  Small small(data::DataLoader::Options().batch_size(3));
  std::vector<std::vector<Tensor>> batches(4, {randn({3, 2}), randn({3, 1})});
  Trainer trainer(small.net, small.optimizer, nn::mse_loss,
                  Options().progress(ProgressStyle::silent).on_batch_end([](Trainer& own) {
                    if (own.step() == 2) own.stop();
                  }));
  trainer.fit(batches);
  CHECK(trainer.batch() == 2);
  trainer.fit(small.loader);
  CHECK(trainer.epoch() == 1);
  CHECK(trainer.step() == 6);  // the place in a list is none in a loader
}

TEST_CASE("a schedule that fails after a step makes its step in the next fit()", "[train]") {
  const auto train = [](std::int64_t at, std::int64_t group, bool counted) {
    manual_seed(1);
    std::vector<std::vector<Tensor>> batches;
    for (int i = 0; i < 5; ++i) batches.push_back({randn({4, 2}), randn({4, 1})});
    const EitherBatches either(std::move(batches));
    nn::Linear net(2, 1);
    optim::SGD optimizer(net.parameters(), 0.1);
    bool fails = at >= 0;
    CountingSchedule before, after;
    optim::LambdaLR rate(optimizer, [&](std::int64_t t) {
      if (t == at && std::exchange(fails, false)) throw std::runtime_error("once");
      return 1.0 / static_cast<double>(1 + t);
    });
    Trainer trainer(net, optimizer, nn::mse_loss,
                    Options()
                        .progress(ProgressStyle::silent)
                        .epochs(2)
                        .accumulate(group)
                        .schedule(before, Per::step)
                        .schedule(rate, Per::step)
                        .schedule(after, Per::step));
    const auto fit = [&] { either.fit(trainer, counted); };
    if (fails) {
      CHECK_THROWS_WITH(fit(), "once");
      CHECK(trainer.step() == at);
      CHECK(before.steps == at);
      CHECK(after.steps == at - 1);
    }
    fit();
    CHECK(trainer.epoch() == 2);
    CHECK(rate.last_epoch() == trainer.step());
    CHECK(before.steps == trainer.step());
    CHECK(after.steps == trainer.step());
    return concat({net.weight.detach().reshape({-1}), net.bias.detach(), Tensor({static_cast<float>(optimizer.lr())})},
                  0);
  };
  for (const std::int64_t group : {1, 2})
    for (const bool counted : {true, false}) {
      const Tensor wanted = train(-1, group, counted);
      for (const std::int64_t at : {1, 2, 3, 6}) {  // the third step of a group of two is at the end of an epoch
        CAPTURE(group, counted, at);
        CHECK(difference(train(at, group, counted), wanted) == "");
      }
    }
}
