#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/io/state_dict.hpp>

namespace xgrad::train {

/// What the inputs of a model were in training: dtype, shape of a row, range, mean and deviation of each feature, and
/// the names of the transforms that made them. A model that was trained on pixels in 0..1 and is evaluated on 0..255
/// raises no error, and loses some percent: compared with the contract, it is noticed.
///
///     train::InputContract contract;
///     for (auto [images, labels] : loader) contract.observe(images);
///     for (const std::string& breach : contract.breaches(other_images)) std::cerr << breach << '\n';
///
/// A feature is an element of a row. Rows of different shapes, and rows of more than 65,536 elements, have one feature
/// for all elements: row_shape() tells of the first, and a Trainer warns when it meets them. Means and variances are
/// updated by the method of Chan, Golub and LeVeque (1983), in float64.
class InputContract {
 public:
  InputContract() = default;
  InputContract(const InputContract&) = default;  // a move is a copy, so that no row gets lost
  InputContract& operator=(const InputContract&) = default;

  /// Adds a batch, whose axis 0 counts the rows: one pass over its elements. It must have the dtype of those before.
  void observe(const Tensor& batch);
  /// Adds the rows that another one has observed.
  void merge(const InputContract& other);

  /// How many rows were observed, and whether there are any.
  std::int64_t rows() const { return rows_; }
  bool empty() const { return rows_ == 0; }
  DType dtype() const { return dtype_; }
  /// Of a row; -1 for the size of an axis that varies. Of rows that differ in rank, {-1}.
  const std::vector<std::int64_t>& row_shape() const { return shape_; }
  /// The least and greatest number, without infinities and NaN.
  double minimum() const;
  double maximum() const;
  /// Whether a NaN or an infinity was observed.
  bool has_non_finite() const { return non_finite_ > 0; }
  /// Of each feature, float64 (features): of the finite numbers. The deviation is that of the population.
  [[nodiscard]] Tensor mean() const;
  [[nodiscard]] Tensor deviation() const;

  /// The names of what is done to the data before the model sees them, in order.
  void set_transforms(std::vector<std::string> names) { transforms_ = std::move(names); }
  const std::vector<std::string>& transforms() const { return transforms_; }

  /// In what a batch is unlike the observed rows, each as a sentence; empty where it fits. It tells of another dtype or
  /// shape; of NaN and infinities, if there were none; of numbers outside the range by more than half its width;
  /// and, from 64 rows on, of features whose mean is off by more than three deviations, and of a deviation of all
  /// elements more than four times as large or as small. Where either side has one feature for all elements, it is the
  /// mean of all elements that is compared. Nothing is said against an empty contract.
  [[nodiscard]] std::vector<std::string> breaches(const Tensor& batch) const;
  /// The same of all the rows that another contract has observed, and of its transforms.
  [[nodiscard]] std::vector<std::string> breaches(const InputContract& seen) const;

  /// The state, to be saved with a model; the name of a transform is the key of an empty tensor.
  [[nodiscard]] StateDict state_dict() const;
  void load_state_dict(const StateDict& state);

 private:
  struct Feature {
    double mean = 0, squares = 0;  // squares: the sum of squared differences from the mean
    double least = 0, greatest = 0;
    std::int64_t count = 0;  // of finite numbers
    void merge(const Feature& other);
  };
  void note_shape(const Shape& batch);
  void note_dtype(DType dtype);
  void collapse();
  Feature all() const;
  template <class T>
  std::vector<Feature> measure(const T* from, std::int64_t rows, std::size_t features);

  std::int64_t rows_ = 0, non_finite_ = 0;
  DType dtype_ = float32;
  std::vector<std::int64_t> shape_;
  std::vector<Feature> features_;
  std::vector<std::string> transforms_;
};

namespace detail {

/// "(3, any)", of what InputContract::row_shape() gives.
std::string row_text(const std::vector<std::int64_t>& sizes);

}  // namespace detail

/// Compares a batch with the contract, and hands each breach to `warn`, by default as a line on stderr. Returns whether
/// the batch fits. For loops of one's own; Trainer::evaluate does it too.
bool check_inputs(const InputContract& contract, const Tensor& batch,
                  const std::function<void(const std::string&)>& warn = {});

}  // namespace xgrad::train
