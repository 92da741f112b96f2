#pragma once

// The sizes of the workloads, and the formula by which every side makes its data. jax_side.py repeats them in Python.

#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// n numbers in [low, high), the same on every side: splitmix64 of seed and index.
inline std::vector<float> numbers(std::uint64_t seed, std::int64_t n, float low, float high) {
  std::vector<float> x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i) {
    std::uint64_t z = (seed << 32) + i + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    x[i] = low + (high - low) * (static_cast<float>((z ^ (z >> 31)) >> 40) * 0x1p-24f);
  }
  return x;
}

inline std::vector<std::int64_t> classes(std::uint64_t seed, std::int64_t n, std::int64_t count) {
  std::vector<std::int64_t> labels;
  for (float u : numbers(seed, n, 0, static_cast<float>(count))) labels.push_back(static_cast<std::int64_t>(u));
  return labels;
}

/// Weights and biases of a layer, uniform in ±1/√in as in both frameworks.
inline std::vector<float> layer_weights(std::uint64_t layer, std::int64_t in, std::int64_t n) {
  const float bound = 1 / std::sqrt(static_cast<float>(in));
  return numbers(10 + 2 * layer, n, -bound, bound);
}
inline std::vector<float> layer_bias(std::uint64_t layer, std::int64_t in, std::int64_t n) {
  const float bound = 1 / std::sqrt(static_cast<float>(in));
  return numbers(11 + 2 * layer, n, -bound, bound);
}

/// A multilayer perceptron with biases and ReLU, cross entropy, on one batch of random inputs in [0, 1).
struct Mlp {
  std::vector<std::int64_t> sizes;
  std::int64_t batch;
  bool adam;  // else SGD
  double lr;

  std::vector<float> inputs() const { return numbers(1, batch * sizes.front(), 0, 1); }
  std::vector<std::int64_t> labels() const { return classes(2, batch, sizes.back()); }
};

// At larger learning rates, Adam's first steps amplify rounding differences beyond the 1e-4 to which losses must agree.
inline Mlp w2() { return {{784, 512, 512, 10}, 128, true, 3e-5}; }
inline Mlp w3() { return {{2, 16, 16, 2}, 32, false, 0.1}; }
inline Mlp w6() { return {{3072, 2048, 2048, 10}, 256, true, 1e-5}; }

inline Mlp w14() { return {{784, 50, 10}, 100, false, 0}; }  // with tanh

/// A net of the book: convolutions with biases, each followed by ReLU and some by 2 x 2 max pooling, then two affine
/// layers with ReLU between, each followed by dropout if any. Cross entropy and Adam, on one batch of random pictures.
struct ConvNet {
  struct Layer {
    std::int64_t channels, kernel, padding;
    bool pooled;
  };
  std::vector<Layer> layers;
  std::int64_t flat, hidden;  // features of the affine layers
  bool drops;

  static constexpr std::int64_t batch = 100, size = 28, classes = 10, steps = 50;
  static constexpr double lr = 3e-5;
  static std::vector<float> inputs() { return numbers(1, batch * size * size, 0, 1); }
  static std::vector<std::int64_t> labels() { return bench::classes(2, batch, classes); }
};
inline ConvNet w9() { return {{{30, 5, 0, true}}, 30 * 12 * 12, 100, false}; }
inline ConvNet w10() {
  return {
      {{16, 3, 1, false}, {16, 3, 1, true}, {32, 3, 1, false}, {32, 3, 2, true}, {64, 3, 1, false}, {64, 3, 1, true}},
      64 * 4 * 4,
      50,
      true};
}

/// W15: LeNet-5 for pictures of 28 x 28: two convolutions of 5 x 5, the first padded by 2, each followed by ReLU and 2
/// x 2 max pooling, then three affine layers with ReLU between.
struct LeNet {
  static constexpr std::array<std::int64_t, 3> channels = {1, 6, 16};
  static constexpr std::array<std::int64_t, 4> features = {400, 120, 84, 10};
  static constexpr std::int64_t kernel = 5, padding = 2;  // of the first
};
/// W15: one picture.
inline std::vector<float> picture() { return numbers(1, 784, 0, 1); }

/// W16: Rosenbrock's function, Σ 100 (x[i + 1] - x[i]²)² + (1 - x[i])².
struct Rosenbrock {
  static constexpr std::int64_t n = 100;
  static constexpr std::array<std::array<std::int64_t, 2>, 7> checked = {
      {{0, 0}, {0, 1}, {50, 49}, {50, 50}, {50, 51}, {0, 2}, {99, 99}}};
  static std::vector<double> point() {
    const std::vector<float> x = numbers(80, n, -1, 1);
    return {x.begin(), x.end()};
  }
};

/// W13: a Gaussian mixture of the size of ADBench's (Srajer, Kukelova and Fitzgibbon, 2018), with uniform numbers. Per
/// component, `packed` holds the logarithms of the diagonal of a triangular matrix, then its lower part by columns.
struct Mixture {
  static constexpr std::int64_t d = 64, k = 25, n = 1000, lower = d * (d - 1) / 2;
  static constexpr double gamma = 1, m = 0;

  static std::vector<double> alpha() { return doubles(60, k); }
  static std::vector<double> mu() { return doubles(61, k * d); }
  static std::vector<double> packed() { return doubles(62, k * (d + lower)); }
  static std::vector<double> points() { return doubles(63, n * d); }
  /// Where each element of the matrix is in (diagonal, lower part, one zero).
  static std::vector<std::int64_t> places() {
    std::vector<std::int64_t> at(static_cast<std::size_t>(d * d), d + lower);
    std::int64_t next = d;
    for (std::int64_t j = 0; j < d; ++j) {
      at[static_cast<std::size_t>(j * d + j)] = j;
      for (std::int64_t i = j + 1; i < d; ++i) at[static_cast<std::size_t>(i * d + j)] = next++;
    }
    return at;
  }

 private:
  static std::vector<double> doubles(std::uint64_t seed, std::int64_t count) {
    const std::vector<float> x = numbers(seed, count, -1.7f, 1.7f);
    return {x.begin(), x.end()};
  }
};

/// W12: a language model of characters: an embedding, two layers of LSTM, a linear layer; one batch of random text.
struct Characters {
  static constexpr std::int64_t vocabulary = 65, embedding = 64, hidden = 128, steps = 50, batch = 32;
  static constexpr double clip = 1, lr = 1e-4;

  /// (steps, batch), and the characters that follow.
  static std::vector<std::int64_t> text() { return classes(70, steps * batch, vocabulary); }
  static std::vector<std::int64_t> next() { return classes(71, steps * batch, vocabulary); }
  /// The parameters in the order of their registration: the table, the eight of the LSTM, weight and bias.
  static std::vector<float> parameter(std::uint64_t i, std::int64_t n) { return numbers(72 + i, n, -0.08f, 0.08f); }
};

/// The number of steps in which the losses must agree.
inline constexpr int checked_steps = 20;

/// The data of W1, as the driver wrote it: the bytes of the pictures, their classes, and the order of an epoch.
struct Pictures {
  static constexpr std::int64_t features = 784, hidden = 50, classes = 10, batch = 100;
  static constexpr double lr = 0.1;

  std::vector<std::uint8_t> pixels, labels;
  std::vector<std::int64_t> order;

  static Pictures read(const std::string& folder) {
    Pictures pictures;
    pictures.pixels = bytes(folder + "/pixels");
    pictures.labels = bytes(folder + "/labels");
    for (float u : numbers(3, static_cast<std::int64_t>(pictures.labels.size()), 0, 1))
      pictures.order.push_back(static_cast<std::int64_t>(u * static_cast<float>(pictures.labels.size())));
    return pictures;
  }
  /// The rows of batch i; after an epoch the batches repeat.
  const std::int64_t* rows(std::int64_t i) const {
    return order.data() + i % (static_cast<std::int64_t>(order.size()) / batch) * batch;
  }

 private:
  static std::vector<std::uint8_t> bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
};

inline constexpr std::int64_t large = std::int64_t{1} << 20, small = 1024;

/// The factor of the chain y = y + y c.
inline constexpr float chain_factor = 1e-7f;

}  // namespace bench
