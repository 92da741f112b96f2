#pragma once

// What the tests with the published weights of Deep Learning from Scratch share: where these and MNIST are, and how
// many test pictures a net classifies right.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/mnist.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "fashion.hpp"

namespace book {

inline std::string folder_of(const char* variable, const char* name) {
  if (const char* folder = std::getenv(variable)) return folder;
  return std::string(XGRAD_SOURCE_DIR "/../shared/data/") + name;
}
inline std::string mnist() { return folder_of("XGRAD_MNIST", "mnist"); }
/// The path of a file of weights; empty, with a word, where it is missing or MNIST is.
inline std::string weights(const std::string& name) {
  const std::string path = folder_of("XGRAD_BOOK", "book") + "/" + name;
  if (!std::filesystem::exists(path) || !std::filesystem::exists(mnist())) {
    WARN("skipped: the weights of the book or MNIST are not there: XGRAD_BOOK and XGRAD_MNIST name their folders");
    return "";
  }
  if (are_fashion(xgrad::data::load_mnist(mnist(), xgrad::data::Split::test))) {
    WARN("skipped: " << mnist() << " holds Fashion-MNIST");
    return "";
  }
  return path;
}

/// How many of the first pictures are classified right, in batches of 100 of shape `input` with -1 for the batch.
inline std::int64_t correct(const xgrad::nn::Sequential& model, const xgrad::data::ImageDataset& pictures,
                            const xgrad::NewShape& input, std::int64_t first) {
  const xgrad::NoGrad off;
  const xgrad::Tensor images = pictures.images().reshape(input), labels = pictures.labels();
  std::int64_t count = 0;
  for (std::int64_t at = 0; at < first; at += 100)
    count += sum(argmax(model(narrow(images, 0, at, 100)), 1) == narrow(labels, 0, at, 100)).item<std::int64_t>();
  return count;
}

}  // namespace book
