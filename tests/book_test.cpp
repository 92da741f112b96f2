// The net of Deep Learning from Scratch, 784-50-100-10 with sigmoids, from the weights that come with the book.

#include <cstdlib>
#include <filesystem>
#include <string>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/mnist.hpp>
#include <xgrad/io/io.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

std::string folder_of(const char* variable, const char* name) {
  if (const char* folder = std::getenv(variable)) return folder;
  return std::string(XGRAD_SOURCE_DIR "/../shared/data/") + name;
}

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

/// How many of the test pictures are classified right, in batches of 100.
std::int64_t correct(const nn::Sequential& model, const data::ImageDataset& pictures) {
  const NoGrad off;
  const Tensor images = pictures.images(), labels = pictures.labels();
  std::int64_t count = 0;
  for (std::int64_t at = 0; at < pictures.size(); at += 100)
    count += sum(argmax(model(narrow(images, 0, at, 100)), 1) == narrow(labels, 0, at, 100)).item<std::int64_t>();
  return count;
}

}  // namespace

TEST_CASE("the book's weights classify 9352 of MNIST's test pictures, also when stored in half precision", "[io]") {
  const std::string weights = folder_of("XGRAD_BOOK", "book") + "/mlp_784_50_100_10.npz";
  const std::string mnist = folder_of("XGRAD_MNIST", "mnist");
  if (!std::filesystem::exists(weights) || !std::filesystem::exists(mnist)) {
    WARN("skipped: the weights of the book or MNIST are not there: XGRAD_BOOK and XGRAD_MNIST name their folders");
    return;
  }
  const data::ImageDataset pictures = data::load_mnist(mnist, data::Split::test);
  const StateDict book = io::load_npz(weights);
  REQUIRE(book.size() == 6);
  CHECK(book.at("W1").shape() == Shape{784, 50});
  CHECK(book.at("W1").dtype() == float32);
  nn::Sequential model = net();
  model.load_state_dict(converted(book));
  CHECK(correct(model, pictures) == 9352);

  const Folder folder;
  for (const io::Floats floats : {io::Floats::float16, io::Floats::bfloat16}) {
    const std::string path = folder.file("half.safetensors");
    io::save_safetensors(model.state_dict(), path, {}, io::SafetensorsOptions().floats(floats).checksum());
    CHECK(std::filesystem::file_size(path) < 100000);  // 45,360 numbers
    nn::Sequential half = net();
    half.load_state_dict(io::load_safetensors(path));
    WARN((floats == io::Floats::float16 ? "float16: " : "bfloat16: ") << correct(half, pictures));
  }
}
