#pragma once

#include <cstdint>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/mnist.hpp>

/// Whether these are Fashion-MNIST's test pictures, whose files have the names of MNIST's.
inline bool are_fashion(const xgrad::data::ImageDataset& test) {
  if (test.size() != 10000) return false;
  const xgrad::Tensor labels = test.labels();
  const std::int64_t first[] = {9, 2, 1, 1};
  for (std::int64_t i = 0; i < 4; ++i)
    if (labels[i].item<std::int64_t>() != first[i]) return false;
  return true;
}
