#pragma once

// For this room's sources only: the part of a tensor that an index names.

#include <cstdint>
#include <memory>
#include <vector>

#include <xgrad/autograd/graph/attribute.hpp>
#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/autograd/graph/slice.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>

namespace xgrad::detail {

/// Along axis k of the shape `whole`, the `count` elements start, start + step, ... Axes that keep() or drop() index
/// are whole in this, and `lists` says which of their elements are taken.
struct Place {
  struct List {
    std::size_t axis;                     // of the result
    ScratchVector<std::int64_t> indices;  // in 0 .. n-1
  };

  Shape whole;
  Shape start, count;
  AxisList<std::int64_t> step;
  Shape shape;              ///< of the result before the lists are applied
  std::uint8_t source[32];  ///< the axis of `whole` that an axis of the result is; 255 for a new one
  bool everything = true;   ///< all elements, in their order
  bool one_piece = true;    ///< neighbours in memory whatever the sizes, so that the part can share the memory
  std::vector<List> lists;

  /// Of the result.
  Shape result() const {
    Shape all = shape;
    for (const List& list : lists) all = all.with(list.axis, static_cast<std::int64_t>(list.indices.size()));
    return all;
  }
  /// The first element, counted in elements of `whole`.
  std::int64_t offset() const;
  /// The distances in `whole` between neighbours along each axis of the result.
  AxisList<std::int64_t> strides() const;
};

/// Places are immutable, and shared by the rules of a node.
using PlacePtr = std::shared_ptr<const Place>;

/// A tensor of indices in an index: it stands for `count` neighbouring axes of the place, from `axis` on, which are
/// whole in it, and holds numbers of their elements, int64 in 0 .. n-1.
struct TensorIndex {
  std::size_t axis, count;
  Tensor indices;
};

/// The place that an index names, without what its tensors name, which are put into the list; an error names the op.
PlacePtr place_of(const char* op, const Shape& shape, const std::vector<Slice>& index,
                  std::vector<TensorIndex>& tensors);
/// The same for `count` elements from `start` on along one axis; with `drop_axis`, count is 1 and the axis disappears.
PlacePtr place_along(const Shape& shape, std::size_t axis, std::int64_t start, std::int64_t count, bool drop_axis);

/// The same place in each of `many` tensors along a leading axis.
PlacePtr place_behind(const PlacePtr& place, std::int64_t many);

/// What a node tells of its place.
struct PlaceSettings {
  PlacePtr place;
  std::vector<Attribute> list() const;
};

/// x added to `sum` in the place, in the memory of `sum`, which nothing else may share; recorded as a new tensor over
/// that memory. For rules.
Tensor part_added(const Tensor& sum, Tensor x, const PlacePtr& place);

}  // namespace xgrad::detail
