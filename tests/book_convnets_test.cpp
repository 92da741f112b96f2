// The DeepConvNet of Deep Learning from Scratch by the weights that come with the book.

#include <string>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/mnist.hpp>
#include <xgrad/io/io.hpp>
#include <xgrad/nn/nn.hpp>

#include "book_data.hpp"
#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

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

}  // namespace

TEST_CASE("the book's convolution net classifies 9935 of MNIST's test pictures", "[io]") {
  const std::string weights = book::weights("deep_convnet.npz");
  if (weights.empty()) return;
  const data::ImageDataset pictures = data::load_mnist(book::mnist(), data::Split::test);
  const StateDict published = io::load_npz(weights);
  nn::Sequential model = net();
  model.load_state_dict(converted(published, 0.5));
  // A build that is slow sees the first pictures only.
  const std::int64_t first = scaled(10000, 600);
  CHECK(book::correct(model, pictures, {-1, 1, 28, 28}, first) == scaled(9935, 596));
  model.load_state_dict(converted(published, 1));
  CHECK(book::correct(model, pictures, {-1, 1, 28, 28}, first) == scaled(9938, 596));
}
