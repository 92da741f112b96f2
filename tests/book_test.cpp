// The net of Deep Learning from Scratch, 784-50-100-10 with sigmoids, from the weights that come with the book.

#include <filesystem>
#include <string>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/mnist.hpp>
#include <xgrad/io/io.hpp>
#include <xgrad/nn/nn.hpp>

#include "book_data.hpp"
#include "catch2.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

/// The weights in PyTorch's layout, under the keys of a Sequential: y = x W + b becomes y = x Wᵀ + b.
StateDict converted(const StateDict& book) {
  StateDict state;
  for (int layer = 1; layer <= 3; ++layer) {
    const std::string key = std::to_string(2 * (layer - 1)), number = std::to_string(layer);
    state.emplace_back(key + ".weight", transpose(book.at("W" + number)));
    state.emplace_back(key + ".bias", book.at("b" + number));
  }
  return state;
}

nn::Sequential net() {
  return {nn::Linear(784, 50), nn::Sigmoid(), nn::Linear(50, 100), nn::Sigmoid(), nn::Linear(100, 10)};
}

}  // namespace

TEST_CASE("the book's weights classify 9352 of MNIST's test pictures, also when stored in half precision", "[io]") {
  const std::string weights = book::weights("mlp_784_50_100_10.npz");
  if (weights.empty()) return;
  const data::ImageDataset pictures = data::load_mnist(book::mnist(), data::Split::test);
  const StateDict published = io::load_npz(weights);
  REQUIRE(published.size() == 6);
  CHECK(published.at("W1").shape() == Shape{784, 50});
  CHECK(published.at("W1").dtype() == float32);
  nn::Sequential model = net();
  model.load_state_dict(converted(published));
  CHECK(book::correct(model, pictures, {-1, 784}, pictures.size()) == 9352);

  const Folder folder;
  for (const io::Floats floats : {io::Floats::float16, io::Floats::bfloat16}) {
    const std::string path = folder.file("half.safetensors");
    io::save_safetensors(model.state_dict(), path, {}, io::SafetensorsOptions().floats(floats).checksum());
    CHECK(std::filesystem::file_size(path) < 100000);  // 45,360 numbers
    nn::Sequential half = net();
    half.load_state_dict(io::load_safetensors(path));
    WARN((floats == io::Floats::float16 ? "float16: " : "bfloat16: ")
         << book::correct(half, pictures, {-1, 784}, pictures.size()));
  }
}
