#include <xgrad/autograd/ops/slicing.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/lost_writes.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/indexing/mask.hpp>
#include <xgrad/autograd/kernels/matrix/spread.hpp>
#include <xgrad/autograd/kernels/matrix/strided.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/masking.hpp>
#include <xgrad/autograd/ops/place.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/strides.hpp>
#include <xgrad/autograd/ops/targets.hpp>
#include <xgrad/autograd/ops/tensor_index.hpp>

namespace xgrad {
namespace {

using detail::Place;
using detail::PlacePtr;
using detail::PlaceSettings;
using Sizes = AxisList<std::int64_t>;

Tensor part(const char* name, Tensor x, const PlacePtr& place, Source at);

// Zeros of the whole shape, with g in the place: the adjoint of part(). Where `sum` is defined, g is added to it there
// instead, in its own memory, so that many small parts of one tensor cost what they hold.
Tensor spread(Tensor g, const PlacePtr& place, const Tensor& sum) {
  const bool onto = sum.defined() && sum.shape() == place->whole && sum.dtype() == g.dtype();
  Tensor y = onto ? Raw::alias(sum, place->whole) : Raw::uninitialized(place->whole, g.dtype());
  const bool any = onto ? g.size() > 0 : y.size() > 0;
  if (any)
    detail::visit_floating(g.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      if (onto) {
        const Sizes in = detail::strides_of(place->shape), out = place->strides();
        kernels::add_strided(Raw::data<T>(g), Raw::write<T>(y) + place->offset(),
                             {place->shape.rank(), place->shape.data(), in.begin(), out.begin()});
      } else {
        kernels::spread(
            Raw::data<T>(g), Raw::write<T>(y),
            {place->whole.rank(), place->whole.data(), place->start.data(), place->step.begin(), place->count.data()});
      }
    });
  const auto back = with_push([place](Tensor u) { return part("slice", std::move(u), place, Source::here()); },
                              [place](const Tensor& t, std::size_t lead) {
                                return spread(t, lead > 0 ? detail::place_behind(place, t.shape()[0]) : place, {});
                              });
  if (onto && !grad_enabled()) return sum;
  if (!onto) {
    if (!detail::records(&g, 1)) return y;
    return detail::record_rules<1>("spread", Source::here(), std::move(y), &g, 1, 0, PlaceSettings{place}, back);
  }
  const Tensor both[] = {sum, std::move(g)};
  if (!detail::records(both, 2)) return y;
  return detail::record_rules<2>("spread", Source::here(), std::move(y), both, 2, 0, PlaceSettings{place}, pass_on,
                                 back);
}

// The place of x, without its lists. A part that is one piece of memory shares it.
Tensor part(const char* name, Tensor x, const PlacePtr& place, Source at) {
  Tensor y;
  if (place->one_piece) {
    y = Raw::alias(x, place->shape, place->offset());
  } else {
    y = Raw::uninitialized(place->shape, x.dtype());
    const Sizes in = place->strides(), out = detail::strides_of(place->shape);
    if (y.size() > 0)
      detail::visit(x.dtype(), [&](auto type) {
        using T = typename decltype(type)::type;
        kernels::copy_strided(Raw::data<T>(x) + place->offset(), Raw::write<T>(y),
                              {place->shape.rank(), place->shape.data(), in.begin(), out.begin()});
      });
    Raw::mark_weak(y, x.weak());
  }
  const PlaceSettings settings{place};
  if (detail::records(&x, 1))
    y = detail::record_rules<1>(name, at, std::move(y), &x, 1, 0, settings,
                                with_push(detail::adding_always([place](Tensor g, const Tensor& sum) {
                                            if (place->everything) return reshape(std::move(g), place->whole);
                                            return spread(std::move(g), place, sum);
                                          }),
                                          [place](const Tensor& t, std::size_t lead) {
                                            return part("slice", t,
                                                        lead > 0 ? detail::place_behind(place, t.shape()[0]) : place,
                                                        Source::here());
                                          }));
  if (detail::is_observed()) detail::tell_computed(name, at, y, &x, 1, settings);
  return y;
}

Tensor taken(const char* name, Tensor x, const PlacePtr& place, Source at) {
  if (place->lists.empty()) {
    if (place->everything && place->shape == place->whole) return x;
    return part(name, std::move(x), place, at);
  }
  // Without its lists the place may be the whole tensor.
  Tensor y = place->everything && place->shape == place->whole ? std::move(x) : part(name, std::move(x), place, at);
  for (const Place::List& list : place->lists)
    y = index_select(std::move(y), static_cast<std::int64_t>(list.axis), Tensor(list.indices), at);
  Raw::value(y)->copied = false;  // the caller marks it, if at all (LostWrites)
  return y;
}

// Writes the values, of y's dtype and of a shape that broadcasts to the place's, into y.
void write(const Tensor& y, const Place& place, const Tensor& values) {
  const Shape result = place.result();
  const std::size_t rank = result.rank(), lead = rank - values.rank();
  Sizes sizes(result.begin(), result.end()), in = sizes, out = place.strides();
  const Sizes own = detail::strides_of(values.shape());
  for (std::size_t k = 0; k < rank; ++k) in[k] = k < lead || values.shape()[k - lead] == 1 ? 0 : own[k - lead];
  if (result.count() == 0) return;
  // A list is walked index by index, over the rest of the place.
  std::vector<std::size_t> at(place.lists.size(), 0);
  for (const Place::List& list : place.lists) sizes[list.axis] = 1;
  detail::visit(y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    for (;;) {
      std::int64_t from = 0, to = place.offset();
      for (std::size_t i = 0; i < at.size(); ++i) {
        const Place::List& list = place.lists[i];
        from += static_cast<std::int64_t>(at[i]) * in[list.axis];
        to += list.indices[at[i]] * out[list.axis];
      }
      kernels::copy_strided(Raw::data<T>(values) + from, Raw::write<T>(y) + to,
                            {rank, sizes.begin(), in.begin(), out.begin()});
      std::size_t i = at.size();
      while (i > 0 && ++at[i - 1] == place.lists[i - 1].indices.size()) at[--i] = 0;
      if (i == 0) return;
    }
  });
}

// The values in the dtype of y, and not in its memory.
Tensor ready(const Tensor& values, const Tensor& y) {
  const NoGrad off;
  const Tensor same = detail::converted(values, y.dtype());
  return Raw::storage(same) == Raw::storage(y) ? clone(same) : same;
}

void require_both(const Tensor& x, const Tensor& values) {
  const Tensor both[] = {x, values};
  detail::require_defined("put", both, 2);
}

// The values without leading axes of size 1 that the place does not have; what does not fit is an error.
Tensor fitted(const Tensor& x, Tensor values, const Place& place, const Shape& result, Accumulate accumulate) {
  Shape shape = values.shape();
  while (shape.rank() > result.rank() && shape[0] == 1) shape = shape.without(0);
  if (shape != values.shape()) values = reshape(std::move(values), shape);
  if (!broadcasts_to(values.shape(), result))
    throw detail::argument_error("put: cannot write values of shape " + to_string(values.shape()) +
                                 " into a place of shape " + to_string(result) + " in shape " + to_string(x.shape()));
  if (accumulate == Accumulate::yes) return values;
  for (const Place::List& list : place.lists) {
    detail::ScratchVector<std::int64_t> sorted = list.indices;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end())
      throw detail::argument_error("put: index " + std::to_string(*twice) + " is named twice along axis " +
                                   std::to_string(list.axis) + " of a place of shape " + to_string(result) +
                                   ": each element is written once");
  }
  return values;
}

Tensor put_in_copy(Tensor x, const PlacePtr& place, Tensor values, Source at) {
  Tensor inputs[] = {std::move(x), std::move(values)};
  detail::require_kept_gradient("put", inputs[0], inputs[1]);
  const Tensor fitting = ready(inputs[1], inputs[0]);
  Tensor y = detail::writable(inputs[0]);
  write(y, *place, fitting);
  const PlaceSettings settings{place};
  if (detail::records(inputs, 2))
    y = detail::record_rules<2>("put", at, std::move(y), inputs, 2, 0, settings,
                                joint<>([place](Tensor g, Needs needs) {
                                  std::array<Tensor, 2> all;
                                  if (needs[1]) all[1] = taken("slice", g, place, Source::here());
                                  if (needs[0]) all[0] = put_in_copy(std::move(g), place, Tensor(0.0), Source::here());
                                  return all;
                                }));
  if (detail::is_observed()) detail::tell_computed("put", at, y, inputs, 2, settings);
  return y;
}

// A place that an index names, with the tensors in it, and its shape.
struct Named {
  std::vector<detail::TensorIndex> tensors;  // filled while the place is made
  PlacePtr place;
  Shape shape;

  Named(const Shape& whole, const Index& index) : place(detail::place_of("put", whole, index.slices(), tensors)) {
    shape = detail::shape_of("put", *place, tensors);
  }
  // Whether its elements are written one by one.
  bool by_rows(Accumulate accumulate) const { return !tensors.empty() || accumulate == Accumulate::yes; }
};

constexpr detail::Targets rows{0, true};

// The mask of an index that is a mask of the shape of x, and nothing else; else undefined.
Tensor whole_mask(const Tensor& x, const Index& index, Accumulate accumulate) {
  const std::vector<detail::Slice>& slices = index.slices();
  if (accumulate == Accumulate::yes || slices.size() != 1 || slices[0].kind != detail::Slice::Kind::tensor) return {};
  const Tensor mask = Raw::handle(slices[0].tensor);
  return mask.defined() && mask.dtype() == boolean && mask.shape() == x.shape() && x.rank() > 0 ? mask : Tensor();
}

// The values, which fit, as one row for each of the place's.
Tensor as_rows(Tensor values, const detail::PlaceRows& where, DType dtype, Source at) {
  const Shape shape{where.rows.size(), where.length};
  return reshape(broadcast_to(to(std::move(values), dtype, at), where.shape, at), shape, at);
}

Tensor put_rows_in_copy(Tensor x, const Named& named, Tensor values, Accumulate accumulate, Source at) {
  detail::require_kept_gradient("put", x, values);
  if (named.shape.count() == 0) return detail::unchanged("put", std::move(x), std::move(values), at);
  const Shape shape = x.shape();
  const detail::PlaceRows where = detail::rows_of("put", *named.place, named.tensors);
  values = as_rows(std::move(values), where, x.dtype(), at);
  x = reshape(std::move(x), {-1, where.length}, at);
  Tensor y = accumulate == Accumulate::yes
                 ? detail::accumulated("put", std::move(x), rows, where.rows, std::move(values), at)
                 : detail::replaced("put", std::move(x), rows, where.rows, std::move(values), at);
  return reshape(std::move(y), shape, at);
}

}  // namespace

Tensor detail::part_added(const Tensor& sum, Tensor x, const PlacePtr& place) {
  return spread(std::move(x), place, sum);
}

Tensor put(Tensor x, const Index& index, Tensor values, Accumulate accumulate, Source at) {
  const detail::Timed timed("put", at);
  require_both(x, values);
  if (const Tensor mask = whole_mask(x, index, accumulate); mask.defined() && values.size() == 1) {
    detail::require_kept_gradient("put", x, values);
    return masked_fill(std::move(x), mask, reshape(std::move(values), Shape(), at), at);
  }
  const Named named(x.shape(), index);
  Tensor fitting = fitted(x, std::move(values), *named.place, named.shape, accumulate);
  if (named.by_rows(accumulate)) return put_rows_in_copy(std::move(x), named, std::move(fitting), accumulate, at);
  return put_in_copy(std::move(x), named.place, std::move(fitting), at);
}

Tensor index_put(Tensor x, const std::vector<Tensor>& indices, Tensor values, Accumulate accumulate, Source at) {
  const detail::Timed timed("index_put", at);
  std::vector<detail::Slice> slices;
  slices.reserve(indices.size());
  for (const Tensor& one : indices) slices.push_back(one.defined() ? detail::Slice(one) : detail::Slice(xt::all()));
  return put(std::move(x), slices, std::move(values), accumulate, at);
}

namespace {

// Writes the place in the memory of x. Where that would have to be recorded, false.
bool put_in_place(const Tensor& x, const Index& index, const Tensor& values, Accumulate accumulate, Source at) {
  const detail::Timed timed("put", at);
  require_both(x, values);
  if (grad_enabled() && (values.requires_grad() || (x.requires_grad() && !x.is_leaf()))) return false;
  std::vector<Tensor> both;  // for observers: what is not written stays as it was
  if (detail::is_observed()) both = {x, values};
  if (const Tensor mask = whole_mask(x, index, accumulate); mask.defined() && values.size() == 1) {
    const Tensor number = detail::converted(values, x.dtype());
    Raw::begin_write(x, "put", at);
    const detail::ObservedWrite observed("put", at, x, both.data(), both.size());
    detail::visit(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::fill_true(*Raw::data<T>(number), Raw::data<bool>(mask), x.size(), Raw::write<T>(x));
    });
    observed.done();
    return true;
  }
  const Named named(x.shape(), index);
  Tensor same = ready(fitted(x, values, *named.place, named.shape, accumulate), x);
  if (!named.by_rows(accumulate)) {
    Raw::begin_write(x, "put", at);
    const detail::ObservedWrite observed("put", at, x, both.data(), both.size());
    write(x, *named.place, same);
    observed.done();
    return true;
  }
  if (named.shape.count() == 0) {
    Raw::begin_write(x, "put", at);
    return true;
  }
  detail::PlaceRows where;
  {
    const NoGrad off;
    where = detail::rows_of("put", *named.place, named.tensors);
    same = as_rows(std::move(same), where, x.dtype(), at);
  }
  Raw::begin_write(x, "put", at);
  const detail::ObservedWrite observed("put", at, x, both.data(), both.size());
  const Tensor y = Raw::alias(x, {x.size() / where.length, where.length});
  accumulate == Accumulate::yes ? detail::accumulate(y, rows, where.rows, same)
                                : detail::replace(y, rows, where.rows, same);
  observed.done();
  return true;
}

[[noreturn]] void refuse_recorded(const char* why) {
  throw std::logic_error(
      std::string("put: this write must be recorded, which needs a handle to hold the result, but ") + why +
      ": name it, or write y = put(x, index, values)");
}

}  // namespace

Tensor& Tensor::put(const Index& index, const Tensor& values, Accumulate accumulate, Source at) & {
  if (put_in_place(*this, index, values, accumulate, at)) return *this;
  if (requires_grad() && is_leaf()) begin_write("put", at);  // refuses a leaf, as every write does
  return *this = xgrad::put(*this, index, values, accumulate, at);
}

const Tensor& Tensor::put(const Index& index, const Tensor& values, Accumulate accumulate, Source at) const& {
  if (!put_in_place(*this, index, values, accumulate, at)) refuse_recorded("this one is const");
  return *this;
}

Tensor Tensor::put(const Index& index, const Tensor& values, Accumulate accumulate, Source at) && {
  refuse_lost_write("put");
  if (!put_in_place(*this, index, values, accumulate, at)) refuse_recorded("this one is a temporary");
  return std::move(*this);
}

Tensor select(Tensor x, Dim asked, Dim index, Source at) {
  const detail::Timed timed("select", at);
  detail::require_defined("select", &x, 1);
  const std::size_t axis = resolve_axis("select", asked, x.rank());
  const std::int64_t size = x.shape()[axis];
  if (index.value() < -size || index.value() >= size)
    throw detail::argument_error("select: index " + std::to_string(index.value()) + " is out of range for axis " +
                                 std::to_string(axis) + " of shape " + to_string(x.shape()));
  const PlacePtr place = detail::place_along(x.shape(), axis, index.value(), 1, true);
  const detail::LostWrites lost(x);
  return lost.mark(part("select", std::move(x), place, at));
}

Tensor narrow(Tensor x, Dim asked, Dim start, Dim length, Source at) {
  const detail::Timed timed("narrow", at);
  detail::require_defined("narrow", &x, 1);
  const std::size_t axis = resolve_axis("narrow", asked, x.rank());
  const std::int64_t size = x.shape()[axis], first = start.value() < 0 ? start.value() + size : start.value();
  if (first < 0 || length.value() < 0 || first > size || length.value() > size - first)
    throw detail::argument_error("narrow: " + std::to_string(length.value()) + " elements from " +
                                 std::to_string(start.value()) + " on do not lie within axis " + std::to_string(axis) +
                                 " of shape " + to_string(x.shape()));
  const PlacePtr place = detail::place_along(x.shape(), axis, first, length.value(), false);
  const detail::LostWrites lost(x);
  return lost.mark(taken("narrow", std::move(x), place, at));
}

Tensor Tensor::slice(const std::vector<detail::Slice>& index, Source at) && {
  const detail::Timed timed("slice", at);
  detail::require_defined("slice", this, 1);
  std::vector<detail::TensorIndex> tensors;
  const PlacePtr place = detail::place_of("slice", shape(), index, tensors);
  const detail::LostWrites lost(*this);
  Tensor y = taken("slice", std::move(*this), place, at);
  if (tensors.empty()) return lost.mark(std::move(y));
  return lost.mark(detail::selected_by("slice", std::move(y), tensors, at));
}

Tensor Tensor::slice(const std::vector<detail::Slice>& index, Source at) const& {
  return Tensor(*this).slice(index, at);
}
Tensor Tensor::select(Dim axis, Dim index, Source at) const& { return xgrad::select(*this, axis, index, at); }
Tensor Tensor::select(Dim axis, Dim index, Source at) && { return xgrad::select(std::move(*this), axis, index, at); }

}  // namespace xgrad
