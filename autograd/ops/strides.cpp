#include <xgrad/autograd/ops/strides.hpp>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/matrix/strided.hpp>

namespace xgrad::detail {

Strides strides_of(const Shape& shape) {
  Strides strides(shape.begin(), shape.end());
  std::int64_t running = 1;
  for (std::size_t k = shape.rank(); k-- > 0;) {
    strides[k] = running;
    // The product can overflow only if another size is 0: then there is no element to visit.
    if (__builtin_mul_overflow(running, shape[k], &running)) running = 0;
  }
  return strides;
}

Tensor strided_copy(const Tensor& x, const Shape& shape, const Strides& strides, std::int64_t offset) {
  Tensor y = Raw::uninitialized(shape, x.dtype());
  if (shape.count() == 0) return y;
  visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::copy_strided(Raw::data<T>(x) + offset, Raw::write<T>(y),
                          {shape.rank(), shape.data(), strides.begin(), strides_of(shape).begin()});
  });
  return y;
}

}  // namespace xgrad::detail
