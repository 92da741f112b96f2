// Training with a Trainer, and with a loop of one's own from the same parts: docs/training.md tells of it.

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

using namespace xgrad;

namespace {

nn::Sequential network() { return nn::Sequential{nn::Linear(2, 32), nn::ReLU(), nn::Dropout(0.1), nn::Linear(32, 2)}; }

// A bar and lines are for people who watch; the output of this program is compared with a file.
train::Trainer::Options options() { return train::Trainer::Options().progress(train::ProgressStyle::silent); }

void with_a_trainer(data::DataLoader& loader, data::DataLoader& held_out) {
  manual_seed(1);
  nn::Sequential model = network();
  optim::Adam optimizer(model.parameters(), 0.01);
  train::Trainer trainer(model, optimizer, nn::cross_entropy,
                         options()
                             .epochs(40)
                             .metric("accuracy", train::Accuracy())
                             .early_stopping("val_loss", train::EarlyStopping::Options().patience(10))
                             .clip_grad_norm(5)
                             .save_csv("history.csv"));
  const train::History& history = trainer.fit(loader, held_out);
  std::cout << "more than nine of ten: " << (trainer.evaluate(held_out)["accuracy"] > 0.9 ? "yes" : "no") << '\n';
  std::cout << "the columns:";
  for (const std::string& column : history.columns()) std::cout << ' ' << column;
  std::cout << '\n';
  const auto best = static_cast<std::size_t>(trainer.best_epoch());
  std::cout << "the best is that of the best epoch: " << (trainer.best() == history["val_loss"][best] ? "yes" : "no")
            << '\n';
}

void with_a_loss_module(data::DataLoader& loader) {
  manual_seed(1);
  nn::Sequential model = network();
  optim::Adam optimizer(model.parameters(), 0.01);
  train::Trainer trainer(model, optimizer, nn::CrossEntropyLoss(nn::CrossEntropyLoss::Options().label_smoothing(0.1)),
                         options());
  std::cout << "epochs with smoothed labels: " << trainer.fit(loader).size() << '\n';
}

void with_a_step_of_ones_own() {
  manual_seed(1);
  const Tensor x = randn({64, 3}), t = sum(x, 1, keepdims), weight = rand({64, 1});
  data::Loader loader(data::TensorDataset(x, t, weight), data::DataLoader::Options().batch_size(16).shuffle());
  nn::Linear model(3, 1);
  optim::SGD optimizer(model.parameters(), 0.1);
  const auto step = [&](const std::vector<Tensor>& columns) -> train::StepResult {
    const Tensor y = model(columns[0]);
    return {mean(columns[2] * square(y - columns[1])), y, columns[1]};
  };
  train::Trainer trainer(model, optimizer, step, options().epochs(20).train_metric("mae", train::MeanAbsoluteError()));
  std::cout << "error below 0.01: " << (trainer.fit(loader)["train_mae"].back() < 0.01 ? "yes" : "no") << '\n';
}

void with_callbacks(data::DataLoader& loader) {
  manual_seed(1);
  nn::Sequential model = network();
  optim::Adam optimizer(model.parameters(), 0.01);
  train::Trainer trainer(model, optimizer, nn::cross_entropy,
                         options().epochs(100).on_epoch_end([](train::Trainer& self, train::Record& row) {
                           row.set("norm", norm(self.model().parameters()[0].detach()).item());
                           if (row["train_loss"] < 0.4) self.stop();
                         }));
  trainer.fit(loader);
  std::cout << "stopped before the end: " << (trainer.epoch() < 100 ? "yes" : "no") << '\n';
}

// Stopped after 3 epochs, and continued by what could be another process.
void in_two_parts(data::DataLoader::Options how, const data::TensorDataset<2>& data) {
  std::filesystem::remove_all("run");
  for (const int epochs : {3, 6}) {
    manual_seed(1);
    nn::Sequential model = network();
    optim::Adam optimizer(model.parameters(), 0.01);
    data::DataLoader loader(data, how);
    train::Trainer trainer(model, optimizer, nn::cross_entropy, options().epochs(epochs).checkpoints("run").resume());
    trainer.fit(loader);
    std::cout << trainer.history().size() << " epochs, " << trainer.step() << " steps\n";
  }
  nn::Sequential other = network();
  other.load_state_dict(train::load_part(train::CheckpointFolder("run").path(60), "model"));
}

// Returns a weight, or nothing if it was stopped in the middle of an epoch: by Ctrl-C, or after `stop_at` steps.
std::optional<Tensor> with_a_loop(const data::DataLoader::Options& how, const data::TensorDataset<2>& data,
                                  data::DataLoader& held_out, const std::string& folder_name, int stop_at) {
  manual_seed(1);
  nn::Sequential model = network();
  optim::Adam optimizer(model.parameters(), 0.01);
  data::DataLoader loader(data, how);
  std::int64_t epoch = 0, step = 0;
  train::Mean loss_of_epoch;
  train::History history;
  train::InputContract contract;
  train::EarlyStopping early(train::EarlyStopping::Options().patience(5));
  train::Checkpoint checkpoint;
  checkpoint.add("model", model).add("optimizer", optimizer).add("loader", loader).add("random", default_generator());
  checkpoint.add("epoch", epoch).add("step", step).add("loss", loss_of_epoch).add("history", history);
  checkpoint.add("early stopping", early).add("inputs", contract);
  const train::CheckpointFolder folder(folder_name, 2);
  folder.load(checkpoint);  // goes on from the newest, if there is one
  train::Progress progress(train::Progress::Options().style(train::ProgressStyle::silent));

  const train::InterruptScope interrupt;
  while (epoch < 5 && !early.should_stop() && !interrupt.requested()) {
    std::int64_t done = 0;
    progress.begin("epoch " + std::to_string(epoch), loader.dataset_size());
    for (auto [x, t] : loader) {
      if (epoch == 0) contract.observe(x);
      const Tensor loss = nn::cross_entropy(model(x), t);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      loss_of_epoch.add(loss.item(), static_cast<double>(t.size()));
      progress.update(done += t.size());
      if (++step == stop_at || interrupt.requested()) break;
    }
    if (loader.position().batch != 0) {  // the epoch is not complete
      folder.save(checkpoint, step);
      return {};
    }
    train::Accuracy accuracy;
    {
      const NoGrad off;
      model.eval();
      for (auto [x, t] : held_out) {
        train::check_inputs(contract, x);
        accuracy.update(model(x), t);
      }
      model.train();
    }
    early.update(1 - accuracy.value());
    history.add({{"loss", loss_of_epoch.value()}, {"accuracy", accuracy.value()}});
    loss_of_epoch.reset();
    ++epoch;
    folder.save(checkpoint, step);
  }
  std::cout << history.size() << " rows in the history, " << folder.steps().size() << " checkpoints\n";
  return model.parameters()[0].detach();
}

std::string all_digits(double x) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

/// The share of predictions that are off by no more than a tolerance.
class WithinTolerance : public train::Metric {
 public:
  explicit WithinTolerance(double tolerance)
      : Metric("WithinTolerance", 2, 0, all_digits(tolerance)), tolerance_(tolerance) {}  // 2 counts, no sums
  void update(const Tensor& prediction, const Tensor& target) override {
    if (prediction.shape() != target.shape()) refuse("prediction and target differ in shape: they must agree");
    const NoGrad off;
    counts()[0] += sum(abs(prediction - target) <= tolerance_).item<std::int64_t>();
    counts()[1] += target.size();
  }
  double value() const override { return static_cast<double>(counts()[0]) / static_cast<double>(counts()[1]); }

 private:
  double tolerance_;
};

void with_a_metric_of_ones_own() {
  WithinTolerance close(0.1), others = close;
  close.update(Tensor{1., 2., 3.}, Tensor{1.05, 2.5, 3.});
  others.update(Tensor{1.}, Tensor{2.});
  close.merge(others);
  std::cout << "within the tolerance: " << close.value() << '\n';
}

void counted() {
  const Tensor scores = Tensor({{2., 1., 0.}, {0., 3., 1.}, {1., 0., 2.}, {2., 1., 1.}}), classes = Tensor{0, 1, 2, 1};
  train::ConfusionMatrix matrix(3);
  train::F1Score f1(train::F1Score::Options().classes(3).average(train::Average::macro));
  train::TopKAccuracy top(2);
  for (train::Metric* metric : std::initializer_list<train::Metric*>{&matrix, &f1, &top})
    metric->update(scores, classes);
  std::cout << matrix.matrix() << '\n';
  std::cout << "F1 of each class " << f1.values() << ", mean " << f1.value() << '\n';
  train::F1Score of_all = f1;  // of another thread, say
  of_all.merge(f1);
  std::cout << of_all.value() << ", top 2 " << top.value() << '\n';
}

}  // namespace

int main() {
  const data::TensorDataset<2> points = data::moons(200, 0.1, 1), others = data::moons(100, 0.1, 2);
  const auto how = data::DataLoader::Options().batch_size(20).shuffle();
  data::DataLoader loader(points, how), held_out(others, data::DataLoader::Options().batch_size(100));
  with_a_trainer(loader, held_out);
  with_a_loss_module(loader);
  with_a_step_of_ones_own();
  with_callbacks(loader);
  in_two_parts(how, points);
  for (const char* folder : {"loop", "stopped loop"}) std::filesystem::remove_all(folder);
  const std::optional<Tensor> weight = with_a_loop(how, points, held_out, "loop", -1);
  const bool stopped = !with_a_loop(how, points, held_out, "stopped loop", 13);
  const std::optional<Tensor> continued = with_a_loop(how, points, held_out, "stopped loop", -1);
  std::cout << "stopped and continued, the same weights: "
            << (stopped && all(*weight == *continued).item<bool>() ? "yes" : "no") << '\n';
  counted();
  with_a_metric_of_ones_own();
}
