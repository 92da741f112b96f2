#include <xgrad/autograd/ops/max_pooling.hpp>

#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pooling/max_pool.hpp>
#include <xgrad/autograd/ops/pool_windows.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad {
namespace {

using kernels::Chosen;
using kernels::SlidingWindows;

SlidingWindows max_windows(const char* op, const Tensor& x, std::size_t axes, const Dims& size,
                           const MaxPoolOptions& options) {
  const SlidingWindows by = detail::sliding_windows(
      op, x, axes, {size, options.stride(), options.padding(), options.dilation(), options.ceil_mode()});
  if (by.places() > kernels::most_places)
    throw detail::argument_error(std::string(op) + ": windows of kernel_size " + detail::text_of(size) +
                                 " for input of shape " + to_string(x.shape()) +
                                 ": a window has at most 2^31 - 1 places");
  return by;
}

// ---- elements chosen by codes, a byte each, eight of which are packed into an int64

Tensor room_for_codes(std::int64_t count) { return Raw::uninitialized({(count + 7) / 8}, int64); }
const std::uint8_t* codes_in(const Tensor& codes) {
  return reinterpret_cast<const std::uint8_t*>(Raw::data<std::int64_t>(codes));
}

Tensor given(Tensor g, Tensor codes, std::size_t axes, const SlidingWindows& by);

// The elements of x that the codes choose.
Tensor taken(Tensor x, Tensor codes, std::size_t axes, const SlidingWindows& by) {
  Tensor y = Raw::uninitialized(detail::pooled_shape(x.shape(), axes, by), x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::take_coded(Raw::data<T>(x), codes_in(codes), Raw::write<T>(y), by);
  });
  return record("gather", Source::here(), std::move(y), {std::move(x), std::move(codes)},
                from<1>([axes, by](Tensor kept, Tensor g) { return given(std::move(g), std::move(kept), axes, by); }),
                no_gradient);
}

// g added to these elements of zeros.
Tensor given(Tensor g, Tensor codes, std::size_t axes, const SlidingWindows& by) {
  Tensor x = Raw::uninitialized(detail::unpooled_shape(g.shape(), axes, by), g.dtype());
  detail::visit_floating(g.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::give_coded(Raw::data<T>(g), codes_in(codes), Raw::write<T>(x), by);
  });
  return record("scatter_add", Source::here(), std::move(x), {std::move(g), std::move(codes)},
                from<1>([axes, by](Tensor kept, Tensor u) { return taken(std::move(u), std::move(kept), axes, by); }),
                no_gradient);
}

// ---- the same by indices

Tensor given_at(Tensor g, Tensor indices, std::size_t axes, const SlidingWindows& by);

Tensor taken_at(Tensor x, Tensor indices, std::size_t axes, const SlidingWindows& by) {
  Tensor y = Raw::uninitialized(detail::pooled_shape(x.shape(), axes, by), x.dtype());
  const Chosen chosen{by.planes, by.elements(), by.windows()};
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::take_indexed(Raw::data<T>(x), Raw::data<std::int64_t>(indices), Raw::write<T>(y), chosen);
  });
  return record(
      "gather", Source::here(), std::move(y), {std::move(x), std::move(indices)},
      from<1>([axes, by](Tensor kept, Tensor g) { return given_at(std::move(g), std::move(kept), axes, by); }),
      no_gradient);
}

Tensor given_at(Tensor g, Tensor indices, std::size_t axes, const SlidingWindows& by) {
  Tensor x = Raw::uninitialized(detail::unpooled_shape(g.shape(), axes, by), g.dtype());
  const Chosen chosen{by.planes, by.elements(), by.windows()};
  detail::visit_floating(g.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::give_indexed(Raw::data<T>(g), Raw::data<std::int64_t>(indices), Raw::write<T>(x), chosen);
  });
  return record(
      "scatter_add", Source::here(), std::move(x), {std::move(g), std::move(indices)},
      from<1>([axes, by](Tensor kept, Tensor u) { return taken_at(std::move(u), std::move(kept), axes, by); }),
      no_gradient);
}

// ---- the ops

template <class Settings>
Tensor recorded_by_indices(const char* op, Source at, Tensor y, Tensor x, Tensor indices, const Settings& settings,
                           std::size_t axes, const SlidingWindows& by) {
  return record(
      op, at, std::move(y), {std::move(x), std::move(indices)}, settings,
      with_push(
          from<1>([axes, by](Tensor kept, Tensor g) { return given_at(std::move(g), std::move(kept), axes, by); }),
          [axes, by](Tensor kept, Tensor t) { return taken_at(std::move(t), std::move(kept), axes, by); }),
      no_gradient);
}

auto settings_of(const SlidingWindows& by, std::size_t axes) {
  const auto list = [&](std::int64_t kernels::SlidingAxis::*number) {
    std::int64_t all[3];
    for (std::size_t k = 0; k < 3; ++k) all[k] = by.axis[k].*number;
    return Shape(all + 3 - axes, axes);
  };
  using kernels::SlidingAxis;
  return attributes("kernel_size", list(&SlidingAxis::size), "stride", list(&SlidingAxis::stride), "padding",
                    list(&SlidingAxis::padding), "dilation", list(&SlidingAxis::dilation));
}

ValuesIndices pool_with_indices(const char* op, std::size_t axes, Tensor x, const Dims& size,
                                const MaxPoolOptions& options, Source at) {
  const detail::Timed timed(op, at);
  const SlidingWindows by = max_windows(op, x, axes, size, options);
  const Shape shape = detail::pooled_shape(x.shape(), axes, by);
  Tensor y = Raw::uninitialized(shape, x.dtype()), indices = Raw::uninitialized(shape, int64);
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::max_pool_indices(Raw::data<T>(x), Raw::write<T>(y), Raw::write<std::int64_t>(indices), by);
  });
  y = recorded_by_indices(op, at, std::move(y), std::move(x), indices, settings_of(by, axes), axes, by);
  return {std::move(y), std::move(indices)};
}

Tensor pool(const char* op, std::size_t axes, Tensor x, const Dims& size, const MaxPoolOptions& options, Source at) {
  const detail::Timed timed(op, at);
  const SlidingWindows by = max_windows(op, x, axes, size, options);
  if (by.places() > kernels::most_coded_places)
    return pool_with_indices(op, axes, std::move(x), size, options, at).values;
  Tensor y = Raw::uninitialized(detail::pooled_shape(x.shape(), axes, by), x.dtype());
  const bool wanted = detail::records(&x, 1);
  Tensor codes = room_for_codes(wanted ? y.size() : 0);
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    auto* const to = reinterpret_cast<std::uint8_t*>(Raw::write<std::int64_t>(codes));
    kernels::max_pool(Raw::data<T>(x), Raw::write<T>(y), wanted ? to : nullptr, by);
  });
  return record(
      op, at, std::move(y), {std::move(x), std::move(codes)}, settings_of(by, axes),
      with_push(from<1>([axes, by](Tensor kept, Tensor g) { return given(std::move(g), std::move(kept), axes, by); }),
                [axes, by](Tensor kept, Tensor t) { return taken(std::move(t), std::move(kept), axes, by); }),
      no_gradient);
}

ValuesIndices adaptive_pool(const char* op, std::size_t axes, Tensor x, const Dims& output_size, Source at) {
  const detail::Timed timed(op, at);
  const SlidingWindows by = detail::adaptive_windows(op, x, axes, output_size);
  const Shape shape = detail::pooled_shape(x.shape(), axes, by);
  Tensor y = Raw::uninitialized(shape, x.dtype()), indices = Raw::uninitialized(shape, int64);
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::adaptive_max_pool(Raw::data<T>(x), Raw::write<T>(y), Raw::write<std::int64_t>(indices), by);
  });
  const auto settings = attributes("output_size", Shape(shape.end() - axes, axes));
  y = recorded_by_indices(op, at, std::move(y), std::move(x), indices, settings, axes, by);
  return {std::move(y), std::move(indices)};
}

// ---- the other way

// The sizes of the axes that are pooled, also of a whole shape, whose other axes must be those of x.
Dims sizes_of_places(const char* op, const Tensor& x, std::size_t axes, const Dims& given) {
  const auto& all = given.list();
  if (all.size() != x.rank() || all.size() == axes) return given;
  const auto* const places = all.end() - axes;
  if (!std::equal(all.begin(), places, x.shape().begin()))
    throw detail::argument_error(std::string(op) + ": output_size is " + to_string(Shape(all.begin(), all.size())) +
                                 ", the input has shape " + to_string(x.shape()) +
                                 ": a whole shape must begin as that of the input");
  std::vector<std::int64_t> sizes;
  for (const std::int64_t* n = places; n != all.end(); ++n) sizes.push_back(*n);
  return sizes;
}

// Planes of the result and of x.
Chosen unpooled(const char* op, const Tensor& x, std::size_t axes, const Dims& size, const MaxUnpoolOptions& options,
                Shape& shape) {
  detail::require_places(op, x, axes);
  const detail::EachAxis window = detail::EachAxis(op, "kernel_size", size, axes).at_least(1);
  const Dims& strides = options.stride().list().empty() ? size : options.stride();
  const detail::EachAxis stride = detail::EachAxis(op, "stride", strides, axes).at_least(1);
  const detail::EachAxis padding = detail::EachAxis(op, "padding", options.padding(), axes).at_least(0);
  const Dims given = sizes_of_places(op, x, axes, options.output_size());
  const detail::EachAxis output(op, "output_size", given.list().empty() ? Dims(1) : given, axes);
  shape = x.shape();
  for (std::size_t k = 0; k < axes; ++k) {
    const std::size_t axis = x.rank() - axes + k;
    std::int64_t usual = 0, twice = 0, below = 0;
    const bool over = __builtin_mul_overflow(x.shape()[axis] - 1, stride[k], &usual) ||
                      __builtin_mul_overflow(padding[k], std::int64_t{2}, &twice) ||
                      __builtin_add_overflow(usual, window[k], &usual) || __builtin_sub_overflow(usual, twice, &usual);
    const std::int64_t wanted = given.list().empty() ? usual : output[k];
    if (__builtin_sub_overflow(usual, stride[k], &below)) below = INT64_MIN;
    if (over || wanted < 1 || wanted <= below || wanted - stride[k] >= usual)
      throw detail::argument_error(
          std::string(op) + ": axis " + std::to_string(axis) + " of shape " + to_string(x.shape()) + " cannot become " +
          (over ? std::string("more than 2^63 - 1") : std::to_string(wanted)) + " elements: pooling with kernel_size " +
          std::to_string(window[k]) + ", stride " + std::to_string(stride[k]) + " and padding " +
          std::to_string(padding[k]) + " gives that size" + (over ? "" : " for about " + std::to_string(usual)));
    shape = shape.with(axis, wanted);
  }
  const auto places = [axes](const Shape& s) { return Shape(s.end() - axes, axes).count(); };
  return {detail::planes_of(x.shape(), axes), places(shape), places(x.shape())};
}

void require_indices(const char* op, const Tensor& x, const Tensor& indices, Chosen by, const Shape& shape) {
  if (indices.dtype() != int64 || indices.shape() != x.shape())
    throw detail::argument_error(std::string(op) + ": the indices are " + name_of(indices.dtype()) + " of shape " +
                                 to_string(indices.shape()) + ", the input has shape " + to_string(x.shape()) +
                                 ": they must be int64 and of the shape of the input");
  for (std::int64_t i = 0; i < indices.size(); ++i)
    if (const std::int64_t index = Raw::data<std::int64_t>(indices)[i]; index < 0 || index >= by.elements)
      throw detail::argument_error(std::string(op) + ": the index " + std::to_string(index) +
                                   " is out of range for a result of shape " + to_string(shape) +
                                   ", whose planes have " + std::to_string(by.elements) + " elements");
}

Tensor put(const char* op, Tensor x, Tensor indices, const Shape& shape, Chosen by, Source at);

Tensor taken_put(Tensor g, Tensor indices, Chosen by) {
  Tensor x = Raw::uninitialized(indices.shape(), g.dtype());
  detail::visit_floating(g.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::take_put(Raw::data<T>(g), Raw::data<std::int64_t>(indices), Raw::write<T>(x), by);
  });
  const Shape shape = g.shape();
  return record("gather", Source::here(), std::move(x), {std::move(g), std::move(indices)},
                from<1>([shape, by](Tensor kept, Tensor u) {
                  return put("max_unpool", std::move(u), std::move(kept), shape, by, Source::here());
                }),
                no_gradient);
}

Tensor put(const char* op, Tensor x, Tensor indices, const Shape& shape, Chosen by, Source at) {
  Tensor y = Raw::uninitialized(shape, x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::put_indexed(Raw::data<T>(x), Raw::data<std::int64_t>(indices), Raw::write<T>(y), by);
  });
  return record(op, at, std::move(y), {std::move(x), std::move(indices)},
                with_push(from<1>([by](Tensor kept, Tensor g) { return taken_put(std::move(g), std::move(kept), by); }),
                          [op, shape, by](Tensor kept, Tensor t) {
                            return put(op, std::move(t), std::move(kept), shape, by, Source::here());
                          }),
                no_gradient);
}

Tensor unpool(const char* op, std::size_t axes, Tensor x, Tensor indices, const Dims& size,
              const MaxUnpoolOptions& options, Source at) {
  const detail::Timed timed(op, at);
  const Tensor both[] = {x, indices};
  detail::require_defined(op, both, 2);
  Shape shape;
  const Chosen by = unpooled(op, x, axes, size, options, shape);
  require_indices(op, x, indices, by, shape);
  return put(op, std::move(x), std::move(indices), shape, by, at);
}

}  // namespace

Tensor max_pool1d(Tensor x, const Dims& kernel_size, const MaxPoolOptions& options, Source at) {
  return pool("max_pool1d", 1, std::move(x), kernel_size, options, at);
}
Tensor max_pool2d(Tensor x, const Dims& kernel_size, const MaxPoolOptions& options, Source at) {
  return pool("max_pool2d", 2, std::move(x), kernel_size, options, at);
}
Tensor max_pool3d(Tensor x, const Dims& kernel_size, const MaxPoolOptions& options, Source at) {
  return pool("max_pool3d", 3, std::move(x), kernel_size, options, at);
}

ValuesIndices max_pool1d_with_indices(Tensor x, const Dims& kernel_size, const MaxPoolOptions& options, Source at) {
  return pool_with_indices("max_pool1d_with_indices", 1, std::move(x), kernel_size, options, at);
}
ValuesIndices max_pool2d_with_indices(Tensor x, const Dims& kernel_size, const MaxPoolOptions& options, Source at) {
  return pool_with_indices("max_pool2d_with_indices", 2, std::move(x), kernel_size, options, at);
}
ValuesIndices max_pool3d_with_indices(Tensor x, const Dims& kernel_size, const MaxPoolOptions& options, Source at) {
  return pool_with_indices("max_pool3d_with_indices", 3, std::move(x), kernel_size, options, at);
}

Tensor adaptive_max_pool1d(Tensor x, const Dims& output_size, Source at) {
  return adaptive_pool("adaptive_max_pool1d", 1, std::move(x), output_size, at).values;
}
Tensor adaptive_max_pool2d(Tensor x, const Dims& output_size, Source at) {
  return adaptive_pool("adaptive_max_pool2d", 2, std::move(x), output_size, at).values;
}
Tensor adaptive_max_pool3d(Tensor x, const Dims& output_size, Source at) {
  return adaptive_pool("adaptive_max_pool3d", 3, std::move(x), output_size, at).values;
}

ValuesIndices adaptive_max_pool1d_with_indices(Tensor x, const Dims& output_size, Source at) {
  return adaptive_pool("adaptive_max_pool1d_with_indices", 1, std::move(x), output_size, at);
}
ValuesIndices adaptive_max_pool2d_with_indices(Tensor x, const Dims& output_size, Source at) {
  return adaptive_pool("adaptive_max_pool2d_with_indices", 2, std::move(x), output_size, at);
}
ValuesIndices adaptive_max_pool3d_with_indices(Tensor x, const Dims& output_size, Source at) {
  return adaptive_pool("adaptive_max_pool3d_with_indices", 3, std::move(x), output_size, at);
}

Tensor max_unpool1d(Tensor x, Tensor indices, const Dims& kernel_size, const MaxUnpoolOptions& options, Source at) {
  return unpool("max_unpool1d", 1, std::move(x), std::move(indices), kernel_size, options, at);
}
Tensor max_unpool2d(Tensor x, Tensor indices, const Dims& kernel_size, const MaxUnpoolOptions& options, Source at) {
  return unpool("max_unpool2d", 2, std::move(x), std::move(indices), kernel_size, options, at);
}
Tensor max_unpool3d(Tensor x, Tensor indices, const Dims& kernel_size, const MaxUnpoolOptions& options, Source at) {
  return unpool("max_unpool3d", 3, std::move(x), std::move(indices), kernel_size, options, at);
}

}  // namespace xgrad
