#pragma once

#include <optional>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// What the options of batch and instance normalisation have. The defaults are PyTorch's.
template <class OwnOptions>
class RunningNormOptions : public xgrad::detail::OptionsOf<OwnOptions> {
 public:
  /// Added to the variance, inside the root; positive, default 1e-5.
  OwnOptions& eps(double value) { return this->set(eps_, value); }
  /// The weight of the newest batch in the running statistics, in [0, 1]; std::nullopt gives all batches the same
  /// weight. Default 0.1.
  OwnOptions& momentum(std::optional<double> value) { return this->set(momentum_, value); }
  /// Whether the result is scaled and shifted by learned numbers.
  OwnOptions& affine(bool on) { return this->set(affine_, on); }
  /// Whether evaluation uses running statistics; otherwise it uses those of its batch.
  OwnOptions& track_running_stats(bool on) { return this->set(track_running_stats_, on); }

  double eps() const { return eps_; }
  std::optional<double> momentum() const { return momentum_; }
  bool affine() const { return affine_; }
  bool track_running_stats() const { return track_running_stats_; }

 protected:
  explicit RunningNormOptions(bool on) : affine_(on), track_running_stats_(on) {}

 private:
  double eps_ = 1e-5;
  std::optional<double> momentum_ = 0.1;
  bool affine_;
  bool track_running_stats_;
};

/// Options of a batch normalisation: `BatchNorm1d::Options().eps(1e-3).momentum(0.01)`. It is affine and tracks running
/// statistics unless told otherwise.
class BatchNormOptions : public RunningNormOptions<BatchNormOptions> {
 public:
  BatchNormOptions() : RunningNormOptions(true) {}
};

/// What batch and instance normalisation share: parameters, running statistics and settings.
class RunningNorm : public Module {
 public:
  Parameter weight, bias;            ///< (C); undefined when not affine
  Buffer running_mean, running_var;  ///< (C); undefined when not tracked
  Buffer num_batches_tracked;        ///< int64 of rank 0; undefined when not tracked

 protected:
  template <class OwnOptions>
  RunningNorm(const char* name, Dim features, const RunningNormOptions<OwnOptions>& options)
      : RunningNorm(name, features, options.eps(), options.momentum(), options.affine(),
                    options.track_running_stats()) {}

  std::int64_t features() const { return features_; }
  double eps() const { return eps_; }
  const std::optional<double>& momentum() const { return momentum_; }

 private:
  RunningNorm(const char* name, std::int64_t features, double eps, std::optional<double> momentum, bool affine,
              bool tracked);

  std::int64_t features_;
  double eps_;
  std::optional<double> momentum_;
};

/// What the batch normalisations share.
class BatchNorm : public RunningNorm {
 protected:
  BatchNorm(const char* name, Dim features, const BatchNormOptions& options);
  Tensor forward(const Tensor& x) override;
  /// Refuses inputs of other shapes.
  virtual void check(const Tensor& x) const = 0;
};

/// y = (x - mean) / √(var + eps) · weight + bias, for each channel over the batch: x (N, C) or (N, C, L) (Ioffe and
/// Szegedy, 2015).
///
/// In training, mean and the biased variance are the batch's, and running = (1 - momentum) running + momentum batch,
/// with the unbiased variance; a batch with one value per channel is an error, and one without values leaves them as
/// they are and is not counted. In evaluation they are the running ones.
/// weight starts at 1, bias at 0, running_mean at 0, running_var at 1.
class BatchNorm1d : public BatchNorm {
 public:
  using Options = BatchNormOptions;

  explicit BatchNorm1d(Dim features, const Options& options = {});

 protected:
  void check(const Tensor& x) const override;
};

/// The same for images: x (N, C, H, W).
class BatchNorm2d : public BatchNorm {
 public:
  using Options = BatchNormOptions;

  explicit BatchNorm2d(Dim features, const Options& options = {});

 protected:
  void check(const Tensor& x) const override;
};

/// The same for volumes: x (N, C, D, H, W).
class BatchNorm3d : public BatchNorm {
 public:
  using Options = BatchNormOptions;

  explicit BatchNorm3d(Dim features, const Options& options = {});

 protected:
  void check(const Tensor& x) const override;
};

}  // namespace xgrad::nn
