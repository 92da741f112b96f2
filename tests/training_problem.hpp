#pragma once

// A small regression that the tests of Trainer fit.

#include <memory>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

using Options = xgrad::train::Trainer::Options;

inline Options quiet() { return Options().progress(xgrad::train::ProgressStyle::silent); }

/// 40 rows of 3 numbers, which are linearly related to their targets.
struct Problem {
  Problem() {
    xgrad::manual_seed(3);
    const xgrad::Tensor x = xgrad::randn({40, 3});
    data = std::make_shared<xgrad::data::TensorDataset<2>>(x, matmul(x, xgrad::Tensor({{1.f}, {-2.f}, {0.5f}})) + 1);
    net = std::make_unique<xgrad::nn::Linear>(3, 1);
    optimizer =
        std::make_unique<xgrad::optim::SGD>(net->parameters(), 0.05, xgrad::optim::SGD::Options().momentum(0.9));
  }
  xgrad::data::DataLoader loader(int batch = 8) const {
    return xgrad::data::DataLoader(data, xgrad::data::DataLoader::Options().batch_size(batch).shuffle().seed(5));
  }
  std::shared_ptr<const xgrad::data::TensorDataset<2>> data;
  std::unique_ptr<xgrad::nn::Linear> net;
  std::unique_ptr<xgrad::optim::SGD> optimizer;
};
