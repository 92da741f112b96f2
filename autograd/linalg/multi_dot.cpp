#include <xgrad/autograd/linalg/multi_dot.hpp>

#include <limits>
#include <string>

#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::linalg {
namespace {

using namespace detail;

/// Where the last product of matrices i .. j splits, for every i < j: the cheapest order of a chain by dynamic
/// programming over its parts.
class Order {
 public:
  /// Matrix i has sizes[i] rows and sizes[i + 1] columns.
  explicit Order(const std::vector<double>& sizes) : count_(sizes.size() - 1), split_(count_ * count_) {
    std::vector<double> cost(count_ * count_);
    for (std::size_t length = 1; length < count_; ++length)
      for (std::size_t i = 0; i + length < count_; ++i) {
        const std::size_t j = i + length;
        cost[i * count_ + j] = std::numeric_limits<double>::infinity();
        for (std::size_t k = i; k < j; ++k) {
          const double total =
              cost[i * count_ + k] + cost[(k + 1) * count_ + j] + sizes[i] * sizes[k + 1] * sizes[j + 1];
          if (total >= cost[i * count_ + j]) continue;
          cost[i * count_ + j] = total;
          split_[i * count_ + j] = k;
        }
      }
  }

  Tensor product(const std::vector<Tensor>& all, std::size_t i, std::size_t j) const {
    if (i == j) return all[i];
    const std::size_t k = split_[i * count_ + j];
    return times(product(all, i, k), product(all, k + 1, j));
  }

 private:
  std::size_t count_;
  std::vector<std::size_t> split_;
};

void check_matrix(std::size_t i, std::size_t count, const Tensor& x, const Tensor& first) {
  const std::string where = "multi_dot: operand " + std::to_string(i);
  xgrad::detail::require_defined("multi_dot", &x, 1);
  const bool end = i == 0 || i + 1 == count;
  if (x.rank() != 2 && !(end && x.rank() == 1))
    throw xgrad::detail::argument_error(where + " has shape " + to_string(x.shape()) +
                                        (end ? ": it must be a matrix or a vector" : ": it must be a matrix"));
  if (!is_floating(x.dtype()) || x.dtype() != first.dtype())
    throw xgrad::detail::argument_error(where + " is " + name_of(x.dtype()) + ", the first is " +
                                        name_of(first.dtype()) + ": all must be float32 or all float64");
}

}  // namespace

Tensor multi_dot(const std::vector<Tensor>& given, Source at) {
  const xgrad::detail::Timed timed("multi_dot", at);
  if (given.size() < 2)
    throw xgrad::detail::argument_error("multi_dot: got " + std::to_string(given.size()) +
                                        " operands: a product needs at least two");
  for (std::size_t i = 0; i < given.size(); ++i) check_matrix(i, given.size(), given[i], given[0]);
  std::vector<Tensor> all = given;
  const bool row = given.front().rank() == 1, column = given.back().rank() == 1;
  if (row) all.front() = unsqueeze(all.front(), 0, at);
  if (column) all.back() = unsqueeze(all.back(), 1, at);
  std::vector<double> sizes{static_cast<double>(all[0].shape()[0])};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i - 1].shape()[1] != all[i].shape()[0])
      throw xgrad::detail::argument_error("multi_dot: cannot multiply " + to_string(given[i - 1].shape()) + " by " +
                                          to_string(given[i].shape()) + ": the inner sizes must agree");
    sizes.push_back(static_cast<double>(all[i].shape()[1]));
  }
  Tensor y = Order(sizes).product(all, 0, all.size() - 1);
  if (column) y = squeeze(std::move(y), 1, at);
  if (row) y = squeeze(std::move(y), 0, at);
  return y;
}

}  // namespace xgrad::linalg
