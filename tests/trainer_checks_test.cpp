// What a Trainer says of names, states and data that do not go together.

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::train;
using Catch::Matchers::Contains;

namespace {

using Options = Trainer::Options;
using Warnings = std::vector<std::string>;

Options quiet() { return Options().progress(ProgressStyle::silent); }
Options telling(Warnings& warnings) {
  return quiet().warn([&warnings](const std::string& text) { warnings.push_back(text); });
}

/// 12 rows of 3 numbers, their loader, and a layer to train on them.
struct Problem {
  explicit Problem(int batch = 4)
      : net(3, 1),
        optimizer(net.parameters(), 0.05),
        loader(data::TensorDataset(arange(36).reshape({12, 3}).to(float32) / 36.0, ones({12, 1})),
               data::DataLoader::Options().batch_size(batch)) {}

  nn::Linear net;
  optim::SGD optimizer;
  data::DataLoader loader;
};

/// A state that it has from the first epoch on.
class Remembers final : public Callback {
 public:
  void on_epoch_end(Trainer&, Record&) override { ++epochs; }
  StateDict state_dict() const override { return epochs == 0 ? StateDict() : StateDict{{"epochs", Tensor(epochs)}}; }
  void load_state_dict(const StateDict& state) override { epochs = state.at("epochs").item<std::int64_t>(); }

  std::int64_t epochs = 0;
};

}  // namespace

TEST_CASE("a monitor that is not there is refused before the first step", "[train]") {
  Problem p;
  optim::ReduceLROnPlateau plateau(p.optimizer);
  const auto refused = [&](const Options& options) {
    const std::string text = thrown_by<std::invalid_argument>([&] {
      Trainer(p.net, p.optimizer, nn::mse_loss,
              Options(options).metric("mae", MeanAbsoluteError()).train_metric("r2", R2Score()))
          .fit(p.loader, p.loader);
    });
    CHECK(p.loader.position().epoch == 0);
    return text;
  };
  const std::string names = ": there are epoch, train_loss, train_r2, val_loss, val_mae, lr, seconds";
  CHECK_THAT(refused(quiet().early_stopping("val_acuracy")), Contains("no \"val_acuracy\" to monitor" + names));
  CHECK_THAT(refused(quiet().keep_best("val_r2")), Contains("no \"val_r2\" to monitor" + names));
  CHECK_THAT(refused(quiet().schedule(plateau, Per::epoch, "val_los")), Contains("no \"val_los\" to monitor" + names));
  CHECK_THAT(refused(quiet().schedule(plateau, Per::epoch, "")), Contains("no \"\" to monitor" + names));
  CHECK_THAT(refused(quiet().on_batch_end([](Trainer&) {}).keep_best("mae")), Contains("no \"mae\" to monitor"));
  CHECK_THROWS_WITH(Trainer(p.net, p.optimizer, nn::mse_loss, quiet().schedule(plateau, Per::step)),
                    Contains("has none to look at after a step: leave out Per::step"));
}

TEST_CASE("a monitor that no callback gives is refused after the first epoch, which is saved", "[train]") {
  const Folder folder;
  const auto fit = [&](const std::string& monitor, std::int64_t every) {
    Problem p;
    Trainer trainer(p.net, p.optimizer, nn::mse_loss,
                    quiet()
                        .epochs(3)
                        .validate_every(every)
                        .keep_best(monitor)
                        .checkpoints(folder.file("run"))
                        .checkpoint_every_epochs(0)
                        .resume()
                        .on_epoch_end([](Trainer& own, Record& row) {
                          row.set("norm", 1);
                          if (row.contains("val_loss")) row.set("val_own", static_cast<double>(-own.epoch()));
                        }));
    const std::string text = thrown_by<std::invalid_argument>([&] { trainer.fit(p.loader, p.loader); });
    return text + ", " + std::to_string(trainer.epoch());
  };
  CHECK(fit("nrm", 2) == "Trainer: there is no \"nrm\" to monitor: there are epoch, train_loss, lr, seconds, norm, 1");
  CHECK(CheckpointFolder(folder.file("run")).steps() == std::vector<std::int64_t>{3});
  CHECK(fit("val_nrm", 2) ==
        "Trainer: there is no \"val_nrm\" to monitor: there are epoch, train_loss, val_loss, lr, "
        "seconds, norm, val_own, 2");
  CHECK(fit("val_own", 2) == "nothing was thrown, 3");
}

TEST_CASE("functions are no part of a checkpoint, and callbacks are one when they have a state", "[train]") {
  const Folder folder;
  const auto fit = [&](const Options& options, std::int64_t epochs) {
    Problem p;
    Trainer trainer(p.net, p.optimizer, nn::mse_loss,
                    Options(options).epochs(epochs).checkpoints(folder.file("run")).resume());
    trainer.fit(p.loader);
    return trainer.epoch();
  };
  const auto first = std::make_shared<Remembers>(), second = std::make_shared<Remembers>();
  CHECK(fit(quiet().train_metric("mae", MeanAbsoluteError()).callback(first), 1) == 1);
  const auto nothing = [](Trainer&, Record&) {};
  const Options same = quiet().train_metric("mae", MeanAbsoluteError()).on_epoch_end(nothing);
  CHECK(fit(Options(same).callback(second).on_batch_end([](Trainer&) {}), 2) == 2);
  CHECK(second->epochs == 2);
  CHECK_THROWS_WITH(fit(same, 3), Contains("the file has the part \"callback 0\", which is not here"));
  CHECK_THROWS_WITH(fit(quiet().callback(second).train_metric("acc", MeanAbsoluteError()), 3),
                    Contains("the file has no part \"train metric acc\", and the part \"train metric mae\", which"));
}

TEST_CASE("fit gives every module the mode that it had", "[train]") {
  manual_seed(1);
  nn::Sequential model{nn::Linear(3, 4), nn::Dropout(0.5), nn::Linear(4, 1)};
  optim::SGD optimizer(model.parameters(), 0.01);
  Problem p;
  bool trained = false;
  Trainer trainer(model, optimizer, nn::mse_loss, quiet().on_batch_end([&](Trainer&) {
    trained = model.is_training() && model[1].module().is_training();
  }));
  model.eval();
  trainer.fit(p.loader, p.loader);
  CHECK(trained);
  CHECK_FALSE(model.is_training());
  CHECK_FALSE(model[1].module().is_training());
  model.train();
  model[1].module().eval();
  trainer.set_epochs(2);
  trainer.fit(p.loader);
  CHECK(model.is_training());
  CHECK_FALSE(model[1].module().is_training());
  Trainer fails(
      model, optimizer, [](const Tensor& y, const Tensor& t) { return nn::mse_loss(y, t) / 0.0; }, quiet());
  model.eval();
  CHECK_THROWS(fails.fit(p.loader));
  CHECK_FALSE(model.is_training());
}

TEST_CASE("a module of two parents keeps its mode, whatever theirs are", "[train]") {
  manual_seed(1);
  nn::Dropout shared(0.5);
  nn::Sequential first{nn::Linear(3, 4), shared}, second{nn::Linear(4, 1), shared};
  nn::Sequential model{first, second};
  optim::SGD optimizer(model.parameters(), 0.01);
  Problem p;
  Trainer trainer(model, optimizer, nn::mse_loss, quiet());
  shared.eval();
  trainer.fit(p.loader, p.loader);
  CHECK_FALSE(shared.is_training());
  trainer.evaluate(p.loader);
  CHECK_FALSE(shared.is_training());
  CHECK(trainer.predict(p.loader).shape() == Shape{12, 1});
  CHECK_FALSE(shared.is_training());
  CHECK((model.is_training() && first.is_training() && second.is_training()));
}

TEST_CASE("a trainer warns of an optimiser of another model, and of metrics without a validation", "[train]") {
  Problem p;
  Warnings warnings;
  Trainer(p.net, p.optimizer, nn::mse_loss, telling(warnings)).fit(p.loader);
  CHECK(warnings.empty());
  nn::Linear other(3, 1);
  Trainer(other, p.optimizer, nn::mse_loss, telling(warnings)).fit(p.loader);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("the optimiser has 2 parameters, and none of the 2 of the model (Linear)"));
  warnings.clear();
  Trainer measured(p.net, p.optimizer, nn::mse_loss, telling(warnings).metric("mae", MeanAbsoluteError()));
  measured.fit(p.loader);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("metric() measures a validation, and there are no data to validate on"));
}

TEST_CASE("a fit that has nothing to do says so", "[train]") {
  Problem p;
  Warnings warnings;
  Trainer trainer(p.net, p.optimizer, nn::mse_loss, telling(warnings).epochs(2));
  trainer.fit(p.loader);
  CHECK(warnings.empty());
  trainer.fit(p.loader);
  trainer.fit(p.loader);
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0] == "Trainer: all 2 epochs are complete: fit() trains nothing: set_epochs() gives it more");
  trainer.set_epochs(3);
  CHECK(trainer.fit(p.loader).size() == 3);
  CHECK(warnings.size() == 2);
  Trainer stops(p.net, p.optimizer, nn::mse_loss,
                telling(warnings)
                    .epochs(9)
                    .early_stopping("number", EarlyStopping::Options().patience(1))
                    .on_epoch_end([](Trainer&, Record& row) { row.set("number", 1); }));
  stops.fit(p.loader);
  stops.fit(p.loader);
  REQUIRE(warnings.size() == 3);
  CHECK_THAT(warnings[2], Contains("early stopping has ended this training after 2 epochs: fit() trains nothing"));
}

TEST_CASE("a training goes on with the data that it had, or says what has changed", "[train]") {
  const Folder folder;
  Warnings warnings;
  const auto fit = [&](int batch, std::int64_t epochs, std::int64_t stop_at) {
    Problem p(batch);
    Trainer trainer(
        p.net, p.optimizer, nn::mse_loss,
        telling(warnings).epochs(epochs).checkpoints(folder.file("run")).resume().on_batch_end([stop_at](Trainer& own) {
          if (own.step() == stop_at) own.stop();
        }));
    trainer.fit(p.loader);
    return trainer.step();
  };
  CHECK(fit(4, 2, 2) == 2);
  const std::string both =
      "the checkpoint is of a loader with batches: 3, batch size: 4, rows: 12, the one here has "
      "batches: 2, batch size: 6, rows: 12";
  CHECK_THROWS_WITH(fit(6, 2, 0), "Trainer: " + both + ": after batch 2 of an epoch, they must be the same");
  CHECK(fit(4, 1, 0) == 3);
  CHECK(warnings.empty());
  CHECK(fit(6, 2, 0) == 5);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "Trainer: " + both + ": the training goes on with the next epoch, and with other batches");
}

TEST_CASE("a number of epochs that is refused is not kept", "[train]") {
  Problem p;
  Trainer trainer(p.net, p.optimizer, nn::mse_loss, quiet().epochs(2));
  CHECK_THROWS_WITH(trainer.set_epochs(-5), "Trainer: epochs is -5: it must be at least 0");
  trainer.fit(p.loader);
  CHECK(trainer.epoch() == 2);
}

TEST_CASE("a metric may be named with a slash, in training too", "[train]") {
  const Folder folder;
  for (const std::int64_t epochs : {1, 2}) {
    Problem p;
    Trainer trainer(p.net, p.optimizer, nn::mse_loss,
                    quiet()
                        .epochs(epochs)
                        .metric("error/mean", MeanAbsoluteError())
                        .train_metric("error/mean", MeanAbsoluteError())
                        .checkpoints(folder.file("run"))
                        .resume());
    trainer.fit(p.loader, p.loader);
    CHECK(trainer.history()["train_error/mean"].size() == static_cast<std::size_t>(epochs));
    CHECK(trainer.history()["val_error/mean"].size() == static_cast<std::size_t>(epochs));
  }
}

TEST_CASE("of two prefixes the longer one says whose number is monitored", "[train]") {
  const auto fit = [](const std::string& train, const std::string& validation, const std::string& monitor) {
    Problem p;
    Trainer trainer(p.net, p.optimizer, nn::mse_loss,
                    quiet().prefixes(train, validation).train_metric("mae", MeanAbsoluteError()).keep_best(monitor));
    return thrown_by<std::invalid_argument>([&] { trainer.fit(p.loader); });
  };
  CHECK(fit("train_", "", "train_loss") == "nothing was thrown");
  CHECK(fit("train_", "", "train_mae") == "nothing was thrown");
  CHECK(fit("val_train_", "val_", "val_train_loss") == "nothing was thrown");
  CHECK_THAT(fit("train_", "", "loss"), Contains("there are no data to validate on"));
  CHECK_THAT(fit("t_", "t_val_", "t_val_loss"), Contains("there are no data to validate on"));
}

TEST_CASE("two numbers of the history that would have one name are refused", "[train]") {
  Problem p;
  const MeanAbsoluteError mae;
  const auto refused = [&](const Options& options) {
    return thrown_by<std::invalid_argument>([&] { Trainer(p.net, p.optimizer, nn::mse_loss, options); });
  };
  for (const std::string name : {"lr", "epoch", "seconds", "val_loss"}) {
    CAPTURE(name);
    CHECK_THAT(refused(quiet().prefixes("", "val_").train_metric(name, mae)),
               Contains("Trainer: two numbers of the history would be named \"" + name + "\""));
  }
  CHECK_THAT(refused(quiet().prefixes("train_", "").metric("lr", mae)), Contains("would be named \"lr\""));
  CHECK_THAT(refused(quiet().prefixes("a", "ab").train_metric("bc", mae).metric("c", mae)),
             Contains("would be named \"abc\""));
  CHECK(refused(quiet().train_metric("lr", mae).metric("lr", mae)) == "nothing was thrown");
}

TEST_CASE("a rhythm of checkpoints without a folder is refused", "[train]") {
  Problem p;
  const auto refused = [&](const Options& options) {
    return thrown_by<std::invalid_argument>([&] { Trainer(p.net, p.optimizer, nn::mse_loss, options); });
  };
  CHECK(refused(quiet().checkpoint_every_steps(3)) ==
        "Trainer: checkpoint_every_steps() has no folder: see checkpoints()");
  CHECK(refused(quiet().checkpoint_every_epochs(1)) ==
        "Trainer: checkpoint_every_epochs() has no folder: see checkpoints()");
  CHECK(refused(quiet().resume()) == "Trainer: resume() has no folder: see checkpoints()");
  CHECK(refused(quiet().checkpoint_every_epochs(0)) == "nothing was thrown");
}

TEST_CASE("rows that a metric has before the training are not counted into its first epoch", "[train]") {
  MeanAbsoluteError used;
  used.update(Tensor({1e6}), Tensor({0.}));
  const auto first = [&](const MeanAbsoluteError& metric) {
    Problem own;
    {
      const NoGrad off;
      for (const Tensor& each : own.net.parameters()) each.fill_(0);
    }
    Trainer trainer(own.net, own.optimizer, nn::mse_loss, quiet().train_metric("mae", metric));
    return trainer.fit(own.loader)["train_mae"][0];
  };
  CHECK(first(used) == first(MeanAbsoluteError()));
}

TEST_CASE("evaluate() says of a loss that is no number what fit() says", "[train]") {
  Problem p;
  for (const bool empty : {false, true}) {
    const auto step = [&](const std::vector<Tensor>& columns) -> StepResult {
      return {empty ? Tensor() : square(p.net(columns[0]) - columns[1]), {}, {}};
    };
    Trainer trainer(p.net, p.optimizer, step, quiet());
    const std::string text = thrown_by<std::invalid_argument>([&] { trainer.fit(p.loader); });
    CHECK_THAT(text, Contains("Trainer: the loss is ") && Contains(": it must be one number, such as a mean"));
    CHECK(thrown_by<std::invalid_argument>([&] { trainer.evaluate(p.loader); }) == text);
  }
}

TEST_CASE("where losses that are not finite are allowed, so are their gradients' norms", "[train]") {
  Problem p;
  {
    const NoGrad off;
    p.net.weight.fill_(std::numeric_limits<double>::quiet_NaN());
  }
  Trainer trainer(p.net, p.optimizer, nn::mse_loss, quiet().allow_non_finite_loss().clip_grad_norm(1));
  trainer.fit(p.loader);
  CHECK(trainer.epoch() == 1);
}
