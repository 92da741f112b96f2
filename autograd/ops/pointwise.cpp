#include <xgrad/autograd/ops/pointwise.hpp>

namespace xgrad::detail {
namespace {

using kernels::Plan;
using kernels::RowBody;

// The rows of a plan.
template <std::size_t N>
void run(const void* f, RowBody body, const void* const* x, std::size_t size, void* y, std::size_t size_of_y,
         const Plan<N>& plan) {
  plan.run([&](std::int64_t to, const std::array<std::int64_t, N>& offsets, std::int64_t n) {
    const void* from[N];
    for (std::size_t i = 0; i < N; ++i)
      from[i] = static_cast<const char*>(x[i]) + offsets[i] * static_cast<std::int64_t>(size);
    body(f, static_cast<char*>(y) + to * static_cast<std::int64_t>(size_of_y), from, plan.step.data(), n);
  });
}

template <std::size_t N>
void run_broadcast(const void* f, RowBody body, const Reading* x, void* y, std::size_t size_of_y, const Shape& shape) {
  std::array<const std::int64_t*, N> sizes;
  std::array<std::size_t, N> ranks;
  const void* in[N];
  for (std::size_t i = 0; i < N; ++i) {
    sizes[i] = x[i].shape->data();
    ranks[i] = x[i].shape->rank();
    in[i] = x[i].data;
  }
  run(f, body, in, size_of(x[0].dtype), y, size_of_y, Plan<N>(shape.data(), shape.rank(), sizes, ranks));
}

void broadcast_rows(const void* f, RowBody body, const Reading* x, std::size_t operands, void* y, DType dtype_of_y,
                    const Shape& shape) {
  const std::size_t size = size_of(dtype_of_y);
  switch (operands) {
    case 1:
      return run_broadcast<1>(f, body, x, y, size, shape);
    case 2:
      return run_broadcast<2>(f, body, x, y, size, shape);
    case 3:
      return run_broadcast<3>(f, body, x, y, size, shape);
    default:
      return run_broadcast<most_operands>(f, body, x, y, size, shape);
  }
}

// broadcast_pass(), inlined into the gradients of all pointwise ops. Most often every operand has the shape of y.
[[gnu::always_inline]] inline void pass_over(const void* f, RowBody body, const Reading* x, std::size_t operands,
                                             void* y, DType dtype_of_y, const Shape& shape) {
  const void* in[most_operands];
  for (std::size_t i = 0; i < operands; ++i) {
    if (x[i].shape != &shape && *x[i].shape != shape) return broadcast_rows(f, body, x, operands, y, dtype_of_y, shape);
    in[i] = x[i].data;
  }
  same_shape_pass(f, body, in, operands, x[0].dtype, y, dtype_of_y, shape.count());
}

}  // namespace

void flat_pass(const void* f, RowBody body, const void* const* x, std::size_t operands, DType dtype, void* y,
               DType dtype_of_y, std::int64_t count) {
  const std::size_t size = size_of(dtype), result = size_of(dtype_of_y);
  switch (operands) {
    case 1:
      return run(f, body, x, size, y, result, Plan<1>(count));
    case 2:
      return run(f, body, x, size, y, result, Plan<2>(count));
    case 3:
      return run(f, body, x, size, y, result, Plan<3>(count));
    default:
      return run(f, body, x, size, y, result, Plan<most_operands>(count));
  }
}

void broadcast_pass(const void* f, RowBody body, const Reading* x, std::size_t operands, void* y, DType dtype_of_y,
                    const Shape& shape) {
  pass_over(f, body, x, operands, y, dtype_of_y, shape);
}

void converting_pass(const void* f, RowBody body, const Tensor* x, std::size_t operands, DType dtype, const Tensor& y) {
  Tensor kept[most_operands];
  Reading readings[most_operands];
  for (std::size_t i = 0; i < operands; ++i) {
    const bool other = x[i].dtype() != dtype;
    if (other) kept[i] = converted(x[i], dtype);
    readings[i] = reading(other ? kept[i] : x[i]);
  }
  broadcast_pass(f, body, readings, operands, elements(y), y.dtype(), y.shape());
}

Tensor integer_pass(const void* f, RowBody body, const Tensor* x, std::size_t operands, Tensor y) {
  const Tensor numbers = y.dtype() == boolean ? Raw::uninitialized(y.shape(), int64) : y;
  converting_pass(f, body, x, operands, int64, numbers);
  return y.dtype() == boolean ? converted(numbers, boolean) : y;
}

Tensor room_for_gradient(const Tensor& g, bool last) {
  return last && alone(g) ? g : Raw::uninitialized(g.shape(), g.dtype());
}

Tensor gradient_pass(const void* f, RowBody body, const Reading* x, std::size_t operands, const Tensor& g, bool last) {
  Tensor out = room_for_gradient(g, last);
  pass_over(f, body, x, operands, elements(out), x[0].dtype, *x[0].shape);
  return out;
}

Tensor guarded_pass(const void* f, kernels::TileBody body, const Tensor* read, std::size_t count, const Tensor& g) {
  Tensor in[FusedPull::most_reads + 1];
  std::copy(read, read + count, in);
  in[count] = g;
  Tensor out = Raw::uninitialized(g.shape(), g.dtype());
  tile_pass(g.dtype(), g.shape(), in, count + 1, &out, 1, [&](kernels::Tile* x, kernels::Tile* y) { body(f, x, y); });
  return out;
}

}  // namespace xgrad::detail
