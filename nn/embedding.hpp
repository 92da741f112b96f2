#pragma once

#include <cstdint>
#include <optional>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

namespace detail {

/// What the options of tables hold.
struct TableSettings {
  std::optional<std::int64_t> padding_idx;
  std::optional<double> max_norm;
  double norm_type = 2;
  bool scale_grad_by_freq = false;
};

}  // namespace detail

/// What the options of tables share: Embedding::Options().padding_idx(0).max_norm(1).
template <class OwnOptions>
class TableOptions : public xgrad::detail::OptionsOf<OwnOptions> {
 public:
  /// A row that gets no gradient; negative numbers count from the end. In a bag it is left out.
  OwnOptions& padding_idx(std::optional<std::int64_t> value) { return this->set(settings_.padding_idx, value); }
  /// The rows that are looked up are first shortened, in place, to this norm at most.
  OwnOptions& max_norm(std::optional<double> value) { return this->set(settings_.max_norm, value); }
  /// The p of that norm; default 2.
  OwnOptions& norm_type(double value) { return this->set(settings_.norm_type, value); }
  /// Whether the gradient of a row is divided by how often it occurs in the call.
  OwnOptions& scale_grad_by_freq(bool on) { return this->set(settings_.scale_grad_by_freq, on); }

  std::optional<std::int64_t> padding_idx() const { return settings_.padding_idx; }
  std::optional<double> max_norm() const { return settings_.max_norm; }
  double norm_type() const { return settings_.norm_type; }
  bool scale_grad_by_freq() const { return settings_.scale_grad_by_freq; }
  const detail::TableSettings& settings() const { return settings_; }

 private:
  detail::TableSettings settings_;
};

/// EmbeddingOptions().padding_idx(0).
class EmbeddingOptions : public TableOptions<EmbeddingOptions> {};

/// How a bag joins its rows.
enum class BagMode : std::uint8_t { sum, mean, max };

/// EmbeddingBagOptions().mode(nn::BagMode::sum).
class EmbeddingBagOptions : public TableOptions<EmbeddingBagOptions> {
 public:
  /// Default mean.
  EmbeddingBagOptions& mode(BagMode value) { return set(mode_, value); }
  /// Whether `offsets` has one more entry, the end of the last bag.
  EmbeddingBagOptions& include_last_offset(bool on) { return set(include_last_offset_, on); }

  BagMode mode() const { return mode_; }
  bool include_last_offset() const { return include_last_offset_; }

 private:
  BagMode mode_ = BagMode::mean;
  bool include_last_offset_ = false;
};

using xgrad::embedding;
/// The rows of a matrix: y[i, j, ...] = weight[indices[i, j, ...]], for int64 indices of any rank in 0 .. rows-1;
/// others are errors. The gradients of repeated rows are added. (There are no sparse gradients: that of the weight has
/// its shape.)
[[nodiscard]] Tensor embedding(Tensor indices, Tensor weight, const EmbeddingOptions& options,
                               Source at = Source::here());

/// y[b] = the sum, mean or maximum of weight[indices[i]] over the indices of bag b; 0 for an empty bag.
///
/// Indices are int64, (B, S) for bags of S, or (n) with offsets (B): the index at which each bag starts; the first is 0
/// and they never decrease. In the mode sum, per_sample_weights, of the indices' shape, multiply the rows. Of equal
/// maxima the first gets the gradient.
[[nodiscard]] Tensor embedding_bag(Tensor indices, Tensor weight, Tensor offsets = {},
                                   const EmbeddingBagOptions& options = {}, Tensor per_sample_weights = {},
                                   Source at = Source::here());

/// Whether a table is to be trained.
enum class Freeze : bool { no, yes };

/// embedding() in a table of its own, (rows, size). It starts normal with deviation 1, the padding row at 0.
class Embedding : public Module {
 public:
  using Options = EmbeddingOptions;

  Embedding(Dim num_embeddings, Dim embedding_dim, const Options& options = {});
  /// A module of this table, frozen unless told otherwise.
  [[nodiscard]] static Embedding from_pretrained(const Tensor& embeddings, Freeze freeze = Freeze::yes,
                                                 const Options& options = {});

  Parameter weight;

 protected:
  Tensor forward(const Tensor& indices) override;

 private:
  Embedding(Parameter table, const Options& options);
  Options options_;
};

/// embedding_bag() in a table of its own; called with indices (B, S), or with indices (n), offsets and weights.
class EmbeddingBag : public Module {
 public:
  using Options = EmbeddingBagOptions;

  EmbeddingBag(Dim num_embeddings, Dim embedding_dim, const Options& options = {});
  /// A module of this table, frozen unless told otherwise.
  [[nodiscard]] static EmbeddingBag from_pretrained(const Tensor& embeddings, Freeze freeze = Freeze::yes,
                                                    const Options& options = {});

  using Module::operator();
  Tensor operator()(const Tensor& indices, const Tensor& offsets, const Tensor& per_sample_weights = {},
                    Source at = Source::here()) const;

  Parameter weight;

 protected:
  Tensor forward(const Tensor& indices) override;

 private:
  EmbeddingBag(Parameter table, const Options& options);
  Options options_;
};

}  // namespace xgrad::nn
