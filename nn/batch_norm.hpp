#pragma once

#include <optional>

#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// Options of a batch normalisation: `BatchNorm1d::Options().eps(1e-3).momentum(0.01)`. The defaults are PyTorch's.
class BatchNormOptions {
 public:
  /// Added to the variance, inside the root; positive, default 1e-5.
  BatchNormOptions& eps(double value) {
    eps_ = value;
    return *this;
  }
  /// The weight of the newest batch in the running statistics, in [0, 1]; std::nullopt gives all batches the same
  /// weight. Default 0.1.
  BatchNormOptions& momentum(std::optional<double> value) {
    momentum_ = value;
    return *this;
  }
  /// Whether the result is scaled and shifted by learned numbers; default true.
  BatchNormOptions& affine(bool on) {
    affine_ = on;
    return *this;
  }
  /// Whether evaluation uses running statistics; otherwise it uses those of its batch. Default true.
  BatchNormOptions& track_running_stats(bool on) {
    track_running_stats_ = on;
    return *this;
  }

 private:
  friend class BatchNorm1d;
  double eps_ = 1e-5;
  std::optional<double> momentum_ = 0.1;
  bool affine_ = true;
  bool track_running_stats_ = true;
};

/// y = (x - mean) / √(var + eps) · weight + bias, for each channel over the batch: x (N, C) or (N, C, L) (Ioffe and
/// Szegedy, 2015).
///
/// In training, mean and the biased variance are the batch's, and running = (1 - momentum) running + momentum batch,
/// with the unbiased variance; a batch with one value per channel is an error. In evaluation they are the running ones.
/// weight starts at 1, bias at 0, running_mean at 0, running_var at 1.
class BatchNorm1d : public Module {
 public:
  using Options = BatchNormOptions;

  explicit BatchNorm1d(Dim features, const Options& options = {});

  Parameter weight, bias;            ///< (C); undefined when not affine
  Buffer running_mean, running_var;  ///< (C); undefined when not tracked
  Buffer num_batches_tracked;        ///< int64 of rank 0; undefined when not tracked

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t features_;
  Options options_;
};

}  // namespace xgrad::nn
