#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/nn/call.hpp>

namespace xgrad::nn {

/// Sequences of different lengths without padding, as recurrent layers take them: the rows of the first step of all
/// sequences, then those of the second step of all that have one, and so on, the longest sequence first.
struct PackedSequence {
  Tensor data;              ///< (the sum of all lengths, ...)
  Tensor batch_sizes;       ///< int64: how many sequences have a step t
  Tensor sorted_indices;    ///< int64: the sequence of the batch that is at place i here; undefined if sorted before
  Tensor unsorted_indices;  ///< its inverse; by default computed

  /// The same places with other rows.
  [[nodiscard]] PackedSequence with(Tensor rows) const {
    return {std::move(rows), batch_sizes, sorted_indices, unsorted_indices};
  }
};

namespace detail {

/// Its rows are what a module is given, or returns.
template <>
struct HeldTensors<PackedSequence> {
  static constexpr bool any = true;
  template <class Value, class F>
  static void each(Value& value, const F& f) {
    f(value.data);
  }
};

}  // namespace detail

/// PackOptions().batch_first(true).
class PackOptions : public xgrad::detail::OptionsOf<PackOptions> {
 public:
  /// Whether the input is (B, T, ...) and not (T, B, ...).
  PackOptions& batch_first(bool on) { return set(batch_first_, on); }
  /// Whether lengths must be in descending order, by default true, as in PyTorch; if not, sequences are sorted and
  /// results are put back into the given order.
  PackOptions& enforce_sorted(bool on) { return set(enforce_sorted_, on); }

  bool batch_first() const { return batch_first_; }
  bool enforce_sorted() const { return enforce_sorted_; }

 private:
  bool batch_first_ = false, enforce_sorted_ = true;
};

/// PadOptions().batch_first(true).padding_value(-1).
class PadOptions : public xgrad::detail::OptionsOf<PadOptions> {
 public:
  /// Whether the result is (B, T, ...) and not (T, B, ...).
  PadOptions& batch_first(bool on) { return set(batch_first_, on); }
  /// What stands behind the end of a sequence; by default 0.
  PadOptions& padding_value(double value) { return set(padding_value_, value); }
  /// How many steps the result has, at least those of the longest sequence, which are the default.
  PadOptions& total_length(std::optional<std::int64_t> value) { return set(total_length_, value); }
  /// Whether the padding stands before the sequences; only for pad_sequence().
  PadOptions& padding_left(bool on) { return set(padding_left_, on); }

  bool batch_first() const { return batch_first_; }
  double padding_value() const { return padding_value_; }
  std::optional<std::int64_t> total_length() const { return total_length_; }
  bool padding_left() const { return padding_left_; }

 private:
  bool batch_first_ = false, padding_left_ = false;
  double padding_value_ = 0;
  std::optional<std::int64_t> total_length_;
};

/// The first lengths[b] steps of each sequence b of x (T, B, ...), for int64 lengths (B) in 1 .. T.
[[nodiscard]] PackedSequence pack_padded_sequence(Tensor x, Tensor lengths, const PackOptions& options = {},
                                                  Source at = Source::here());
/// The sequences, each (length, ...), packed.
[[nodiscard]] PackedSequence pack_sequence(const std::vector<Tensor>& sequences, const PackOptions& options = {},
                                           Source at = Source::here());
/// The sequences side by side, (T, B, ...), in the order that they had before they were sorted, and their lengths.
[[nodiscard]] std::pair<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequences,
                                                            const PadOptions& options = {}, Source at = Source::here());
/// Sequences of shapes (length, ...) side by side, (T, B, ...).
[[nodiscard]] Tensor pad_sequence(const std::vector<Tensor>& sequences, const PadOptions& options = {},
                                  Source at = Source::here());
/// The first lengths[b] steps of each sequence of x, which is (B, T, ...) if batch_first, else (T, B, ...). The lengths
/// are int64 (B) in 0 .. T.
[[nodiscard]] std::vector<Tensor> unpad_sequence(const Tensor& x, const Tensor& lengths,
                                                 const PackOptions& options = {}, Source at = Source::here());
/// The sequences, in the order that they had before they were sorted.
[[nodiscard]] std::vector<Tensor> unpack_sequence(const PackedSequence& sequences, Source at = Source::here());

namespace detail {

/// The same sequences with both orders or none. Batch sizes that do not belong to the data are an error that begins
/// with `prefix`, and so are orders that are none of the sequences, or not inverse to each other.
PackedSequence checked_sequences(const std::string& prefix, const PackedSequence& x);

}  // namespace detail
}  // namespace xgrad::nn
