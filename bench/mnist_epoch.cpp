// One epoch of the notes' network on MNIST, in xgrad and in libtorch: in one run, in alternation, on one thread. Prints the
// medians and their ratio once both sides agree on the losses of the first 20 steps.
//   mnist_epoch FOLDER [REPETITIONS]

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/kernels/gemm.hpp>
#include <xgrad/data/mnist.hpp>

#include "side.hpp"

namespace {

struct Weights {
  std::vector<float> first, second;
};

Weights initial_weights() {
  std::mt19937 random(1);
  const auto fill = [&](std::size_t n, float bound) {
    std::vector<float> w(n);
    for (float& x : w) x = (static_cast<float>(random() >> 8) * 0x1p-23f - 1) * bound;
    return w;
  };
  return {fill(50 * 784, 1.0f / 28), fill(10 * 50, 1 / std::sqrt(50.0f))};
}

double epoch_seconds(Side& side, const xgrad::data::ImageDataset& images, const std::int64_t* labels, const std::vector<std::int64_t>& order) {
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i + 100 <= order.size(); i += 100) side.step(images.pixels(0), labels, order.data() + i, 100);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: mnist_epoch FOLDER [REPETITIONS]\n");
    return 2;
  }
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 7;
  xgrad::set_num_threads(1);
  const auto images = xgrad::data::load_mnist(argv[1], xgrad::data::Split::train);
  const xgrad::Tensor label_tensor = images.labels();
  const auto* labels = label_tensor.data<std::int64_t>();
  std::vector<std::int64_t> order(static_cast<std::size_t>(images.size()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  std::mt19937 random(2);
  std::shuffle(order.begin(), order.end(), random);

  std::vector<std::unique_ptr<Side>> sides;
  sides.push_back(xgrad_side());
  sides.push_back(libtorch_side());
  const Weights weights = initial_weights();
  for (auto& side : sides) side->reset(weights.first, weights.second, 0);
  for (std::size_t i = 0; i < 20; ++i) {
    const float ours = sides[0]->step(images.pixels(0), labels, order.data() + 100 * i, 100);
    const float theirs = sides[1]->step(images.pixels(0), labels, order.data() + 100 * i, 100);
    if (std::fabs(ours - theirs) > 1e-4f * std::fabs(theirs)) {
      std::printf("step %zu: the losses differ, %.7f and %.7f\n", i, static_cast<double>(ours), static_cast<double>(theirs));
      return 1;
    }
  }
  std::printf("losses of 20 steps agree to 1e-4; OpenBLAS on its %s kernels\n", xgrad::kernels::blas_core().c_str());
  for (auto& side : sides) side->reset(weights.first, weights.second, 0.5);
  std::vector<std::vector<double>> seconds(sides.size());
  for (auto& side : sides) epoch_seconds(*side, images, labels, order);
  for (int r = 0; r < repetitions; ++r)
    for (std::size_t s = 0; s < sides.size(); ++s) {
      const std::size_t which = r % 2 == 0 ? s : sides.size() - 1 - s;
      seconds[which].push_back(epoch_seconds(*sides[which], images, labels, order));
    }
  for (std::size_t s = 0; s < sides.size(); ++s)
    std::printf("%-16s median %.3f s, minimum %.3f s an epoch\n", sides[s]->name().c_str(), median(seconds[s]),
                *std::min_element(seconds[s].begin(), seconds[s].end()));
  std::printf("xgrad takes %.2f of libtorch's time\n", median(seconds[0]) / median(seconds[1]));
  return 0;
}
