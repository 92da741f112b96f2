#include <xgrad/autograd/ops/einsum.hpp>

#include <algorithm>
#include <limits>

#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/einsum_equation.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using detail::EinsumEquation;
using detail::Labels;

/// A tensor whose axes have labels, each at most once.
struct Labelled {
  Tensor x;
  Labels labels;

  bool has(int label) const { return std::find(labels.begin(), labels.end(), label) != labels.end(); }
};

/// The axes in the order of `labels`, which are those of x.
Tensor ordered(const Labelled& x, const Labels& labels, Source at) {
  std::vector<std::int64_t> axes;
  for (const int label : labels) axes.push_back(std::find(x.labels.begin(), x.labels.end(), label) - x.labels.begin());
  return std::is_sorted(axes.begin(), axes.end()) ? x.x : transpose(x.x, axes, at);
}

/// Replaces two axes of the same label by their diagonal, the last axis of the result.
void take_diagonal(Labelled& x, std::size_t first, std::size_t second, Source at) {
  std::vector<std::int64_t> axes;
  Labels labels;
  Shape shape;
  for (std::size_t k = 0; k < x.labels.size(); ++k) {
    if (k == first || k == second) continue;
    axes.push_back(static_cast<std::int64_t>(k));
    labels.push_back(x.labels[k]);
    shape = shape.inserted(shape.rank(), x.x.shape()[k]);
  }
  labels.push_back(x.labels[first]);
  axes.push_back(static_cast<std::int64_t>(first));
  axes.push_back(static_cast<std::int64_t>(second));
  const std::int64_t n = x.x.shape()[first];
  const Tensor flat = reshape(transpose(x.x, axes, at), shape.inserted(shape.rank(), Shape{n, n}.count()), at);
  x = {index_select(flat, -1, n == 0 ? zeros({0}, int64) : arange(n) * (n + 1), at), labels};
}

Labelled with_diagonals(Tensor x, const Labels& labels, Source at) {
  Labelled result{std::move(x), labels};
  for (std::size_t second = 1; second < result.labels.size(); ++second) {
    const auto here = result.labels.begin() + static_cast<std::ptrdiff_t>(second);
    const auto first = std::find(result.labels.begin(), here, *here);
    if (first == here) continue;
    take_diagonal(result, static_cast<std::size_t>(first - result.labels.begin()), second, at);
    second = 0;
  }
  return result;
}

/// Drops the axes of size 1 that broadcast against a larger size, or against none.
void drop_broadcast_axes(Labelled& x, const std::vector<std::int64_t>& sizes, Source at) {
  Shape shape;
  Labels labels;
  for (std::size_t k = 0; k < x.labels.size(); ++k) {
    const std::int64_t size = x.x.shape()[k];
    if (size == 1 && sizes[static_cast<std::size_t>(x.labels[k])] != 1) continue;
    shape = shape.inserted(shape.rank(), size);
    labels.push_back(x.labels[k]);
  }
  if (labels.size() == x.labels.size()) return;
  x = {reshape(std::move(x.x), shape, at), labels};
}

/// Sums over the labels that nothing needs any more.
template <class Needed>
void sum_out(Labelled& x, const Needed& needed, Source at) {
  std::vector<std::int64_t> axes;
  Labels labels;
  for (std::size_t k = 0; k < x.labels.size(); ++k)
    if (needed(x.labels[k]))
      labels.push_back(x.labels[k]);
    else
      axes.push_back(static_cast<std::int64_t>(k));
  if (!axes.empty()) x = {sum(std::move(x.x), axes, KeepDims::no, at), labels};
}

/// The labels of a pair by what becomes of them.
struct Roles {
  Labels both, left, right, inner;
};

template <class Needed>
Roles roles_of(const Labelled& a, const Labelled& b, const Needed& needed) {
  Roles roles;
  for (const int label : a.labels)
    (!b.has(label) ? roles.left : needed(label) ? roles.both : roles.inner).push_back(label);
  for (const int label : b.labels)
    if (!a.has(label)) roles.right.push_back(label);
  return roles;
}

Labels joined(Labels first, const Labels& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Shape shape_of(const Labels& labels, const std::vector<std::int64_t>& sizes) {
  Shape shape;
  for (const int label : labels) shape = shape.inserted(shape.rank(), sizes[static_cast<std::size_t>(label)]);
  return shape;
}

/// The products of int64 matrices (batch, m, k) and (batch, k, n), which wrap around.
Tensor whole_product(Tensor left, Tensor right, Source at) {
  const std::int64_t batch = left.shape()[0], m = left.shape()[1], k = left.shape()[2], n = right.shape()[2];
  Tensor y = Raw::uninitialized({batch, m, n}, int64);
  const auto *const a = Raw::data<std::int64_t>(left), *const b = Raw::data<std::int64_t>(right);
  auto* const to = Raw::write<std::int64_t>(y);
  const std::int64_t grain = std::max<std::int64_t>(1, kernels::pointwise_grain / std::max<std::int64_t>(1, k * n));
  kernels::parallel_ranges(batch * m, grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      std::fill_n(to + row * n, n, 0);
      for (std::int64_t l = 0; l < k; ++l) {
        const auto factor = static_cast<std::uint64_t>(a[row * k + l]);
        const std::int64_t* const other = b + (row / m * k + l) * n;
        for (std::int64_t j = 0; j < n; ++j) {
          std::int64_t& sum = to[row * n + j];
          sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) +
                                          factor * static_cast<std::uint64_t>(other[j]));
        }
      }
    }
  });
  return record("einsum", at, std::move(y), {std::move(left), std::move(right)}, no_gradient, no_gradient);
}

/// Whether each matrix product is so small that its call takes longer than its multiplications.
bool is_tiny(std::int64_t m, std::int64_t k, std::int64_t n) {
  if (m == 1 && n == 1) return k <= 256;
  return (m == 1 || n == 1) && k <= 16 && m * n <= 16 && m * k * n <= 16;
}

/// One pair by a batched matrix product: (both, left, inner) with (both, inner, right).
Labelled contract(const Labelled& a, const Labelled& b, const Roles& roles, const std::vector<std::int64_t>& sizes,
                  Source at) {
  const auto count = [&](const Labels& labels) { return shape_of(labels, sizes).count(); };
  const std::int64_t batch = count(roles.both), m = count(roles.left), n = count(roles.right), k = count(roles.inner);
  const Tensor left = ordered(a, joined(joined(roles.both, roles.left), roles.inner), at);
  const Tensor right = ordered(b, joined(joined(roles.both, roles.inner), roles.right), at);
  const Labels labels = joined(joined(roles.both, roles.left), roles.right);
  Tensor y;
  if (!roles.both.empty() && roles.inner.empty() && (m == 1 || n == 1))
    y = mul(reshape(left, {batch, m, 1}, at), reshape(right, {batch, 1, n}, at), at);
  else if (!is_floating(left.dtype()))
    y = whole_product(reshape(left, {batch, m, k}, at), reshape(right, {batch, k, n}, at), at);
  else if (batch > 16 && is_tiny(m, k, n))
    y = sum(mul(reshape(left, {batch, m, k, 1}, at), reshape(right, {batch, 1, k, n}, at), at), 2, KeepDims::no, at);
  else if (roles.both.empty())
    y = detail::product("einsum", reshape(left, {m, k}, at), reshape(right, {k, n}, at), false, false, at, {});
  else
    y = detail::product("einsum", reshape(left, {batch, m, k}, at), reshape(right, {batch, k, n}, at), false, false, at,
                        {});
  return {reshape(std::move(y), shape_of(labels, sizes), at), labels};
}

/// The multiplications that contracting two operands takes.
double cost(const Labelled& a, const Labelled& b, const std::vector<std::int64_t>& sizes) {
  double product = 1;
  for (const int label : a.labels) product *= static_cast<double>(sizes[static_cast<std::size_t>(label)]);
  for (const int label : b.labels)
    if (!a.has(label)) product *= static_cast<double>(sizes[static_cast<std::size_t>(label)]);
  return product;
}

std::pair<std::size_t, std::size_t> cheapest_pair(const std::vector<Labelled>& rest,
                                                  const std::vector<std::int64_t>& sizes) {
  std::pair<std::size_t, std::size_t> best{0, 1};
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < rest.size(); ++i)
    for (std::size_t j = i + 1; j < rest.size(); ++j)
      if (const double c = cost(rest[i], rest[j], sizes); c < least) {
        least = c;
        best = {i, j};
      }
  return best;
}

void check_operands(const std::vector<Tensor>& operands) {
  if (operands.empty()) throw detail::argument_error("einsum: got no operands: a sum of products needs at least one");
  detail::require_defined("einsum", operands.data(), operands.size());
  if (operands.size() == 1) return;
  for (std::size_t i = 0; i < operands.size(); ++i)
    if (operands[i].dtype() != operands[0].dtype() || operands[i].dtype() == boolean)
      throw detail::argument_error("einsum: operand 0 is " + std::string(name_of(operands[0].dtype())) + ", operand " +
                                   std::to_string(i) + " is " + name_of(operands[i].dtype()) +
                                   ": all must have one dtype, and not bool: convert them with to()");
}

}  // namespace

Tensor einsum(const std::string& equation, const std::vector<Tensor>& operands, Source at) {
  const detail::Timed timed("einsum", at);
  check_operands(operands);
  const EinsumEquation terms = detail::parse_einsum(equation, operands);
  std::vector<Labelled> rest;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    rest.push_back(with_diagonals(operands[i], terms.operands[i], at));
    drop_broadcast_axes(rest.back(), terms.sizes, at);
  }
  const auto needed_besides = [&](std::size_t i, std::size_t j) {
    return [&, i, j](int label) {
      if (std::find(terms.result.begin(), terms.result.end(), label) != terms.result.end()) return true;
      for (std::size_t k = 0; k < rest.size(); ++k)
        if (k != i && k != j && rest[k].has(label)) return true;
      return false;
    };
  };
  for (std::size_t i = 0; i < rest.size(); ++i) sum_out(rest[i], needed_besides(i, i), at);
  while (rest.size() > 1) {
    const auto [i, j] = cheapest_pair(rest, terms.sizes);
    Labelled y = contract(rest[i], rest[j], roles_of(rest[i], rest[j], needed_besides(i, j)), terms.sizes, at);
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(j));
    rest[i] = std::move(y);
  }
  Tensor y = ordered(rest[0], terms.result, at);
  // Where the equation leaves its only operand unchanged, y is that operand; an op returns a new tensor.
  return operands.size() == 1 && Raw::value(y) == Raw::value(operands[0]) ? clone(std::move(y), at) : y;
}

}  // namespace xgrad
