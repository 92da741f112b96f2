// Trainer and its parts: what fit() does, in which order, and what it refuses.

#include <cmath>
#include <csignal>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <limits>
#include <sstream>
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
#include "training_problem.hpp"

using namespace xgrad;
using namespace xgrad::train;
using Catch::Matchers::Contains;

namespace {

/// Writes down what is called.
class Notes final : public Callback {
 public:
  explicit Notes(std::string* text) : text_(text) {}
  void on_fit_begin(Trainer&) override { *text_ += "fit( "; }
  void on_epoch_begin(Trainer& trainer) override { *text_ += "e" + std::to_string(trainer.epoch()) + "( "; }
  void on_batch_begin(Trainer&) override { *text_ += "b"; }
  void on_batch_end(Trainer& trainer) override { *text_ += std::to_string(trainer.batch()) + " "; }
  void on_validation_begin(Trainer&) override { *text_ += "v( "; }
  void on_validation_end(Trainer&) override { *text_ += ") "; }
  void on_epoch_end(Trainer&, Record& row) override {
    *text_ += (row.contains("val_loss") ? "val" : "") + std::string(") ");
  }
  void on_checkpoint(Trainer&, const std::string&) override { *text_ += "c "; }
  void on_fit_end(Trainer&) override { *text_ += ")"; }

 private:
  std::string* text_;
};

}  // namespace

TEST_CASE("fit does what a loop of one's own does, bit for bit", "[train]") {
  const Problem a, b;
  data::DataLoader loader = a.loader(), same = b.loader();
  Trainer trainer(*a.net, *a.optimizer, nn::mse_loss, quiet().epochs(3));
  const History& history = trainer.fit(loader);
  std::vector<double> losses;
  for (int epoch = 0; epoch < 3; ++epoch) {
    double total = 0;
    for (auto [x, t] : same) {
      const Tensor loss = nn::mse_loss((*b.net)(x), t);
      b.optimizer->zero_grad();
      loss.backward();
      b.optimizer->step();
      total += loss.item();
    }
    losses.push_back(total / 5);
  }
  CHECK(difference(a.net->parameter("weight"), b.net->parameter("weight")) == "");
  REQUIRE(history.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(std::fabs(history["train_loss"][i] - losses[i]) < 1e-12);
  CHECK(history["lr"] == std::vector<double>{0.05, 0.05, 0.05});
  CHECK(history.columns() == std::vector<std::string>{"epoch", "train_loss", "lr", "seconds"});
  CHECK(trainer.epoch() == 3);
  CHECK(trainer.step() == 15);
}

TEST_CASE("callbacks are called in order, may add numbers, and may stop", "[train]") {
  const Problem problem;
  data::DataLoader loader = problem.loader(20), held_out(problem.data, data::DataLoader::Options().batch_size(40));
  std::string text;
  Trainer trainer(*problem.net, *problem.optimizer, nn::mse_loss,
                  quiet()
                      .epochs(3)
                      .validate_every(2)
                      .callback(std::make_shared<Notes>(&text))
                      .on_epoch_end([](Trainer&, Record& row) { row.set("ten", 10 * row.at("epoch")); }));
  const History& history = trainer.fit(loader, held_out);
  CHECK(text == "fit( e0( b1 b2 ) e1( b1 b2 v( ) val) e2( b1 b2 v( ) val) )");
  CHECK(history["ten"] == std::vector<double>{0, 10, 20});
  CHECK(std::isnan(history["val_loss"][0]));
  CHECK_FALSE(history.row(0).contains("val_loss"));

  Trainer stops(*problem.net, *problem.optimizer, nn::mse_loss, quiet().epochs(5).on_batch_end([](Trainer& own) {
    if (own.epoch() == 1 && own.batch() == 1) own.stop();
  }));
  stops.fit(loader);
  CHECK(stops.epoch() == 1);
  CHECK(stops.batch() == 1);
  stops.fit(loader);  // goes on in the middle of the epoch, and is asked no more
  CHECK(stops.epoch() == 5);
  CHECK(stops.step() == 10);

  Trainer after(*problem.net, *problem.optimizer, nn::mse_loss,
                quiet().epochs(5).on_epoch_end([](Trainer& own, Record&) { own.stop(); }));
  CHECK(after.fit(loader).size() == 1);
}

TEST_CASE("a monitored metric knows whether larger is better", "[train]") {
  const Problem problem;
  data::DataLoader loader = problem.loader(), held_out(problem.data, data::DataLoader::Options().batch_size(40));
  const auto best_epoch = [&](const Options& options) {
    Trainer trainer(*problem.net, *problem.optimizer, nn::mse_loss,
                    Options(options).epochs(3).on_epoch_end([](Trainer& own, Record& row) {
                      row.set("val_r2", static_cast<double>(own.epoch()));
                      row.set("val_mae", static_cast<double>(own.epoch()));
                    }));
    trainer.fit(loader, held_out);
    return trainer.best_epoch();
  };
  const Options both = quiet().metric("r2", R2Score()).metric("mae", MeanAbsoluteError());
  CHECK(best_epoch(Options(both).keep_best("val_r2")) == 2);
  CHECK(best_epoch(Options(both).keep_best("val_mae")) == 0);
  CHECK(best_epoch(Options(both).keep_best("val_r2", Mode::min)) == 0);
}

TEST_CASE("accumulated gradients are those of the whole batch", "[train]") {
  const auto weights = [](int batch, int accumulate) {
    const Problem problem;
    data::DataLoader loader = problem.loader(batch);
    Trainer trainer(*problem.net, *problem.optimizer, nn::mse_loss, quiet().epochs(2).accumulate(accumulate));
    trainer.fit(loader);
    CHECK(trainer.step() == 2 * (((40 + batch - 1) / batch + accumulate - 1) / accumulate));
    return problem.net->parameter("weight").detach();
  };
  CHECK(difference(weights(8, 2), weights(16, 1), 1e-5) == "");  // 16, 16, 8: the last group has one batch
  CHECK(difference(weights(4, 5), weights(20, 1), 1e-5) == "");
}

TEST_CASE("a group of batches that becomes another one is divided by its number", "[train]") {
  manual_seed(3);
  std::vector<std::vector<Tensor>> batches;
  for (int i = 0; i < 6; ++i) batches.push_back({randn({4, 3}), randn({4, 1})});
  const nn::Linear start(3, 1);
  // The weights after steps by the mean loss of so many batches.
  const auto by_hand = [&](const std::vector<std::size_t>& groups) {
    nn::Linear net = nn::clone(start);
    optim::SGD optimizer(net.parameters(), 0.05);
    std::size_t at = 0;
    for (const std::size_t group : groups) {
      optimizer.zero_grad();
      for (std::size_t i = 0; i < group; ++i, ++at)
        (nn::mse_loss(net(batches[at][0]), batches[at][1]) / static_cast<double>(group)).backward();
      optimizer.step();
    }
    return net.weight.detach();
  };
  SECTION("since the loader does not tell how many there are") {
    const std::forward_list<std::vector<Tensor>> list(batches.begin(), batches.begin() + 5);
    nn::Linear net = nn::clone(start);
    optim::SGD optimizer(net.parameters(), 0.05);
    Trainer trainer(net, optimizer, nn::mse_loss, quiet().accumulate(4));
    trainer.fit(list);
    CHECK(trainer.step() == 2);
    CHECK(difference(net.weight.detach(), by_hand({4, 1}), 1e-6, 1e-6) == "");
  }
  const auto resumed = [&](std::int64_t first, std::int64_t second) {
    const Folder folder;
    nn::Linear net = nn::clone(start);
    optim::SGD optimizer(net.parameters(), 0.05);
    const Options options = quiet().checkpoints(folder.file("run")).resume();
    Trainer before(net, optimizer, nn::mse_loss, Options(options).accumulate(first).on_batch_end([](Trainer& self) {
      if (self.batch() == 3) self.stop();
    }));
    before.fit(batches);
    Trainer after(net, optimizer, nn::mse_loss, Options(options).accumulate(second));
    after.fit(batches);
    CHECK(after.epoch() == 1);
    return net.weight.detach();
  };
  SECTION("since the training goes on with fewer") {
    CHECK(difference(resumed(4, 2), by_hand({4, 2}), 1e-6, 1e-6) == "");
    CHECK(difference(resumed(5, 1), by_hand({4, 1, 1}), 1e-6, 1e-6) == "");
  }
  SECTION("since the training goes on with more") {
    CHECK(difference(resumed(2, 4), by_hand({2, 4}), 1e-6, 1e-6) == "");
    CHECK(difference(resumed(4, 6), by_hand({6}), 1e-6, 1e-6) == "");
  }
}

TEST_CASE("gradients are clipped before the step", "[train]") {
  const auto move = [](const Options& options) {
    const Problem problem;
    optim::SGD plain(problem.net->parameters(), 1);
    const Tensor before = problem.net->parameter("weight").detach().clone();
    data::DataLoader loader = problem.loader(40);
    Trainer(*problem.net, plain, nn::mse_loss, options).fit(loader);
    return abs(problem.net->parameter("weight").detach() - before);
  };
  CHECK(norm(move(quiet().clip_grad_norm(1e-3))).item() < 1e-3);
  CHECK(max(move(quiet().clip_grad_value(1e-4))).item() < 1.01e-4);
  CHECK(max(move(quiet())).item() > 0.1);
}

TEST_CASE("schedules step per epoch, per step, and by a number", "[train]") {
  CountingSchedule each_epoch, each_step;
  struct Plateau {
    std::vector<double> seen;
    void step(double value) { seen.push_back(value); }
    StateDict state_dict() const { return {}; }
    void load_state_dict(const StateDict&) {}
  } plateau;
  const Problem problem;
  data::DataLoader loader = problem.loader(), held_out(problem.data, data::DataLoader::Options().batch_size(40));
  Trainer trainer(*problem.net, *problem.optimizer, nn::mse_loss,
                  quiet().epochs(2).schedule(each_epoch).schedule(each_step, Per::step).schedule(plateau));
  const History& history = trainer.fit(loader, held_out);
  CHECK(each_epoch.steps == 2);
  CHECK(each_step.steps == 10);
  CHECK(plateau.seen == history["val_loss"]);
}

TEST_CASE("the library's schedules and averages go with it", "[train]") {
  const Problem problem;
  data::DataLoader loader = problem.loader(), held_out(problem.data, data::DataLoader::Options().batch_size(40));
  optim::StepLR schedule(*problem.optimizer, 2);
  optim::ReduceLROnPlateau plateau(*problem.optimizer);
  optim::AveragedModel<nn::Linear> average(*problem.net, optim::AveragingOptions().ema(0.5));
  Trainer trainer(
      *problem.net, *problem.optimizer, nn::mse_loss,
      quiet().epochs(5).schedule(schedule).schedule(plateau).average(average, *problem.net).keep_best("val_loss"));
  const History& history = trainer.fit(loader, held_out);
  CHECK(history["lr"][1] == 0.05);
  CHECK(std::fabs(history["lr"][2] - 0.005) < 1e-15);
  CHECK(average.n_averaged() == 25);
  // The best weights, which the model has at the end, are averaged ones.
  const auto best = static_cast<std::size_t>(trainer.best_epoch());
  const NoGrad off;
  CHECK(std::fabs(nn::mse_loss((*problem.net)(problem.data->inputs()), problem.data->targets()).item() -
                  history["val_loss"][best]) < 1e-6);
}

TEST_CASE("batches may have any number of columns, and be of any loader", "[train]") {
  manual_seed(1);
  nn::Linear left(2, 1), right(2, 1);
  class Both : public nn::ModuleBase {
   public:
    Both(nn::Linear a, nn::Linear b) : a_(std::move(a)), b_(std::move(b)) {
      add("a", a_);
      add("b", b_);
    }
    Tensor operator()(const Tensor& x, const Tensor& y) const { return a_(x) + b_(y); }

   private:
    nn::Linear a_, b_;
  } model(left, right);
  optim::SGD optimizer(model.parameters(), 0.1);
  const Tensor x = randn({6, 2}), y = randn({6, 2}), t = randn({6, 1});
  const std::vector<std::tuple<Tensor, Tensor, Tensor>> batches{{x, y, t}, {y, x, t}};
  Trainer trainer(
      model, optimizer,
      [&](const std::vector<Tensor>& columns) -> StepResult {
        const Tensor guess = model(columns[0], columns[1]);
        return {nn::mse_loss(guess, columns[2]), guess, columns[2]};
      },
      quiet().epochs(30).metric("mae", MeanAbsoluteError()).train_metric("mae", MeanAbsoluteError()));
  const History& history = trainer.fit(batches, batches);
  CHECK(history["train_loss"].back() < history["train_loss"].front());
  CHECK(history["val_mae"].back() < history["train_mae"].front());
  CHECK(trainer.predict(batches).shape() == Shape{12, 1});
  CHECK(trainer.evaluate(batches).at("mae") == history["val_mae"].back());

  Trainer wants_two(left, optimizer, nn::mse_loss, quiet());
  CHECK_THROWS_WITH(wants_two.fit(batches), Contains("the batch has 3 columns"));
  CHECK_THROWS_WITH(Trainer(model, optimizer, nn::mse_loss, quiet()), Contains("Both") && Contains("pass a step"));
  const std::vector<Tensor> alone{x, y};
  optim::SGD other(left.parameters(), 0.1);
  Trainer own(
      left, other, [&](const std::vector<Tensor>& columns) { return mean(square(left(columns[0]))); },
      quiet().epochs(2));
  const std::vector<double> losses = own.fit(alone)["train_loss"];
  CHECK(losses[1] < losses[0]);
}

TEST_CASE("evaluation leaves no trace in the model", "[train]") {
  manual_seed(1);
  nn::Sequential model{nn::Linear(3, 4), nn::BatchNorm1d(4), nn::Dropout(0.5), nn::Linear(4, 1)};
  model[2].module().eval();  // as a user may have it
  optim::SGD optimizer(model.parameters(), 0.1);
  const Problem problem;
  data::DataLoader loader(problem.data, data::DataLoader::Options().batch_size(8));
  Trainer trainer(model, optimizer, nn::mse_loss, quiet());
  const StateDict before = model.state_dict();
  const std::uint64_t draws = default_generator().draws();
  const double loss = trainer.evaluate(loader).at("loss");
  CHECK(trainer.evaluate(loader).at("loss") == loss);
  CHECK(trainer.predict(loader).shape() == Shape{40, 1});
  CHECK(default_generator().draws() == draws);
  for (const auto& [key, value] : before) CHECK(difference(model.state_dict()[key], value) == "");
  CHECK(model.is_training());
  CHECK_FALSE(model[2].module().is_training());
}

TEST_CASE("a loss that is not finite ends the training before it spoils the weights", "[train]") {
  const Problem problem;
  data::DataLoader loader = problem.loader();
  const Tensor before = problem.net->parameter("weight").detach().clone();
  Trainer trainer(
      *problem.net, *problem.optimizer, [](const Tensor& y, const Tensor& t) { return nn::mse_loss(y, t) / 0.0; },
      quiet());
  CHECK_THROWS_WITH(trainer.fit(loader), Contains("the loss is inf in epoch 0, batch 0: no step was made"));
  CHECK(difference(problem.net->parameter("weight").detach(), before) == "");
  Trainer vector(
      *problem.net, *problem.optimizer, [](const Tensor& y, const Tensor& t) { return square(y - t); }, quiet());
  CHECK_THROWS_WITH(vector.fit(loader), Contains("the loss is (8, 1) float32: it must be one number"));
}

TEST_CASE("Ctrl-C ends the training after the batch, and the handler of before comes back", "[train]") {
  static int own = 0;
  own = 0;
  std::signal(SIGINT, [](int) { ++own; });
  const Problem problem;
  data::DataLoader loader = problem.loader();
  Trainer trainer(*problem.net, *problem.optimizer, nn::mse_loss, quiet().epochs(3).on_batch_end([](Trainer& self) {
    if (self.epoch() == 1 && self.batch() == 2) {
      std::raise(SIGINT);
      CHECK(own == 0);
    }
  }));
  trainer.fit(loader);
  CHECK(trainer.interrupted());
  CHECK(trainer.epoch() == 1);
  CHECK(trainer.batch() == 2);
  std::raise(SIGINT);
  CHECK(own == 1);
  {
    const InterruptScope scope, inner;
    std::raise(SIGINT);
    CHECK(own == 1);
    CHECK(scope.requested());
    const InterruptScope later;
    CHECK_FALSE(later.requested());
    std::raise(SIGINT);  // the second of the others, and the first of this one's life
    CHECK(later.requested());
    CHECK(own == 1);
    std::raise(SIGINT);  // the second acts as before
    CHECK(own == 2);
    { const InterruptScope over; }
    std::raise(SIGINT);
    CHECK(own == 3);
  }
  std::raise(SIGINT);
  CHECK(own == 4);
  std::signal(SIGINT, SIG_IGN);
  {
    const InterruptScope scope;
    std::raise(SIGINT);
    CHECK_FALSE(scope.requested());
  }
  std::signal(SIGINT, SIG_DFL);
}

TEST_CASE("a trainer refuses what cannot be meant", "[train]") {
  const Problem problem;
  data::DataLoader loader = problem.loader();
  const auto refused = [&](const Options& options) {
    return thrown_by<std::invalid_argument>(
        [&] { Trainer(*problem.net, *problem.optimizer, nn::mse_loss, options).fit(loader); });
  };
  CHECK_THAT(refused(quiet().epochs(-1)), Contains("Trainer: epochs is -1: it must be at least 0"));
  CHECK_THAT(refused(quiet().accumulate(0)), Contains("accumulate is 0"));
  CHECK_THAT(refused(quiet().clip_grad_norm(0)), Contains("gradients cannot be clipped at 0"));
  CHECK_THAT(refused(quiet().early_stopping()), Contains("there are no data to validate on"));
  CHECK_THAT(refused(quiet().keep_best("val_loss")), Contains("there are no data to validate on"));
  CHECK_THAT(refused(quiet().keep_best("train_los")), Contains("there is no \"train_los\" to monitor"));
  CHECK_THAT(refused(quiet().save_best("x")), Contains("save_best() has nothing to go by"));
  CHECK_THAT(refused(quiet().resume()), Contains("resume() has no folder"));
  CHECK_THAT(refused(quiet().metric("loss", Accuracy())), Contains("a metric is named \"loss\""));
  CHECK_THAT(refused(quiet().prefixes("a", "a")), Contains("they must differ"));
  CHECK_THAT(refused(quiet().callback(nullptr)), Contains("a callback is null"));
  CHECK_THAT(refused(quiet().early_stopping(EarlyStopping::Options().patience(0))),
             Contains("EarlyStopping: the patience is 0"));
  data::DataLoader empty(data::TensorDataset(zeros({0, 3}), zeros({0, 1})));
  CHECK_THROWS_WITH(Trainer(*problem.net, *problem.optimizer, nn::mse_loss, quiet()).fit(empty),
                    Contains("an epoch has no batches"));
}
