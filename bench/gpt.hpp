#pragma once

// W11: nanoGPT's published configuration for a CPU, on random tokens. jax_gpt.py repeats this in Python.

#include "workloads.hpp"

namespace bench {

struct Gpt {
  static constexpr std::int64_t layers = 4, heads = 4, width = 128, context = 64, batch = 12, vocabulary = 65;
  static constexpr std::int64_t rows = batch * context, hidden = 4 * width;
  // A tenth of the published rate, so that rounding differences stay below the 1e-4 to which losses must agree.
  static constexpr double lr = 1e-4, beta1 = 0.9, beta2 = 0.99, decay = 0.1, clip = 1;

  /// The matrices of weights in the order of the model: tokens, positions, and of each layer the projections into and
  /// out of the attention and those of the feed-forward part. The norms begin at 1, and there are no biases.
  static constexpr std::int64_t matrices = 2 + 4 * layers;
  static std::vector<float> matrix(std::int64_t i, std::int64_t size) {
    const float bound = i >= 2 && i % 2 == 1 ? 0.012f : 0.035f;  // as nanoGPT: .02, and less for residual ones
    return numbers(200 + static_cast<std::uint64_t>(i), size, -bound, bound);
  }

  /// The tokens of step i, and those that follow them; after 20 steps they repeat.
  static std::vector<std::int64_t> tokens(std::int64_t i) {
    return classes(300 + static_cast<std::uint64_t>(i % 20), rows, vocabulary);
  }
  static std::vector<std::int64_t> targets(std::int64_t i) {
    return classes(320 + static_cast<std::uint64_t>(i % 20), rows, vocabulary);
  }
};

}  // namespace bench
