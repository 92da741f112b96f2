#include <xgrad/autograd/ops/folding.hpp>

#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pooling/patches.hpp>
#include <xgrad/autograd/ops/pool_windows.hpp>

namespace xgrad::detail {

using kernels::SlidingWindows;

namespace {

// Axes in front of the channels, with the sizes of the images and of the columns.
Shape images_of(const Shape& columns, const SlidingWindows& by) {
  const std::size_t lead = columns.rank() - 2;
  Shape shape = columns.with(lead, columns[lead] / by.places()).with(lead + 1, by.axis[1].n);
  return shape.inserted(lead + 2, by.axis[2].n);
}
Shape columns_of(const Shape& images, const SlidingWindows& by) {
  const std::size_t lead = images.rank() - 3;
  const std::int64_t blocks = by.axis[1].count * by.axis[2].count;  // of images that may be none
  return images.without(lead + 2).with(lead, images[lead] * by.places()).with(lead + 1, blocks);
}

}  // namespace

Tensor unfold_windows(const char* op, Source at, Tensor x, SlidingWindows by) {
  by.planes = planes_of(x.shape(), 2);
  Tensor y = Raw::uninitialized(columns_of(x.shape(), by), x.dtype());
  visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::patches(Raw::data<T>(x), Raw::write<T>(y), by);
  });
  return record(
      op, at, std::move(y), {std::move(x)},
      with_push([by](Tensor g) { return fold_windows("fold", Source::here(), std::move(g), by); },
                [by](Tensor t, std::size_t) { return unfold_windows("unfold", Source::here(), std::move(t), by); }));
}

Tensor fold_windows(const char* op, Source at, Tensor x, SlidingWindows by) {
  const Shape shape = images_of(x.shape(), by);
  by.planes = planes_of(shape, 2);
  Tensor y = Raw::uninitialized(shape, x.dtype());
  visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::add_patches(Raw::data<T>(x), Raw::write<T>(y), by);
  });
  return record(
      op, at, std::move(y), {std::move(x)},
      with_push([by](Tensor g) { return unfold_windows("unfold", Source::here(), std::move(g), by); },
                [by](Tensor t, std::size_t) { return fold_windows("fold", Source::here(), std::move(t), by); }));
}

}  // namespace xgrad::detail
