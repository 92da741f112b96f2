// The DeepConvNet of Deep Learning from Scratch by the weights that come with the book.

#include <cstdlib>
#include <filesystem>
#include <string>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/mnist.hpp>
#include <xgrad/io/io.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

std::string folder_of(const char* variable, const char* name) {
  if (const char* folder = std::getenv(variable)) return folder;
  return std::string(XGRAD_SOURCE_DIR "/../shared/data/") + name;
}

/// With ReLU after each convolution and pooling after every second.
nn::Sequential net() {
  nn::Sequential all;
  const int channels[] = {1, 16, 16, 32, 32, 64, 64}, padding[] = {1, 1, 1, 2, 1, 1};
  for (int i = 0; i < 6; ++i) {
    all.push_back("W" + std::to_string(i + 1),
                  nn::Conv2d(channels[i], channels[i + 1], 3, nn::Conv2d::Options().padding(padding[i])));
    all.push_back("relu" + std::to_string(i + 1), nn::ReLU());
    if (i % 2 == 1) all.push_back("pool" + std::to_string(i + 1), nn::MaxPool2d(2));
  }
  all.push_back("flatten", nn::Flatten());
  all.push_back("W7", nn::Linear(1024, 50));
  all.push_back("relu7", nn::ReLU());
  all.push_back("W8", nn::Linear(50, 10));
  return all;
}

/// The weights in PyTorch's layout; `share` scales the input of the last layer.
StateDict converted(const StateDict& book, double share) {
  StateDict state;
  for (int i = 1; i <= 8; ++i) {
    const std::string key = "W" + std::to_string(i);
    Tensor weight = book.at(key);
    if (i > 6) weight = transpose(weight);
    if (i == 8) weight = weight * share;
    state.emplace_back(key + ".weight", weight);
    state.emplace_back(key + ".bias", book.at("b" + std::to_string(i)));
  }
  return state;
}

std::int64_t correct(const nn::Sequential& model, const data::ImageDataset& pictures) {
  const NoGrad off;
  const Tensor images = pictures.images().reshape({-1, 1, 28, 28}), labels = pictures.labels();
  std::int64_t count = 0;
  for (std::int64_t at = 0; at < pictures.size(); at += 100)
    count += sum(argmax(model(narrow(images, 0, at, 100)), 1) == narrow(labels, 0, at, 100)).item<std::int64_t>();
  return count;
}

}  // namespace

TEST_CASE("the book's convolution net classifies 9935 of MNIST's test pictures", "[io]") {
  const std::string weights = folder_of("XGRAD_BOOK", "book") + "/deep_convnet.npz";
  const std::string mnist = folder_of("XGRAD_MNIST", "mnist");
  if (!std::filesystem::exists(weights) || !std::filesystem::exists(mnist)) {
    WARN("skipped: the weights of the book or MNIST are not there: XGRAD_BOOK and XGRAD_MNIST name their folders");
    return;
  }
  const data::ImageDataset pictures = data::load_mnist(mnist, data::Split::test);
  const StateDict book = io::load_npz(weights);
  nn::Sequential model = net();
  model.load_state_dict(converted(book, 0.5));
  CHECK(correct(model, pictures) == 9935);
  model.load_state_dict(converted(book, 1));
  CHECK(correct(model, pictures) == 9938);
}
