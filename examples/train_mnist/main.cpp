// Trains 784-50-10 with batch normalisation and dropout on MNIST or Fashion-MNIST.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include <xgrad/train.hpp>
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
  bool resume = false;
};

nn::Sequential mnist_network() {
  return nn::Sequential{nn::Linear(784, 50, nn::no_bias), nn::BatchNorm1d(50), nn::ReLU(), nn::Dropout(0.5),
                        nn::Linear(50, 10, nn::no_bias)};
}

void save_text(const std::string& path, const std::string& text) {
  io::AtomicFile file(path);
  file.write(text);
  file.commit();
}

int run(const Settings& settings) {
  if (settings.threads > 0) set_num_threads(settings.threads);
  manual_seed(settings.seed);
  const std::filesystem::path out = settings.out;
  const std::string weights = (out / "model.safetensors").string(), curve = (out / "curve.svg").string();
  std::filesystem::create_directories(out);
  if (!settings.resume) std::filesystem::remove_all(out / "checkpoints");
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
  train::Trainer trainer(model, optimizer, nn::cross_entropy,
                         train::Trainer::Options()
                             .epochs(settings.epochs)
                             .metric("accuracy", train::Accuracy())
                             .prefixes("train_", "test_")
                             .transforms({"byte / 255"})
                             .checkpoints((out / "checkpoints").string(), 2)
                             .resume());
  std::cout << std::endl;
  if (!settings.resume) {
    const train::Record before = trainer.evaluate(test_loader);
    std::printf("before training: test loss %.4f (ln 10 = 2.3026), test accuracy %.2f %%\n", before.at("loss"),
                100 * before.at("accuracy"));
  }

  const train::History& history = trainer.fit(train_loader, test_loader);
  io::save_safetensors(model.state_dict(), weights);
  save_text(curve, curve_svg(history, "784-50-10 on " + std::filesystem::path(settings.data).filename().string()));
  if (!settings.history.empty())
    history.save_csv(settings.history, {"epoch", "train_loss", "test_loss", "test_accuracy", "seconds"});
  std::printf("saved %s and %s\n", weights.c_str(), curve.c_str());
  return trainer.interrupted() ? 130 : 0;
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
  app.add_option("--out", settings.out, "folder for model.safetensors, curve.svg and checkpoints")
      ->capture_default_str();
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
  app.add_flag("--resume", settings.resume, "go on from the newest checkpoint in the output folder");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train_mnist: %s\n", error.what());
    return 1;
  }
}
