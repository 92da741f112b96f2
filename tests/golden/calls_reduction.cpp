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
      {"sum_to", [](const Call& c) { return sum_to(c["input"], Shape(c.integers("size"))); }},
      {"var", [](const Call& c) { return xgrad::var(c["input"], c.axes(), c.number("correction", 1), c.keepdims()); }},
      {"std", [](const Call& c) { return xgrad::std(c["input"], c.axes(), c.number("correction", 1), c.keepdims()); }},
  };
}

}  // namespace golden
