#include <xgrad/autograd/ops/scattering.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/indexing/accumulate.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/indices.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/running_product.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/autograd/ops/targets.hpp>

namespace xgrad {
namespace {

using detail::Targets;
using detail::with_an_axis;

void require_three(const char* op, const Tensor& x, const Tensor& indices, const Tensor& src) {
  const Tensor all[] = {x, indices, src};
  detail::require_defined(op, all, 3);
}

// The source in the dtype of x, which a tensor must have itself and a number takes.
Tensor of_dtype(const char* op, const Tensor& x, Tensor src) {
  if (src.dtype() == x.dtype()) return src;
  if (!src.weak())
    throw detail::argument_error(std::string(op) + ": the source is " + name_of(src.dtype()) + " " +
                                 to_string(src.shape()) + ", x is " + name_of(x.dtype()) + " " + to_string(x.shape()) +
                                 ": convert one with to()");
  detail::require_kept_gradient(op, x, src);
  return to(std::move(src), x.dtype());
}

// What scatter() and the ops like it work with: x, indices in 0 .. n-1 and a source of their shape. Where the indices
// are smaller than x outside of the axis, x is flattened, and they count its elements.
struct Scattered {
  Tensor x, indices, src;
  Targets how;
  Shape shape;  // of the result
  bool nothing = false;
};

Scattered scattered(const char* op, Tensor x, Dim asked, const Tensor& indices, Tensor src, Source at) {
  require_three(op, x, indices, src);
  const std::size_t axis = resolve_axis_of_any_rank(op, asked, x.rank());
  src = of_dtype(op, x, std::move(src));
  Scattered all{std::move(x), Tensor(), Tensor(), {axis, false}, Shape()};
  all.shape = all.x.shape();
  const Shape whole = with_an_axis(all.shape), picked = with_an_axis(indices.shape());
  Tensor places = detail::resolved_indices(op, indices, all.shape, axis);
  if (indices.size() == 0) {
    all.nothing = true;
    all.src = std::move(src);
    return all;
  }
  const bool one = src.rank() == 0;
  const Shape given = one ? picked : src.shape();
  bool fits = picked.rank() == whole.rank() && picked.rank() == given.rank(), same = true;
  for (std::size_t k = 0; fits && k < whole.rank(); ++k) {
    fits = picked[k] <= given[k] && (k == axis || picked[k] <= whole[k]);
    same = same && (k == axis || picked[k] == whole[k]);
  }
  if (!fits)
    throw detail::argument_error(std::string(op) + ": indices of shape " + to_string(indices.shape()) +
                                 " do not fit x of shape " + to_string(all.shape) + " and a source of shape " +
                                 to_string(src.shape()) +
                                 ": their sizes are at most those of the source, and outside of axis " +
                                 std::to_string(axis) + " at most those of x");
  if (one) {
    src = broadcast_to(std::move(src), picked, at);
  } else {
    for (std::size_t k = 0; k < picked.rank(); ++k)
      if (picked[k] < given[k]) src = narrow(std::move(src), static_cast<std::int64_t>(k), 0, picked[k], at);
  }
  all.src = std::move(src);
  if (same) {
    all.indices = reshape(std::move(places), picked);
    if (all.shape.rank() == 0) all.x = reshape(std::move(all.x), whole, at);
  } else {
    all.indices = detail::flat_places(places, whole, axis);
    all.x = reshape(std::move(all.x), {-1}, at);
    all.src = reshape(std::move(all.src), {-1}, at);
    all.how = {0, true};
  }
  return all;
}

Tensor in_shape(Tensor y, const Shape& shape, Source at) {
  return y.shape() == shape ? y : reshape(std::move(y), shape, at);
}

// Elementwise a == b, where NaN equals NaN.
Tensor same_number(const Tensor& a, const Tensor& b) { return equal(a, b) | (isnan(a) & isnan(b)); }

Tensor extreme(Scattered all, bool largest, IncludeSelf include, Source at) {
  const Targets how = all.how;
  const bool own = include == IncludeSelf::yes;
  Tensor y = detail::writable(all.x, own && grad_enabled() && Raw::node(all.src) != nullptr);
  // The last of a list of slices is one for each element too, in a flattened x.
  const kernels::Along axis = detail::along(all.x.shape(), how.axis);
  const std::int64_t count = all.indices.shape()[how.axis];
  detail::visit(y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::extreme_picks(Raw::data<T>(all.src), Raw::data<std::int64_t>(all.indices), count, Raw::write<T>(y), axis,
                           largest, own);
  });
  const auto rule = [how, own](Tensor x, Tensor r, Tensor s, Tensor top, Tensor g, Needs needs) {
    Tensor kept, chosen, shares;
    {
      const detail::Timed constants("scatter_reduce", Source::here());  // they have no derivative
      const NoGrad off;
      // Without include_self, x is a candidate only at places to which nothing is scattered.
      kept = own ? same_number(x, top)
                 : detail::zeroed("scatter_reduce", ones(x.shape(), boolean), how, r, Source::here());
      chosen = same_number(s, detail::looked_up(top, how, r));
      shares =
          detail::accumulated("scatter_reduce", to(kept, g.dtype()), how, r, to(chosen, g.dtype()), Source::here());
    }
    const Tensor share = g / shares;
    std::array<Tensor, 3> pulled;
    if (needs[0]) pulled[0] = where(kept, share, 0);
    if (needs[2]) pulled[2] = where(chosen, detail::looked_up(share, how, r), 0);
    return pulled;
  };
  return record("scatter_reduce", at, std::move(y), {std::move(all.x), std::move(all.indices), std::move(all.src)},
                attributes("axis", how.axis, "reduce", largest ? "amax" : "amin"), detail::joint_with_y<0, 1, 2>(rule));
}

// How many elements go to each place of x, those of x among them; at least 1.
Tensor counted(const Scattered& all, IncludeSelf include) {
  const NoGrad off;
  Tensor counts = include == IncludeSelf::yes ? ones(all.x.shape(), int64) : zeros(all.x.shape(), int64);
  counts = detail::accumulated("scatter_reduce", std::move(counts), all.how, all.indices, ones(all.src.shape(), int64),
                               Source::here());
  auto* n = Raw::write<std::int64_t>(counts);
  for (std::int64_t i = 0; i < counts.size(); ++i) n[i] = std::max<std::int64_t>(1, n[i]);
  return counts;
}

Tensor averaged(Scattered all, IncludeSelf include, Source at) {
  const Tensor counts = counted(all, include);
  Tensor x = include == IncludeSelf::yes ? std::move(all.x)
                                         : detail::zeroed("index_fill", std::move(all.x), all.how, all.indices, at);
  Tensor sums = detail::accumulated("scatter_add", std::move(x), all.how, all.indices, std::move(all.src), at);
  if (is_floating(sums.dtype())) return div(sums, to(counts, sums.dtype()), at);
  Tensor y = Raw::uninitialized(sums.shape(), int64);
  const auto *a = Raw::data<std::int64_t>(sums), *n = Raw::data<std::int64_t>(counts);
  auto* to = Raw::write<std::int64_t>(y);
  for (std::int64_t i = 0; i < y.size(); ++i) to[i] = a[i] / n[i] - (a[i] % n[i] < 0 ? 1 : 0);
  return y;
}

// The elements that go to each place, as numbers in (x, src): group after group, each in order.
struct Groups {
  detail::ScratchVector<std::int64_t> places, members, sizes;

  Groups(const Tensor& indices, std::int64_t n, bool own) {
    const auto* to = Raw::data<std::int64_t>(indices);
    const std::int64_t count = indices.size();
    detail::ScratchVector<std::int64_t> order(static_cast<std::size_t>(count));
    for (std::int64_t j = 0; j < count; ++j) order[static_cast<std::size_t>(j)] = j;
    std::stable_sort(order.begin(), order.end(), [to](std::int64_t a, std::int64_t b) { return to[a] < to[b]; });
    for (const std::int64_t j : order) {
      if (places.empty() || places.back() != to[j]) {
        places.push_back(to[j]);
        sizes.push_back(0);
        if (own) add(to[j]);
      }
      add(n + j);
    }
  }
  void add(std::int64_t member) {
    members.push_back(member);
    ++sizes.back();
  }
};

// Lists of numbers that are products already, and `marks`, which are 0 where all their factors are finite, else NaN.
struct Products {
  Tensor numbers, marks;

  explicit Products(Tensor factors) : numbers(std::move(factors)) {
    const NoGrad off;
    if (is_floating(numbers.dtype())) marks = numbers * 0;
  }
  // Element i is the product of those at first[i] and second[i], where the number after the last stands for 1.
  void multiply(const Tensor& first, const Tensor& second, Source at) {
    const Tensor more = concat({numbers, ones({1}, numbers.dtype())}, 0, at);
    Tensor a = index_select(numbers, 0, first, at), b = index_select(more, 0, second, at);
    if (!marks.defined()) return void(numbers = mul(std::move(a), std::move(b), at));
    const Shape row{1, a.size()};
    Tensor made_of;
    {
      const NoGrad off;
      const Tensor more_marks = concat({marks, zeros({1}, marks.dtype())}, 0);
      marks = index_select(marks, 0, first) + index_select(more_marks, 0, second);
      made_of = reshape(marks, row);
    }
    const detail::SourceScope line(at);
    a = reshape(std::move(a), row, at);
    b = reshape(std::move(b), row, at);
    numbers = reshape(detail::product_among({&made_of}, 0, std::move(a), std::move(b)), {-1}, at);
  }
};

// Products by halving: members of each group are multiplied in pairs until one is left. Only products, so that the
// gradients of any order are right where elements are 0. Those of float32 are computed in float64, as in prod().
Tensor multiplied(Scattered all, IncludeSelf include, Source at) {
  const Shape shape = all.x.shape();
  Tensor flat = reshape(all.x, {-1}, at), places = all.indices;
  if (!all.how.slices) places = detail::flat_places(places, shape, all.how.axis);
  Groups groups(places, flat.size(), include == IncludeSelf::yes);
  Tensor left =
      index_select(concat({flat, reshape(std::move(all.src), {-1}, at)}, 0, at), 0, Tensor(groups.members), at);
  if (left.dtype() == float32) left = to(std::move(left), float64, at);
  Products products(std::move(left));
  while (*std::max_element(groups.sizes.begin(), groups.sizes.end()) > 1) {
    detail::ScratchVector<std::int64_t> first, second;
    std::int64_t at_member = 0;
    const std::int64_t one = products.numbers.size();  // the number that is appended for those that are left alone
    for (std::int64_t& size : groups.sizes) {
      for (std::int64_t i = 0; i < size; i += 2) {
        first.push_back(at_member + i);
        second.push_back(i + 1 < size ? at_member + i + 1 : one);
      }
      at_member += size;
      size = (size + 1) / 2;
    }
    products.multiply(Tensor(first), Tensor(second), at);
  }
  left = std::move(products.numbers);
  if (left.dtype() != flat.dtype()) left = to(std::move(left), flat.dtype(), at);
  return reshape(detail::replaced("index_copy", std::move(flat), {0, true}, Tensor(groups.places), left, at), shape,
                 at);
}

// What index_add() and the ops like it work with.
Tensor list_of(const char* op, const Tensor& x, const Tensor& indices, std::size_t axis) {
  if (indices.rank() > 1)
    throw detail::argument_error(std::string(op) + ": indices must have at most one axis, got shape " +
                                 to_string(indices.shape()) + " for x of shape " + to_string(x.shape()));
  return reshape(detail::resolved_indices(op, indices, x.shape(), axis), {-1});
}

void require_slices(const char* op, const Tensor& x, const Tensor& indices, const Tensor& source, std::size_t axis) {
  const Shape needed = x.rank() == 0 ? x.shape() : x.shape().with(axis, indices.size());
  if (source.shape() != needed || (x.rank() == 0 && indices.size() != 1))
    throw detail::argument_error(std::string(op) + ": a source of shape " + to_string(source.shape()) + " for " +
                                 std::to_string(indices.size()) + " slices along axis " + std::to_string(axis) +
                                 " of shape " + to_string(x.shape()) + ": it must have shape " + to_string(needed));
}

}  // namespace

Tensor scatter(Tensor x, Dim axis, Tensor indices, Tensor src, Source at) {
  const detail::Timed timed("scatter", at);
  Scattered all = scattered("scatter", std::move(x), axis, indices, std::move(src), at);
  if (all.nothing) return detail::unchanged("scatter", std::move(all.x), std::move(all.src), at);
  return in_shape(
      detail::replaced("scatter", std::move(all.x), all.how, std::move(all.indices), std::move(all.src), at), all.shape,
      at);
}

Tensor scatter_add(Tensor x, Dim axis, Tensor indices, Tensor src, Source at) {
  const detail::Timed timed("scatter_add", at);
  Scattered all = scattered("scatter_add", std::move(x), axis, indices, std::move(src), at);
  if (all.nothing) return detail::unchanged("scatter_add", std::move(all.x), std::move(all.src), at);
  return in_shape(
      detail::accumulated("scatter_add", std::move(all.x), all.how, std::move(all.indices), std::move(all.src), at),
      all.shape, at);
}

Tensor scatter_reduce(Tensor x, Dim axis, Tensor indices, Tensor src, ScatterReduce reduce, IncludeSelf include,
                      Source at) {
  const detail::Timed timed("scatter_reduce", at);
  Scattered all = scattered("scatter_reduce", std::move(x), axis, indices, std::move(src), at);
  if (all.x.dtype() == boolean && reduce == ScatterReduce::mean)
    throw detail::argument_error("scatter_reduce: truth values of shape " + to_string(all.shape) +
                                 " have no mean: convert them with to()");
  if (all.nothing) return detail::unchanged("scatter_reduce", std::move(all.x), std::move(all.src), at);
  const Shape shape = all.shape;
  switch (reduce) {
    case ScatterReduce::prod:
      return in_shape(multiplied(std::move(all), include, at), shape, at);
    case ScatterReduce::mean:
      return in_shape(averaged(std::move(all), include, at), shape, at);
    case ScatterReduce::amax:
    case ScatterReduce::amin:
      return in_shape(extreme(std::move(all), reduce == ScatterReduce::amax, include, at), shape, at);
    case ScatterReduce::sum:
      break;
  }
  if (include == IncludeSelf::no) all.x = detail::zeroed("scatter_reduce", std::move(all.x), all.how, all.indices, at);
  return in_shape(
      detail::accumulated("scatter_reduce", std::move(all.x), all.how, std::move(all.indices), std::move(all.src), at),
      shape, at);
}

Tensor index_add(Tensor x, Dim asked, Tensor indices, Tensor source, double alpha, Source at) {
  const detail::Timed timed("index_add", at);
  require_three("index_add", x, indices, source);
  const std::size_t axis = resolve_axis_of_any_rank("index_add", asked, x.rank());
  Tensor rows = list_of("index_add", x, indices, axis);
  source = of_dtype("index_add", x, std::move(source));
  require_slices("index_add", x, rows, source, axis);
  if (!is_floating(x.dtype()) && (alpha != std::trunc(alpha) || std::abs(alpha) >= 0x1p63))
    throw detail::argument_error("index_add: a scale of " + Number(alpha).text() + " for " + name_of(x.dtype()) + " " +
                                 to_string(x.shape()) + ": it must be a whole number, or x floating-point");
  return detail::accumulated("index_add", std::move(x), {axis, true}, std::move(rows), std::move(source), at, alpha);
}

Tensor index_copy(Tensor x, Dim asked, Tensor indices, Tensor source, Source at) {
  const detail::Timed timed("index_copy", at);
  require_three("index_copy", x, indices, source);
  const std::size_t axis = resolve_axis_of_any_rank("index_copy", asked, x.rank());
  Tensor rows = list_of("index_copy", x, indices, axis);
  source = of_dtype("index_copy", x, std::move(source));
  require_slices("index_copy", x, rows, source, axis);
  return detail::replaced("index_copy", std::move(x), {axis, true}, std::move(rows), std::move(source), at);
}

Tensor index_fill(Tensor x, Dim asked, Tensor indices, Tensor value, Source at) {
  const detail::Timed timed("index_fill", at);
  require_three("index_fill", x, indices, value);
  const std::size_t axis = resolve_axis_of_any_rank("index_fill", asked, x.rank());
  Tensor rows = list_of("index_fill", x, indices, axis);
  if (value.rank() != 0)
    throw detail::argument_error("index_fill: the value must have rank 0, got shape " + to_string(value.shape()) +
                                 " for x of shape " + to_string(x.shape()));
  detail::require_kept_gradient("index_fill", x, value);
  const Shape shape = x.rank() == 0 ? x.shape() : x.shape().with(axis, rows.size());
  if (x.rank() == 0 && rows.size() == 0) return detail::unchanged("index_fill", std::move(x), std::move(value), at);
  if (x.rank() == 0) rows = narrow(rows, 0, 0, 1);
  value = broadcast_to(to(std::move(value), x.dtype(), at), shape, at);
  return detail::replaced("index_fill", std::move(x), {axis, true}, std::move(rows), std::move(value), at);
}

}  // namespace xgrad
