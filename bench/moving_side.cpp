// Moving data: slices, joins, permutations, gathers and maxima over short axes, as tasks NAME.forward and NAME.both.
// moving.py has the same tasks in PyTorch, under the same names, and compares the two in alternation.

#include <xgrad/xgrad.hpp>

#include <cstring>

#include "side.hpp"
#include "workloads.hpp"

using namespace xgrad;
using xt::all;
using xt::range;

namespace bench {
namespace {

using Tensors = std::vector<Tensor>;
using Function = std::function<Tensors(const Tensors&)>;

Tensor random(std::uint64_t seed, const Shape& shape) {
  return Tensor(numbers(seed, shape.count(), -3, 3)).reshape(shape).requires_grad_();
}

Tensor indices(std::uint64_t seed, const Shape& shape, std::int64_t n) {
  return Tensor(classes(seed, shape.count(), n)).reshape(shape);
}

// A number that depends on every element and on its place.
double checksum(const Tensors& all) {
  double total = 0;
  for (const Tensor& x : all)
    total += (x.detach().to(float64) * arange(static_cast<double>(x.size())).reshape(x.shape())).sum().item();
  return total;
}

// The inputs are random and have `shapes`; so are the gradients of all that a task returns.
void add(Tasks& tasks, const std::string& name, const std::vector<Shape>& shapes, const Function& f) {
  const auto make = [shapes] {
    Tensors x;
    for (const Shape& shape : shapes) x.push_back(random(80 + x.size(), shape));
    return x;
  };
  const auto seeds_of = [f](const Tensors& x) {
    Tensors seeds;
    for (const Tensor& y : f(x)) seeds.push_back(random(90 + seeds.size(), y.shape()).detach());
    return seeds;
  };
  tasks[name + ".forward"] = [=]() -> Task {
    const Tensors x = make();
    return {[=] { return Checked{{checksum(f(x))}, ""}; }, repeat([=] { const Tensors y = f(x); })};
  };
  tasks[name + ".both"] = [=]() -> Task {
    const Tensors x = make(), seeds = seeds_of(x);
    const auto step = [=] { return grad(f(x), x, seeds); };
    return {[=] { return Checked{{checksum(step())}, ""}; }, repeat([=] { step(); })};
  };
}

template <class F>
Function of_one(F f) {
  return [f](const Tensors& x) { return Tensors{f(x[0])}; };
}

void add_slices(Tasks& tasks) {
  add(tasks, "slice.rows", {{256, 1024}}, of_one([](const Tensor& x) { return x(all(), range(10, 900)); }));
  add(tasks, "slice.large", {{4096, 4096}}, of_one([](const Tensor& x) { return x(all(), range(10, 4000)); }));
  add(tasks, "slice.short", {{65536, 16}}, of_one([](const Tensor& x) { return x(all(), range(2, 10)); }));
  add(tasks, "slice.pairs", {{65536, 5}}, of_one([](const Tensor& x) { return x(all(), range(1, 3)); }));
  add(tasks, "slice.columns", {{1024, 1024}}, of_one([](const Tensor& x) { return x(all(), range(0, 1024, 2)); }));
  add(tasks, "slice.every_other_row", {{1024, 1024}}, of_one([](const Tensor& x) { return x(range(0, 1024, 2)); }));
  add(tasks, "slice.one_column", {{4096, 64}}, of_one([](const Tensor& x) { return x(all(), 3); }));
  add(tasks, "slice.rank5", {{16, 3, 32, 8, 8}},
      of_one([](const Tensor& x) { return x(all(), 1, range(2, 30), all(), range(1, 7)); }));
  add(tasks, "slice.rank6", {{8, 8, 8, 8, 8, 8}},
      of_one([](const Tensor& x) { return x(range(0, 8, 2), all(), range(1, 7), 3, all(), range(0, 8, 2)); }));
  add(tasks, "pad", {{256, 1000}}, of_one([](const Tensor& x) {
        return put(zeros({260, 1024}), {range(2, 258), range(12, 1012)}, x);
      }));
}

void add_joins(Tasks& tasks) {
  const auto joined = [](std::int64_t axis) { return [axis](const Tensors& x) { return Tensors{concat(x, axis)}; }; };
  add(tasks, "concat.columns", {{256, 1024}, {256, 1024}}, joined(1));
  add(tasks, "concat.rows", {{256, 1024}, {256, 1024}}, joined(0));
  add(tasks, "concat.short", {{65536, 4}, {65536, 12}}, joined(1));
  add(tasks, "concat.eight", std::vector<Shape>(8, {8192, 8}), joined(1));
  add(tasks, "stack.last", std::vector<Shape>(4, {65536}), [](const Tensors& x) { return Tensors{stack(x, 1)}; });
  add(tasks, "stack.first", std::vector<Shape>(4, {65536}), [](const Tensors& x) { return Tensors{stack(x, 0)}; });
  add(tasks, "split", {{4096, 256}}, [](const Tensors& x) { return split(x[0], 64, 1); });
}

void add_permutations(Tasks& tasks) {
  const auto permuted = [](std::vector<std::int64_t> order) {
    return of_one([order](const Tensor& x) { return transpose(x, order); });
  };
  add(tasks, "permute.heads", {{8, 128, 12, 64}}, permuted({0, 2, 1, 3}));
  add(tasks, "permute.channels_last", {{64, 3, 64, 64}}, permuted({0, 2, 3, 1}));
  add(tasks, "permute.channels_first", {{64, 64, 64, 3}}, permuted({0, 3, 1, 2}));
  add(tasks, "permute.rank6", {{8, 8, 8, 8, 8, 8}}, permuted({5, 4, 3, 2, 1, 0}));
  add(tasks, "permute.short", {{65536, 2, 4}}, permuted({0, 2, 1}));
  add(tasks, "transpose", {{1000, 1000}}, permuted({1, 0}));
}

void add_choices(Tasks& tasks) {
  add(tasks, "amax.pool", {{64, 12, 12, 2, 12, 2}}, of_one([](const Tensor& x) { return amax(x, {3, 5}); }));
  add(tasks, "amax.last", {{110592, 2}}, of_one([](const Tensor& x) { return amax(x, 1); }));
  add(tasks, "amax.first", {{2, 110592}}, of_one([](const Tensor& x) { return amax(x, 0); }));
  add(tasks, "amax.sixteen", {{13824, 16}}, of_one([](const Tensor& x) { return amax(x, 1); }));
  add(tasks, "max.last", {{110592, 2}}, of_one([](const Tensor& x) { return max(x, 1).values; }));
  add(tasks, "max.sixteen", {{13824, 16}}, of_one([](const Tensor& x) { return max(x, 1).values; }));
  const Tensor some = indices(70, {512}, 1024), rows = indices(71, {1024, 512}, 1024), columns = transpose(rows);
  add(tasks, "index_select.columns", {{1024, 1024}},
      of_one([some](const Tensor& x) { return index_select(x, 1, some); }));
  add(tasks, "index_select.rows", {{1024, 1024}}, of_one([some](const Tensor& x) { return index_select(x, 0, some); }));
  add(tasks, "index_select.short", {{1024, 256, 4}},
      of_one([some](const Tensor& x) { return index_select(x, 0, some); }));
  add(tasks, "gather.columns", {{1024, 1024}}, of_one([rows](const Tensor& x) { return gather(x, 1, rows); }));
  add(tasks, "gather.rows", {{1024, 1024}}, of_one([columns](const Tensor& x) { return gather(x, 0, columns); }));
}

void add_arranging(Tasks& tasks) {
  add(tasks, "flip.columns", {{1024, 1024}}, of_one([](const Tensor& x) { return flip(x, 1); }));
  add(tasks, "flip.rows", {{1024, 1024}}, of_one([](const Tensor& x) { return flip(x, 0); }));
  add(tasks, "roll", {{1024, 1024}}, of_one([](const Tensor& x) { return roll(x, {100, 100}, {0, 1}); }));
  add(tasks, "pad.constant", {{256, 1000}}, of_one([](const Tensor& x) { return pad(x, {12, 12, 2, 2}); }));
  add(tasks, "pad.reflect", {{1, 256, 1000}}, of_one([](const Tensor& x) {
        return pad(x, {12, 12}, PadMode::reflect);
      }));
  add(tasks, "pad.replicate", {{1, 4, 256, 256}}, of_one([](const Tensor& x) {
        return pad(x, {2, 2, 2, 2}, PadMode::replicate);
      }));
  add(tasks, "repeat", {{256, 256}}, of_one([](const Tensor& x) { return repeat(x, {4, 4}); }));
  add(tasks, "repeat_interleave", {{256, 1024}}, of_one([](const Tensor& x) { return repeat_interleave(x, 4, 1); }));
  add(tasks, "tril", {{16, 256, 256}}, of_one([](const Tensor& x) { return tril(x); }));
  add(tasks, "diagonal", {{64, 128, 128}}, of_one([](const Tensor& x) { return diagonal(x, 0, 1, 2); }));
  add(tasks, "unfold", {{64, 4096}}, of_one([](const Tensor& x) { return unfold(x, 1, 16, 4); }));
  add(tasks, "unfold.inner", {{256, 256}}, of_one([](const Tensor& x) { return unfold(x, 0, 5, 1); }));
}

void add_scattering(Tasks& tasks) {
  const Tensor rows = indices(71, {1024, 512}, 1024), columns = transpose(rows), few = indices(72, {4096}, 1 << 20);
  const Tensor list = indices(73, {512}, 1024);
  const Tensor half = Tensor(numbers(74, 1 << 20, 0, 1)).reshape({1024, 1024}) > .5f;
  add(tasks, "scatter_add.columns", {{1024, 1024}, {1024, 512}},
      [rows](const Tensors& x) { return Tensors{scatter_add(x[0], 1, rows, x[1])}; });
  add(tasks, "scatter_add.rows", {{1024, 1024}, {512, 1024}},
      [columns](const Tensors& x) { return Tensors{scatter_add(x[0], 0, columns, x[1])}; });
  add(tasks, "scatter_add.few", {{1 << 20}, {4096}},
      [few](const Tensors& x) { return Tensors{scatter_add(x[0], 0, few, x[1])}; });
  add(tasks, "index_add", {{1024, 1024}, {512, 1024}},
      [list](const Tensors& x) { return Tensors{index_add(x[0], 0, list, x[1])}; });
  add(tasks, "masked_select", {{1024, 1024}}, of_one([half](const Tensor& x) { return masked_select(x, half); }));
  add(tasks, "masked_fill", {{1024, 1024}}, of_one([half](const Tensor& x) { return masked_fill(x, half, 0); }));
  add(tasks, "index.pairs", {{1024, 1024}}, of_one([list](const Tensor& x) { return x(list, list); }));
}

// The same kinds at three sizes, as NAME@ROWS: in the first-level cache, in the second, and beyond.
void add_sizes(Tasks& tasks, std::int64_t n, std::int64_t m) {
  const auto add_one = [&](const std::string& name, const std::vector<Shape>& shapes, const Function& f) {
    add(tasks, name + "@" + std::to_string(n), shapes, f);
  };
  const std::vector<Shape> one{{n, m}}, two{{n, m}, {n, m}};
  add_one("slice.columns", one, of_one([=](const Tensor& x) { return x(all(), range(1, m - 1)); }));
  add_one("slice.steps", one, of_one([=](const Tensor& x) { return x(range(0, n, 2), range(0, m, 2)); }));
  for (const std::int64_t axis : {0, 1}) {
    const std::string along = axis == 0 ? ".rows" : ".columns";
    add_one("concat" + along, two, [=](const Tensors& x) { return Tensors{concat(x, axis)}; });
    add_one("concat.same" + along, one, of_one([=](const Tensor& q) { return concat({q, q}, axis); }));
    add_one("stack" + along, two, [=](const Tensors& x) { return Tensors{stack(x, axis)}; });
    add_one("stack.same" + along, one, of_one([=](const Tensor& q) { return stack({q, q}, axis); }));
    add_one("split" + along, one, [=](const Tensors& x) { return split(x[0], (axis == 0 ? n : m) / 4, axis); });
    // Where an op follows, the upstream gradient is a temporary that nobody else holds.
    const Tensor scale = random(95, {n * 2, m}).detach(), once = random(95, {n, m}).detach();
    if (axis == 0) add_one("concat.rows.scaled", two, [=](const Tensors& x) { return Tensors{concat(x, 0) * scale}; });
    const std::int64_t size = axis == 0 ? n : m;
    const Tensor some = indices(70, {size / 2}, size);
    add_one("index_select" + along, one, of_one([=](const Tensor& x) { return index_select(x, axis, some); }));
    const Shape half = axis == 0 ? Shape{n / 2, m} : Shape{n, m / 2};
    const Tensor picks = indices(71, half, size);
    add_one("gather" + along, one, of_one([=](const Tensor& x) { return gather(x, axis, picks); }));
    add_one("scatter_add" + along, {{n, m}, half},
            [=](const Tensors& x) { return Tensors{scatter_add(x[0], axis, picks, x[1])}; });
    add_one("index_add" + along, {{n, m}, half},
            [=](const Tensors& x) { return Tensors{index_add(x[0], axis, some, x[1])}; });
    add_one("index_add" + along + ".scaled", {{n, m}, half},
            [=](const Tensors& x) { return Tensors{index_add(x[0], axis, some, x[1]) * once}; });
    add_one("flip" + along, one, of_one([=](const Tensor& x) { return flip(x, axis); }));
  }
  const Tensor few = indices(75, {n}, 16), picks = indices(76, {n, m}, 16);
  add_one("index_add.few", {{16, m}, {n, m}}, [=](const Tensors& x) { return Tensors{index_add(x[0], 0, few, x[1])}; });
  add_one("scatter_add.few", {{16, m}, {n, m}},
          [=](const Tensors& x) { return Tensors{scatter_add(x[0], 0, picks, x[1])}; });
  add_one("stack.twice_four", std::vector<Shape>(8, {n, m / 8}),
          [=](const Tensors& x) { return Tensors{stack(x, 0)}; });
  add_one("transpose", one, of_one([](const Tensor& x) { return transpose(x, {1, 0}); }));
  add_one("permute", {{n, m / 16, 16}}, of_one([](const Tensor& x) { return transpose(x, {1, 0, 2}); }));
  add_one("pad", one, of_one([](const Tensor& x) { return pad(x, {2, 2, 2, 2}); }));
  add_one("amax.last", {{n, m / 2, 2}}, of_one([](const Tensor& x) { return amax(x, 2); }));
  add_one("amax.middle", {{n / 2, 2, m}}, of_one([](const Tensor& x) { return amax(x, 1); }));
  add_one("max.last", {{n, m / 8, 8}}, of_one([](const Tensor& x) { return max(x, 2).values; }));
  add_one("max.middle", {{n / 4, 4, m}}, of_one([](const Tensor& x) { return max(x, 1).values; }));
  add_one("roll", one, of_one([](const Tensor& x) { return roll(x, {5, 5}, {0, 1}); }));
  add_one("repeat", one, of_one([](const Tensor& x) { return repeat(x, {2, 2}); }));
  add_one("tril", one, of_one([](const Tensor& x) { return tril(x); }));
}

// The floor: memcpy of so many bytes.
void add_copies(Tasks& tasks) {
  for (const std::int64_t kilobytes : {64, 256, 1024, 4096, 16384, 65536})
    tasks["memcpy." + std::to_string(kilobytes)] = [=]() -> Task {
      const Tensor from = random(80, {kilobytes * 256}).detach(), to = zeros({kilobytes * 256});
      return {{}, repeat([=] {
                std::memcpy(Raw::write<float>(to), Raw::data<float>(from), static_cast<std::size_t>(kilobytes) * 1024);
              })};
    };
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  xgrad::set_num_threads(1);
  bench::Tasks tasks;
  bench::add_slices(tasks);
  bench::add_joins(tasks);
  bench::add_permutations(tasks);
  bench::add_choices(tasks);
  bench::add_arranging(tasks);
  bench::add_scattering(tasks);
  bench::add_sizes(tasks, 64, 64);
  bench::add_sizes(tasks, 256, 1024);
  bench::add_sizes(tasks, 2048, 2048);
  bench::add_copies(tasks);
  return bench::Server(std::move(tasks), argc, argv).run("");
}
