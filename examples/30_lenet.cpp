// LeNet-5 (LeCun et al., 1998) as it is written today: two convolutions, average pooling, three affine layers, tanh.
//
//     example_30_lenet MNIST-FOLDER 2      trained for 2 epochs of 60,000 pictures
//
// Without arguments it is trained for a few steps on pictures of rings and crosses.

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

namespace {

/// For pictures of 28 x 28, which the padding makes 32 x 32.
class LeNet : public nn::Module {
 public:
  LeNet() {
    add("conv1", conv1);
    add("conv2", conv2);
    add("fc1", fc1);
    add("fc2", fc2);
    add("fc3", fc3);
  }
  Tensor forward(const Tensor& x) override {
    Tensor y = avg_pool2d(tanh(conv1(x)), 2);
    y = avg_pool2d(tanh(conv2(y)), 2);
    y = tanh(fc1(flatten(y, 1)));
    return fc3(tanh(fc2(y)));
  }

 private:
  nn::Conv2d conv1{1, 6, 5, nn::Conv2d::Options().padding(2)}, conv2{6, 16, 5};
  nn::Linear fc1{16 * 5 * 5, 120}, fc2{120, 84}, fc3{84, 10};
};

void step(LeNet& net, optim::Optimizer& optimizer, const Tensor& images, const Tensor& labels) {
  const Tensor loss = nn::cross_entropy(net(images), labels);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}

std::int64_t correct(const LeNet& net, const Tensor& images, const Tensor& labels) {
  const NoGrad off;
  return sum(argmax(net(images), 1) == labels).item<std::int64_t>();
}

void on_mnist(const std::string& folder, int epochs) {
  const data::ImageDataset testing = data::load_mnist(folder, data::Split::test);
  const Tensor images = testing.images().reshape({-1, 1, 28, 28}), labels = testing.labels();
  LeNet net;
  optim::Adam optimizer(net.parameters(), 0.002);
  data::DataLoader loader(data::load_mnist(folder, data::Split::train),
                          data::DataLoader::Options().batch_size(100).shuffle());
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    for (auto [x, t] : loader) step(net, optimizer, x.reshape({-1, 1, 28, 28}), t);
    std::int64_t right = 0;
    for (std::int64_t at = 0; at < testing.size(); at += 100)
      right += correct(net, narrow(images, 0, at, 100), narrow(labels, 0, at, 100));
    std::printf("epoch %d: test accuracy %.4f\n", epoch, static_cast<double>(right) / 10000);
  }
}

/// Rings (class 0) and crosses (class 1), drawn by their distance from a centre and from two diagonals.
std::pair<Tensor, Tensor> drawings(std::int64_t count) {
  const Tensor rows = arange(28).to(float32).reshape({1, 28, 1}), columns = arange(28).to(float32).reshape({1, 1, 28});
  const Tensor y = rows - (10 + 8 * rand({count, 1, 1})), x = columns - (10 + 8 * rand({count, 1, 1}));
  const Tensor distance = sqrt(square(x) + square(y)), radius = 5 + 3 * rand({count, 1, 1});
  const Tensor ring = abs(distance - radius) < 1.2,
               cross = (minimum(abs(x - y), abs(x + y)) < 1.2) & (distance < radius);
  const Tensor labels = arange(count) % 2, which = labels.reshape({count, 1, 1}) == 1;
  return {unsqueeze(where(which, cross.to(float32), ring.to(float32)), 1), labels};
}

}  // namespace

int main(int count, char** arguments) {
  manual_seed(1);
  if (count > 1) {
    on_mnist(arguments[1], count > 2 ? std::atoi(arguments[2]) : 1);
    return 0;
  }
  std::cout << nn::summary(LeNet(), {1, 1, 28, 28});
  LeNet net;
  optim::Adam optimizer(net.parameters(), 0.002);
  for (int i = 0; i < 40; ++i) {
    const auto [images, labels] = drawings(50);
    step(net, optimizer, images, labels);
  }
  const auto [images, labels] = drawings(200);
  const std::int64_t right = correct(net, images, labels);
  std::cout << "rings and crosses: " << (right >= 190 ? "190 or more" : "fewer than 190") << " of 200 right\n"
            << "MNIST: skipped: it needs its folder as an argument\n";
}
