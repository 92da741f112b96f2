#include <xgrad/autograd/ops/order_statistics.hpp>
#include <xgrad/autograd/ops/scan.hpp>
#include <xgrad/autograd/ops/sorting.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

Order order(const Call& c) {
  static_cast<void>(c.flag("stable"));  // all sorts are
  return c.flag("descending") ? Order::descending : Order::ascending;
}

Interpolation interpolation(const Call& c) {
  const std::string word = c.word("interpolation", "linear");
  if (word == "lower") return Interpolation::lower;
  if (word == "higher") return Interpolation::higher;
  if (word == "midpoint") return Interpolation::midpoint;
  return word == "nearest" ? Interpolation::nearest : Interpolation::linear;
}

template <class Line, class All>
Function quantiles(Line line, All all) {
  return [=](const Call& c) -> Results {
    if (c.has("dim")) return line(c["input"], c["q"], c.integer("dim"), c.keepdims(), interpolation(c));
    static_cast<void>(c.keepdims());
    return all(c["input"], c["q"], interpolation(c));
  };
}

Results medians(const Call& c) {
  if (c.has("dim")) return median(c["input"], Dim(c.integer("dim")), c.keepdims());
  return median(c["input"]);
}

Results medians_of_numbers(const Call& c) {
  if (c.has("dim")) return nanmedian(c["input"], c.integer("dim"), c.keepdims());
  return nanmedian(c["input"]);
}

Results different(const Call& c) {
  const UniqueValues y = c.has("dim") ? unique(c["input"], c.integer("dim")) : unique(c["input"]);
  return {y.values, y.inverse, y.counts};
}

/// f(x, axis).
Function along(Tensor (*f)(Tensor, Dim, Source)) {
  return [f](const Call& c) { return f(c["input"], c.integer("dim"), Source::here()); };
}
Function along(ValuesIndices (*f)(Tensor, Dim, Source)) {
  return [f](const Call& c) { return f(c["input"], c.integer("dim"), Source::here()); };
}

}  // namespace

Registry sorting_calls() {
  const Source at = Source::here();
  return {
      {"cumsum", along(cumsum)},
      {"cumprod", along(cumprod)},
      {"cummax", along(cummax)},
      {"cummin", along(cummin)},
      {"logcumsumexp", along(logcumsumexp)},
      {"sort", [](const Call& c) { return sort(c["input"], c.integer("dim", -1), order(c)); }},
      {"argsort", [](const Call& c) { return argsort(c["input"], c.integer("dim", -1), order(c)); }},
      {"topk",
       [](const Call& c) {
         return topk(c["input"], c.integer("k"), c.integer("dim", -1),
                     c.flag("largest", true) ? Extreme::largest : Extreme::smallest);
       }},
      {"kthvalue",
       [](const Call& c) { return kthvalue(c["input"], c.integer("k"), c.integer("dim", -1), c.keepdims()); }},
      {"unique", different},
      {"median", medians},
      {"nanmedian", medians_of_numbers},
      {"mode", [](const Call& c) { return mode(c["input"], c.integer("dim", -1), c.keepdims()); }},
      {"quantile", quantiles([=](Tensor x, Tensor q, Dim axis, KeepDims keep,
                                 Interpolation how) { return quantile(x, q, axis, keep, how, at); },
                             [=](Tensor x, Tensor q, Interpolation how) { return quantile(x, q, how, at); })},
      {"nanquantile", quantiles([=](Tensor x, Tensor q, Dim axis, KeepDims keep,
                                    Interpolation how) { return nanquantile(x, q, axis, keep, how, at); },
                                [=](Tensor x, Tensor q, Interpolation how) { return nanquantile(x, q, how, at); })},
  };
}

}  // namespace golden
