// Inference with weights that were trained elsewhere, as .npz: from its layout, y = x W + b, into our keys.
//
//     example_23_book_inference mlp_784_50_100_10.npz MNIST-FOLDER
//
// takes the weights of Deep Learning from Scratch's 784-50-100-10 net: accuracy 0.9352 in batches of 100, stored as
// float16 0.9352, as bfloat16 0.9353. Without arguments only the book's net of 2-3-2-2 is computed.

#include <cstdio>
#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

/// W (in, out) becomes weight (out, in).
StateDict converted(const StateDict& book) {
  StateDict state;
  for (int layer = 0; layer < 3; ++layer) {
    const std::string number = std::to_string(layer + 1), key = std::to_string(2 * layer);
    state.emplace_back(key + ".weight", transpose(book.at("W" + number)));
    state.emplace_back(key + ".bias", book.at("b" + number));
  }
  return state;
}

nn::Sequential net(int in, int first, int second, int out) {
  return {nn::Linear(in, first), nn::Sigmoid(), nn::Linear(first, second), nn::Sigmoid(), nn::Linear(second, out)};
}

double accuracy(const nn::Sequential& model, const data::ImageDataset& pictures) {
  const NoGrad off;
  const Tensor images = pictures.images(), labels = pictures.labels();
  double correct = 0;
  for (std::int64_t at = 0; at < pictures.size(); at += 100)
    correct += sum(argmax(model(narrow(images, 0, at, 100)), 1) == narrow(labels, 0, at, 100)).item();
  return correct / static_cast<double>(pictures.size());
}

void small_net() {
  const StateDict book{{"W1", Tensor({{.1, .3, .5}, {.2, .4, .6}})},   {"b1", Tensor{.1, .2, .3}},
                       {"W2", Tensor({{.1, .4}, {.2, .5}, {.3, .6}})}, {"b2", Tensor{.1, .2}},
                       {"W3", Tensor({{.1, .3}, {.2, .4}})},           {"b3", Tensor{.1, .2}}};
  io::save_npz(book, "book.npz", io::NpzOptions().compressed());
  nn::Sequential model = net(2, 3, 2, 2);
  model.to(float64);
  model.load_state_dict(converted(io::load_npz("book.npz")));
  std::cout << "2-3-2-2: " << model(Tensor({{1., .5}})) << ", by the book (0.31682708, 0.69627909)\n";

  io::save_npz(book, "book.npz", io::NpzOptions().floats(io::Floats::float16));
  nn::Sequential half = net(2, 3, 2, 2);
  half.load_state_dict(converted(io::load_npz("book.npz")));  // widened: float32
  std::cout << "with weights of 16 bits: " << half(Tensor({{1.f, .5f}})) << '\n';
  std::remove("book.npz");
}

void large_net(const std::string& weights, const std::string& mnist) {
  const data::ImageDataset pictures = data::load_mnist(mnist, data::Split::test);
  nn::Sequential model = net(784, 50, 100, 10);
  model.load_state_dict(converted(io::load_npz(weights)));
  std::cout << "784-50-100-10: " << accuracy(model, pictures) << ", by the book 0.9352\n";
  for (const auto& [name, floats] : {std::pair("float16", io::Floats::float16), {"bfloat16", io::Floats::bfloat16}}) {
    io::save_safetensors(model.state_dict(), "half.safetensors", {},
                         io::SafetensorsOptions().floats(floats).checksum());
    model.load_state_dict(io::load_safetensors("half.safetensors"));
    std::cout << "stored as " << name << ": " << accuracy(model, pictures) << '\n';
    model.load_state_dict(converted(io::load_npz(weights)));
  }
  std::remove("half.safetensors");
}

int main(int count, char** arguments) {
  small_net();
  if (count > 2)
    large_net(arguments[1], arguments[2]);
  else
    std::cout << "784-50-100-10: skipped: it needs the book's weights and MNIST, as arguments\n";
}
