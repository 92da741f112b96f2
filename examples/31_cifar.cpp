// CIFAR-10's binary format, and a small convolution net with batch normalisation on it.
//
//     example_31_cifar FOLDER 5      trains for 5 epochs on the folder's data_batch_1.bin .. data_batch_5.bin
//
// Without arguments it writes files in this format, with generated pictures of coloured stripes, and learns these.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

namespace {

nn::Sequential network(int width) {
  const auto same = nn::Conv2d::Options().padding(1);
  return {nn::Unflatten(1, {3, 32, 32}),
          nn::Conv2d(3, width, 3, same),
          nn::BatchNorm2d(width),
          nn::ReLU(),
          nn::MaxPool2d(2),
          nn::Conv2d(width, 2 * width, 3, same),
          nn::BatchNorm2d(2 * width),
          nn::ReLU(),
          nn::AdaptiveAvgPool2d(4),
          nn::Flatten(),
          nn::Linear(2 * width * 16, 10)};
}

/// `count` pictures, class by class: stripes of a width and a direction that are the class's, in two random colours.
void write_stripes(const std::string& path, int count, std::uint64_t seed) {
  Generator generator(seed);
  const xt::xarray<std::int64_t> dark = randint(0, 100, {count, 3}, generator).to_xarray<std::int64_t>();
  const xt::xarray<std::int64_t> light = randint(150, 256, {count, 3}, generator).to_xarray<std::int64_t>();
  std::ofstream file(path, std::ios::binary);
  for (int i = 0; i < count; ++i) {
    const int label = i % 10, width = 1 << label / 2;
    std::vector<char> picture{static_cast<char>(label)};
    for (int channel = 0; channel < 3; ++channel)
      for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 32; ++x) {
          const int stripe = (label % 2 == 0 ? x : y) / width % 2;
          picture.push_back(static_cast<char>(stripe == 0 ? dark(i, channel) : light(i, channel)));
        }
    file.write(picture.data(), static_cast<std::streamsize>(picture.size()));
  }
}

double accuracy(nn::Sequential& net, const data::ImageDataset& pictures) {
  const NoGrad off;
  net.eval();
  double correct = 0;
  for (auto [images, labels] : data::DataLoader(pictures, data::DataLoader::Options().batch_size(100)))
    correct += sum(argmax(net(images), 1) == labels).item();
  net.train();
  return correct / static_cast<double>(pictures.size());
}

double train(nn::Sequential& net, const std::string& folder, int epochs, int batch, bool told) {
  const data::ImageDataset testing = data::load_cifar10(folder, data::Split::test);
  data::DataLoader loader(data::load_cifar10(folder, data::Split::train),
                          data::DataLoader::Options().batch_size(batch).shuffle());
  optim::Adam optimizer(net.parameters(), 0.003);
  double last = 0;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    for (auto [images, labels] : loader) {
      const Tensor loss = nn::cross_entropy(net(images), labels);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
    }
    last = accuracy(net, testing);
    if (told) std::printf("epoch %d: test accuracy %.4f\n", epoch, last);
  }
  return last;
}

}  // namespace

int main(int count, char** arguments) {
  manual_seed(1);
  if (count > 1) {
    nn::Sequential net = network(32);
    train(net, arguments[1], count > 2 ? std::atoi(arguments[2]) : 5, 100, true);
    return 0;
  }
  const std::string folder = "stripes";
  std::filesystem::create_directory(folder);
  for (std::uint64_t i = 1; i <= 5; ++i)
    write_stripes(folder + "/data_batch_" + std::to_string(i) + ".bin", 60, 10 + i);
  write_stripes(folder + "/test_batch.bin", 100, 20);
  const data::ImageDataset training = data::load_cifar10(folder, data::Split::train);
  std::cout << training.size() << " pictures of " << training.channels() << " x " << training.rows() << " x "
            << training.cols() << '\n';
  nn::Sequential net = network(8);
  std::cout << net << '\n';
  std::cout << "stripes: " << (train(net, folder, 12, 20, false) >= 0.8 ? "80 or more" : "fewer than 80")
            << " of 100 right\n";
  std::filesystem::remove_all(folder);
}
