// What fails within a step of a training, or right after it, is made up for by the next fit().

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
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

/// Throws in the call that its number says, once; else it counts the batches.
class FailsOnce final : public Metric {
 public:
  explicit FailsOnce(int at) : Metric("FailsOnce", 1) { once_->at = at; }
  void update(const Tensor&, const Tensor&) override {
    (*once_)();
    ++counts()[0];
  }
  double value() const override { return static_cast<double>(counts()[0]); }

 private:
  std::shared_ptr<Once> once_ = std::make_shared<Once>();
};

std::vector<std::vector<Tensor>> four_batches() {
  manual_seed(3);
  std::vector<std::vector<Tensor>> batches;
  for (int i = 0; i < 4; ++i) {
    const Tensor x = randn({8, 3});
    batches.push_back({x, sum(x, 1, keepdims)});
  }
  return batches;
}

Trainer::Options silent() { return Trainer::Options().progress(ProgressStyle::silent); }

}  // namespace

TEST_CASE("what follows a step is made up by the next fit() where a train_metric has failed after it", "[train]") {
  const auto batches = four_batches();
  for (const int at : {1, 3}) {  // the last batch too
    CAPTURE(at);
    nn::Linear net(3, 1);
    optim::SGD optimizer(net.parameters(), 0.05);
    CountingSchedule schedule;
    optim::AveragedModel<nn::Linear> average(net);
    const Folder folder;
    Trainer trainer(net, optimizer, nn::mse_loss,
                    silent()
                        .train_metric("fails", FailsOnce(at))
                        .schedule(schedule, Per::step)
                        .average(average, net)
                        .checkpoints(folder.file("run"), 10)
                        .checkpoint_every_steps(1));
    CHECK_THROWS_WITH(trainer.fit(batches), "once");
    CHECK(trainer.step() == at + 1);
    CHECK(schedule.steps == at);
    trainer.fit(batches);
    CHECK(trainer.step() == 4);
    CHECK(schedule.steps == 4);
    CHECK(average.n_averaged() == 4);
  }
}

TEST_CASE("a loss of NaN in a step of LBFGS is refused, and its iteration not made", "[train]") {
  const auto batches = four_batches();
  for (const auto search : {optim::LineSearch::none, optim::LineSearch::strong_wolfe}) {
    nn::Linear net(3, 1);
    optim::LBFGS optimizer(net.parameters(), 0.1, optim::LBFGS::Options().max_iter(3).line_search_fn(search));
    int calls = 0;
    const auto step = [&](const std::vector<Tensor>& columns) -> StepResult {
      const Tensor loss = nn::mse_loss(net(columns[0]), columns[1]);
      // One call of the trainer, and the first of the optimiser, are good.
      if (calls++ < 2) return {loss, {}, {}};
      return {loss * Tensor(std::numeric_limits<float>::quiet_NaN()), {}, {}};
    };
    const Tensor before = net.weight.detach().clone();
    Trainer trainer(net, optimizer, step, silent());
    CHECK_THAT(thrown_by<std::runtime_error>([&] { trainer.fit(batches); }),
               Contains("Trainer: the loss is nan in epoch 0, batch 0: the weights are those before this iteration of "
                        "LBFGS: a lower learning rate"));
    CHECK(difference(net.weight.detach(), before) == "");
    CHECK(trainer.step() == 0);
    calls = std::numeric_limits<int>::min();
    trainer.fit(batches);
    CHECK(trainer.step() == 4);
  }
}

TEST_CASE("a row that a callback has spoiled is given to it again as it was", "[train]") {
  const auto batches = four_batches();
  for (const bool throws : {false, true}) {
    nn::Linear net(3, 1);
    optim::SGD optimizer(net.parameters(), 0.05);
    int calls = 0, before = 0;
    Trainer trainer(net, optimizer, nn::mse_loss,
                    silent()
                        .epochs(2)
                        .on_epoch_end([&](Trainer&, Record& row) { row.set("before", ++before); })
                        .on_epoch_end([&](Trainer&, Record& row) {
                          row.emplace_back("own", 1);
                          if (++calls > 1) return;
                          if (throws) throw std::runtime_error("\"train_loss\" is given twice");
                          row.emplace_back("train_loss", 1);
                        }));
    CHECK_THROWS_WITH(trainer.fit(batches), Contains("\"train_loss\" is given twice"));
    CHECK(trainer.epoch() == 0);
    trainer.fit(batches);
    CHECK(trainer.epoch() == 2);
    CHECK(calls == 3);
    CHECK(before == 2);
    CHECK(trainer.history().columns() ==
          std::vector<std::string>{"epoch", "train_loss", "lr", "seconds", "before", "own"});
  }
}

TEST_CASE("a batch whose step has failed is in the input contract once", "[train]") {
  const auto batches = four_batches();
  nn::Linear net(3, 1);
  optim::SGD optimizer(net.parameters(), 0.05);
  Once once;
  once.at = 1;
  // Its gradient fails.
  const auto step = [&](const std::vector<Tensor>& columns) -> StepResult {
    const Tensor y = net(columns[0]);
    if (y.requires_grad())
      y.register_hook([&](const Tensor&) {
        once();
        return Tensor();
      });
    return {nn::mse_loss(y, columns[1]), y, columns[1]};
  };
  Trainer trainer(net, optimizer, step, silent());
  CHECK_THROWS_WITH(trainer.fit(batches), "once");
  trainer.fit(batches);
  CHECK(trainer.step() == 4);
  CHECK(trainer.contract().rows() == 32);
}
