#include <xgrad/nn/embedding.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/norm.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/scattering.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/nn/argument_checks.hpp>
#include <xgrad/nn/init.hpp>
#include <xgrad/nn/module_hooks.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;

using detail::TableSettings;

constexpr std::int64_t nowhere = -1;

// The padding row counted from the front, or nowhere.
std::int64_t checked_padding(const char* op, const TableSettings& options, std::int64_t rows) {
  xgrad::detail::require_number(op, "the norm type", options.norm_type);
  if (options.max_norm && !(*options.max_norm >= 0))
    throw argument_error(std::string(op) + ": the greatest norm must not be negative, got " +
                         xgrad::detail::number_text(*options.max_norm));
  if (!options.padding_idx) return nowhere;
  const std::int64_t asked = *options.padding_idx;
  if (asked < -rows || asked >= rows)
    throw argument_error(std::string(op) + ": the padding row is " + std::to_string(asked) + " of " +
                         std::to_string(rows) + " rows: it must be one of them");
  return asked < 0 ? asked + rows : asked;
}

void check_table(const char* op, const Tensor& indices, const Tensor& weight) {
  detail::require_given(op, {{indices, "the indices"}, {weight, "the weight"}});
  if (weight.rank() != 2 || !is_floating(weight.dtype()))
    throw argument_error(std::string(op) + ": the weight is " + name_of(weight.dtype()) + " " +
                         to_string(weight.shape()) + ": a table is floating and has two axes");
  if (indices.dtype() != int64)
    throw argument_error(std::string(op) + ": the indices are " + name_of(indices.dtype()) + " " +
                         to_string(indices.shape()) + ": they must be int64");
  const std::int64_t rows = weight.shape()[0];
  const auto* index = Raw::data<std::int64_t>(indices);
  for (std::int64_t i = 0; i < indices.size(); ++i)
    if (index[i] < 0 || index[i] >= rows)
      throw argument_error(std::string(op) + ": index " + std::to_string(i) + " is " + std::to_string(index[i]) +
                           ": it must lie in [0, " + std::to_string(rows) + ")");
}

// Shortens the rows that the indices name, as PyTorch's embedding_renorm_. Unless the op comes to its end and keeps
// them, as when memory runs out for its result, they get their values back.
class ShortenedRows {
 public:
  ShortenedRows(const char* op, const Tensor& indices, Tensor weight, const TableSettings& options, Source at)
      : weight_(std::move(weight)) {
    if (!options.max_norm || indices.size() == 0) return;
    const NoGrad off;
    const auto* index = Raw::data<std::int64_t>(indices);
    xgrad::detail::ScratchVector<std::int64_t> named(index, index + indices.size());
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    const Tensor table = weight_.detach();
    // In float64, and where even that cannot hold the length, that of the row times 2^-600.
    const Tensor chosen = index_select(table, 0, Tensor(named)).to(float64);
    const Tensor lengths = norm(chosen, options.norm_type, 1);
    const auto part_of = [&](std::size_t i) {
      return norm(narrow(chosen, 0, static_cast<std::int64_t>(i), 1) * 0x1p-600, options.norm_type).item();
    };
    xgrad::detail::ScratchVector<double> scales;
    for (std::size_t i = 0; i < named.size(); ++i) {
      const double length = Raw::data<double>(lengths)[i];
      if (!(length > *options.max_norm)) continue;
      rows_.push_back(named[i]);
      scales.push_back(std::isinf(length) ? *options.max_norm / part_of(i) * 0x1p-600
                                          : *options.max_norm / (length + 1e-7));
    }
    before_ = index_select(table, 0, Tensor(rows_));
    Raw::begin_write(weight_, op, at);
    each_row([&](std::size_t i, auto* row, const auto*, std::int64_t width) {
      using T = std::decay_t<decltype(*row)>;
      for (std::int64_t j = 0; j < width; ++j) row[j] = static_cast<T>(static_cast<double>(row[j]) * scales[i]);
    });
  }
  ~ShortenedRows() {
    if (kept_ || !before_.defined()) return;
    each_row([](std::size_t, auto* row, const auto* before, std::int64_t width) { std::copy_n(before, width, row); });
  }
  ShortenedRows(const ShortenedRows&) = delete;
  ShortenedRows& operator=(const ShortenedRows&) = delete;

  void keep() { kept_ = true; }

 private:
  // f(i, row, values before, width) for each row.
  template <class F>
  void each_row(const F& f) const {
    const std::int64_t width = weight_.shape()[1];
    xgrad::detail::visit_floating(weight_.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      for (std::size_t i = 0; i < rows_.size(); ++i)
        f(i, Raw::write<T>(weight_) + rows_[i] * width, Raw::data<T>(before_) + static_cast<std::int64_t>(i) * width,
          width);
    });
  }

  Tensor weight_, before_;
  xgrad::detail::ScratchVector<std::int64_t> rows_;
  bool kept_ = false;
};

// Rows of the weight, (n, size), whose gradient is multiplied by one factor each.
Tensor weighted_lookup(Tensor weight, Tensor indices, Tensor factors, Source at) {
  const std::int64_t rows = weight.shape()[0], width = weight.shape()[1];
  Tensor y = [&] {
    const NoGrad off;
    return index_select(weight.detach(), 0, indices, at);
  }();
  return record("embedding", at, std::move(y), {std::move(weight), std::move(indices), std::move(factors)},
                from<1, 2>([rows, width](Tensor of, Tensor factor, Tensor g) {
                  return index_add(zeros({rows, width}, g.dtype()), 0, std::move(of), g * unsqueeze(factor, 1));
                }),
                no_gradient, no_gradient);
}

// 1 / (how often its row occurs) for each index, and 0 for the padding row.
Tensor gradient_factors(const Tensor& indices, const Tensor& weight, std::int64_t padding) {
  xgrad::detail::ScratchVector<std::int64_t> counts(static_cast<std::size_t>(weight.shape()[0]));
  const auto* index = Raw::data<std::int64_t>(indices);
  for (std::int64_t i = 0; i < indices.size(); ++i) ++counts[static_cast<std::size_t>(index[i])];
  Tensor factors = Raw::uninitialized(indices.shape(), weight.dtype());
  xgrad::detail::visit_floating(weight.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    for (std::int64_t i = 0; i < indices.size(); ++i)
      Raw::write<T>(factors)[i] =
          index[i] == padding ? T(0) : T(1) / static_cast<T>(counts[static_cast<std::size_t>(index[i])]);
  });
  return factors;
}

// The rows of flat indices, (n, size).
Tensor rows_of(const Tensor& indices, const Tensor& weight, const TableSettings& options, std::int64_t padding,
               Source at) {
  if (options.scale_grad_by_freq)
    return weighted_lookup(weight, indices, gradient_factors(indices, weight, padding), at);
  if (padding == nowhere) return xgrad::embedding(indices, weight, at);
  return xgrad::embedding(indices, weight, padding, at);
}

}  // namespace

Tensor embedding(Tensor indices, Tensor weight, const EmbeddingOptions& options, Source at) {
  const xgrad::detail::Timed timed("embedding", at);
  check_table("embedding", indices, weight);
  const Shape shape = indices.shape().inserted(indices.rank(), weight.shape()[1]);
  const std::int64_t padding = checked_padding("embedding", options.settings(), weight.shape()[0]);
  const Tensor flat = reshape(std::move(indices), {shape.without(shape.rank() - 1).count()}, at);
  ShortenedRows shortened("embedding", flat, weight, options.settings(), at);
  Tensor y = reshape(rows_of(flat, weight, options.settings(), padding, at), shape, at);
  shortened.keep();
  return y;
}

namespace {

constexpr const char* bag_op = "embedding_bag";

/// The indices that count, and the bag of each.
struct Bags {
  xgrad::detail::ScratchVector<std::int64_t> indices, bag, place;  // place: among all indices, those of padding too
  std::int64_t count = 0;
};

// Where each bag begins among flat indices, with the end of the last one.
xgrad::detail::ScratchVector<std::int64_t> borders_of(const Tensor& indices, const Tensor& offsets, bool include_last) {
  if (indices.rank() != 1)
    throw argument_error(std::string(bag_op) + ": the indices are " + to_string(indices.shape()) +
                         ": they must be (B, S), or (n) with offsets");
  if (!offsets.defined() || offsets.dtype() != int64 || offsets.rank() != 1)
    throw argument_error(
        std::string(bag_op) + ": the indices are " + to_string(indices.shape()) + ", the offsets " +
        (offsets.defined() ? name_of(offsets.dtype()) + (" " + to_string(offsets.shape())) : "missing") +
        ": indices (n) need int64 offsets (B)");
  const std::int64_t n = indices.size();
  const auto* offset = Raw::data<std::int64_t>(offsets);
  xgrad::detail::ScratchVector<std::int64_t> borders(offset, offset + offsets.size());
  if (include_last && borders.empty())
    throw argument_error(std::string(bag_op) +
                         ": there are no offsets: with include_last_offset there is one at least");
  if (!include_last) borders.push_back(n);
  for (std::size_t b = 0; b < borders.size(); ++b)
    if ((b == 0 && offsets.size() > 0 && borders[0] != 0) || borders[b] > n || (b > 0 && borders[b] < borders[b - 1]))
      throw argument_error(std::string(bag_op) + ": offset " + std::to_string(b) + " is " + std::to_string(borders[b]) +
                           " for " + std::to_string(n) +
                           " indices: offsets begin at 0, do not fall, and do not exceed the indices");
  return borders;
}

Bags bags_of(const Tensor& indices, const Tensor& offsets, bool include_last, std::int64_t padding) {
  Bags bags;
  const auto* index = Raw::data<std::int64_t>(indices);
  const auto put = [&](std::int64_t bag, std::int64_t place) {
    if (index[place] == padding) return;
    bags.indices.push_back(index[place]);
    bags.bag.push_back(bag);
    bags.place.push_back(place);
  };
  if (indices.rank() == 2) {
    if (offsets.defined())
      throw argument_error(std::string(bag_op) + ": the indices are " + to_string(indices.shape()) +
                           ", and there are offsets: a matrix of indices has its bags in its rows");
    bags.count = indices.shape()[0];  // without indices, as many as there may be
    for (std::int64_t i = 0; i < indices.size(); ++i) put(i / indices.shape()[1], i);
    return bags;
  }
  const xgrad::detail::ScratchVector<std::int64_t> borders = borders_of(indices, offsets, include_last);
  bags.count = static_cast<std::int64_t>(borders.size()) - 1;
  for (std::int64_t b = 0; b < bags.count; ++b)
    for (std::int64_t i = borders[static_cast<std::size_t>(b)]; i < borders[static_cast<std::size_t>(b) + 1]; ++i)
      put(b, i);
  return bags;
}

Tensor largest(const Tensor& rows, const Bags& bags, Source at) {
  const std::int64_t width = rows.shape()[1];
  const Tensor from = zeros({bags.count, width}, int64), none = ones({bags.count, width}, boolean);
  auto* first = Raw::write<std::int64_t>(from);
  auto* empty = Raw::write<bool>(none);
  xgrad::detail::visit_floating(rows.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = Raw::data<T>(rows);
    for (std::size_t i = 0; i < bags.bag.size(); ++i)
      for (std::int64_t j = 0; j < width; ++j) {
        const std::int64_t to = bags.bag[i] * width + j, here = static_cast<std::int64_t>(i);
        const T now = x[first[to] * width + j], next = x[here * width + j];
        if (empty[to] || next > now || (std::isnan(next) && !std::isnan(now))) first[to] = here;
        empty[to] = false;
      }
  });
  if (rows.shape()[0] == 0) return add(zeros({bags.count, width}, rows.dtype()), sum(rows, {}, KeepDims::no, at), at);
  return where(none, 0, gather(rows, 0, from, at), at);
}

// How many rows each bag has, at least 1, as a column.
Tensor sizes_of(const Bags& bags, DType dtype) {
  xgrad::detail::ScratchVector<double> sizes(static_cast<std::size_t>(bags.count));
  for (const std::int64_t b : bags.bag) ++sizes[static_cast<std::size_t>(b)];
  for (double& size : sizes) size = std::max(size, 1.0);
  return unsqueeze(Tensor(sizes).to(dtype), 1);
}

Tensor summed(Tensor rows, const Bags& bags, BagMode mode, const Tensor& per_sample_weights, Source at) {
  if (per_sample_weights.defined()) {
    const Tensor factors =
        index_select(reshape(to(per_sample_weights, rows.dtype(), at), {-1}, at), 0, Tensor(bags.place), at);
    rows = mul(rows, unsqueeze(factors, 1, at), at);
  }
  const Tensor nothing = zeros({bags.count, rows.shape()[1]}, rows.dtype());
  Tensor sums = index_add(nothing, 0, Tensor(bags.bag), rows, 1, at);
  return mode == BagMode::mean && sums.size() > 0 ? div(sums, sizes_of(bags, rows.dtype()), at) : sums;
}

void check_sample_weights(const Tensor& given, const Tensor& indices, const Tensor& weight, BagMode mode) {
  if (!given.defined()) return;
  if (mode != BagMode::sum)
    throw argument_error(std::string(bag_op) +
                         ": there are per_sample_weights, and the mode is not sum: only sums are weighted");
  if (indices.shape() != given.shape())
    throw xgrad::detail::argument_error(std::string(bag_op) + ": the indices are " + to_string(indices.shape()) +
                                        ", per_sample_weights " + to_string(given.shape()) +
                                        ": there must be a weight for each index");
  detail::require_same_floating(bag_op, {given, "per_sample_weights"}, {weight, "weight"});
}

}  // namespace

Tensor embedding_bag(Tensor indices, Tensor weight, Tensor offsets, const EmbeddingBagOptions& options,
                     Tensor per_sample_weights, Source at) {
  const xgrad::detail::Timed timed(bag_op, at);
  check_table(bag_op, indices, weight);
  const std::int64_t padding = checked_padding(bag_op, options.settings(), weight.shape()[0]);
  check_sample_weights(per_sample_weights, indices, weight, options.mode());
  const Bags bags = bags_of(indices, offsets, options.include_last_offset(), padding);
  const Tensor flat(bags.indices);
  ShortenedRows shortened(bag_op, flat, weight, options.settings(), at);
  const Tensor rows = rows_of(flat, weight, options.settings(), padding, at);
  Tensor y = options.mode() == BagMode::max ? largest(rows, bags, at)
                                            : summed(rows, bags, options.mode(), per_sample_weights, at);
  shortened.keep();
  return y;
}

namespace {

// A table of normal numbers, with zeros in the padding row.
Parameter fresh_table(const char* name, Dim rows, Dim width, const TableSettings& options) {
  const xgrad::detail::Calling calling(name);
  if (rows < 0 || width < 0)
    throw argument_error(std::string(name) + ": a table cannot have " + std::to_string(rows) + " rows of " +
                         std::to_string(width) + ": neither may be negative");
  const std::int64_t padding = checked_padding(name, options, rows);
  Tensor values = init::normal_(Raw::uninitialized({rows, width}, float32));
  if (padding != nowhere) values[padding].fill_(0);
  return Parameter(values);
}

Parameter given_table(const char* name, const Tensor& table, Freeze freeze, const TableSettings& options) {
  const xgrad::detail::Calling calling(name);
  if (!table.defined() || table.rank() != 2 || !is_floating(table.dtype()))
    throw argument_error(std::string(name) + ": the table " +
                         (table.defined() ? std::string("is ") + name_of(table.dtype()) + " " + to_string(table.shape())
                                          : "is an empty tensor") +
                         ": it must be floating and have two axes");
  checked_padding(name, options, table.shape()[0]);
  return Parameter(table.detach(), freeze == Freeze::no);
}

// The text up to what the two modules print differently.
std::string text_of(const Tensor& table, const TableSettings& options) {
  std::string text = std::to_string(table.shape()[0]) + ", " + std::to_string(table.shape()[1]);
  if (options.max_norm) text += ", max_norm=" + detail::python(*options.max_norm);
  if (options.norm_type != 2) text += ", norm_type=" + detail::python(options.norm_type);
  if (options.scale_grad_by_freq) text += ", scale_grad_by_freq=True";
  return text;
}

std::string padding_text(const Tensor& table, const TableSettings& options) {
  const std::int64_t padding = checked_padding("Embedding", options, table.shape()[0]);
  return padding == nowhere ? "" : ", padding_idx=" + std::to_string(padding);
}

}  // namespace

Embedding::Embedding(Parameter table, const Options& options) : weight(std::move(table)), options_(options) {
  add("weight", weight);
  std::string text = text_of(weight, options.settings());
  const std::string sizes = std::to_string(weight.shape()[0]) + ", " + std::to_string(weight.shape()[1]);
  describe(sizes + padding_text(weight, options.settings()) + text.substr(sizes.size()));
}
Embedding::Embedding(Dim num_embeddings, Dim embedding_dim, const Options& options)
    : Embedding(fresh_table("Embedding", num_embeddings, embedding_dim, options.settings()), options) {}
Embedding Embedding::from_pretrained(const Tensor& embeddings, Freeze freeze, const Options& options) {
  return {given_table("Embedding", embeddings, freeze, options.settings()), options};
}
Tensor Embedding::forward(const Tensor& indices) { return embedding(indices, weight, options_, call_site()); }

EmbeddingBag::EmbeddingBag(Parameter table, const Options& options) : weight(std::move(table)), options_(options) {
  add("weight", weight);
  const char* mode = options.mode() == BagMode::sum ? "sum" : options.mode() == BagMode::mean ? "mean" : "max";
  describe(text_of(weight, options.settings()) + ", mode=" + mode + padding_text(weight, options.settings()));
}
EmbeddingBag::EmbeddingBag(Dim num_embeddings, Dim embedding_dim, const Options& options)
    : EmbeddingBag(fresh_table("EmbeddingBag", num_embeddings, embedding_dim, options.settings()), options) {}
EmbeddingBag EmbeddingBag::from_pretrained(const Tensor& embeddings, Freeze freeze, const Options& options) {
  return {given_table("EmbeddingBag", embeddings, freeze, options.settings()), options};
}
Tensor EmbeddingBag::forward(const Tensor& indices) {
  return embedding_bag(indices, weight, {}, options_, {}, call_site());
}
Tensor EmbeddingBag::operator()(const Tensor& indices, const Tensor& offsets, const Tensor& per_sample_weights,
                                Source at) const {
  const auto with_offsets = [&](const Tensor& given) {
    return embedding_bag(given, weight, offsets, options_, per_sample_weights, at);
  };
  return call([&] { return detail::forward_of_one(*this, indices, with_offsets); }, at);
}

}  // namespace xgrad::nn
