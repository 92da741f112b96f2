#include "hand_mnist.hpp"

#include <algorithm>
#include <cmath>

#include <cblas.h>

namespace bench {
namespace {

// A hash with an unbiased top bit (with the constants of lowbias32).
inline std::uint32_t mix(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}

void descend(std::vector<float>& weights, const std::vector<float>& slopes) {
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] -= static_cast<float>(Pictures::lr) * slopes[i];
}

}  // namespace

HandMnist::HandMnist(std::shared_ptr<const Pictures> pictures, bool dropout)
    : pictures_(std::move(pictures)),
      dropout_(dropout),
      w1_(layer_weights(0, in, hidden * in)),
      w2_(layer_weights(1, hidden, out * hidden)),
      x_(n * in),
      h_(n * hidden),
      z_(n * hidden),
      kept_(n * hidden),
      y_(n * out),
      dy_(n * out),
      dz_(n * hidden),
      dw1_(hidden * in),
      dw2_(out * hidden) {
  std::fill_n(gamma_, hidden, 1.0f);
  std::fill_n(beta_, hidden, 0.0f);
  std::fill_n(running_var_, hidden, 1.0f);
}

void HandMnist::gather(const std::int64_t* rows) {
  for (int r = 0; r < n; ++r) {
    const std::uint8_t* from = pictures_->pixels.data() + rows[r] * in;
    float* to = x_.data() + r * in;
    for (int j = 0; j < in; ++j) to[j] = static_cast<float>(from[j]) * (1 / 255.0f);
    labels_[r] = pictures_->labels[static_cast<std::size_t>(rows[r])];
  }
}

// h becomes (h - mean) / deviation, z = dropout(relu(gamma h + beta)), and kept_ the derivative of z with respect to
// gamma h + beta.
void HandMnist::normalize_forward() {
  float mean[hidden] = {}, square[hidden] = {};
  for (int r = 0; r < n; ++r)
    for (int j = 0; j < hidden; ++j) mean[j] += h_[static_cast<std::size_t>(r * hidden + j)];
  for (float& m : mean) m /= n;
  for (int r = 0; r < n; ++r)
    for (int j = 0; j < hidden; ++j) {
      const float d = h_[static_cast<std::size_t>(r * hidden + j)] - mean[j];
      square[j] += d * d;
    }
  for (int j = 0; j < hidden; ++j) {
    inverse_[j] = 1 / std::sqrt(square[j] / n + 1e-5f);
    running_mean_[j] += 0.1f * (mean[j] - running_mean_[j]);
    running_var_[j] += 0.1f * (square[j] / (n - 1) - running_var_[j]);
  }
  for (int r = 0; r < n; ++r)
    for (int j = 0; j < hidden; ++j) {
      const auto i = static_cast<std::size_t>(r * hidden + j);
      h_[i] = (h_[i] - mean[j]) * inverse_[j];
      const float a = gamma_[j] * h_[i] + beta_[j];
      const float keep = !dropout_ ? 1.0f : mix(drawn_ + static_cast<std::uint32_t>(i)) >> 31 ? 2.0f : 0.0f;
      kept_[i] = a > 0 ? keep : 0.0f;
      z_[i] = a * kept_[i];
    }
  drawn_ += n * hidden;
}

// dy becomes (softmax(y) - t) / n.
float HandMnist::cross_entropy() {
  float loss = 0;
  for (int r = 0; r < n; ++r) {
    const float* y = y_.data() + r * out;
    float* dy = dy_.data() + r * out;
    const float top = *std::max_element(y, y + out);
    float sum = 0;
    for (int j = 0; j < out; ++j) sum += dy[j] = std::exp(y[j] - top);
    for (int j = 0; j < out; ++j) dy[j] *= 1 / (sum * n);
    loss += std::log(sum) + top - y[labels_[r]];
    dy[labels_[r]] -= 1.0f / n;
  }
  return loss / n;
}

// dz becomes the gradient of the first product: gamma / deviation (dz - mean(dz) - h mean(dz h)).
void HandMnist::normalize_backward() {
  float dbeta[hidden] = {}, dgamma[hidden] = {};
  for (int r = 0; r < n; ++r)
    for (int j = 0; j < hidden; ++j) {
      const auto i = static_cast<std::size_t>(r * hidden + j);
      dz_[i] *= kept_[i];
      dbeta[j] += dz_[i];
      dgamma[j] += dz_[i] * h_[i];
    }
  for (int r = 0; r < n; ++r)
    for (int j = 0; j < hidden; ++j) {
      const auto i = static_cast<std::size_t>(r * hidden + j);
      dz_[i] = gamma_[j] * inverse_[j] * (dz_[i] - (dbeta[j] + h_[i] * dgamma[j]) * (1.0f / n));
    }
  for (int j = 0; j < hidden; ++j) {
    gamma_[j] -= static_cast<float>(Pictures::lr) * dgamma[j];
    beta_[j] -= static_cast<float>(Pictures::lr) * dbeta[j];
  }
}

float HandMnist::step(std::int64_t i) {
  constexpr auto N = CblasNoTrans, T = CblasTrans;
  gather(pictures_->rows(i));
  cblas_sgemm(CblasRowMajor, N, T, n, hidden, in, 1, x_.data(), in, w1_.data(), in, 0, h_.data(), hidden);
  normalize_forward();
  cblas_sgemm(CblasRowMajor, N, T, n, out, hidden, 1, z_.data(), hidden, w2_.data(), hidden, 0, y_.data(), out);
  const float loss = cross_entropy();
  cblas_sgemm(CblasRowMajor, T, N, out, hidden, n, 1, dy_.data(), out, z_.data(), hidden, 0, dw2_.data(), hidden);
  cblas_sgemm(CblasRowMajor, N, N, n, hidden, out, 1, dy_.data(), out, w2_.data(), hidden, 0, dz_.data(), hidden);
  normalize_backward();
  cblas_sgemm(CblasRowMajor, T, N, hidden, in, n, 1, dz_.data(), hidden, x_.data(), in, 0, dw1_.data(), in);
  descend(w1_, dw1_);
  descend(w2_, dw2_);
  return loss;
}

}  // namespace bench
