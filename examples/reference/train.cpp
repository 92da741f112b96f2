// The examples of docs/reference/train.md.

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/train.hpp>

#include "example.hpp"

namespace {

void trainers() {
  manual_seed(1);
  example("Trainer", "TrainerOptions");
  {
    const Tensor x = linspace(0, 1, 20).reshape({20, 1});
    const data::TensorDataset line(x, 3 * x + 1);
    data::DataLoader loader(line, data::DataLoader::Options().batch_size(5).shuffle()), held_out = loader;
    nn::Linear model(1, 1);
    optim::Adam optimizer(model.parameters(), 0.1);
    train::Trainer trainer(model, optimizer, nn::mse_loss,
                           train::Trainer::Options()
                               .epochs(100)
                               .progress(train::ProgressStyle::silent)
                               .metric("error", train::MeanAbsoluteError()));
    const train::History& history = trainer.fit(loader, held_out);
    std::cout << round(model.weight.detach(), 1) << ' ' << round(model.bias.detach(), 1) << '\n'
              << std::boolalpha << (history["val_error"].back() < 0.1) << '\n';
  }
}

data::DataLoader line_loader() {
  const Tensor x = linspace(0, 1, 20).reshape({20, 1});
  return data::DataLoader(data::TensorDataset(x, 3 * x + 1), data::DataLoader::Options().batch_size(5));
}

void parts() {
  data::DataLoader loader = line_loader();
  example("Per");
  {
    nn::Linear model(1, 1);
    optim::SGD optimizer(model.parameters(), 1);
    optim::ExponentialLR schedule(optimizer, 0.5);
    auto options =
        train::Trainer::Options().schedule(schedule, train::Per::step).progress(train::ProgressStyle::silent);
    train::Trainer trainer(model, optimizer, nn::mse_loss, options);
    trainer.fit(loader);
    std::cout << optimizer.lr() << " after " << trainer.step() << " steps\n";
  }
  example("Objective", "StepResult");
  {
    nn::Linear model(1, 1);
    optim::SGD optimizer(model.parameters(), 0.1);
    const auto step = [&](const std::vector<Tensor>& columns) -> train::StepResult {
      const Tensor y = model(columns[0]);
      return {mean(abs(y - columns[1])), y, columns[1]};
    };
    train::Trainer trainer(model, optimizer, step,
                           train::Trainer::Options().epochs(2).progress(train::ProgressStyle::silent));
    std::cout << trainer.fit(loader).size() << " epochs\n";
  }
  example("Callback");
  {
    struct Watch : train::Callback {
      void on_epoch_end(train::Trainer& trainer, train::Record& row) override {
        row.set("weight", trainer.model().parameter("weight").item());
        if (trainer.epoch() == 2) trainer.stop();  // the third: they count from 0
      }
    };
    nn::Linear model(1, 1);
    optim::SGD optimizer(model.parameters(), 0.1);
    const auto options = train::Trainer::Options()
                             .epochs(100)
                             .callback(std::make_shared<Watch>())
                             .progress(train::ProgressStyle::silent);
    train::Trainer trainer(model, optimizer, nn::mse_loss, options);
    std::cout << trainer.fit(loader)["weight"].size() << " epochs\n";
  }
  example("Batches");
  {
    const train::Batches batches(loader);
    batches.for_each([](const std::vector<Tensor>& columns) {
      std::cout << columns[0].shape() << ' ';
      return true;  // goes on
    });
    std::cout << batches.size() << " batches, " << batches.rows() << " rows\n";
  }
}

void tables() {
  example("History");
  {
    train::History history;
    history.add({{"loss", 0.5}, {"accuracy", 0.75}});
    history.add({{"loss", 0.25}, {"accuracy", 0.875}});
    std::cout << history["loss"].back() << '\n' << history.csv() << history.json_lines();
  }
  example("Record");
  {
    train::Record row = {{"loss", 0.25}};
    row.set("accuracy", 0.875);
    for (const auto& [name, value] : row) std::cout << name << ' ' << value << '\n';
    std::cout << row["accuracy"] << '\n';
  }
  example("EarlyStopping", "EarlyStoppingOptions");
  {
    train::EarlyStopping early(train::EarlyStopping::Options().patience(2));
    for (const double loss : {0.5, 0.3, 0.4, 0.35, 0.2}) {
      std::cout << loss << (early.update(loss) ? " is the best\n" : "\n");
      if (early.should_stop()) break;
    }
    std::cout << early.best() << " at " << early.best_index() << '\n';
  }
  example("InputContract");
  {
    train::InputContract contract;
    contract.observe(Tensor({{0.f, 0.5f}, {1.f, 0.25f}}));
    std::cout << contract.rows() << " rows, " << contract.minimum() << " to " << contract.maximum() << ", mean "
              << contract.mean() << '\n';
    for (const std::string& breach : contract.breaches(Tensor({{0., 0.5}}))) std::cout << breach << '\n';
  }
  example("check_inputs");
  {
    train::InputContract contract;
    contract.observe(Tensor({{0.f, 0.5f}, {1.f, 0.25f}}));
    const Tensor bytes = Tensor({{0.f, 128.f}, {255.f, 64.f}});
    const bool fits =
        train::check_inputs(contract, bytes, [](const std::string& breach) { std::cout << breach << '\n'; });
    std::cout << std::boolalpha << fits << '\n';
  }
}

void checkpoints() {
  example("Checkpoint");
  {
    nn::Linear model(3, 2);
    optim::Adam optimizer(model.parameters());
    std::int64_t epoch = 12;
    train::Checkpoint checkpoint;
    checkpoint.add("model", model).add("optimizer", optimizer).add("epoch", epoch);
    checkpoint.save("run.safetensors");
    epoch = 0;
    checkpoint.load("run.safetensors");  // in the process that goes on
    std::cout << "epoch " << epoch << '\n';
  }
  example("load_part");
  {
    nn::Linear model(3, 2);
    std::int64_t step = 12;
    train::Checkpoint().add("model", model).add("step", step).save("run.safetensors");
    nn::Linear other(3, 2);
    other.load_state_dict(train::load_part("run.safetensors", "model"));
    std::cout << sum(other.weight != model.weight) << '\n';
    std::remove("run.safetensors");
  }
  std::filesystem::remove_all("run");
  example("CheckpointFolder");
  {
    std::int64_t step = 0;
    train::Checkpoint checkpoint;
    checkpoint.add("step", step);
    const train::CheckpointFolder folder("run", 2);
    for (step = 100; step <= 300; step += 100) std::cout << folder.save(checkpoint, step) << '\n';
    std::cout << folder.steps().size() << " are kept, the last of step " << folder.load(checkpoint)->step << '\n';
  }
  std::filesystem::remove_all("run");
}

void loops() {
  std::signal(SIGINT, SIG_DFL);  // which is ignored where a test runs as a background job
  example("InterruptScope");
  {
    const train::InterruptScope interrupt;
    for (int batch = 0; batch < 100; ++batch) {
      if (interrupt.requested()) {
        std::cout << "ends before batch " << batch << '\n';
        break;
      }
      if (batch == 2) std::raise(SIGINT);  // as Ctrl-C does
    }
  }
  example("Progress", "ProgressOptions", "ProgressStyle");
  {
    train::Progress progress(train::Progress::Options().style(train::ProgressStyle::lines));
    progress.begin("epoch 0", 1000);
    for (int done = 100; done <= 1000; done += 100) progress.update(done, "loss 0.25");  // a bar, on a terminal
    progress.print("epoch 0: loss 0.25");
  }
}

}  // namespace

int main() {
  trainers();
  parts();
  tables();
  checkpoints();
  loops();
  return 0;
}
