// The kernels that move data, for sizes on both sides of their limits, against a loop over all indices.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/kernels/matrix/spread.hpp>
#include <xgrad/autograd/kernels/matrix/strided.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Sizes = std::vector<std::int64_t>;

namespace {

/// Calls f(index) for every index of a shape.
template <class F>
void each_index(const Sizes& sizes, F&& f) {
  Sizes index(sizes.size(), 0);
  for (const std::int64_t n : sizes)
    if (n == 0) return;
  for (;;) {
    f(index);
    std::size_t k = sizes.size();
    while (k > 0 && ++index[k - 1] == sizes[k - 1]) index[--k] = 0;
    if (k == 0) return;
  }
}

std::int64_t at(const Sizes& index, const Sizes& strides) {
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < index.size(); ++k) sum += index[k] * strides[k];
  return sum;
}

std::int64_t pick(kernels::Philox& random, const Sizes& from) { return from[random.below(from.size())]; }

/// Distances of a contiguous array whose axes are `order`, of which each holds `room` times what is walked.
Sizes distances(const Sizes& sizes, const Sizes& order, const Sizes& room) {
  Sizes result(sizes.size());
  std::int64_t running = 1;
  for (std::size_t i = order.size(); i-- > 0;) {
    const auto k = static_cast<std::size_t>(order[i]);
    result[k] = running * room[k];
    running *= std::max<std::int64_t>(1, sizes[k]) * room[k];
  }
  return result;
}

template <class T>
void check_walk(kernels::Philox& random) {
  const std::size_t rank = 1 + random.below(5);
  Sizes sizes, order, in_room, out_room, in_order(rank);
  for (std::size_t k = 0; k < rank; ++k) {
    sizes.push_back(pick(random, rank > 3 ? Sizes{1, 2, 3, 4, 8} : Sizes{0, 1, 2, 3, 4, 7, 16, 17, 33, 70}));
    order.push_back(static_cast<std::int64_t>(k));
    in_room.push_back(pick(random, {1, 1, 1, 2, 3, 5}));
    out_room.push_back(pick(random, {1, 1, 1, 2, 3, 4}));
  }
  for (std::size_t k = 0; k < rank; ++k) in_order[k] = order[k];
  if (random.below(2) == 0)
    for (std::size_t k = rank; k > 1; --k) std::swap(in_order[k - 1], in_order[random.below(k)]);
  Sizes in = distances(sizes, in_order, in_room), out = distances(sizes, order, out_room);
  std::int64_t in_start = 0, out_start = 0, in_size = 1, out_size = 1;
  for (std::size_t k = 0; k < rank; ++k) {
    in_size += std::max<std::int64_t>(0, sizes[k] - 1) * in[k];
    out_size += std::max<std::int64_t>(0, sizes[k] - 1) * out[k];
    if (random.below(6) == 0) in[k] = 0;
    if (random.below(4) == 0 && sizes[k] > 0) {
      in_start += (sizes[k] - 1) * in[k];
      in[k] = -in[k];
    }
    if (random.below(6) == 0 && sizes[k] > 0) {
      out_start += (sizes[k] - 1) * out[k];
      out[k] = -out[k];
    }
  }
  const auto x = std::make_unique<T[]>(static_cast<std::size_t>(in_size));
  const auto y = std::make_unique<T[]>(static_cast<std::size_t>(out_size));
  const auto expected = std::make_unique<T[]>(static_cast<std::size_t>(out_size));
  for (std::int64_t i = 0; i < in_size; ++i) x[static_cast<std::size_t>(i)] = static_cast<T>(random.below(1000));
  each_index(sizes, [&](const Sizes& index) {
    expected[static_cast<std::size_t>(out_start + at(index, out))] =
        x[static_cast<std::size_t>(in_start + at(index, in))];
  });
  const kernels::Walk walk{rank, sizes.data(), in.data(), out.data()};
  kernels::copy_strided(x.get() + in_start, y.get() + out_start, walk);
  REQUIRE(std::equal(y.get(), y.get() + out_size, expected.get()));
  if constexpr (std::is_floating_point_v<T>) {
    kernels::add_strided(x.get() + in_start, y.get() + out_start, walk);
    for (std::int64_t i = 0; i < out_size; ++i) expected[static_cast<std::size_t>(i)] *= 2;
    REQUIRE(std::equal(y.get(), y.get() + out_size, expected.get()));
  }
}

}  // namespace

TEST_CASE("a strided copy puts every element in its place and writes nothing else", "[strided]") {
  kernels::Philox random(11);
  for (int i = 0; i < scaled(3000, 300); ++i) {
    INFO("walk " << i);
    check_walk<float>(random);
    check_walk<double>(random);
    check_walk<std::int64_t>(random);
    check_walk<bool>(random);
  }
}

TEST_CASE("long axes between short ones are permuted right, in every dtype", "[strided]") {
  for (const Shape& shape :
       {Shape{4, 2, 5000}, {2, 2, 16384}, {3, 2, 12000}, {5, 4, 3000}, {2, 3, 9001}, {7, 16, 1200}, {2, 33, 700}}) {
    if (shape[2] > scaled(1 << 20, 700)) continue;
    for (const DType dtype : {float32, float64, int64, boolean}) {
      const Tensor numbers = remainder(arange(shape[0] * shape[1] * shape[2]) * 7919, 1009).reshape(shape);
      const Tensor x = dtype == boolean ? remainder(numbers, 2) == 1 : numbers.to(dtype);
      for (const std::vector<std::int64_t>& order :
           {std::vector<std::int64_t>{2, 1, 0}, {2, 0, 1}, {1, 2, 0}, {1, 0, 2}, {0, 2, 1}}) {
        INFO(shape << ' ' << dtype << ' ' << order[0] << order[1] << order[2]);
        const Sizes all{shape[0], shape[1], shape[2]}, from{all[1] * all[2], all[2], 1};
        Sizes sizes, in;
        for (const std::int64_t axis : order) {
          sizes.push_back(all[static_cast<std::size_t>(axis)]);
          in.push_back(from[static_cast<std::size_t>(axis)]);
        }
        const std::vector<double> was = values(x), is = values(transpose(x, order));
        std::size_t next = 0;
        bool equal = true;
        each_index(sizes,
                   [&](const Sizes& index) { equal &= is[next++] == was[static_cast<std::size_t>(at(index, in))]; });
        CHECK(equal);
      }
    }
  }
}

TEST_CASE("a spread is zero but for its part", "[strided]") {
  kernels::Philox random(12);
  for (int i = 0; i < scaled(2000, 200); ++i) {
    const std::size_t rank = random.below(5);
    Sizes size, start, step, count;
    std::int64_t all = 1, part = 1;
    for (std::size_t k = 0; k < rank; ++k) {
      size.push_back(pick(random, rank > 2 ? Sizes{1, 2, 5, 9, 40} : Sizes{0, 1, 3, 64, 300, 9000}));
      const std::int64_t n = size.back();
      const bool whole = random.below(3) == 0 || n == 0;
      step.push_back(whole ? 1 : pick(random, {1, 1, 2, 3, -1, -2}));
      start.push_back(whole ? 0 : static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n))));
      const std::int64_t most =
          step.back() > 0 ? (n - start.back() + step.back() - 1) / step.back() : start.back() / -step.back() + 1;
      count.push_back(whole ? n : static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most) + 1)));
      all *= n;
      part *= count.back();
    }
    if (all > 2000000) continue;
    std::vector<float> in(static_cast<std::size_t>(part)), out(static_cast<std::size_t>(all), 5),
        expected(out.size(), 0);
    for (float& v : in) v = static_cast<float>(random.below(1000) + 1);
    Sizes own(rank);
    for (std::size_t k = rank, running = 1; k-- > 0; running *= static_cast<std::size_t>(size[k]))
      own[k] = static_cast<std::int64_t>(running);
    std::size_t next = 0;
    each_index(count, [&](const Sizes& index) {
      std::int64_t place = 0;
      for (std::size_t k = 0; k < rank; ++k) place += (start[k] + index[k] * step[k]) * own[k];
      expected[static_cast<std::size_t>(place)] = in[next++];
    });
    kernels::spread(in.data(), out.data(), {rank, size.data(), start.data(), step.data(), count.data()});
    INFO("spread " << i);
    REQUIRE(out == expected);
  }
}

TEST_CASE("maxima and minima of short axes, and their gradients, are those of the recorded rule", "[strided]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  struct Over {
    Shape shape;
    std::vector<std::int64_t> axes;
  };
  for (const Over& over : std::vector<Over>{{{1000, 2}, {1}},
                                            {{2, 1000}, {0}},
                                            {{333, 3}, {1}},
                                            {{50, 4}, {1}},
                                            {{70, 17}, {1}},
                                            {{70, 32}, {1}},
                                            {{70, 33}, {1}},
                                            {{30, 2, 7}, {1}},
                                            {{30, 5, 63}, {1}},
                                            {{30, 5, 64}, {1}},
                                            {{4, 6, 2, 6, 2}, {2, 4}},
                                            {{4, 6, 2, 6, 3}, {0, 2, 4}},
                                            {{3, 2, 5, 2, 70}, {1, 3}},
                                            {{40, 50}, {0, 1}},
                                            {{1, 40, 1}, {1}},
                                            {{40000, 2}, {1}},
                                            {{1, 1}, {0}}})
    for (const DType dtype : {float32, float64}) {
      manual_seed(7);
      INFO(over.shape);
      Tensor x = randint(0, 3, over.shape).to(dtype);  // with many ties
      if (x.size() > 100) x.reshape({-1}).put(xt::range(3, 40, 13), nan);
      x.requires_grad_();
      for (const bool largest : {true, false}) {
        const auto f = [&] { return largest ? amax(x, over.axes) : amin(x, over.axes); };
        const Tensor y = f(), seed = randn(y.shape(), dtype);
        const Tensor g = grad({f()}, {x}, {seed})[0], recorded = grad({f()}, {x}, {seed}, create_graph)[0];
        CHECK(difference(g, recorded.detach()) == "");
        // In another order: the axes brought to the end and merged.
        if (over.axes.size() == 1 && over.shape.rank() == 2) {
          const Tensor line = over.axes[0] == 1 ? x.detach() : transpose(x.detach());
          for (std::int64_t i = 0; i < std::min<std::int64_t>(20, line.shape(0)); ++i) {
            double best = line(i, 0).item();
            std::int64_t place = 0;
            for (std::int64_t j = 1; j < line.shape(1); ++j) {
              const double v = line(i, j).item();
              if ((largest ? v > best : v < best) || (v != v && best == best)) best = v, place = j;
            }
            const double got = y(i).item();
            CHECK(((got == best) || (got != got && best != best)));
            const auto chosen = largest ? max(x.detach(), over.axes[0]) : min(x.detach(), over.axes[0]);
            CHECK(chosen.indices(i).item<std::int64_t>() == place);
          }
        }
      }
    }
}

TEST_CASE("as many axes as there can be are repeated", "[strided]") {
  const Tensor one = Tensor(1.0).requires_grad_();
  for (const std::size_t axes : {15u, 16u, 17u}) {
    const Tensor y = repeat(one, Dims(Sizes(axes, 2)));
    CHECK(y.shape() == Shape(Sizes(axes, 2)));
    CHECK(sum(y).item() == static_cast<double>(1 << axes));
    CHECK(grad(sum(y), one).item() == static_cast<double>(1 << axes));
  }
  // A repeated axis is the tensor behind itself; axes of several elements lie between and around those of one.
  Sizes sizes(32, 1), counts(32, 1);
  sizes[3] = 2;
  sizes[17] = 3;
  const Tensor x = reshape(arange(6.), sizes).requires_grad_();
  for (const std::size_t last : {1u, 5u, 17u, 32u}) {
    counts.assign(32, 1);
    Tensor expected = x;
    for (std::size_t k = last == 32 ? 17 : 0; k < last; ++k) {
      counts[k] = 2;
      expected = concat({expected, expected}, static_cast<std::int64_t>(k));
    }
    INFO("up to axis " << last);
    const Tensor y = repeat(x, Dims(counts));
    CHECK(difference(y, expected) == "");
    const Tensor seed = reshape(arange(static_cast<double>(y.size())), y.shape());
    CHECK(difference(grad({y}, {x}, {seed})[0], grad({expected}, {x}, {seed})[0]) == "");
  }
  counts.assign(20, 2);
  CHECK(repeat(zeros({0, 3}), Dims(counts)).size() == 0);
  counts.assign(32, 1000);
  counts[20] = 0;
  const Tensor nothing = tile(x, Dims(counts));
  CHECK(nothing.size() == 0);
  CHECK(difference(grad(sum(nothing), x), zeros_like(x)) == "");
}
