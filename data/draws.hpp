#pragma once

#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/data/dataset.hpp>

namespace xgrad::data {

/// The random numbers of a batch: a generator for each of its rows, which depends on the seed, the epoch and the number
/// of the row in its dataset alone. So neither the order of rows, nor the size of batches, nor threads matter.
class Draws {
 public:
  /// `rows` must outlive this object.
  Draws(const Pass& pass, const std::int64_t* rows, std::int64_t count);
  /// Of the rows 0 .. count - 1.
  Draws(const Pass& pass, std::int64_t count) : Draws(pass, nullptr, count) {}

  /// The number of rows in the batch.
  std::int64_t count() const { return count_; }
  /// The generator of the batch's row i, at its beginning.
  kernels::Philox row(std::int64_t i) const {
    return kernels::Philox(key_, static_cast<std::uint64_t>(rows_ == nullptr ? i : rows_[i]));
  }
  /// Independent draws for the same rows: of one among several steps.
  Draws step(std::uint64_t number) const;
  /// The pass of a dataset within, whose draws must differ from those of the one around it.
  static Pass within(const Pass& pass);

 private:
  std::uint64_t key_;
  const std::int64_t* rows_;
  std::int64_t count_;
};

namespace detail {

/// A generator that depends on the pass and the number of the batch alone.
Generator generator_of_batch(const Pass& pass, std::int64_t batch);

/// The pass of one among several datasets whose rows have the same numbers, but are to draw for themselves; that of the
/// first is the pass itself.
Pass pass_of_part(const Pass& pass, std::size_t part);

}  // namespace detail

}  // namespace xgrad::data
