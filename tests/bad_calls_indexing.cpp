// Bad calls of the ops that arrange, read and write by indices.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

using std::vector;

// A list of two axes, counts or amounts of which the second is tried.
vector<std::int64_t> one_and(std::int64_t n) { return {1, n}; }

void arranging(Catalogue& all) {
  probe(
      all, "movedim", [](auto x, auto a, auto b) { return movedim(x, a.value, b.value); }, matrix(), Axis{0}, Axis{1});
  probe(
      all, "flip", [](auto x, auto a) { return flip(x, a.value); }, matrix(), Axis{1});
  probe(
      all, "fliplr", [](auto x) { return fliplr(x); }, matrix());
  probe(
      all, "flipud", [](auto x) { return flipud(x); }, matrix());
  probe(
      all, "roll", [](auto x, auto n) { return roll(x, n.value); }, matrix(), Index{2});
  probe(
      all, "roll", [](auto x, auto n, auto a) { return roll(x, n.value, a.value); }, matrix(), Index{2}, Axis{1});
  probe(
      all, "rot90",
      [](auto x, auto n, auto a) {
        return rot90(x, n, {std::int64_t{0}, a.value});
      },
      matrix(), Index{1}, Axis{1});
  probe(
      all, "repeat", [](auto x, auto n) { return repeat(x, one_and(n.value)); }, matrix(), Size{2});
  probe(
      all, "tile", [](auto x, auto n) { return tile(x, n.value); }, matrix(), Size{2});
  probe(
      all, "repeat_interleave", [](auto x, auto n, auto a) { return repeat_interleave(x, n, a); }, matrix(),
      Tensor{2, 1}, Axis{0});
  probe(
      all, "repeat_interleave", [](auto x, auto n) { return repeat_interleave(x, n); }, matrix(),
      Tensor(std::int64_t{2}));
  refused(all, "repeat_interleave", "2^63 - 1 copies", [] { static_cast<void>(repeat_interleave(matrix(), most)); });
  refused(all, "repeat_interleave", "-1 copies", [] { static_cast<void>(repeat_interleave(matrix(), -1, 0)); });
  probe(
      all, "broadcast_tensors", [](auto v) { return broadcast_tensors(v); }, vector<Tensor>{matrix(), matrix()});
  probe(
      all, "meshgrid", [](auto v) { return meshgrid(v, Indexing::xy); }, vector<Tensor>{ones(2), ones(3)});
  probe(
      all, "cartesian_prod", [](auto v) { return cartesian_prod(v); }, vector<Tensor>{ones(2), ones(3)});
  probe(
      all, "pad", [](auto x, auto n) { return pad(x, one_and(n.value)); }, matrix(), Index{2});
  for (const PadMode mode : {PadMode::reflect, PadMode::replicate, PadMode::circular})
    probe(
        all, "pad", [mode](auto x, auto n) { return pad(x, one_and(n.value), mode); }, matrix(), Index{2});
  refused(all, "pad", "a value for reflect", [] { static_cast<void>(pad(matrix(), {1, 1}, PadMode::reflect, 2)); });
  refused(all, "pad", "NaN for int64", [] { static_cast<void>(pad(matrix(int64), {1, 1}, PadMode::constant, nan)); });
  probe(
      all, "unfold", [](auto x, auto a, auto n, auto s) { return unfold(x, a, n.value, s.value); }, matrix(), Axis{1},
      Index{2}, Index{1});
  refused(all, "unfold", "a step of 0", [] { static_cast<void>(unfold(matrix(), 1, 2, 0)); });
  refused(all, "unfold", "2^63 empty windows", [] { static_cast<void>(unfold(zeros({0, most}), 1, 0, 1)); });
}

void diagonals(Catalogue& all) {
  probe(
      all, "diagonal", [](auto x, auto n, auto a, auto b) { return diagonal(x, Dim(n), a, b); }, matrix(), Index{1},
      Axis{0}, Axis{1});
  probe(
      all, "diag", [](auto x, auto n) { return diag(x, Dim(n)); }, matrix(), Index{1});
  probe(
      all, "diag", [](auto x, auto n) { return diag(x, Dim(n)); }, ones(3), Index{1});
  probe(
      all, "diag_embed", [](auto x, auto n, auto a, auto b) { return diag_embed(x, n, a, b); }, matrix(), Index{1},
      Axis{0}, Axis{1});
  probe(
      all, "trace", [](auto x) { return trace(x); }, matrix());
  probe(
      all, "tril", [](auto x, auto n) { return tril(x, Dim(n)); }, matrix(), Index{1});
  probe(
      all, "triu", [](auto x, auto n) { return triu(x, Dim(n)); }, matrix(), Index{1});
  probe(
      all, "tril_indices", [](auto n, auto m, auto k) { return tril_indices(n, m, k); }, Index{2}, Index{3}, Index{0});
  probe(
      all, "triu_indices", [](auto n, auto m, auto k) { return triu_indices(n, m, k); }, Index{2}, Index{3}, Index{0});
  refused(all, "tril_indices", "-1 rows", [] { static_cast<void>(tril_indices(-1, 3)); });
  refused(all, "tril_indices", "2^61 rows", [] { static_cast<void>(tril_indices(two_to_61, 3)); });
}

void shapes(Catalogue& all) {
  probe(
      all, "unflatten", [](auto x, auto a, auto s) { return unflatten(x, a, s); }, matrix(), Axis{1}, Sizes{{3, 1}});
  probe(
      all, "atleast_1d", [](auto x) { return atleast_1d(x); }, matrix());
  probe(
      all, "atleast_2d", [](auto x) { return atleast_2d(x); }, matrix());
  probe(
      all, "atleast_3d", [](auto x) { return atleast_3d(x); }, matrix());
  probe(
      all, "expand_as", [](auto x, auto y) { return expand_as(x, y); }, ones({1, 3}), matrix());
  probe(
      all, "reshape_as", [](auto x, auto y) { return reshape_as(x, y); }, ones({6}), matrix());
  probe_as(
      all, "view_as", "reshape_as", [](auto x, auto y) { return view_as(x, y); }, ones({6}), matrix());
  probe_as(
      all, "swapdims", "swapaxes", [](auto x, auto a) { return swapdims(x, a, 0); }, matrix(), Axis{1});
  probe_as(
      all, "moveaxis", "movedim", [](auto x, auto a) { return moveaxis(x, a.value, 0); }, matrix(), Axis{1});
  const vector<Tensor> two{matrix(), matrix()};
  probe(
      all, "hstack", [](auto v) { return hstack(v); }, two);
  probe(
      all, "vstack", [](auto v) { return vstack(v); }, two);
  probe(
      all, "dstack", [](auto v) { return dstack(v); }, two);
  probe(
      all, "column_stack", [](auto v) { return column_stack(v); }, two);
  probe(
      all, "tensor_split", [](auto x, auto n, auto a) { return tensor_split(x, n, a); }, matrix(), Index{2}, Axis{0});
  probe(
      all, "tensor_split",
      [](auto x, auto n) {
        return tensor_split(x, {n.value, 1}, 1);
      },
      matrix(), Index{2});
  probe(
      all, "unbind", [](auto x, auto a) { return unbind(x, a); }, matrix(), Axis{0});
}

void indexing(Catalogue& all) {
  const Tensor rows = Tensor{{1, 0, 1}}, list = Tensor{1, 0}, mask = matrix() > .5;
  probe(
      all, "scatter", [](auto x, auto a, auto i, auto s) { return scatter(x, a, i, s); }, matrix(), Axis{0}, rows,
      matrix());
  probe(
      all, "scatter_add", [](auto x, auto a, auto i, auto s) { return scatter_add(x, a, i, s); }, matrix(), Axis{0},
      rows, matrix());
  for (const ScatterReduce how :
       {ScatterReduce::sum, ScatterReduce::prod, ScatterReduce::mean, ScatterReduce::amax, ScatterReduce::amin})
    probe(
        all, "scatter_reduce", [how](auto x, auto a, auto i, auto s) { return scatter_reduce(x, a, i, s, how); },
        matrix(), Axis{0}, rows, matrix());
  probe(
      all, "index_add", [](auto x, auto a, auto i, auto s, auto f) { return index_add(x, a, i, s, f.value); }, matrix(),
      Axis{0}, list, matrix(), Amount{2});
  probe(
      all, "index_copy", [](auto x, auto a, auto i, auto s) { return index_copy(x, a, i, s); }, matrix(), Axis{0}, list,
      matrix());
  probe(
      all, "index_fill", [](auto x, auto a, auto i, auto v) { return index_fill(x, a, i, v); }, matrix(), Axis{0}, list,
      Tensor(2.f));
  probe(
      all, "masked_select", [](auto x, auto m) { return masked_select(x, m); }, matrix(), mask);
  probe(
      all, "masked_fill", [](auto x, auto m, auto v) { return masked_fill(x, m, v); }, matrix(), mask, Tensor(2.f));
  probe(
      all, "masked_scatter", [](auto x, auto m, auto s) { return masked_scatter(x, m, s); }, matrix(), mask, matrix());
  probe(
      all, "take", [](auto x, auto i) { return take(x, i); }, matrix(), rows);
  probe(
      all, "take_along_dim", [](auto x, auto i, auto a) { return take_along_dim(x, i, a); }, matrix(), rows, Axis{0});
  probe(
      all, "take_along_dim", [](auto x) { return take_along_dim(x, Tensor{6}); }, ones({7}));
  probe(
      all, "embedding", [](auto i, auto t, auto p) { return embedding(i, t, p); }, rows, matrix(), Index{0});
  probe(
      all, "embedding", [](auto i, auto t) { return embedding(i, t); }, rows, matrix());
  probe(
      all, "one_hot", [](auto i, auto n) { return one_hot(i, n); }, list, Index{3});
  probe(
      all, "put",
      [](auto x, auto i, auto y) {
        return put(x, {xt::all(), i}, y, Accumulate::yes);
      },
      matrix(), list, Tensor(2.f));
  probe_as(
      all, "index_put", "put",
      [](auto x, auto i, auto y) {
        return index_put(x, {Tensor(), i}, y);
      },
      matrix(), Optional{list}, Tensor(2.f));
}

}  // namespace

void indexing_calls(Catalogue& all) {
  arranging(all);
  diagonals(all);
  shapes(all);
  indexing(all);
}

}  // namespace bad_calls
