// Bad calls of the ops.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

using std::vector;

void creation(Catalogue& all) {
  const Shape shape{2, 3};
  static Generator own(1);
  probe(
      all, "zeros", [](auto s, auto d) { return zeros(s, d); }, shape, float32);
  probe(
      all, "ones", [](auto s, auto d) { return ones(s, d); }, shape, float32);
  probe(
      all, "full", [](auto s, auto x) { return full(s, x); }, shape, Tensor(2.5));
  probe(
      all, "full", [](auto s, auto x, auto d) { return full(s, x, d); }, shape, Tensor(2.5), float32);
  probe(
      all, "zeros_like", [](auto x) { return zeros_like(x); }, matrix());
  probe(
      all, "ones_like", [](auto x) { return ones_like(x); }, matrix());
  probe(
      all, "full_like", [](auto x, auto n) { return full_like(x, n); }, matrix(), Tensor(2.5));
  probe(
      all, "arange", [](auto n) { return arange(n); }, Setting{3});
  probe(
      all, "arange", [](auto a, auto b, auto s, auto d) { return arange(a, b, s, d); }, Setting{0}, Setting{3},
      Setting{1}, float32);
  probe(
      all, "arange", [](auto a, auto b, auto s) { return arange(a, b, s, int64); }, Setting{0}, Setting{3}, Setting{1});
  probe(
      all, "linspace", [](auto a, auto b, auto n, auto d) { return linspace(a, b, n, d); }, Setting{0}, Setting{1},
      Size{5}, float32);
  probe(
      all, "eye", [](auto n, auto d) { return eye(n, d); }, Size{3}, float32);
  probe(
      all, "rand", [](auto s, auto d) { return rand(s, d); }, shape, float32);
  probe(
      all, "rand", [](auto s, auto d) { return rand(s, own, d); }, shape, float32);
  probe(
      all, "randn", [](auto s, auto d) { return randn(s, d); }, shape, float32);
  probe(
      all, "randn", [](auto s, auto d) { return randn(s, own, d); }, shape, float32);
  probe(
      all, "randint", [](auto a, auto b, auto s) { return randint(a, b, s); }, Index{-5}, Index{10}, shape);
  probe(
      all, "randint", [](auto s) { return randint(0, 10, s, own); }, shape);
  probe(
      all, "randperm", [](auto n) { return randperm(n); }, Size{5});
  probe(
      all, "randperm", [](auto n) { return randperm(n, own); }, Size{5});
  refused(all, "eye", "great sizes", [] { static_cast<void>(eye(two_to_31, two_to_31)); });
  refused(all, "arange", "a step of 0", [] { static_cast<void>(arange(0, 3, 0)); });
  refused(all, "arange", "2^63 - 1 elements", [] { static_cast<void>(arange(most)); });
  refused(all, "full", "NaN as int64", [] { static_cast<void>(full({2}, nan, int64)); });
  refused(all, "full_like", "1e300 as int64", [] { static_cast<void>(full_like(Tensor{1, 2}, 1e300)); });
}

void reductions(Catalogue& all) {
  for (const auto& [name, f] : {std::pair(
                                    "max", +[](Tensor x) { return max(x); }),
                                std::pair(
                                    "min", +[](Tensor x) { return min(x); }),
                                std::pair(
                                    "argmax", +[](Tensor x) { return argmax(x); }),
                                std::pair(
                                    "argmin", +[](Tensor x) { return argmin(x); })})
    probe(all, name, f, matrix());
#define XGRAD_BAD(name) \
  probe(                \
      all, #name, [](auto x, auto a) { return name(x, a, keepdims); }, matrix(), Axes{1})
  XGRAD_BAD(sum);
  XGRAD_BAD(mean);
  XGRAD_BAD(amax);
  XGRAD_BAD(amin);
  XGRAD_BAD(logsumexp);
#undef XGRAD_BAD
#define XGRAD_BAD(name) \
  probe(                \
      all, #name, [](auto x, auto a) { return name(x, Dim(a)); }, matrix(), Axis{1})
  XGRAD_BAD(max);
  XGRAD_BAD(min);
  XGRAD_BAD(argmax);
  XGRAD_BAD(argmin);
  XGRAD_BAD(softmax);
  XGRAD_BAD(log_softmax);
#undef XGRAD_BAD
  probe(
      all, "var", [](auto x, auto a, auto c) { return var(x, a, c); }, matrix(), Axes{1}, Setting{1});
  probe(
      all, "std", [](auto x, auto a, auto c) { return xgrad::std(x, a, c); }, matrix(), Axes{1}, Setting{1});
  probe(
      all, "sum_to", [](auto x, auto s) { return sum_to(x, s); }, matrix(), Shape{1, 3});
  probe(
      all, "concat", [](auto v, auto a) { return concat(v, a); }, vector<Tensor>{matrix(), matrix()}, Axis{0});
  probe(
      all, "stack", [](auto v, auto a) { return stack(v, a); }, vector<Tensor>{matrix(), matrix()}, Axis{0});
  refused(all, "concat", "sizes whose sum overflows", [] {
    static_cast<void>(concat({zeros({most, 0}), zeros({most, 0})}));
  });
}

// PyTorch's names; errors begin with the op's own.
void other_names(Catalogue& all) {
  probe_as(
      all, "cat", "concat", [](auto v, auto a) { return cat(v, a); }, vector<Tensor>{matrix(), matrix()}, Axis{0});
  probe_as(
      all, "permute", "transpose",
      [](auto x, auto a) {
        return permute(x, vector<std::int64_t>{a.value, 0});
      },
      matrix(), Axis{1});
  probe_as(
      all, "transpose", "swapaxes", [](auto x, auto a) { return transpose(x, a.value, 0); }, matrix(), Axis{1});
  probe(
      all, "t", [](auto x) { return t(x); }, matrix());
  probe_as(
      all, "clip", "clamp", [](auto x, auto a) { return clip(x, a.value, 1.0); }, matrix(), Setting{-1});
  probe(
      all, "rand_like", [](auto x) { return rand_like(x); }, matrix());
  probe(
      all, "randn_like", [](auto x) { return randn_like(x); }, matrix());
  probe_as(
      all, "size", "shape", [](auto x, auto a) { return size(x, a); }, matrix(), Axis{1});
  probe_as(
      all, "dim", "rank", [](auto x) { return dim(x); }, matrix());
  probe_as(
      all, "numel", "size", [](auto x) { return numel(x); }, matrix());
}

void shapes(Catalogue& all) {
  probe(
      all, "split", [](auto x, auto n, auto a) { return split(x, n, a); }, matrix(), Index{2}, Axis{0});
  probe(
      all, "split",
      [](auto x, auto n) {
        return split(x, {n.value, 1}, 1);
      },
      matrix(), Index{2});
  probe(
      all, "chunk", [](auto x, auto n, auto a) { return chunk(x, n, a); }, matrix(), Index{2}, Axis{0});
  probe(
      all, "put",
      [](auto x, auto i, auto y) {
        return put(x, {i.value, xt::all()}, y);
      },
      matrix(), Index{1}, Tensor{1.f, 2.f, 3.f});
  probe(
      all, "squeeze", [](auto x) { return squeeze(x); }, matrix());
  probe(
      all, "clone", [](auto x) { return clone(x); }, matrix());
  probe(
      all, "transpose", [](auto x) { return transpose(x); }, matrix());
  probe(
      all, "reshape", [](auto x, auto s) { return reshape(x, s); }, matrix(), Sizes{{3, 2}});
  probe(
      all, "flatten", [](auto x, auto a, auto b) { return flatten(x, a, b); }, matrix(), Axis{0}, Axis{1});
  probe(
      all, "transpose",
      [](auto x, auto a) {
        return transpose(x, {Dim(a), 0});
      },
      matrix(), Axis{1});
  probe(
      all, "swapaxes", [](auto x, auto a, auto b) { return swapaxes(x, a, b); }, matrix(), Axis{0}, Axis{1});
  probe(
      all, "squeeze", [](auto x, auto a) { return squeeze(x, Dim(a)); }, zeros({1, 3}), Axis{0});
  probe(
      all, "unsqueeze", [](auto x, auto a) { return unsqueeze(x, a); }, matrix(), Axis{0});
  probe(
      all, "broadcast_to", [](auto x, auto s) { return broadcast_to(x, s); }, ones({1}), Shape{2, 3});
  probe(
      all, "expand", [](auto x, auto s) { return expand(x, s); }, ones({1}), Sizes{{2, 3}});
  probe(
      all, "select", [](auto x, auto a, auto i) { return select(x, a, i); }, matrix(), Axis{0}, Index{1});
  probe(
      all, "narrow", [](auto x, auto a, auto s, auto n) { return narrow(x, a, s, n); }, matrix(), Axis{1}, Index{1},
      Size{1});
  probe(
      all, "index_select", [](auto x, auto a, auto i) { return index_select(x, a, i); }, matrix(), Axis{0},
      Tensor{1, 0, 1});
  probe(
      all, "gather", [](auto x, auto a, auto i) { return gather(x, a, i); }, matrix(), Axis{0}, Tensor{{1, 0, 1}});
  probe(
      all, "matmul", [](auto a, auto b) { return matmul(a, b); }, matrix(), ones({3, 4}));
  probe(
      all, "linear", [](auto x, auto w, auto b) { return linear(x, w, b); }, matrix(), ones({4, 3}),
      Optional{ones({4})});
  probe(
      all, "batch_norm",
      [](auto x, auto w, auto b, auto m, auto v, auto momentum, auto eps) {
        return batch_norm(x, w, b, m, v, true, momentum, eps);
      },
      matrix(), Optional{ones({3})}, Optional{zeros({3})}, Optional{zeros({3})}, Optional{ones({3})}, Setting{.1},
      Setting{1e-5});
  probe(
      all, "dropout", [](auto x, auto p) { return dropout(x, p); }, matrix(), Setting{.5});
  refused(all, "matmul", "sizes of a great product", [] {
    static_cast<void>(matmul(zeros({two_to_31, 0}), zeros({0, two_to_31})));
  });
}

}  // namespace

void op_calls(Catalogue& all) {
  creation(all);
  reductions(all);
  shapes(all);
  other_names(all);
}

}  // namespace bad_calls
