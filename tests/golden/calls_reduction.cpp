#include <xgrad/autograd/ops/counting.hpp>
#include <xgrad/autograd/ops/histogram.hpp>
#include <xgrad/autograd/ops/norm.hpp>
#include <xgrad/autograd/ops/prod.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/variance.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

/// The extremes of all elements, or along an axis with their indices.
template <class All, class Along>
Function extreme(All all, Along along) {
  return [=](const Call& c) -> Results {
    if (c.has("dim")) return along(c["input"], c.integer("dim"), c.keepdims());
    return all(c["input"]);
  };
}

Results both_moments(const Call& c, bool root) {
  if (root) {
    const StdMean y = std_mean(c["input"], c.axes(), c.number("correction", 1), c.keepdims());
    return {y.std, y.mean};
  }
  const VarMean y = var_mean(c["input"], c.axes(), c.number("correction", 1), c.keepdims());
  return {y.var, y.mean};
}

Results both_extremes(const Call& c) {
  const auto [low, high] = aminmax(c["input"], c.axes(), c.keepdims());
  return {low, high};
}

Side side(const Call& c) { return c.flag("right") ? Side::right : Side::left; }

}  // namespace

Registry reduction_calls() {
  const auto at = Source::here();
  return {
      {"sum", reducing(sum)},
      {"mean", reducing(mean)},
      {"amax", reducing(amax)},
      {"amin", reducing(amin)},
      {"max", extreme([=](Tensor x) { return max(x, at); },
                      [=](Tensor x, Dim axis, KeepDims keep) { return max(x, axis, keep, at); })},
      {"min", extreme([=](Tensor x) { return min(x, at); },
                      [=](Tensor x, Dim axis, KeepDims keep) { return min(x, axis, keep, at); })},
      {"argmax", extreme([=](Tensor x) { return argmax(x, at); },
                         [=](Tensor x, Dim axis, KeepDims keep) { return argmax(x, axis, keep, at); })},
      {"argmin", extreme([=](Tensor x) { return argmin(x, at); },
                         [=](Tensor x, Dim axis, KeepDims keep) { return argmin(x, axis, keep, at); })},
      {"nansum", reducing(nansum)},
      {"nanmean", reducing(nanmean)},
      {"prod", reducing(prod)},
      {"any", reducing(any)},
      {"all", reducing(all)},
      {"count_nonzero", reducing(count_nonzero)},
      {"nonzero", unary(nonzero)},
      {"aminmax", both_extremes},
      {"var_mean", [](const Call& c) { return both_moments(c, false); }},
      {"std_mean", [](const Call& c) { return both_moments(c, true); }},
      {"norm", [](const Call& c) { return norm(c["input"], c.number("p", 2), c.axes(), c.keepdims()); }},
      {"vector_norm",
       [](const Call& c) { return vector_norm(c["input"], c.number("ord", 2), c.axes(), c.keepdims()); }},
      {"bincount", [](const Call& c) { return bincount(c["input"], c["weights"], c.integer("minlength")); }},
      {"histc",
       [](const Call& c) { return histc(c["input"], c.integer("bins", 100), c.number("min"), c.number("max")); }},
      {"searchsorted", [](const Call& c) { return searchsorted(c["sorted_sequence"], c["input"], side(c)); }},
      {"bucketize", [](const Call& c) { return bucketize(c["input"], c["boundaries"], side(c)); }},
      {"sum_to", [](const Call& c) { return sum_to(c["input"], Shape(c.integers("size"))); }},
      {"var", [](const Call& c) { return xgrad::var(c["input"], c.axes(), c.number("correction", 1), c.keepdims()); }},
      {"std", [](const Call& c) { return xgrad::std(c["input"], c.axes(), c.number("correction", 1), c.keepdims()); }},
  };
}

}  // namespace golden
