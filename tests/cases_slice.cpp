#include <vector>

#include <xtensor/xview.hpp>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

#include "cases.hpp"

using namespace xgrad;
using xt::all;
using xt::drop;
using xt::ellipsis;
using xt::keep;
using xt::newaxis;
using xt::range;
using namespace xt::placeholders;

namespace cases {
namespace {

// put() in places of every kind, of values of the place's shape and of ones that broadcast.
Case put_cases() {
  const auto into = [](const Shape& shape, const Index& index, const Shape& values) {
    return Sample{[index](const Tensors& x) { return put(x[0], index, x[1]); }, {any(shape), any(values)}};
  };
  Case row{"put", {}, {}, selects};
  row.samples = {
      into({5}, 2, {}),
      into({}, {}, {}),
      into({}, newaxis(), {1}),
      into({0}, all(), {}),
      into({0}, {range(0, 0)}, {1}),
      into({0, 3}, {all(), 1}, {0}),
      into({2, 0, 2}, {1, ellipsis(), -1}, {}),
      into({0, 1}, {newaxis(), all(), xt::keep(0)}, {1, 0, 1}),
      into({2, 0}, {all(), range(0, 2)}, {2, 0}),
      into({2, 3}, {range(1, 1)}, {3}),
      into({5}, range(1, 4), {3}),
      into({5}, range(_, _, -2), {3}),
      into({5}, {range(3, 0, -2)}, {1}),
      into({2, 3}, {all(), 1}, {2}),
      into({2, 3}, {all(), 1}, {}),
      into({2, 3}, 1, {3}),
      into({2, 3}, 1, {1, 3}),
      into({2, 3}, {1, 1}, {1, 1}),
      into({2, 3}, {0, -1}, {}),
      into({2, 3}, {all(), newaxis(), range(0, 3, 2)}, {2, 1, 2}),
      into({2, 3}, {ellipsis()}, {2, 3}),
      into({2, 3}, {range(_, _, -1)}, {1, 3}),
      into({4, 3}, {keep(3, 0), drop(1)}, {2, 2}),
      into({4, 3}, {drop(1), keep(-1, 1)}, {2}),
      into({2, 3, 2}, {ellipsis(), 1}, {2, 3}),
      into({2, 3, 2}, {keep(1), all(), range(_, _, -1)}, {3, 1}),
      into({3, 2, 2, 2, 2}, {range(0, 3, 2), 1, ellipsis(), keep(0)}, {2, 2, 2, 1}),
      {[](const Tensors& x) {
         return put(x[0], {all(), 1}, 0.5);
       },
       {any({2, 3})}},
      {[](const Tensors& x) { return put(x[0], range(0, 2), x[0](range(1, 3))); }, {any({3})}},
      {[](const Tensors& x) { return put(put(x[0], 0, x[1]), 1, x[1] * x[1]); }, {any({2, 2}), any({2})}},
  };
  const auto refused = [](const Shape& shape, const Index& index, const Shape& values, std::vector<std::string> says) {
    return Refusal{[index](const Tensors& x) { return put(x[0], index, x[1]); }, {any(shape), any(values)}, says};
  };
  row.refusals = {
      refused({2, 3}, {all(), 1}, {3}, {"values of shape (3)", "place of shape (2)", "shape (2, 3)"}),
      refused({2, 3}, 1, {2, 3}, {"values of shape (2, 3)", "place of shape (3)"}),
      refused({2, 3}, {all(), 3}, {}, {"index 3", "axis 1", "(2, 3)"}),
      refused({2, 3}, {0, 0, 0}, {}, {"3 indices", "(2, 3)"}),
      refused({2, 3}, {all(), range(0, 3, 0)}, {}, {"step", "0"}),
      refused({5}, keep(1, -4), {2}, {"index 1", "twice", "axis 0"}),
  };
  return row;
}

// put() in places that tensors name, where indices are repeated and where values are added.
Case put_by_tensors() {
  Case row{"put", {}, {}, selects};
  const auto into = [&](const Shape& shape, const Index& index, const Shape& values) {
    for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes})
      row.samples.push_back(
          {[=](const Tensors& x) { return put(x[0], index, x[1], accumulate); }, {any(shape), any(values)}});
  };
  const Tensor some = labels({4}, 3), grid = labels({2, 2}, 2), nothing = labels({0}, 1);
  into({0}, {nothing}, {0});
  into({2, 3}, {all(), nothing}, {2, 0});
  into({0, 3}, {all(), some}, {});
  into({3, 0}, {some}, {4, 0});
  into({}, {Tensor(true)}, {1});
  into({}, {ellipsis(), Tensor(true)}, {});
  into({3}, {some}, {4});
  into({3}, {some}, {});
  into({3, 2}, {some}, {4, 2});
  into({3, 2}, {some, labels({4}, 2)}, {4});
  into({2, 3}, {all(), some}, {2, 4});
  into({2, 3}, {grid, labels({2, 1}, 3)}, {2, 2});
  into({2, 3, 2}, {grid, all(), labels({2}, 2)}, {2, 2, 3});
  into({2, 3, 2}, {all(), some, range(_, _, -1)}, {4, 1});
  into({2, 3, 4}, {1, some, keep(3, 0)}, {4, 2});
  into({2, 3}, {mask({2, 3})}, {});
  into({2, 3}, {mask({2}), all()}, {3});
  into({3, 2, 2}, {all(), newaxis(), mask({2, 2})}, {1});
  into({5}, {range(0, 4), newaxis()}, {4, 1});
  return row;
}

Case index_putting() {
  Case row = put_by_tensors();
  row.op = "index_put";
  row.samples.clear();
  const auto into = [&](const Shape& shape, const Tensors& indices, const Shape& values) {
    for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes})
      row.samples.push_back(
          {[=](const Tensors& x) { return index_put(x[0], indices, x[1], accumulate); }, {any(shape), any(values)}});
  };
  into({0}, {labels({0}, 1)}, {0});
  into({2, 3}, {Tensor(), labels({0}, 1)}, {2, 0});
  into({0, 3}, {Tensor(), labels({2}, 3)}, {});
  into({}, {}, {});
  into({3}, {labels({5}, 3)}, {5});
  into({2, 3}, {labels({5}, 2), labels({5}, 3)}, {5});
  into({2, 3}, {Tensor(), labels({2}, 3)}, {2, 2});
  into({2, 3}, {mask({2, 3})}, {});
  return row;
}

// operator() with tensors of indices and masks.
Case by_tensors() {
  Case row{"slice", {}, {}, selects};
  const auto over = [&](const Shape& shape, std::function<Tensor(const Tensor&)> f) {
    row.samples.push_back({[f](const Tensors& x) { return f(x[0]); }, {any(shape)}});
  };
  const Tensor some = labels({4}, 3), grid = labels({2, 2}, 2), nothing = labels({0}, 1);
  over({0}, [=](const Tensor& x) { return x(nothing); });
  over({2, 3}, [=](const Tensor& x) { return x(all(), nothing); });
  over({0, 3}, [=](const Tensor& x) { return x(all(), some); });
  over({3, 0}, [=](const Tensor& x) { return x(some); });
  over({2, 3}, [=](const Tensor& x) { return x(Tensor(false)); });
  over({}, [](const Tensor& x) { return x(Tensor(true)); });
  over({3}, [=](const Tensor& x) { return x(Tensor(std::int64_t{1})); });
  over({3}, [=](const Tensor& x) { return x(some); });
  over({3, 2}, [=](const Tensor& x) { return x(some, 1); });
  over({3, 2}, [=](const Tensor& x) { return x(some, range(_, _, -1)); });
  over({2, 3}, [=](const Tensor& x) { return x(all(), grid); });
  over({2, 3}, [=](const Tensor& x) { return x(grid, some(range(0, 2))); });
  over({2, 3, 2}, [=](const Tensor& x) { return x(grid, all(), grid); });
  over({2, 3, 2}, [=](const Tensor& x) { return x(grid, newaxis(), 2, grid); });
  over({2, 3, 2}, [=](const Tensor& x) { return x(keep(1), some, ellipsis()); });
  over({2, 3}, [m = mask({2, 3})](const Tensor& x) { return x[m]; });
  over({3, 2}, [m = mask({3})](const Tensor& x) { return x[m]; });
  over({2, 3, 2}, [m = mask({3, 2})](const Tensor& x) { return x(all(), m); });
  const auto refused = [&](const Shape& shape, std::function<Tensor(const Tensor&)> f, std::vector<std::string> says) {
    row.refusals.push_back({[f](const Tensors& x) { return f(x[0]); }, {any(shape)}, std::move(says)});
  };
  refused({2, 3}, [](const Tensor& x) { return x(all(), Tensor{0, 3}); }, {"index 3", "axis 1", "(2, 3)"});
  refused({2, 3}, [](const Tensor& x) { return x(Tensor{0, 1}, Tensor{0, 1, 2}); }, {"(2)", "(3)"});
  refused({2, 3}, [](const Tensor& x) { return x(Tensor{true, false, true}); }, {"(3)", "(2, 3)", "axis 0"});
  refused({2, 3}, [](const Tensor& x) { return x(Tensor{0.5, 1.0}); }, {"float64", "int64", "(2)"});
  refused({3}, [](const Tensor& x) { return x(0, Tensor{true}); }, {"2 indices", "(3)"});
  return row;
}

}  // namespace

// operator() with xtensor's slices. The row is not required by the headers of ops, since operator() is a member.
std::vector<Case> slice_cases() {
  const auto over = [](const Shape& shape, std::function<Tensor(const Tensor&)> f) {
    return Sample{[f](const Tensors& x) { return f(x[0]); }, {any(shape)}};
  };
  Case row{"slice", {}};
  row.samples = {
      over({0}, [](const Tensor& x) { return x(all()); }),
      over({5}, [](const Tensor& x) { return x(range(4, 2)); }),
      over({2, 3}, [](const Tensor& x) { return x(all(), range(3, 9)); }),
      over({2, 0}, [](const Tensor& x) { return x(1, all()); }),
      over({0, 3}, [](const Tensor& x) { return x(all(), range(0, 3, 2)); }),
      over({2, 0, 3}, [](const Tensor& x) { return x(ellipsis(), -1); }),
      over({}, [](const Tensor& x) { return x(newaxis()); }),
      over({}, [](const Tensor& x) { return x(ellipsis()); }),
      over({}, [](const Tensor& x) { return x(newaxis(), ellipsis(), newaxis()); }),
      over({5}, [](const Tensor& x) { return x(2); }),
      over({5}, [](const Tensor& x) { return x(-1); }),
      over({5}, [](const Tensor& x) { return x(range(1, 4)); }),
      over({5}, [](const Tensor& x) { return x(range(0, 5, 2)); }),
      over({5}, [](const Tensor& x) { return x(range(-3, _)); }),
      over({5}, [](const Tensor& x) { return x(range(_, _, -1)); }),
      over({5}, [](const Tensor& x) { return x(range(3, 0, -2)); }),
      over({5}, [](const Tensor& x) { return x(range(-99, 99)); }),
      over({2, 3}, [](const Tensor& x) { return x(1); }),
      over({2, 3}, [](const Tensor& x) { return x[1]; }),
      over({2, 3},
           [](const Tensor& x) {
             return x[Tensor{0, 1, 1}];
           }),
      over({2, 3}, [](const Tensor& x) { return x(0, 2); }),
      over({2, 3}, [](const Tensor& x) { return x(all(), -2); }),
      over({2, 3}, [](const Tensor& x) { return x(all(), range(_, _, -1)); }),
      over({2, 3}, [](const Tensor& x) { return x(range(_, 1), newaxis(), range(1, _)); }),
      over({4, 3}, [](const Tensor& x) { return x(range(1, 3)); }),
      over({1, 4}, [](const Tensor& x) { return x(0, range(3, _, -2)); }),
      over({2, 3, 2}, [](const Tensor& x) { return x(ellipsis(), 1); }),
      over({2, 3, 2}, [](const Tensor& x) { return x(1, ellipsis(), range(0, 1)); }),
      over({2, 0, 2}, [](const Tensor& x) { return x(-1, newaxis(), range(_, _, -1), 0); }),
      over({2, 3, 2}, [](const Tensor& x) { return x(-1, 2, 0); }),
      over({2, 3, 2}, [](const Tensor& x) { return x(range(_, _, -1), range(0, 3, 2), newaxis(), 1); }),
      over({3}, [](const Tensor& x) { return x(range(0, 2)) * x(range(1, 3)) + x(0); }),
      over({5}, [](const Tensor& x) { return x(keep(3, 0, -1)); }),
      over({5}, [](const Tensor& x) { return x(keep(2, 2)); }),
      over({5}, [](const Tensor& x) { return x(drop(0, -2)); }),
      over({2, 3}, [](const Tensor& x) { return x(all(), keep(2, 0)); }),
      over({2, 3}, [](const Tensor& x) { return x(drop(1), newaxis(), keep(1)); }),
      over({4, 3},
           [](const Tensor& x) {
             return x(keep(std::vector<std::size_t>{3, 1}), drop(-1));
           }),
      over({2, 3, 4}, [](const Tensor& x) { return x(1, keep(2, 0), range(_, _, -2)); }),
      over({3, 2, 4}, [](const Tensor& x) { return x(keep(2, 0), ellipsis(), drop(1, 2)); }),
      over({0, 3}, [](const Tensor& x) { return x(all(), drop(1)); }),
      over({2, 3}, [](const Tensor& x) { return x(all(), keep(std::vector<int>())); }),
      over({2, 2, 2, 2, 3}, [](const Tensor& x) { return x(range(_, _, -1), 0, ellipsis(), range(0, 3, 2)); }),
  };
  const auto refused = [](const Shape& shape, std::function<Tensor(const Tensor&)> f,
                          std::vector<std::string> says = {}) {
    return Refusal{[f](const Tensors& x) { return f(x[0]); }, {any(shape)}, std::move(says)};
  };
  row.refusals = {
      refused({2, 3}, [](const Tensor& x) { return x(2); }),
      refused({2, 3}, [](const Tensor& x) { return x(0, -4); }),
      refused({2, 3}, [](const Tensor& x) { return x(0, 0, 0); }),
      refused({2, 3}, [](const Tensor& x) { return x(ellipsis(), ellipsis()); }, {"ellipsis"}),
      refused({2, 3}, [](const Tensor& x) { return x(range(0, 2, 0)); }, {"step", "0"}),
      refused({}, [](const Tensor& x) { return x(0); }),
      refused({2, 3}, [](const Tensor& x) { return x(all(), keep(0, 3)); }, {"index 3", "axis 1", "(2, 3)"}),
      refused({2, 3}, [](const Tensor& x) { return x(drop(-3)); }, {"index -3", "axis 0", "(2, 3)"}),
      refused({2, 3}, [](const Tensor& x) { return x(keep(0), keep(0), keep(0)); }, {"3 indices", "(2, 3)"}),
  };
  return {row, put_cases(), by_tensors(), put_by_tensors(), index_putting()};
}

}  // namespace cases
