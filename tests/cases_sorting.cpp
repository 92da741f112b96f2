#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/histogram.hpp>
#include <xgrad/autograd/ops/order_statistics.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/sampling.hpp>
#include <xgrad/autograd/ops/sorting.hpp>

#include <algorithm>
#include <cmath>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

using AlongAxis = std::function<Tensor(const Tensor&, std::int64_t, KeepDims)>;

/// Elements chosen along an axis.
Case choosing(const char* op, AlongAxis f, unsigned flags = none) {
  Case row{op, {}, {}, flags};
  for (const auto& [shape, axis] : axes_of_shapes()) {
    const KeepDims keep = row.samples.size() % 3 == 0 ? KeepDims::yes : KeepDims::no;
    row.samples.push_back({[=, axis = axis](const Tensors& x) { return f(x[0], axis, keep); }, {distinct(shape)}});
  }
  row.refusals = {{[f](const Tensors& x) { return f(x[0], 2, keepdims); }, {distinct({2, 3})}, {"axis 2", "2 axes"}},
                  {[f](const Tensors& x) { return f(x[0], -3, keepdims); }, {distinct({2, 3})}, {"axis -3"}}};
  return row;
}

/// The same for ops that need an element along the axis.
Case choosing_one(const char* op, AlongAxis f) {
  Case row = choosing(op, f);
  row.refusals.push_back({[f](const Tensors& x) { return f(x[0], 0, KeepDims::no); }, {distinct({0, 3})}});
  return row;
}

/// The samples of quantile() along an axis that it accepts: of at least one element.
Case quantiles(const char* op, AlongAxis f, unsigned flags = no_nothing) {
  Case row = choosing(op, f, flags);
  const auto nothing = [](const Sample& sample) { return sample.inputs[0].size() == 0; };
  row.samples.erase(std::remove_if(row.samples.begin(), row.samples.end(), nothing), row.samples.end());
  row.refusals.push_back({[f](const Tensors& x) { return f(x[0], 0, KeepDims::no); }, {distinct({0, 3})}});
  return row;
}

/// The gradient of q, in places that are not close to a neighbour.
Case quantile_of_q() {
  Case row{"quantile", {}, {}, no_nothing | selects};
  for (const auto& [shape, axis] : axes_of_shapes()) {
    if (shape.count() == 0 || shape.count() > 20) continue;
    const Tensor q = Tensor{0.3, 0.6}.requires_grad_();
    row.samples.push_back(
        {[axis = axis](const Tensors& x) { return quantile(x[0], x[1], axis); }, {distinct(shape), q}});
  }
  return row;
}

Case of_all(const char* op, std::function<Tensor(const Tensor&)> f) { return unary(op, f, distinct, selects); }

Case weighted_bincount() {
  Case row{"bincount", {}, {}, no_scalars | takes_empty};
  for (const std::int64_t n : {0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 35}) {
    const Tensor places = labels({n}, 6);
    row.samples.push_back({[](const Tensors& x) { return bincount(x[1], x[0], 8); }, {any({n}), places}});
  }
  row.refusals = {
      {[](const Tensors& x) { return bincount(x[1], x[0]); }, {any({3}), labels({2}, 4)}},
      {[](const Tensors& x) { return bincount(x[1], x[0]); }, {any({2, 2}), labels({2, 2}, 4)}, {"(2, 2)"}}};
  return row;
}

/// A number of elements that the axis has, about a half; 1 where there is no such axis.
std::int64_t half(const Tensor& x, std::int64_t axis, std::int64_t more) {
  const auto rank = static_cast<std::int64_t>(x.rank());
  return rank == 0 || axis >= rank || axis < -rank ? 1 : (x.shape(axis) + more) / 2;
}

std::vector<Case> order_cases() {
  return {
      choosing("sort", [](const Tensor& x, std::int64_t axis, KeepDims) { return sort(x, axis).values; }),
      choosing("sort", [](const Tensor& x, std::int64_t axis, KeepDims) { return sort(x, axis, descending).values; }),
      choosing("topk",
               [](const Tensor& x, std::int64_t axis, KeepDims) { return topk(x, half(x, axis, 1), axis).values; }),
      choosing("topk", [](const Tensor& x, std::int64_t axis,
                          KeepDims) { return topk(x, half(x, axis, 1), axis, smallest).values; }),
      choosing_one("kthvalue", [](const Tensor& x, std::int64_t axis,
                                  KeepDims keep) { return kthvalue(x, half(x, axis, 2), axis, keep).values; }),
      choosing_one("median",
                   [](const Tensor& x, std::int64_t axis, KeepDims keep) { return median(x, axis, keep).values; }),
      choosing_one("nanmedian",
                   [](const Tensor& x, std::int64_t axis, KeepDims keep) { return nanmedian(x, axis, keep).values; }),
      choosing_one("mode",
                   [](const Tensor& x, std::int64_t axis, KeepDims keep) { return mode(x, axis, keep).values; }),
      of_all("median", [](const Tensor& x) { return median(x); }),
      of_all("nanmedian", [](const Tensor& x) { return nanmedian(x); }),
  };
}

}  // namespace

std::vector<Case> sorting_cases() {
  std::vector<Case> rows = order_cases();
  for (const Interpolation how : {Interpolation::linear, Interpolation::lower, Interpolation::higher,
                                  Interpolation::midpoint, Interpolation::nearest})
    rows.push_back(quantiles("quantile", [how](const Tensor& x, std::int64_t axis, KeepDims keep) {
      return quantile(x, Tensor{0.3, 0.0, 0.72, 1.0}, axis, keep, how);
    }));
  rows.push_back(quantiles("nanquantile", [](const Tensor& x, std::int64_t axis, KeepDims keep) {
    return nanquantile(x, 0.4, axis, keep);
  }));
  rows.push_back(quantile_of_q());
  rows.push_back(weighted_bincount());
  const auto sums = [](const char* op, Tensor (*f)(Tensor, Axes, KeepDims, Source), const std::vector<Fold>& over) {
    return reducing(
        op, [f](const Tensor& x, const Fold& r) { return f(x, r.over(), r.keep, Source::here()); }, any, over);
  };
  rows.push_back(sums("nansum", nansum, reductions()));
  rows.push_back(sums("nanmean", nanmean, reductions_of_something()));
  rows.push_back(reducing(
      "aminmax",
      [](const Tensor& x, const Fold& r) {
        const auto [low, high] = aminmax(x, r.over(), r.keep);
        return low + 2 * high;
      },
      distinct, reductions_of_something()));
  Case soft = choosing("gumbel_softmax", [](const Tensor& x, std::int64_t axis, KeepDims) {
    Generator generator(7);
    return gumbel_softmax(x, generator, 0.7, Sampling::soft, axis);
  });
  soft.flags = selects;
  rows.push_back(std::move(soft));
  return rows;
}

}  // namespace cases
