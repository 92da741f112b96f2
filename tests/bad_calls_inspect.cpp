// Bad calls of what one asks of graphs, of what looks on while ops run, and of the parts of a graph that users name.

#include <climits>
#include <sstream>

#include <xgrad/inspect.hpp>

#include "bad_calls.hpp"
#include "folder.hpp"

namespace bad_calls {
namespace {

/// A tensor that was computed from x, if x can carry a gradient; else x.
Tensor recorded(const Tensor& x) {
  return x.defined() && is_floating(x.dtype()) ? x.detach().requires_grad_() * 2 + x.detach() : x;
}

void explanations(Catalogue& all, const Folder& folder) {
  const auto explained = [](const Tensor& x, const Tensor& named) {
    const Explanation made = explain(recorded(x), {{"x", named}, {"", named}});
    std::ostringstream out;
    out << made << made.dot() << made.html("<&\"\n");
  };
  probe(all, "explain", explained, matrix(), Optional{matrix()});
  const auto of_many = [](const Tensor& x) {
    const KeepValues kept;
    const Tensor y = recorded(x);
    explain(y.defined() && y.requires_grad() ? sum(y * y) : y).text();
  };
  probe(all, "explain", of_many, matrix());
  refused(all, "explain", "a root that needs no gradient", [] { explain(ones({2})); });
  refused(all, "explain", "a root that was made without a graph", [] {
    const NoGrad off;
    explain(recorded(ones({2})));
  });
  refused(all, "explain", "a graph that was freed", [] {
    const Tensor x = ones({2}).requires_grad_(), y = sum(x * x);
    y.backward();
    explain(y);
  });
  refused(all, "explain", "a value that was written since", [] {
    const Tensor w = ones({2}), y = sum(ones({2}).requires_grad_() * w);
    w.fill_(2);
    explain(y);
  });
  const Explanation made = explain(recorded(matrix()));
  probe_as(
      all, "save_html", "explain", [=](const auto& to) { made.save_html(to.value); },
      OutputPath{folder.file("page.html")});
  const Explanation none;
  probe(all, "explain", [=] { return none.text() + none.dot() + none.html(); });
  all.functions.emplace_back("html");
}

void sums_over_paths(Catalogue& all) {
  const Tensor x = Tensor(2.0).requires_grad_(), y = x * x + exp(x);
  const auto found = [](const Tensor& root, const Tensor& by, const Tensor& named, std::int64_t most_paths) {
    paths(root, by, {{"x", named}, {"", named}}, static_cast<std::size_t>(most_paths)).text();
  };
  probe(all, "paths", found, y, x, Optional{x}, Index{10});
  refused(all, "paths", "an undefined root", [=] { paths(Tensor(), x); });
  refused(all, "paths", "an undefined tensor", [=] { paths(y, Tensor()); });
  refused(all, "paths", "a tensor without a gradient", [=] { paths(y, Tensor(1.)); });
  refused(all, "paths", "a root of two elements", [=] { paths(x * ones({2}), x); });
  refused(all, "paths", "a tensor of two elements", [] {
    const Tensor two = ones({2}).requires_grad_();
    paths(sum(two), two);
  });
  refused(all, "paths", "more paths than allowed", [=] { paths(y, x, {}, 1); });
  refused(all, "paths", "no path allowed", [=] { paths(y, x, {}, 0); });
  refused(all, "paths", "a graph that was freed", [] {
    const Tensor w = Tensor(2.0).requires_grad_(), z = w * w;
    z.backward();
    paths(z, w);
  });
}

/// Ops on unusual tensors, while everything looks on that can.
void observed(Catalogue& all) {
  const auto looked_at = [](const auto& f) {
    return [f](const auto&... arguments) {
      const KeepValues kept;
      const Lint lint([](const LintMessage& message) { static_cast<void>(to_string(message)); });
      const DetectWrites writes;
      const Profiler profiler;
      try {
        const DetectAnomaly anomalies;
        const Tensor y = f(arguments...);
        if (y.defined() && y.requires_grad()) y.backward(ones(y.shape(), y.dtype()));
      } catch (const Anomaly&) {  // what it is for
      }
      std::ostringstream out;
      out << profiler;
    };
  };
  const auto op = [&](const char* name, const auto& f, const auto&... good) {
    probe(all, name, looked_at(f), good...);
  };
  const auto of_leaf = [](const Tensor& x) {
    return x.defined() && is_floating(x.dtype()) ? x.clone().requires_grad_() : x;
  };
  op(
      "mul", [=](const Tensor& x, const Tensor& y) { return of_leaf(x) * y; }, matrix(), matrix());
  op(
      "log", [=](const Tensor& x) { return log(of_leaf(x)); }, matrix());
  op(
      "softmax", [=](const Tensor& x, auto axis) { return softmax(of_leaf(x), axis); }, matrix(), Axis{1});
  op(
      "sum", [=](const Tensor& x, auto axes) { return sum(of_leaf(x), axes); }, matrix(), Axes{0});
  op(
      "matmul", [=](const Tensor& x, const Tensor& y) { return matmul(of_leaf(x), y); }, matrix(), ones({3, 2}));
  op(
      "cross_entropy", [=](const Tensor& x, const Tensor& target) { return nn::cross_entropy(of_leaf(x), target); },
      matrix(), Tensor{0, 2});
  op(
      "dropout", [=](const Tensor& x, auto p) { return dropout(of_leaf(x), p); }, matrix(), Setting{.5});
  op(
      "add_", [](const Tensor& x, const Tensor& y) { return x.defined() ? x.clone().add_(y) : x.add_(y); }, matrix(),
      matrix());
}

void profiler(Catalogue& all, const Folder& folder) {
  const Profiler made;
  static_cast<void>(exp(ones({2})));
  probe_as(
      all, "save_trace", "Profiler", [&](const auto& to) { made.save_trace(to.value); },
      OutputPath{folder.file("trace.json")});
  refused(all, "Profiler", "a second one", [] { const Profiler second; });
}

void runtime(Catalogue& all) {
  const int before = num_threads();
  for (const int count : {0, -1, INT_MIN})
    refused(all, "set_num_threads", std::to_string(count), [=] { set_num_threads(count); });
  probe(all, "set_num_threads", [] {
    set_num_threads(INT_MAX);
    static_cast<void>(ones({1 << 16}) + 1);
  });
  set_num_threads(before);
  for (const int bytes : {-1, INT_MIN})
    refused(all, "set_memory_budget", std::to_string(bytes), [=] { set_memory_budget(bytes); });
}

void shapes(Catalogue& all) {
  const Shape shape{2, 3}, large(std::vector<int>(32, 1)), none;
  const auto refuse = [&](const char* with, const std::function<void()>& call) { refused(all, "shape", with, call); };
  refuse("axis 2 of 2", [=] { static_cast<void>(shape.at(2)); });
  refuse("axis -3 of 2", [=] { static_cast<void>(shape.at(-3)); });
  refuse("axis -2^63", [=] { static_cast<void>(shape.at(least)); });
  refuse("the last axis of none", [=] { static_cast<void>(none.back()); });
  refuse("another size of axis 2 of 2", [=] { static_cast<void>(shape.with(2, 1)); });
  refuse("another size of axis 2^64 - 1", [=] { static_cast<void>(shape.with(SIZE_MAX, 1)); });
  refuse("another size of axis 32 of 32", [=] { static_cast<void>(large.with(32, 1)); });
  refuse("without axis 2 of 2", [=] { static_cast<void>(shape.without(2)); });
  refuse("without axis 2^64 - 1", [=] { static_cast<void>(shape.without(SIZE_MAX)); });
  refuse("without an axis of none", [=] { static_cast<void>(none.without(0)); });
  refuse("an axis inserted behind the end", [=] { static_cast<void>(shape.inserted(3, 1)); });
  refuse("an axis inserted at 2^64 - 1", [=] { static_cast<void>(shape.inserted(SIZE_MAX, 1)); });
  refuse("a 33rd axis", [=] { static_cast<void>(large.inserted(0, 1)); });
  refuse("2^64 - 1 as a size", [] { static_cast<void>(Shape{~std::uint64_t{0}}); });
  refuse("more elements than 2^62", [] { static_cast<void>(Shape{most, most}.count()); });
  refused(all, "number", "2^64 - 1 as a Dim", [] { static_cast<void>(Dim(~std::uint64_t{0}).value()); });
  refused(all, "number", "2^64 - 1 as Dims", [] { static_cast<void>(Dims(~std::uint64_t{0})); });
  refused(all, "axes", "2^64 - 1 as Axes", [] { static_cast<void>(Axes(~std::uint64_t{0})); });
  refused(all, "mine", "an axis out of range", [] { static_cast<void>(Axes(2).resolve("mine", 2)); });
  refused(all, "mine", "an axis twice", [] { static_cast<void>(Axes{0, -2}.resolve("mine", 2)); });
  refused(all, "mine", "an axis beyond the last", [] { static_cast<void>(resolve_axis("mine", 1, 1)); });
  refused(all, "mine", "an axis of none", [] { static_cast<void>(resolve_axis_of_any_rank("mine", 1, 0)); });
  refused(all, "mine", "shapes that do not broadcast",
          [=] { static_cast<void>(broadcast_shapes("mine", shape, {2})); });
  all.functions.insert(all.functions.end(),
                       {"Dim", "value", "Shape", "at", "with", "without", "inserted", "NewShape", "Dims", "Axes",
                        "resolve", "resolve_axis", "resolve_axis_of_any_rank", "broadcast_shapes"});
}

void parts_of_graphs(Catalogue& all) {
  refused(all, "number", "NaN as an int", [] { static_cast<void>(Number(nan).as<int>()); });
  refused(all, "number", "1e300 as int64", [] { static_cast<void>(Number(1e300).as<std::int64_t>()); });
  refused(all, "number", "-1 as unsigned", [] { static_cast<void>(Number(-1).as<unsigned>()); });
  refused(all, "number", "2^64 - 1 as int64", [] { static_cast<void>(Number(~std::uint64_t{0}).as<std::int64_t>()); });
  refused(all, "index", "2^64 - 1 as an index", [] { static_cast<void>(xgrad::Index(~std::uint64_t{0})); });
  refused(all, "at", "piece 2 of 2", [] { static_cast<void>(split(ones({2}), 1).at(2)); });
  refused(all, "at", "piece 2^64 - 1", [] { static_cast<void>(split(ones({2}), 1).at(SIZE_MAX)); });
  refused(all, "at", "the first piece of none", [] { static_cast<void>(Pieces().front()); });
  refused(all, "at", "the last piece of none", [] { static_cast<void>(Pieces().back()); });
  all.functions.emplace_back("Index");
  const auto once = [](Tensor y, Tensor x) {
    const auto rule = [](const Tensor& g) { return g; };
    return record("mine", Source::here(), std::move(y), {std::move(x)}, rule);
  };
  const auto each = [](Tensor y, Tensor x) {
    const auto rule = [](std::size_t, const Tensor& g) { return g; };
    return record_each("mine", Source::here(), std::move(y), {std::move(x)}, rule);
  };
  const Tensor leaf = matrix().requires_grad_();
  for (const bool one : {true, false}) {
    const auto made = [=](const Tensor& y, const Tensor& x) {
      return one ? once(y.defined() ? y.clone() : y, x) : each(y.defined() ? y.clone() : y, x);
    };
    probe_as(all, one ? "record" : "record_each", "mine", made, matrix(), Optional{leaf});
    refused(all, "mine", "an input as the result", [=] { one ? once(leaf, leaf) : each(leaf, leaf); });
    refused(all, "mine", "a recorded result", [=] { one ? once(leaf * 2, leaf) : each(leaf * 2, leaf); });
    refused(all, "mine", "an int64 result", [=] {
      one ? once(ones({2, 3}, int64), leaf) : each(ones({2, 3}, int64), leaf);
    });
  }
}

}  // namespace

void inspect_calls(Catalogue& all) {
  const Folder folder;
  explanations(all, folder);
  sums_over_paths(all);
  observed(all);
  profiler(all, folder);
  runtime(all);
  shapes(all);
  parts_of_graphs(all);
}

}  // namespace bad_calls
