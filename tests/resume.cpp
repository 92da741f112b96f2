// Trainings that are killed and go on: `resume` trains a small network with each optimiser once without an end, and
// once in processes that are killed by SIGKILL, at steps in the middle of an epoch and at moments of the clock.
// Weights, state and history must have the same bits. `resume run FOLDER OPTIMISER EPOCHS [KILL_AT_STEP]` is one such
// process.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#include "folder.hpp"

using namespace xgrad;

namespace {

namespace fs = std::filesystem;
using Parameters = std::vector<Tensor>;
using Make = std::unique_ptr<optim::Optimizer> (*)(Parameters);

struct Kind {
  const char* name;
  Make make;
};

template <class O>
std::unique_ptr<optim::Optimizer> made(Parameters parameters) {
  return std::make_unique<O>(std::move(parameters), 0.02);
}

const Kind kinds[] = {
    {"SGD", made<optim::SGD>},
    {"momentum",
     [](Parameters p) -> std::unique_ptr<optim::Optimizer> {
       return std::make_unique<optim::SGD>(std::move(p), 0.02, optim::SGD::Options().momentum(0.9).nesterov());
     }},
    {"Adam", made<optim::Adam>},
    {"AMSGrad",
     [](Parameters p) -> std::unique_ptr<optim::Optimizer> {
       return std::make_unique<optim::Adam>(std::move(p), 0.02, optim::Adam::Options().amsgrad());
     }},
    {"AdamW", made<optim::AdamW>},
    {"Adamax", made<optim::Adamax>},
    {"NAdam", made<optim::NAdam>},
    {"RAdam", made<optim::RAdam>},
    {"Adagrad", made<optim::Adagrad>},
    {"Adadelta", made<optim::Adadelta>},
    {"RMSprop", made<optim::RMSprop>},
    {"Rprop", made<optim::Rprop>},
    {"ASGD", made<optim::ASGD>},
    {"Lion", made<optim::Lion>},
    {"Muon",
     [](Parameters p) -> std::unique_ptr<optim::Optimizer> {
       p.erase(std::remove_if(p.begin(), p.end(), [](const Tensor& each) { return each.rank() != 2; }), p.end());
       return std::make_unique<optim::Muon>(std::move(p), 0.02);
     }},
    {"Adafactor", made<optim::Adafactor>},
    {"LBFGS", made<optim::LBFGS>},
};

int run(const std::string& folder, const std::string& optimiser, int epochs, std::int64_t kill_at) {
  manual_seed(11);
  const Tensor x = randn({70, 6}), t = (sum(x, 1) > 0).to(int64);
  nn::Sequential model{nn::Linear(6, 12), nn::BatchNorm1d(12), nn::ReLU(),
                       nn::Dropout(0.5),  nn::Linear(12, 8),   nn::Dropout(0.3, Generator(5)),
                       nn::Linear(8, 2)};
  std::unique_ptr<optim::Optimizer> optimizer;
  for (const Kind& kind : kinds)
    if (optimiser == kind.name) optimizer = kind.make(model.parameters());
  optim::CosineAnnealingWarmRestarts schedule(*optimizer, 7);
  optim::ReduceLROnPlateau plateau(*optimizer, optim::ReduceLROnPlateau::Options().patience(0).factor(0.5));
  optim::AveragedModel<nn::Sequential> average(model, optim::AveragingOptions().ema(0.9));
  // Rows are changed at random, by threads that are ahead of the training.
  const data::TransformedDataset noisy(data::TensorDataset(x, t), data::transforms::GaussianNoise(0, 0.2));
  data::DataLoader loader(noisy, data::DataLoader::Options().batch_size(8).shuffle().seed(2).workers(2));
  data::DataLoader held_out(data::TensorDataset(x, t), data::DataLoader::Options().batch_size(16).shuffle());
  train::Trainer::Options options;
  if (optimiser != "LBFGS") options.accumulate(2).clip_grad_norm(1);  // which computes the gradients itself
  // Batches of 8 of 70 rows: 9 in an epoch, the last smaller; 5 groups of 2, the last of one batch.
  train::Trainer trainer(model, *optimizer, nn::cross_entropy,
                         options.epochs(epochs)
                             .schedule(schedule, train::Per::step)
                             .schedule(plateau)
                             .average(average, model)
                             .metric("accuracy", train::Accuracy())
                             .metric("f1", train::F1Score())
                             .train_metric("accuracy", train::Accuracy())
                             .keep_best("val_loss")
                             .restore_best()
                             .checkpoints(folder + "/steps", 3)
                             .checkpoint_every_steps(3)
                             .resume()
                             .progress(train::ProgressStyle::silent)
                             .on_batch_end([kill_at](train::Trainer& self) {
                               if (kill_at > 0 && self.step() >= kill_at && self.batch() % 2 == 1)
                                 ::kill(::getpid(), SIGKILL);
                             }));
  trainer.fit(loader, held_out);
  if (trainer.interrupted()) return 130;
  StateDict all = model.state_dict();
  for (const auto& [key, value] : optimizer->state_dict()) all.emplace_back("optimizer." + key, value);
  for (const std::string& column : trainer.history().columns())
    if (column != "seconds") all.emplace_back("history." + column, Tensor(trainer.history()[column]));
  all.emplace_back("inputs", trainer.contract().deviation());
  all.emplace_back("random", rand({3}));
  for (const auto& [key, value] : schedule.state_dict()) all.emplace_back("schedule." + key, value);
  for (const auto& [key, value] : plateau.state_dict()) all.emplace_back("plateau." + key, value);
  for (const auto& [key, value] : average.state_dict()) all.emplace_back("average." + key, value);
  io::save_safetensors(all, folder + "/result");
  return 0;
}

/// The status of a process that trains; it gets a signal after some microseconds, if they are given.
int process(const std::string& folder, const std::string& optimiser, int epochs, int kill_at, int kill_after = 0,
            int signal = SIGKILL) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/proc/self/exe", "resume", "run", folder.c_str(), optimiser.c_str(), std::to_string(epochs).c_str(),
            std::to_string(kill_at).c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  if (kill_after > 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(kill_after));
    ::kill(child, signal);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return status;
}

std::string bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

int fail(const char* what, const char* optimiser) {
  std::printf("resume: %s: %s\n", optimiser, what);
  return 1;
}

int compare(const Kind& kind, const fs::path& place) {
  constexpr int epochs = 4;
  const auto folder = [&](const std::string& name) {
    fs::create_directories(place / kind.name / name);
    return (place / kind.name / name).string();
  };
  const std::string whole = folder("whole");
  if (process(whole, kind.name, epochs, 0) != 0) return fail("the training that is not killed fails", kind.name);
  const std::string expected = bytes(whole + "/result");

  const std::string steps = folder("steps");
  for (const int at : {2, 8, 13, 19})  // in each epoch once, between checkpoints, before the first one too
    if (!killed(process(steps, kind.name, epochs, at))) return fail("was not killed", kind.name);
  if (process(steps, kind.name, epochs, 0) != 0 || bytes(steps + "/result") != expected)
    return fail("killed at steps, the training comes to another end", kind.name);

  const std::string clock = folder("clock");
  int kills = 0;
  for (int i = 1, status = 1; status != 0 && i < 400; ++i) {
    status = process(clock, kind.name, epochs, 0, 3000 + 1500 * i);
    kills += killed(status) ? 1 : 0;
    if (status != 0 && !killed(status)) return fail("fails when it goes on", kind.name);
  }
  if (bytes(clock + "/result") != expected) return fail("killed by the clock, it comes to another end", kind.name);

  // Ctrl-C before there is a handler, and a second one, end the process; else it ends in order.
  const std::string keys = folder("keys");
  for (int i = 1, status = 1; status != 0 && i < 100; ++i) {
    status = process(keys, kind.name, epochs, 0, 4000 + 5000 * i, SIGINT);
    const bool interrupted =
        (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) || (WIFEXITED(status) && WEXITSTATUS(status) == 130);
    if (status != 0 && !interrupted) return fail("fails when it is interrupted", kind.name);
  }
  if (bytes(keys + "/result") != expected) return fail("interrupted by Ctrl-C, it comes to another end", kind.name);
  std::printf("%-10s the same bits after 4 and after %d kills, and after Ctrl-C\n", kind.name, kills);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 6 && std::strcmp(argv[1], "run") == 0)
    return run(argv[2], argv[3], std::atoi(argv[4]), std::atoi(argv[5]));
  const Folder place;
  int failures = 0;
  bool known = false;
  for (const Kind& kind : kinds)
    if (argc < 2 || std::strcmp(argv[1], kind.name) == 0) {
      known = true;
      failures += compare(kind, place.path());
    }
  if (!known) std::fprintf(stderr, "resume: no optimiser %s\n", argv[1]);
  return known ? failures : 2;
}
