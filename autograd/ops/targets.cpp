#include <xgrad/autograd/ops/targets.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/indexing/accumulate.hpp>
#include <xgrad/autograd/kernels/indexing/replace.hpp>
#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::detail {
namespace {

kernels::Along along_targets(const Tensor& x, Targets how) { return along(with_an_axis(x.shape()), how.axis); }

// How many there are along the axis.
std::int64_t count_of(const Tensor& indices, Targets how) {
  return how.slices ? indices.size() : with_an_axis(indices.shape())[how.axis];
}

// For each index whether no later one names the same place.
Tensor last_ones(const Tensor& indices, Targets how, const Tensor& x) {
  Tensor last = Raw::uninitialized(indices.shape(), boolean);
  const auto* from = Raw::data<std::int64_t>(indices);
  const kernels::Along axis = along_targets(x, how);
  if (how.slices)
    kernels::last_rows(from, indices.size(), axis.n, Raw::write<bool>(last));
  else
    kernels::last_picks(from, count_of(indices, how), axis, Raw::write<bool>(last));
  return last;
}

// The mask of last_ones() in a shape that broadcasts to that of the source.
Tensor beside_source(Tensor last, Targets how, const Shape& shape) {
  if (!how.slices) return last;
  Shape sizes = with_an_axis(shape);
  for (std::size_t k = 0; k < sizes.rank(); ++k) sizes = sizes.with(k, k == how.axis ? last.size() : 1);
  return reshape(std::move(last), shape.rank() == 0 ? shape : sizes);
}

bool any_repeated(const Tensor& indices, Targets how, const Tensor& x) {
  if (x.size() == 0) return false;
  const auto* from = Raw::data<std::int64_t>(indices);
  const kernels::Along axis = along_targets(x, how);
  return how.slices ? kernels::repeats_rows(from, indices.size(), axis.n)
                    : kernels::repeats_picks(from, count_of(indices, how), axis);
}

}  // namespace

namespace {

bool reusable(const Tensor& x) { return Raw::node(x) == nullptr && alone(x) && !is_observed(); }

}  // namespace

Tensor writable(const Tensor& x, bool read_again) {
  Tensor y;
  if (!read_again && reusable(x)) {
    y = Raw::alias(x, x.shape());
  } else {
    y = Raw::uninitialized(x.shape(), x.dtype());
    const auto bytes = static_cast<std::size_t>(x.size()) * size_of(x.dtype());
    if (bytes > 0) std::memcpy(Raw::write_bytes(y), Raw::bytes(x), bytes);
  }
  Raw::mark_weak(y, x.weak());
  return y;
}

void replace(const Tensor& y, Targets how, const Tensor& indices, const Tensor& src) {
  const auto* to = Raw::data<std::int64_t>(indices);
  visit(y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const auto kernel = how.slices ? &kernels::put_rows<T> : &kernels::put_picks<T>;
    kernel(Raw::data<T>(src), to, count_of(indices, how), Raw::write<T>(y), along_targets(y, how));
  });
}

namespace {

// y = x, which may be y itself, with the elements of src added in the places.
void accumulate_onto(const Tensor& x, const Tensor& y, Targets how, const Tensor& indices, const Tensor& src) {
  const auto* to = Raw::data<std::int64_t>(indices);
  visit(y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const auto kernel = how.slices ? &kernels::accumulate_rows<T> : &kernels::accumulate_picks<T>;
    T* const out = Raw::write<T>(y);
    kernel(Raw::data<T>(src), to, count_of(indices, how), Raw::data<T>(x), out, along_targets(y, how));
  });
}

}  // namespace

void accumulate(const Tensor& y, Targets how, const Tensor& indices, const Tensor& src) {
  accumulate_onto(y, y, how, indices, src);
}

void require_kept_gradient(const char* op, const Tensor& x, const Tensor& values) {
  const bool recorded = grad_enabled() && (Raw::node(x) != nullptr || Raw::node(values) != nullptr);
  if (recorded && !is_floating(x.dtype()))
    throw argument_error(std::string(op) + ": values that require a gradient cannot be written into " +
                         name_of(x.dtype()) + " of shape " + to_string(x.shape()) +
                         ": write their detach(), or convert the tensor with to(" + name_of(values.dtype()) + ")");
}

Tensor looked_up(Tensor x, Targets how, Tensor indices) {
  const auto axis = static_cast<std::int64_t>(how.axis);
  return how.slices ? index_select(std::move(x), axis, std::move(indices))
                    : gather(std::move(x), axis, std::move(indices));
}

Tensor zeroed(const char* op, Tensor x, Targets how, Tensor indices, Source at) {
  Tensor y = writable(x);
  const auto* to = Raw::data<std::int64_t>(indices);
  visit(y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const auto kernel = how.slices ? &kernels::fill_rows<T> : &kernels::fill_picks<T>;
    kernel(T(0), to, count_of(indices, how), Raw::write<T>(y), along_targets(y, how));
  });
  return record(
      op, at, std::move(y), {std::move(x), std::move(indices)}, attributes("axis", how.axis),
      from<1>([op, how](Tensor r, Tensor g) { return zeroed(op, std::move(g), how, std::move(r), Source::here()); }),
      no_gradient);
}

Tensor replaced(const char* op, Tensor x, Targets how, Tensor indices, Tensor src, Source at) {
  Tensor y = writable(x);
  replace(y, how, indices, src);
  const bool repeated = grad_enabled() && Raw::node(src) != nullptr && any_repeated(indices, how, y);
  return record(op, at, std::move(y), {std::move(x), std::move(indices), std::move(src)}, attributes("axis", how.axis),
                joint<1>([op, how, repeated](Tensor r, Tensor g, Needs needs) {
                  std::array<Tensor, 3> all;
                  if (needs[2]) {
                    all[2] = looked_up(g, how, r);
                    if (repeated) {
                      const Timed own(op, Source::here());
                      all[2] = where(beside_source(last_ones(r, how, g), how, g.shape()), all[2], 0);
                    }
                  }
                  if (needs[0]) all[0] = zeroed(op, std::move(g), how, std::move(r), Source::here());
                  return all;
                }));
}

Tensor unchanged(const char* op, Tensor x, Tensor values, Source at) {
  Tensor y = writable(x);
  return record(op, at, std::move(y), {std::move(x), std::move(values)}, attributes(), pass_on, zero_gradient);
}

Tensor accumulated(const char* op, Tensor x, Targets how, Tensor indices, Tensor src, Source at, double scale) {
  Tensor added = src;
  if (scale != 1) {
    added = Raw::uninitialized(src.shape(), src.dtype());
    visit(src.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      const auto factor = static_cast<T>(scale);
      std::transform(Raw::data<T>(src), Raw::data<T>(src) + src.size(), Raw::write<T>(added), [factor](T element) {
        if constexpr (std::is_same_v<T, std::int64_t>)  // modulo 2^64, as the sums
          return static_cast<T>(static_cast<std::uint64_t>(element) * static_cast<std::uint64_t>(factor));
        else
          return static_cast<T>(element * factor);
      });
    });
  }
  Tensor y = reusable(x) ? Raw::alias(x, x.shape()) : Raw::uninitialized(x.shape(), x.dtype());
  Raw::mark_weak(y, x.weak());
  accumulate_onto(x, y, how, indices, added);
  return record(op, at, std::move(y), {std::move(x), std::move(indices), std::move(src)},
                attributes("axis", how.axis, "scale", scale), pass_on, no_gradient,
                from<1>([how, scale](Tensor r, Tensor g) {
                  Tensor part = looked_up(std::move(g), how, std::move(r));
                  return scale == 1 ? part : mul(std::move(part), scale);
                }));
}

}  // namespace xgrad::detail
