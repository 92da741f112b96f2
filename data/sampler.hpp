#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/ops/sampling.hpp>
#include <xgrad/data/dataset.hpp>

namespace xgrad::data {

/// Chooses the rows of an epoch and their order, by the pass alone: so the same numbers come back after a restart, and
/// there is no state to be saved. Derive a sampler of your own from it.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// How many rows an epoch has.
  virtual std::int64_t size() const = 0;
  /// Their numbers, size() of them, in order.
  virtual std::vector<std::int64_t> order(const Pass& pass) const = 0;
  /// Throws std::invalid_argument if the sampler was made for another number of rows; by default it accepts any.
  virtual void check(std::int64_t rows) const { static_cast<void>(rows); }

 protected:
  Sampler() = default;
  Sampler(const Sampler&) = default;
  Sampler(Sampler&&) = default;
  Sampler& operator=(const Sampler&) = default;
  Sampler& operator=(Sampler&&) = default;
};

/// Chooses whole batches, which may differ in size, by the pass alone.
class BatchSampler {
 public:
  virtual ~BatchSampler() = default;

  /// How many batches an epoch has.
  virtual std::int64_t size() const = 0;
  /// The numbers of the rows of each batch; none is empty.
  virtual std::vector<std::vector<std::int64_t>> batches(const Pass& pass) const = 0;

 protected:
  BatchSampler() = default;
  BatchSampler(const BatchSampler&) = default;
  BatchSampler(BatchSampler&&) = default;
  BatchSampler& operator=(const BatchSampler&) = default;
  BatchSampler& operator=(BatchSampler&&) = default;
};

/// The rows 0 .. rows - 1 in this order. Throws std::invalid_argument for a negative number, as all samplers do.
class SequentialSampler : public Sampler {
 public:
  explicit SequentialSampler(Dim rows);
  std::int64_t size() const override { return rows_; }
  std::vector<std::int64_t> order(const Pass& pass) const override;

 private:
  std::int64_t rows_;
};

/// The rows 0 .. rows - 1 in random order, all orders equally likely; or `samples` of them: without replacement, whole
/// random orders one after the other, of which the last is cut; with replacement, each drawn from all rows.
class RandomSampler : public Sampler {
 public:
  explicit RandomSampler(Dim rows);
  RandomSampler(Dim rows, Replacement replacement, Dim samples);
  std::int64_t size() const override { return samples_; }
  std::vector<std::int64_t> order(const Pass& pass) const override;

 private:
  std::int64_t rows_, samples_;
  Replacement replacement_;
};

/// The given rows in random order.
class SubsetRandomSampler : public Sampler {
 public:
  explicit SubsetRandomSampler(std::vector<std::int64_t> rows);
  std::int64_t size() const override { return static_cast<std::int64_t>(rows_.size()); }
  std::vector<std::int64_t> order(const Pass& pass) const override;

 private:
  std::vector<std::int64_t> rows_;
};

/// Rows by weight: each draw takes row i with probability weight[i] / (sum of weights). Without replacement the draws
/// are among the rows that are left, by the keys of Efraimidis and Spirakis ("Weighted random sampling with a
/// reservoir", 2006). Weights are finite and not negative, and need no sum of 1.
///
/// Throws std::invalid_argument for other weights, a sum of 0, and where without replacement fewer than `samples`
/// weights are positive. A loader refuses it for a dataset whose rows are fewer or more than the weights.
class WeightedRandomSampler : public Sampler {
 public:
  WeightedRandomSampler(std::vector<double> weights, Dim samples, Replacement replacement = Replacement::yes);
  WeightedRandomSampler(std::initializer_list<double> weights, Dim samples, Replacement replacement = Replacement::yes);
  /// Of a tensor of shape (rows).
  WeightedRandomSampler(const Tensor& weights, Dim samples, Replacement replacement = Replacement::yes);
  std::int64_t size() const override { return samples_; }
  std::vector<std::int64_t> order(const Pass& pass) const override;
  void check(std::int64_t rows) const override;

 private:
  std::vector<double> weights_, sums_;
  std::int64_t samples_;
  Replacement replacement_;
};

/// For each row the weight 1 / (number of rows of its class), with which a WeightedRandomSampler draws all classes
/// equally often. `labels`: int64 (rows).
[[nodiscard]] std::vector<double> balancing_weights(const Tensor& labels);

/// Every row once, such that the classes arrive evenly: among the first m rows, for every m, the number of each class
/// differs by less than one from m times its share of all rows. So in a batch of b rows it differs by less than two
/// from b times its share. The rows of a class are in random order. (R. Tijdeman, "The chairman assignment problem",
/// 1980.)
class StratifiedSampler : public Sampler {
 public:
  /// `labels`: int64 (rows), the class of each row; any numbers. A loader refuses it for a dataset whose rows are fewer
  /// or more than the labels.
  explicit StratifiedSampler(const Tensor& labels);
  std::int64_t size() const override { return rows_; }
  std::vector<std::int64_t> order(const Pass& pass) const override;
  void check(std::int64_t rows) const override;

 private:
  std::int64_t rows_;
  std::vector<std::vector<std::int64_t>> classes_;
};

}  // namespace xgrad::data
