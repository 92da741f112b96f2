// Bad calls of reductions, scans, sorts, searches and random numbers.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

void over_axes(Catalogue& all) {
#define XGRAD_BAD(name) \
  probe(                \
      all, #name, [](auto x, auto a) { return xgrad::name(x, a, keepdims); }, matrix(), Axes{1})
  XGRAD_BAD(prod);
  XGRAD_BAD(nansum);
  XGRAD_BAD(nanmean);
  XGRAD_BAD(any);
  XGRAD_BAD(all);
  XGRAD_BAD(count_nonzero);
  XGRAD_BAD(aminmax);
#undef XGRAD_BAD
  probe(
      all, "norm", [](auto x, auto p, auto a) { return norm(x, p, a); }, matrix(), Setting{2}, Axes{1});
  probe(
      all, "vector_norm", [](auto x, auto p, auto a) { return vector_norm(x, p, a); }, matrix(), Setting{3}, Axes{1});
  probe(
      all, "var_mean", [](auto x, auto a, auto c) { return var_mean(x, a, c).var; }, matrix(), Axes{1}, Setting{1});
  probe(
      all, "std_mean", [](auto x, auto a, auto c) { return std_mean(x, a, c).std; }, matrix(), Axes{1}, Setting{1});
  probe(
      all, "nonzero", [](auto x) { return nonzero(x); }, matrix());
}

void along_an_axis(Catalogue& all) {
#define XGRAD_BAD(name) \
  probe(                \
      all, #name, [](auto x, auto a) { return name(x, Dim(a)); }, matrix(), Axis{1})
  XGRAD_BAD(cumsum);
  XGRAD_BAD(cumprod);
  XGRAD_BAD(cummax);
  XGRAD_BAD(cummin);
  XGRAD_BAD(logcumsumexp);
  XGRAD_BAD(sort);
  XGRAD_BAD(argsort);
  XGRAD_BAD(median);
  XGRAD_BAD(nanmedian);
  XGRAD_BAD(mode);
#undef XGRAD_BAD
  probe(
      all, "sort", [](auto x) { return sort(x, descending); }, matrix());
  probe(
      all, "argsort", [](auto x) { return argsort(x, descending); }, matrix());
  probe(
      all, "median", [](auto x) { return median(x); }, matrix());
  probe(
      all, "nanmedian", [](auto x) { return nanmedian(x); }, matrix());
  probe(
      all, "topk", [](auto x, auto k, auto a) { return topk(x, k, a); }, matrix(), Index{2}, Axis{1});
  probe(
      all, "kthvalue", [](auto x, auto k, auto a) { return kthvalue(x, k, a); }, matrix(), Index{2}, Axis{1});
  probe(
      all, "quantile", [](auto x, auto q) { return quantile(x, q.value); }, matrix(), Setting{.5});
  probe(
      all, "quantile", [](auto x, auto q, auto a) { return quantile(x, q, Dim(a)); }, matrix(), Tensor{.5f, .1f},
      Axis{1});
  probe(
      all, "nanquantile", [](auto x, auto q) { return nanquantile(x, q.value); }, matrix(), Setting{.5});
  probe(
      all, "nanquantile", [](auto x, auto q, auto a) { return nanquantile(x, q, Dim(a)); }, matrix(), Tensor{.5f},
      Axis{1});
  probe(
      all, "unique", [](auto x) { return unique(x).values; }, matrix());
  probe(
      all, "unique", [](auto x, auto a) { return unique(x, Dim(a)).values; }, matrix(), Axis{1});
  refused(all, "topk", "k beyond the axis", [] { topk(matrix(), 4); });
  refused(all, "kthvalue", "k = 0", [] { kthvalue(matrix(), 0); });
  refused(all, "median", "no whole numbers", [] { static_cast<void>(median(zeros({0}, int64))); });
  refused(all, "norm", "nothing for p = infinity", [] { static_cast<void>(norm(zeros({2, 0}), inf, 1)); });
  refused(all, "norm", "whole numbers", [] { static_cast<void>(norm(Tensor{1, 2})); });
  refused(all, "quantile", "q of 1.5", [] { static_cast<void>(quantile(matrix(), 1.5)); });
}

void bins(Catalogue& all) {
  const Tensor places{1, 0, 3};
  probe(
      all, "bincount", [](auto x, auto w, auto n) { return bincount(x, w, n); }, places, Optional{ones({3})}, Size{5});
  probe(
      all, "histc", [](auto x, auto n, auto a, auto b) { return histc(x, n, a, b); }, matrix(), Size{10}, Setting{0},
      Setting{1});
  probe(
      all, "searchsorted", [](auto s, auto v) { return searchsorted(s, v); }, Tensor{1.f, 2.f, 3.f}, matrix());
  probe(
      all, "bucketize", [](auto v, auto b) { return bucketize(v, b); }, matrix(), Tensor{1.f, 2.f, 3.f});
  refused(all, "bincount", "a negative element", [] { static_cast<void>(bincount(Tensor{-1})); });
  refused(all, "bincount", "an element of 2^63 - 1", [] { static_cast<void>(bincount(Tensor{most})); });
  refused(all, "histc", "no bins", [] { static_cast<void>(histc(matrix(), 0)); });
  refused(all, "histc", "ends in the wrong order", [] { static_cast<void>(histc(matrix(), 3, 2, 1)); });
  refused(all, "searchsorted", "other leading axes", [] { static_cast<void>(searchsorted(matrix(), zeros({3, 3}))); });
}

void random_numbers(Catalogue& all) {
  static Generator own(1);
  const Shape shape{2, 3};
  probe(
      all, "bernoulli", [](auto p) { return bernoulli(p); }, matrix());
  probe(
      all, "bernoulli", [](auto p) { return bernoulli(p, own); }, matrix());
  probe(
      all, "multinomial", [](auto w, auto n) { return multinomial(w, n); }, matrix(), Size{2});
  probe(
      all, "multinomial", [](auto w, auto n) { return multinomial(w, n, with_replacement, own); }, matrix(), Size{9});
  probe(
      all, "normal", [](auto m, auto s) { return normal(m, s); }, matrix(), matrix());
  probe(
      all, "normal", [](auto m, auto s) { return normal(m, s, own); }, matrix(), matrix());
  probe(
      all, "normal", [](auto m, auto s, auto n, auto d) { return normal(m, s, n, d); }, Amount{0}, Setting{1}, shape,
      float32);
  probe(
      all, "uniform", [](auto a, auto b, auto n, auto d) { return uniform(a, b, n, own, d); }, Setting{0}, Setting{1},
      shape, float32);
  probe(
      all, "exponential", [](auto r, auto n, auto d) { return exponential(r, n, d); }, Setting{1}, shape, float32);
  probe(
      all, "gumbel", [](auto n, auto d) { return gumbel(n, d); }, shape, float32);
  probe(
      all, "rand_like", [](auto x) { return rand_like(x, own); }, matrix());
  probe(
      all, "randn_like", [](auto x) { return randn_like(x, own); }, matrix());
  probe(
      all, "randint_like", [](auto x, auto a, auto b) { return randint_like(x, a, b); }, matrix(), Index{-5},
      Index{10});
  probe(
      all, "randint", [](auto b, auto n) { return randint(b, n); }, Index{10}, shape);
  probe(
      all, "gumbel_softmax", [](auto x, auto t, auto a) { return gumbel_softmax(x, t, Sampling::hard, Dim(a)); },
      matrix(), Setting{1}, Axis{1});
  refused(all, "bernoulli", "p = 2", [] { static_cast<void>(bernoulli(Tensor{2.0})); });
  refused(all, "multinomial", "weights of 0", [] { static_cast<void>(multinomial(zeros({3}), 1)); });
  refused(all, "multinomial", "an infinite weight", [] { static_cast<void>(multinomial(Tensor{1.0, inf}, 1)); });
  refused(all, "multinomial", "more than there are", [] { static_cast<void>(multinomial(ones({3}), 4)); });
  refused(all, "normal", "a negative deviation", [] { static_cast<void>(normal(0.0, Tensor{1.0, -1.0})); });
  refused(all, "uniform", "low above high", [] { static_cast<void>(uniform(2, 1, {3})); });
  refused(all, "exponential", "a rate of 0", [] { static_cast<void>(exponential(0, {3})); });
}

}  // namespace

void reduction_calls(Catalogue& all) {
  over_axes(all);
  along_an_axis(all);
  bins(all);
  random_numbers(all);
}

}  // namespace bad_calls
