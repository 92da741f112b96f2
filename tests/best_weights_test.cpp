// What the best epoch is, and when a Trainer gives its weights to the model.

#include <cmath>
#include <limits>
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

TEST_CASE("early stopping gives the model the weights of its best epoch", "[train]") {
  const Problem problem;
  data::DataLoader loader = problem.loader(), held_out(problem.data, data::DataLoader::Options().batch_size(40));
  Tensor best;
  const Folder folder;
  const auto raise = [&](Trainer& trainer, Record& row) {
    if (trainer.epoch() == 2) best = problem.net->parameter("weight").clone();
    row.set("val_loss", std::fabs(static_cast<double>(trainer.epoch()) - 2));
  };
  Trainer trainer(*problem.net, *problem.optimizer, nn::mse_loss,
                  quiet()
                      .epochs(20)
                      .early_stopping(EarlyStopping::Options().patience(3))
                      .save_best(folder.file("best.safetensors"))
                      .on_epoch_end(raise));
  trainer.fit(loader, held_out);
  CHECK(trainer.epoch() == 6);
  CHECK(trainer.stopped_early());
  CHECK(trainer.best_epoch() == 2);
  CHECK(trainer.best() == 0);
  CHECK(difference(problem.net->parameter("weight").detach(), best.detach()) == "");
  CHECK(difference(io::load_safetensors(folder.file("best.safetensors"))["weight"], best.detach()) == "");
}

TEST_CASE("a training that has given its model the best weights goes on from its last ones", "[train]") {
  // The best epoch is number 2, of those that are there.
  const auto judge = [](Trainer& trainer, Record& row) {
    row.set("val_loss", std::fabs(static_cast<double>(trainer.epoch()) - 2));
  };
  // Calls work() after six epochs, and trains eight in all; the history, and the weights in the end.
  const auto train = [&](bool averages, std::int64_t first, const std::function<void(Trainer&, Problem&)>& work) {
    Problem problem;
    data::DataLoader loader = problem.loader(), held_out(problem.data, data::DataLoader::Options().batch_size(40));
    optim::AveragedModel average(*problem.net, optim::AveragingOptions().ema(0.9));
    Options options = quiet().epochs(first).keep_best("val_loss").on_epoch_end(judge).warn([](const std::string&) {});
    if (averages) options.average(average, *problem.net);
    Trainer trainer(*problem.net, *problem.optimizer, nn::mse_loss, options);
    trainer.fit(loader, held_out);
    if (work) work(trainer, problem);
    trainer.set_epochs(8);
    trainer.fit(loader, held_out);
    CHECK(trainer.best_epoch() == 2);
    return std::pair(trainer.history()["train_loss"], numbers(problem.net->parameter("weight")));
  };
  for (const bool averages : {false, true}) {
    const auto whole = train(averages, 8, {});
    Numbers between;
    CHECK((train(averages, 6,
                 [&](Trainer&, Problem& problem) { between = numbers(problem.net->parameter("weight")); }) == whole));
    CHECK(between == whole.second);
    // Weights that the user gives the model in between are what the training goes on with.
    const auto other = train(averages, 6, [](Trainer&, Problem& problem) {
      const NoGrad off;
      problem.net->parameter("weight").fill_(7);
    });
    CHECK(other.first[5] == whole.first[5]);
    CHECK(other.first[6] > 10 * whole.first[6]);
  }
}

TEST_CASE("a training that is stopped gives its model the best weights too, and goes on", "[train]") {
  for (const bool within : {false, true}) {
    Problem problem;
    data::DataLoader loader = problem.loader(), held_out(problem.data, data::DataLoader::Options().batch_size(40));
    Numbers best, last;
    bool stops = true;
    Trainer trainer(*problem.net, *problem.optimizer, nn::mse_loss,
                    quiet()
                        .epochs(6)
                        .keep_best("val_loss")
                        .on_epoch_end([&](Trainer& own, Record& row) {
                          if (own.epoch() == 1) best = numbers(problem.net->parameter("weight"));
                          row.set("val_loss", std::fabs(static_cast<double>(own.epoch()) - 1));
                          if (!within && stops && own.epoch() == 3) own.stop();
                        })
                        .on_batch_end([&](Trainer& own) {
                          if (own.step() <= 18) last = numbers(problem.net->parameter("weight"));
                          if (within && stops && own.step() == 18) own.stop();
                        }));
    trainer.fit(loader, held_out);
    CHECK(trainer.epoch() == (within ? 3 : 4));
    CHECK(numbers(problem.net->parameter("weight")) == best);
    CHECK(last != best);
    stops = false;
    trainer.fit(loader, held_out);
    Problem again;
    data::DataLoader same = again.loader();
    Trainer whole(*again.net, *again.optimizer, nn::mse_loss, quiet().epochs(6));
    CHECK(whole.fit(same)["train_loss"] == trainer.history()["train_loss"]);
    CHECK(numbers(problem.net->parameter("weight")) == best);
  }
}

TEST_CASE("early stopping counts what does not improve", "[train]") {
  EarlyStopping early(EarlyStopping::Options().patience(2).min_delta(0.1));
  CHECK_FALSE(early.update(std::numeric_limits<double>::quiet_NaN()));
  CHECK(early.best_index() == -1);
  CHECK(early.update(1));
  CHECK_FALSE(early.update(0.95));
  CHECK_FALSE(early.should_stop());
  EarlyStopping loaded(EarlyStopping::Options().patience(2).min_delta(0.1));
  loaded.load_state_dict(early.state_dict());
  for (EarlyStopping* each : {&early, &loaded}) {
    CHECK(each->update(0.85));
    CHECK(each->best() == 0.85);
    CHECK(each->best_index() == 3);
    CHECK_FALSE(each->update(std::numeric_limits<double>::quiet_NaN()));
    CHECK_FALSE(each->update(0.85));
    CHECK(each->should_stop());
  }
  EarlyStopping most(EarlyStopping::Options().mode(Mode::max));
  CHECK(most.update(-std::numeric_limits<double>::infinity()));
  CHECK(most.update(1));
  CHECK_FALSE(most.update(0));
  CHECK_THROWS_WITH(most.load_state_dict({}), Contains("EarlyStopping: cannot load this state"));
}

TEST_CASE("after fit() a trainer with an average measures the best weights, which its model has", "[train]") {
  Problem problem;
  data::DataLoader loader = problem.loader(), held_out(problem.data, data::DataLoader::Options().batch_size(40));
  optim::AveragedModel average(*problem.net, optim::AveragingOptions().ema(0.5));
  Tensor best;
  // The validation of epoch 1 is the best one.
  const auto judge = [&](Trainer& trainer, Record& row) {
    if (trainer.epoch() == 1) best = average.module.parameter("weight").detach().clone();
    row.set("own", std::fabs(static_cast<double>(trainer.epoch()) - 1));
  };
  Trainer trainer(*problem.net, *problem.optimizer, nn::mse_loss,
                  quiet().epochs(4).average(average, *problem.net).keep_best("own").on_epoch_end(judge));
  trainer.fit(loader, held_out);
  const data::Batch batch = *held_out.begin();
  const Tensor &x = batch.inputs, &y = batch.targets;
  const auto measured = [&] {
    const NoGrad off;
    const auto& net = *problem.net;
    const double loss = nn::mse_loss(net(x), y).item();
    CHECK(trainer.evaluate(held_out).at("loss") == Approx(loss));
    CHECK(difference(trainer.predict(held_out), net(x)) == "");
    return loss;
  };
  CHECK(difference(problem.net->parameter("weight").detach(), best) == "");
  CHECK(measured() == Approx(trainer.history()["val_loss"][1]));
  // A second fit() goes on with the last weights, and measures its average.
  trainer.set_epochs(5);
  trainer.fit(loader, held_out);
  CHECK(trainer.history()["val_loss"][4] < trainer.history()["val_loss"][1]);
  measured();
  // Weights that the user gives the model are no best ones: the average is measured.
  {
    const NoGrad off;
    problem.net->parameter("weight").fill_(100);
  }
  CHECK(trainer.evaluate(held_out).at("loss") < 1);
  CHECK(problem.net->parameter("weight").detach()[0][0].item() == 100);
}
