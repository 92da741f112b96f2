#include <xgrad/nn/packed_sequence.hpp>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/nn/argument_checks.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;
using Numbers = xgrad::detail::ScratchVector<std::int64_t>;

std::string told(const char* op, const std::string& text) { return std::string(op) + ": " + text; }

Numbers numbers_of(const char* op, const Tensor& x, const char* name) {
  if (!x.defined() || x.dtype() != int64 || x.rank() != 1)
    throw argument_error(told(op, std::string(name) + " must be int64 with one axis, got ") +
                         (x.defined() ? name_of(x.dtype()) + std::string(" ") + to_string(x.shape()) : "none"));
  const auto* from = Raw::data<std::int64_t>(x);
  return {from, from + x.size()};
}

// The lengths of `batch` sequences of `least` to `most` steps.
Numbers lengths_of(const char* op, const Tensor& lengths, std::int64_t batch, std::int64_t least, std::int64_t most) {
  Numbers all = numbers_of(op, lengths, "lengths");
  if (static_cast<std::int64_t>(all.size()) != batch)
    throw argument_error(told(op, "got " + std::to_string(all.size()) + " lengths for a batch of " +
                                      std::to_string(batch) + ": each sequence has one"));
  for (const std::int64_t length : all)
    if (length < least || length > most)
      throw argument_error(told(op, "a length is " + std::to_string(length) + ", and there are " +
                                        std::to_string(most) + " steps: lengths must " +
                                        (least > 0 ? "be positive and" : "not be negative, and") + " at most that"));
  return all;
}

// The sequences in the order of their lengths, equal ones in their own.
Numbers order_of(const Numbers& lengths) {
  Numbers order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return lengths[static_cast<std::size_t>(a)] > lengths[static_cast<std::size_t>(b)];
  });
  return order;
}

Numbers inverse(const Numbers& order) {
  Numbers out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) out[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  return out;
}

// Calls f(step, place, sequence) for the rows in packed order.
template <class F>
void each_row(const Numbers& lengths, const Numbers& order, F&& f) {
  const std::int64_t steps = order.empty() ? 0 : lengths[static_cast<std::size_t>(order[0])];
  for (std::int64_t t = 0; t < steps; ++t)
    for (std::size_t i = 0; i < order.size() && lengths[static_cast<std::size_t>(order[i])] > t; ++i) f(t, i, order[i]);
}

PackedSequence packed(const char* op, const Tensor& rows, const Numbers& lengths, bool enforce_sorted,
                      const std::function<std::int64_t(std::int64_t, std::int64_t)>& row, Source at) {
  const bool sorted = std::is_sorted(lengths.rbegin(), lengths.rend());
  if (enforce_sorted && !sorted)
    throw argument_error(told(op,
                              "the lengths rise: sort the sequences by their lengths, the longest first, or pass "
                              "PackOptions().enforce_sorted(false)"));
  const Numbers order = order_of(lengths);
  Numbers index, sizes;
  each_row(lengths, order, [&](std::int64_t t, std::size_t, std::int64_t sequence) {
    index.push_back(row(t, sequence));
    if (static_cast<std::int64_t>(sizes.size()) == t) sizes.push_back(0);
    ++sizes.back();
  });
  PackedSequence out{index_select(rows, 0, Tensor(index), at), Tensor(sizes), {}, {}};
  if (!enforce_sorted) {
    out.sorted_indices = Tensor(order);
    out.unsorted_indices = Tensor(inverse(order));
  }
  return out;
}

// Whether the batch sizes do not rise, and their sum is the number of rows; it is compared before it can overflow.
bool fits(const Tensor& sizes, const Tensor& data) {
  if (!sizes.defined() || sizes.dtype() != int64 || sizes.rank() != 1 || sizes.size() == 0) return false;
  if (!data.defined() || data.rank() == 0) return false;
  const auto* n = Raw::data<std::int64_t>(sizes);
  std::int64_t left = data.shape()[0];
  for (std::int64_t t = 0; t < sizes.size(); ++t) {
    if (n[t] < 0 || n[t] > left || (t > 0 && n[t] > n[t - 1])) return false;
    left -= n[t];
  }
  return left == 0;
}

std::string shape_of(const Tensor& x) {
  return x.defined() ? "of shape " + to_string(x.shape()) : "that are undefined";
}

// An order of `count` sequences.
Numbers checked_order(const std::string& prefix, const Tensor& given, const char* name, std::int64_t count) {
  bool is_order = given.dtype() == int64 && given.shape() == Shape{count};
  Numbers order;
  if (is_order) {
    order.assign(Raw::data<std::int64_t>(given), Raw::data<std::int64_t>(given) + count);
    xgrad::detail::ScratchVector<bool> seen(order.size());
    for (const std::int64_t each : order) {
      is_order = is_order && each >= 0 && each < count && !seen[static_cast<std::size_t>(each)];
      if (is_order) seen[static_cast<std::size_t>(each)] = true;
    }
  }
  if (!is_order)
    throw argument_error(prefix + name + " are " + name_of(given.dtype()) + " " + to_string(given.shape()) +
                         ", not an order of the " + std::to_string(count) +
                         " sequences: each of them must be there once, in int64");
  return order;
}

// Whether the first undoes the second: both are orders of `count` sequences then.
bool undoes(const Tensor& back, const Tensor& order, std::int64_t count) {
  for (const Tensor* each : {&back, &order})
    if (each->dtype() != int64 || each->shape() != Shape{count}) return false;
  const auto *to = Raw::data<std::int64_t>(order), *from = Raw::data<std::int64_t>(back);
  for (std::int64_t i = 0; i < count; ++i)
    if (to[i] < 0 || to[i] >= count || from[to[i]] != i) return false;
  return true;
}

// Room for so many numbers; that they fit in memory is checked where every shape is.
Numbers filled(const Shape& shape, std::int64_t value) {
  const Tensor room = Raw::uninitialized(shape, int64);
  return Numbers(static_cast<std::size_t>(room.size()), value);
}

// The lengths of packed sequences in packed order.
Numbers packed_lengths(const PackedSequence& sequences) {
  const auto* sizes = Raw::data<std::int64_t>(sequences.batch_sizes);
  Numbers lengths = filled({sizes[0]}, 0);
  for (std::int64_t t = 0; t < sequences.batch_sizes.size(); ++t)
    for (std::int64_t b = 0; b < sizes[t]; ++b) ++lengths[static_cast<std::size_t>(b)];
  return lengths;
}

void check_sequences(const char* op, const std::vector<Tensor>& sequences) {
  if (sequences.empty()) throw argument_error(told(op, "there is no sequence: at least one is needed"));
  for (const Tensor& each : sequences) {
    detail::require_given(op, {{each, "a sequence"}});
    const Tensor& first = sequences.front();
    if (each.rank() == 0 || each.shape().without(0) != first.shape().without(0) || each.dtype() != first.dtype())
      throw argument_error(told(op, std::string("a sequence is ") + name_of(each.dtype()) + " " +
                                        to_string(each.shape()) + ", the first ") +
                           name_of(first.dtype()) + " " + to_string(first.shape()) +
                           ": all axes but the first must agree, and the dtypes");
  }
}

std::int64_t total_of(const char* op, const PadOptions& options, std::int64_t longest) {
  const std::int64_t total = options.total_length().value_or(longest);
  if (total < longest)
    throw argument_error(told(op, "total_length is " + std::to_string(total) + ", but the longest sequence has " +
                                      std::to_string(longest) + " steps"));
  return total;
}

// Rows by their places in a result of `steps` by `batch`, with the padding elsewhere.
Tensor padded(const Tensor& rows, Numbers from, std::int64_t steps, std::int64_t batch, const PadOptions& options,
              Source at) {
  const Shape row = rows.shape().without(0);
  const Tensor filler = full(row.inserted(0, 1), options.padding_value(), rows.dtype());
  const std::int64_t last = rows.shape()[0];
  for (std::int64_t& each : from)
    if (each < 0) each = last;
  const Tensor all = index_select(concat({rows, filler}, 0, at), 0, Tensor(from), at);
  return reshape(
      all,
      options.batch_first() ? row.inserted(0, steps).inserted(0, batch) : row.inserted(0, batch).inserted(0, steps),
      at);
}

std::size_t place(bool batch_first, std::int64_t t, std::int64_t b, std::int64_t steps, std::int64_t batch) {
  return static_cast<std::size_t>(batch_first ? b * steps + t : t * batch + b);
}

void check_padded(const char* op, const Tensor& x) {
  detail::require_given(op, {{x, "the input"}});
  if (x.rank() < 2)
    throw argument_error(told(op, "the input has shape " + to_string(x.shape()) + ": it must have axes (T, B, ...)"));
}

}  // namespace

namespace detail {

PackedSequence checked_sequences(const std::string& prefix, const PackedSequence& x) {
  if (!fits(x.batch_sizes, x.data))
    throw argument_error(prefix + "the packed sequences hold data " + shape_of(x.data) + " and batch sizes " +
                         shape_of(x.batch_sizes) +
                         ": the sizes must be int64 with one axis, not rise, and have the sum of the rows");
  const std::int64_t batch = Raw::data<std::int64_t>(x.batch_sizes)[0];
  if (!x.sorted_indices.defined()) {
    if (x.unsorted_indices.defined())
      throw argument_error(prefix + "the packed sequences have unsorted_indices " + shape_of(x.unsorted_indices) +
                           ", but no sorted_indices: give both, or the latter");
    return x;
  }
  if (x.unsorted_indices.defined() && undoes(x.unsorted_indices, x.sorted_indices, batch)) return x;
  const Numbers back = inverse(checked_order(prefix, x.sorted_indices, "sorted_indices", batch));
  if (!x.unsorted_indices.defined()) return {x.data, x.batch_sizes, x.sorted_indices, Tensor(back)};
  const Numbers given = checked_order(prefix, x.unsorted_indices, "unsorted_indices", batch);
  const auto wrong = std::mismatch(given.begin(), given.end(), back.begin());
  if (wrong.first != given.end())
    throw argument_error(prefix + "unsorted_indices has " + std::to_string(*wrong.first) + " at place " +
                         std::to_string(wrong.first - given.begin()) + ", where the inverse of sorted_indices has " +
                         std::to_string(*wrong.second) + ": leave it undefined, and it is computed");
  return x;
}

}  // namespace detail

PackedSequence pack_padded_sequence(Tensor x, Tensor lengths, const PackOptions& options, Source at) {
  constexpr const char* op = "pack_padded_sequence";
  const xgrad::detail::Timed timed(op, at);
  check_padded(op, x);
  const bool first = options.batch_first();
  const std::int64_t batch = x.shape()[first ? 0 : 1], steps = x.shape()[first ? 1 : 0];
  const Numbers all = lengths_of(op, lengths, batch, 1, steps);
  if (batch == 0) throw argument_error(told(op, "the batch is empty: at least one sequence is needed"));
  const Tensor rows = flatten(std::move(x), 0, 1, at);
  return packed(
      op, rows, all, options.enforce_sorted(),
      [&](std::int64_t t, std::int64_t b) { return static_cast<std::int64_t>(place(first, t, b, steps, batch)); }, at);
}

PackedSequence pack_sequence(const std::vector<Tensor>& sequences, const PackOptions& options, Source at) {
  constexpr const char* op = "pack_sequence";
  const xgrad::detail::Timed timed(op, at);
  check_sequences(op, sequences);
  Numbers lengths, begin;
  std::int64_t rows = 0;
  for (const Tensor& each : sequences) {
    if (each.shape()[0] == 0)
      throw argument_error(told(op, "a sequence has shape " + to_string(each.shape()) + ": it must have a step"));
    begin.push_back(rows);
    lengths.push_back(each.shape()[0]);
    rows += each.shape()[0];
  }
  return packed(
      op, concat(sequences, 0, at), lengths, options.enforce_sorted(),
      [&](std::int64_t t, std::int64_t b) { return begin[static_cast<std::size_t>(b)] + t; }, at);
}

std::pair<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequences, const PadOptions& options, Source at) {
  constexpr const char* op = "pad_packed_sequence";
  const xgrad::detail::Timed timed(op, at);
  const PackedSequence all = detail::checked_sequences(std::string(op) + ": ", sequences);
  const Numbers sorted = packed_lengths(all);
  const auto batch = static_cast<std::int64_t>(sorted.size());
  const std::int64_t steps = total_of(op, options, all.batch_sizes.size());
  Numbers order(sorted.size());
  if (all.sorted_indices.defined())
    std::copy_n(Raw::data<std::int64_t>(all.sorted_indices), order.size(), order.begin());
  else
    std::iota(order.begin(), order.end(), 0);
  Numbers lengths(sorted.size()), from = filled({steps, batch}, -1);
  for (std::size_t i = 0; i < order.size(); ++i) lengths[static_cast<std::size_t>(order[i])] = sorted[i];
  std::int64_t row = 0;
  each_row(lengths, order, [&](std::int64_t t, std::size_t, std::int64_t b) {
    from[place(options.batch_first(), t, b, steps, batch)] = row++;
  });
  return {padded(sequences.data, std::move(from), steps, batch, options, at), Tensor(lengths)};
}

Tensor pad_sequence(const std::vector<Tensor>& sequences, const PadOptions& options, Source at) {
  constexpr const char* op = "pad_sequence";
  const xgrad::detail::Timed timed(op, at);
  check_sequences(op, sequences);
  const auto batch = static_cast<std::int64_t>(sequences.size());
  std::int64_t longest = 0, row = 0;
  for (const Tensor& each : sequences) longest = std::max(longest, each.shape()[0]);
  const std::int64_t steps = total_of(op, options, longest);
  Numbers from = filled({steps, batch}, -1);
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::int64_t length = sequences[static_cast<std::size_t>(b)].shape()[0];
    const std::int64_t first = options.padding_left() ? steps - length : 0;
    for (std::int64_t t = 0; t < length; ++t) from[place(options.batch_first(), first + t, b, steps, batch)] = row++;
  }
  return padded(concat(sequences, 0, at), std::move(from), steps, batch, options, at);
}

std::vector<Tensor> unpad_sequence(const Tensor& x, const Tensor& lengths, const PackOptions& options, Source at) {
  constexpr const char* op = "unpad_sequence";
  const xgrad::detail::Timed timed(op, at);
  check_padded(op, x);
  const std::int64_t axis = options.batch_first() ? 0 : 1;
  const Numbers all = lengths_of(op, lengths, x.shape().at(axis), 0, x.shape().at(1 - axis));
  std::vector<Tensor> out;
  for (std::size_t b = 0; b < all.size(); ++b)
    out.push_back(narrow(select(x, axis, static_cast<std::int64_t>(b), at), 0, 0, all[b], at));
  return out;
}

std::vector<Tensor> unpack_sequence(const PackedSequence& sequences, Source at) {
  constexpr const char* op = "unpack_sequence";
  const xgrad::detail::Timed timed(op, at);
  detail::checked_sequences(std::string(op) + ": ", sequences);  // whose errors name this op
  const auto [padded, lengths] = pad_packed_sequence(sequences, PadOptions().batch_first(true), at);
  return unpad_sequence(padded, lengths, PackOptions().batch_first(true), at);
}

}  // namespace xgrad::nn
