#include <xgrad/autograd/ops/masking.hpp>

#include <array>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/indexing/mask.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/autograd/ops/targets.hpp>

namespace xgrad {
namespace {

void require_mask(const char* op, const Tensor& x, const Tensor& mask) {
  const Tensor both[] = {x, mask};
  detail::require_defined(op, both, 2);
  if (mask.dtype() != boolean)
    throw detail::argument_error(std::string(op) + ": the mask must be bool, got " + name_of(mask.dtype()) + " " +
                                 to_string(mask.shape()) + " for x of shape " + to_string(x.shape()));
}

std::int64_t count_true(const Tensor& mask) { return kernels::count_true(Raw::data<bool>(mask), mask.size()); }

Tensor placed(Tensor x, Tensor mask);

// The elements at the true ones; the mask has the shape of x.
Tensor selected(Tensor x, Tensor mask, Source at) {
  Tensor y = Raw::uninitialized({count_true(mask)}, x.dtype());
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::take_true(Raw::data<T>(x), Raw::data<bool>(mask), mask.size(), Raw::write<T>(y));
  });
  return record("masked_select", at, std::move(y), {std::move(x), std::move(mask)},
                from<1>([](Tensor m, Tensor g) { return placed(std::move(g), std::move(m)); }), no_gradient);
}

// Zeros with the elements of x, as many as the mask has true ones, there: the adjoint.
Tensor placed(Tensor x, Tensor mask) {
  Tensor y = Raw::uninitialized(mask.shape(), x.dtype());
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::put_true<T>(Raw::data<T>(x), x.size(), Raw::data<bool>(mask), mask.size(), nullptr, Raw::write<T>(y));
  });
  return record("masked_scatter", Source::here(), std::move(y), {std::move(x), std::move(mask)},
                from<1>([](Tensor m, Tensor g) { return selected(std::move(g), std::move(m), Source::here()); }),
                no_gradient);
}

}  // namespace

Tensor masked_select(Tensor x, Tensor mask, Source at) {
  const detail::Timed timed("masked_select", at);
  require_mask("masked_select", x, mask);
  const Shape shape = broadcast_shapes("masked_select", x.shape(), mask.shape());
  const bool copied = Raw::value(x)->copied || !detail::alone(x);
  Tensor y = selected(broadcast_to(std::move(x), shape, at), broadcast_to(std::move(mask), shape, at), at);
  Raw::value(y)->copied = copied;
  return y;
}

Tensor masked_fill(Tensor x, Tensor mask, Tensor value, Source at) {
  const detail::Timed timed("masked_fill", at);
  require_mask("masked_fill", x, mask);
  detail::require_defined("masked_fill", &value, 1);
  if (value.rank() != 0)
    throw detail::argument_error("masked_fill: the value must have rank 0, got shape " + to_string(value.shape()) +
                                 " for x of shape " + to_string(x.shape()));
  static_cast<void>(broadcast_shapes("masked_fill", x.shape(), mask.shape()));
  detail::require_kept_gradient("masked_fill", x, value);
  if (value.dtype() == float64) detail::require_range(*Raw::data<double>(value), x.dtype(), "masked_fill");
  value = to(std::move(value), x.dtype(), at);
  return where(std::move(mask), std::move(value), std::move(x), at);
}

Tensor masked_scatter(Tensor x, Tensor mask, Tensor source, Source at) {
  const detail::Timed timed("masked_scatter", at);
  require_mask("masked_scatter", x, mask);
  detail::require_defined("masked_scatter", &source, 1);
  const Shape shape = broadcast_shapes("masked_scatter", x.shape(), mask.shape());
  if (source.dtype() != x.dtype())
    throw detail::argument_error(std::string("masked_scatter: the source is ") + name_of(source.dtype()) + " " +
                                 to_string(source.shape()) + ", x is " + name_of(x.dtype()) + " " +
                                 to_string(x.shape()) + ": convert one with to()");
  x = broadcast_to(std::move(x), shape, at);
  mask = broadcast_to(std::move(mask), shape, at);
  const std::int64_t count = count_true(mask);
  if (count > source.size())
    throw detail::argument_error("masked_scatter: a source of shape " + to_string(source.shape()) + " has fewer than " +
                                 std::to_string(count) + " elements, which the mask of shape " +
                                 to_string(mask.shape()) + " takes");
  source = narrow(reshape(std::move(source), {-1}, at), 0, 0, count, at);
  Tensor y = Raw::uninitialized(shape, x.dtype());
  detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::put_true(Raw::data<T>(source), count, Raw::data<bool>(mask), mask.size(), Raw::data<T>(x),
                      Raw::write<T>(y));
  });
  return record("masked_scatter", at, std::move(y), {std::move(x), std::move(mask), std::move(source)},
                joint<1>([](Tensor m, Tensor g, Needs needs) {
                  std::array<Tensor, 3> all;
                  if (needs[0]) all[0] = where(m, 0, g);
                  if (needs[2]) all[2] = selected(std::move(g), std::move(m), Source::here());
                  return all;
                }));
}

}  // namespace xgrad
