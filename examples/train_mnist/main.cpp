// Trains 784-50-10 with batch normalisation and dropout on MNIST or Fashion-MNIST.

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <xgrad/xgrad.hpp>

#include "curve.hpp"

using namespace xgrad;

namespace {

struct Settings {
  std::string data;
  std::string out = "mnist-run";
  std::string history;
  int epochs = 21;
  int batch_size = 100;
  double lr = 0.1;
  std::uint64_t seed = 1;
  int threads = 0;
};

volatile std::sig_atomic_t interrupted = 0;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

nn::Sequential mnist_network() {
  return nn::Sequential{nn::Linear(784, 50, nn::no_bias), nn::BatchNorm1d(50), nn::ReLU(), nn::Dropout(0.5),
                        nn::Linear(50, 10, nn::no_bias)};
}

/// A progress bar on a terminal, updated at most twenty times a second; not shown when the output is piped.
class Progress {
 public:
  Progress(int epoch, std::int64_t images) : epoch_(epoch), images_(images) {}

  void show(std::int64_t done) {
    if (!terminal_ || (done < images_ && seconds_since(shown_) < 0.05)) return;
    shown_ = std::chrono::steady_clock::now();
    const double rate = static_cast<double>(done) / std::max(1e-9, seconds_since(start_));
    const int filled = static_cast<int>(30 * done / std::max<std::int64_t>(1, images_));
    std::printf("\repoch %2d  [%s%s] %6.0f images/s ", epoch_,
                std::string(static_cast<std::size_t>(filled), '#').c_str(),
                std::string(static_cast<std::size_t>(30 - filled), '.').c_str(), rate);
    std::fflush(stdout);
  }

  void clear() const {
    if (terminal_) std::printf("\r%70s\r", "");
  }

 private:
  int epoch_;
  std::int64_t images_;
  bool terminal_ = isatty(STDOUT_FILENO) != 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), shown_{};
};

struct Evaluation {
  double loss = 0, accuracy = 0;
};

Evaluation evaluate(nn::Sequential& model, data::DataLoader& loader) {
  const NoGrad off;
  model.eval();
  double loss = 0, right = 0;
  for (auto [images, labels] : loader) {
    const Tensor logits = model(images);
    loss += nn::cross_entropy(logits, labels).item() * static_cast<double>(labels.size());
    right += sum(argmax(logits, 1) == labels).item();
  }
  model.train();
  const auto n = static_cast<double>(loader.dataset_size());
  return {loss / n, right / n};
}

/// One pass over the training images; the mean of the batches' losses.
double train(nn::Sequential& model, optim::SGD& optimizer, data::DataLoader& loader, Progress& progress) {
  double total = 0;
  std::int64_t batches = 0, seen = 0;
  for (auto [images, labels] : loader) {
    if (interrupted) break;
    const Tensor loss = nn::cross_entropy(model(images), labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    total += loss.item();
    ++batches;
    progress.show(seen += labels.size());
  }
  return batches == 0 ? 0 : total / static_cast<double>(batches);
}

void save_run(const Settings& settings, const nn::Sequential& model, const std::vector<Epoch>& history) {
  const std::filesystem::path out = settings.out;
  io::save_safetensors(model.state_dict(), (out / "model.safetensors").string());
  io::AtomicFile curve((out / "curve.svg").string(), "curve");
  curve.write(curve_svg(history, "784-50-10 on " + std::filesystem::path(settings.data).filename().string()));
  curve.commit();
  std::printf("saved %s and %s\n", (out / "model.safetensors").c_str(), (out / "curve.svg").c_str());
  if (settings.history.empty()) return;
  io::AtomicFile table(settings.history, "history");
  table.write("epoch,train_loss,test_loss,test_accuracy,seconds\n");
  for (const Epoch& epoch : history) {
    char row[160];
    std::snprintf(row, sizeof row, "%d,%.6f,%.6f,%.4f,%.3f\n", epoch.number, epoch.train_loss, epoch.test_loss,
                  epoch.test_accuracy, epoch.seconds);
    table.write(row);
  }
  table.commit();
}

int run(const Settings& settings) {
  if (settings.threads > 0) set_num_threads(settings.threads);
  manual_seed(settings.seed);
  std::filesystem::create_directories(settings.out);
  const data::ImageDataset train_set = data::load_mnist(settings.data, data::Split::train);
  const data::ImageDataset test_set = data::load_mnist(settings.data, data::Split::test);
  data::DataLoader train_loader(
      train_set, data::DataLoader::Options().batch_size(settings.batch_size).shuffle().seed(settings.seed));
  data::DataLoader test_loader(test_set, data::DataLoader::Options().batch_size(1000));
  std::printf("%lld training and %lld test images from %s\n\n", static_cast<long long>(train_set.size()),
              static_cast<long long>(test_set.size()), settings.data.c_str());

  nn::Sequential model = mnist_network();
  std::cout << model << "\n\n";
  nn::summary(model, {settings.batch_size, 784}, std::cout);
  optim::SGD optimizer(model.parameters(), settings.lr);
  const Evaluation before = evaluate(model, test_loader);
  std::cout.flush();
  std::printf("\nbefore training: test loss %.4f (ln 10 = 2.3026), test accuracy %.2f %%\n", before.loss,
              100 * before.accuracy);

  std::vector<Epoch> history;
  for (int number = 0; number < settings.epochs && !interrupted; ++number) {
    Progress progress(number, train_set.size());
    const auto start = std::chrono::steady_clock::now();
    const double loss = train(model, optimizer, train_loader, progress);
    const double seconds = seconds_since(start);
    progress.clear();
    if (interrupted) break;
    const Evaluation test = evaluate(model, test_loader);
    history.push_back({number, loss, test.loss, test.accuracy, seconds});
    std::printf("epoch %2d: training loss %.6f, test loss %.4f, test accuracy %.2f %%, %.2f s, %.0f images/s\n", number,
                loss, test.loss, 100 * test.accuracy, seconds, static_cast<double>(train_set.size()) / seconds);
    std::fflush(stdout);
  }
  if (interrupted) std::printf("interrupted: keeping what is there after %zu whole epochs\n", history.size());
  save_run(settings, model, history);
  return interrupted ? 130 : 0;
}

std::string default_data() {
  if (const char* folder = std::getenv("XGRAD_MNIST")) return folder;
  return "/usr/share/datasets/fashion-mnist";
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  settings.data = default_data();
  CLI::App app{"Trains a 784-50-10 network with batch normalisation and dropout on MNIST or Fashion-MNIST."};
  app.add_option(
      "--data", settings.data,
      "folder with the four IDX files, plain or .gz (default: the variable XGRAD_MNIST, else Debian's Fashion-MNIST)");
  app.add_option("--out", settings.out, "folder for model.safetensors and curve.svg")->capture_default_str();
  app.add_option("--history", settings.history, "CSV file for epoch,train_loss,test_loss,test_accuracy,seconds");
  app.add_option("--epochs", settings.epochs, "passes over the training images")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--batch-size", settings.batch_size, "images in a batch")
      ->check(CLI::Range(2, 60000))
      ->capture_default_str();
  app.add_option("--lr", settings.lr, "learning rate")->check(CLI::Range(0.0, 1e6))->capture_default_str();
  app.add_option("--seed", settings.seed, "seed of weights, order and dropout")->capture_default_str();
  app.add_option("--threads", settings.threads, "threads to compute with; 0 takes what there is")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::signal(SIGINT, [](int) { interrupted = 1; });
  try {
    return run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train_mnist: %s\n", error.what());
    return 1;
  }
}
