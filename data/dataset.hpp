#pragma once

#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::data {

/// Some rows of a dataset: row i of `targets` belongs to row i of `inputs`. For structured bindings, as in
/// `for (auto [images, labels] : loader)`.
struct Batch {
  Tensor inputs;
  Tensor targets;
};

/// Numbered rows, from which a DataLoader makes batches. Derive a dataset of your own from it. gather() may be called
/// from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;

  /// The number of rows.
  virtual std::int64_t size() const = 0;
  /// The rows with the numbers `rows[0] .. rows[count - 1]`, in that order, which may repeat: tensors whose axis 0 has
  /// the size `count`. A number outside 0 .. size() - 1 is an error (std::invalid_argument).
  virtual Batch gather(const std::int64_t* rows, std::int64_t count) const = 0;

 protected:
  Dataset() = default;
  Dataset(const Dataset&) = default;
  Dataset(Dataset&&) = default;
  Dataset& operator=(const Dataset&) = default;
  Dataset& operator=(Dataset&&) = default;
};

/// Two tensors with equally many rows on axis 0, of any dtypes. Shares their storage; gather() returns detached copies.
class TensorDataset : public Dataset {
 public:
  /// Throws std::invalid_argument when a tensor is undefined or of rank 0, or when the numbers of rows differ.
  TensorDataset(const Tensor& inputs, const Tensor& targets);

  std::int64_t size() const override { return inputs_.shape()[0]; }
  Batch gather(const std::int64_t* rows, std::int64_t count) const override;

  /// All rows.
  const Tensor& inputs() const { return inputs_; }
  const Tensor& targets() const { return targets_; }

 private:
  Tensor inputs_;
  Tensor targets_;
};

/// Throws std::invalid_argument, in the name of `op`, unless count >= 0 and every row lies in 0 .. size - 1.
void check_rows(const char* op, const std::int64_t* rows, std::int64_t count, std::int64_t size);

}  // namespace xgrad::data
