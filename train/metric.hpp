#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/io/state_dict.hpp>
#include <xgrad/train/exact_sum.hpp>

namespace xgrad::train {

/// A number that is computed batch by batch: a state to which batches are added, and a formula of the state.
///
///     train::Accuracy accuracy;
///     for (auto [images, labels] : loader) accuracy.update(model(images), labels);
///     std::cout << accuracy.value() << '\n';
///
/// The state is whole numbers, exact sums, and for rankings the scores themselves. So value() does not depend on how
/// the rows were divided into batches, on their order, or on how they were divided among threads or shards whose
/// metrics are merged: it has the same bits. Of no rows it is NaN.
///
/// update() never records, and refuses, before anything changes, tensors whose shapes or dtypes do not fit. A metric is
/// used by one thread at a time; each thread has its own, a copy, and merge() adds them up. Derive a metric of your own
/// from it: the constructor says how many counts and sums it keeps, update() adds to them, value() is the formula.
class Metric {
 public:
  virtual ~Metric() = default;

  /// Adds a batch.
  virtual void update(const Tensor& prediction, const Tensor& target) = 0;
  /// The metric of all rows since the last reset().
  [[nodiscard]] virtual double value() const = 0;
  /// Forgets all rows.
  void reset();
  /// Adds the rows of another metric of the same class and settings.
  void merge(const Metric& other);

  /// "Accuracy", with which errors begin.
  const std::string& name() const { return name_; }
  /// Whether a larger value is better: of a loss or an error it is not.
  [[nodiscard]] virtual bool larger_is_better() const { return true; }

  /// The state, to be saved with a training that is resumed later; copies. Loading one of another metric, or of other
  /// settings, is an error, and then nothing has changed.
  [[nodiscard]] StateDict state_dict() const;
  void load_state_dict(const StateDict& state);

 protected:
  /// The number of sums of a metric whose first batch determines it.
  static constexpr std::size_t varying = ~std::size_t{0};
  /// `settings` is a text that two metrics share if their states can be added.
  explicit Metric(std::string name, std::size_t counts = 0, std::size_t sums = 0, std::string settings = {});
  Metric(const Metric&) = default;  // a move is a copy, so that the metric it was moved from keeps its rows
  Metric& operator=(const Metric&) = default;

  std::vector<std::int64_t>& counts() { return counts_; }
  const std::vector<std::int64_t>& counts() const { return counts_; }
  std::vector<ExactSum>& sums() { return sums_; }
  const std::vector<ExactSum>& sums() const { return sums_; }
  /// Numbers that are kept one by one.
  std::vector<double>& kept() { return kept_; }
  const std::vector<double>& kept() const { return kept_; }
  /// What is wrong with numbers that load_state_dict() is about to take, of which there are as many as the constructor
  /// says, or nothing: a state may be of any origin, and value() is computed from what it holds. By default nothing is.
  [[nodiscard]] virtual std::string fault(const std::vector<std::int64_t>& counts, const std::vector<ExactSum>& sums,
                                          const std::vector<double>& kept) const;
  /// Throws an error that begins with the metric's name.
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  void require_like(const std::string& what, std::size_t counts, std::size_t sums, const std::string& settings) const;
  std::string identity() const { return name_ + "(" + settings_ + ")"; }

  std::string name_, settings_;
  bool varies_;  // the number of sums
  std::vector<std::int64_t> counts_;
  std::vector<ExactSum> sums_;
  std::vector<double> kept_;
};

namespace detail {

/// The tensor as contiguous float64 without a place in the graph, and as int64 classes: whole numbers of any dtype.
Tensor as_doubles(const Tensor& x);
Tensor as_classes(const std::string& op, const char* what, const Tensor& x);
/// "(2, 3) float32", or "an empty tensor".
std::string text_of(const Tensor& x);

}  // namespace detail
}  // namespace xgrad::train
