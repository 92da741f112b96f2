#include <xgrad/autograd/ops/place.hpp>

#include <algorithm>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/out_of_memory.hpp>
#include <xgrad/autograd/kernels/indexing/mask.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/ops/indices.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/strides.hpp>

namespace xgrad::detail {
namespace {

constexpr std::uint8_t is_new = 255;

// Lets a shared pointer take its block from the thread's cache.
template <class T>
struct Cached {
  using value_type = T;
  Cached() = default;
  template <class U>
  Cached(const Cached<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(take_memory(n * sizeof(T))); }
  void deallocate(T* block, std::size_t n) noexcept { give_memory(block, n * sizeof(T)); }
  friend bool operator==(const Cached&, const Cached&) { return true; }
  friend bool operator!=(const Cached&, const Cached&) { return false; }
};

std::shared_ptr<Place> make() { return std::allocate_shared<Place>(Cached<Place>()); }

std::int64_t checked_index(const char* op, std::int64_t index, std::size_t axis, const Shape& shape) {
  if (index < -shape[axis] || index >= shape[axis])
    throw argument_error(std::string(op) + ": index " + std::to_string(index) + " is out of range for axis " +
                         std::to_string(axis) + " of shape " + to_string(shape));
  return index < 0 ? index + shape[axis] : index;
}

// A range clamped as Python clamps a slice: where it starts, and how many elements it has.
std::pair<std::int64_t, std::int64_t> clamped(const Slice& range, std::int64_t size) {
  const std::int64_t step = range.step, low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  const auto within = [&](std::int64_t i) { return std::clamp(i < 0 ? i + size : i, low, high); };
  const std::int64_t start = range.start.given ? within(range.start.value) : (step > 0 ? low : high);
  const std::int64_t stop = range.stop.given ? within(range.stop.value) : (step > 0 ? high : low);
  const std::int64_t span = step > 0 ? stop - start : start - stop;
  if (span <= 0) return {0, 0};
  const auto stride = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  return {start, static_cast<std::int64_t>((static_cast<std::uint64_t>(span) - 1) / stride) + 1};
}

// Builds a place, axis by axis.
class Builder {
 public:
  Builder(const char* op, const Shape& shape) : op_(op), place_(make()) { place_->whole = shape; }

  void index(std::int64_t at) {
    take(checked_index(op_, at, axis(), place_->whole), 1, 1);
    place_->everything = place_->everything && place_->whole[axis() - 1] == 1;
    if (varied_) place_->one_piece = false;
  }
  void range(const Slice& slice) {
    if (slice.step == 0) throw argument_error(std::string(op_) + ": the step of a range cannot be 0");
    const std::int64_t size = place_->whole[axis()];
    const auto [start, count] = clamped(slice, size);
    const bool whole = count == size && slice.step == 1;
    keep(start, count <= 1 ? 1 : slice.step, count);
    if (!whole) {
      place_->everything = false;
      if (varied_ || slice.step != 1) place_->one_piece = false;
    }
    varied_ = true;
  }
  void rest(std::size_t axes) {
    for (std::size_t k = 0; k < axes; ++k) range(Slice(xt::all()));
  }
  void new_axis() {
    if (place_->shape.rank() < Shape::max_rank) place_->source[place_->shape.rank()] = is_new;
    place_->shape = place_->shape.inserted(place_->shape.rank(), 1);
  }
  void list(const Slice& slice) {
    const std::size_t k = axis();
    Place::List list{place_->shape.rank(), {}};
    for (const std::int64_t i : slice.list) list.indices.push_back(checked_index(op_, i, k, place_->whole));
    if (slice.kind == Slice::Kind::drop) list.indices = others(list.indices, place_->whole[k]);
    range(Slice(xt::all()));
    place_->lists.push_back(std::move(list));
  }

  PlacePtr done() { return std::move(place_); }
  /// The axis that comes next, and how many axes the result has so far.
  std::size_t next() const { return axis(); }
  std::size_t result_rank() const { return place_->shape.rank(); }

 private:
  // The indices of an axis of this size that are not dropped.
  static ScratchVector<std::int64_t> others(ScratchVector<std::int64_t> dropped, std::int64_t size) {
    std::sort(dropped.begin(), dropped.end());
    ScratchVector<std::int64_t> kept;
    try {
      kept.reserve(static_cast<std::size_t>(size));
    } catch (const std::exception&) {  // bad_alloc, or length_error
      refuse_memory(static_cast<double>(size), int64);
    }
    auto next = dropped.begin();
    for (std::int64_t i = 0; i < size; ++i) {
      if (next == dropped.end() || *next != i) kept.push_back(i);
      while (next != dropped.end() && *next == i) ++next;
    }
    return kept;
  }
  std::size_t axis() const { return place_->start.rank(); }
  void take(std::int64_t start, std::int64_t step, std::int64_t count) {
    const std::size_t k = axis();
    place_->start = place_->start.inserted(k, start);
    place_->count = place_->count.inserted(k, count);
    place_->step.push_back(step);
  }
  void keep(std::int64_t start, std::int64_t step, std::int64_t count) {
    if (place_->shape.rank() < Shape::max_rank)
      place_->source[place_->shape.rank()] = static_cast<std::uint8_t>(axis());
    place_->shape = place_->shape.inserted(place_->shape.rank(), count);
    take(start, step, count);
  }

  const char* op_;
  std::shared_ptr<Place> place_;
  bool varied_ = false;  // an axis before this one has been kept
};

}  // namespace

std::int64_t Place::offset() const {
  if (count.count() == 0) return 0;
  const Strides own = strides_of(whole);
  std::int64_t at = 0;
  for (std::size_t k = 0; k < whole.rank(); ++k) at += start[k] * own[k];
  return at;
}

AxisList<std::int64_t> Place::strides() const {
  const Strides own = strides_of(whole);
  Strides result(shape.begin(), shape.end());
  const bool any = count.count() > 0;  // else the products below can overflow
  for (std::size_t r = 0; r < shape.rank(); ++r) {
    const std::uint8_t k = source[r];
    result[r] = k == is_new || !any ? 0 : step[k] * own[k];
  }
  return result;
}

namespace {

Tensor tensor_of(const Slice& slice) { return Raw::handle(slice.tensor); }

// How many axes an index stands for.
std::size_t axes_of(const char* op, const Slice& slice) {
  using Kind = Slice::Kind;
  if (slice.kind == Kind::newaxis || slice.kind == Kind::ellipsis) return 0;
  if (slice.kind != Kind::tensor) return 1;
  const Tensor indices = tensor_of(slice);
  require_defined(op, &indices, 1);
  if (indices.dtype() == boolean) return indices.rank();
  if (indices.dtype() != int64)
    throw argument_error(std::string(op) + ": a tensor of indices is int64, and a mask bool, got " +
                         name_of(indices.dtype()) + " " + to_string(indices.shape()));
  return 1;
}

// The numbers of the true elements.
Tensor true_elements(const Tensor& mask) {
  const auto* from = Raw::data<bool>(mask);
  Tensor places = Raw::uninitialized({kernels::count_true(from, mask.size())}, int64);
  kernels::true_places(from, mask.size(), Raw::write<std::int64_t>(places));
  return places;
}

void require_fit(const char* op, const Tensor& mask, const Shape& shape, std::size_t axis) {
  for (std::size_t k = 0; k < mask.rank(); ++k)
    if (mask.shape()[k] != shape[axis + k])
      throw argument_error(std::string(op) + ": a mask of shape " + to_string(mask.shape()) + " does not fit shape " +
                           to_string(shape) + ": its axis " + std::to_string(k) + " has the size of axis " +
                           std::to_string(axis + k));
}

// An index that is a tensor. A number of rank 0 counts as an integer.
void add_tensor(const char* op, Builder& builder, const Shape& shape, const Tensor& given,
                std::vector<TensorIndex>& tensors) {
  if (given.dtype() == int64 && given.rank() == 0) return builder.index(*Raw::data<std::int64_t>(given));
  const std::size_t at = builder.result_rank();
  if (given.dtype() == int64) {
    tensors.push_back({at, 1, resolved_indices(op, given, shape, builder.next())});
    return builder.rest(1);
  }
  require_fit(op, given, shape, builder.next());
  tensors.push_back({at, std::max<std::size_t>(1, given.rank()), true_elements(given)});
  given.rank() == 0 ? builder.new_axis() : builder.rest(given.rank());
}

}  // namespace

Slice::Slice(const Tensor& indices) : kind(Kind::tensor), tensor(Raw::value(indices)) {}

PlacePtr place_of(const char* op, const Shape& shape, const std::vector<Slice>& index,
                  std::vector<TensorIndex>& tensors) {
  using Kind = Slice::Kind;
  std::size_t named = 0, ellipses = 0;
  for (const Slice& slice : index) {
    named += axes_of(op, slice);
    ellipses += slice.kind == Kind::ellipsis;
  }
  if (named > shape.rank())
    throw argument_error(std::string(op) + ": " + std::to_string(named) + " indices for shape " + to_string(shape));
  if (ellipses > 1) throw argument_error(std::string(op) + ": an ellipsis can stand once only");
  Builder builder(op, shape);
  for (const Slice& slice : index) switch (slice.kind) {
      case Kind::index:
        builder.index(slice.start.value);
        break;
      case Kind::range:
        builder.range(slice);
        break;
      case Kind::newaxis:
        builder.new_axis();
        break;
      case Kind::ellipsis:
        builder.rest(shape.rank() - named);
        break;
      case Kind::keep:
      case Kind::drop:
        builder.list(slice);
        break;
      case Kind::tensor:
        add_tensor(op, builder, shape, tensor_of(slice), tensors);
        break;
    }
  if (ellipses == 0) builder.rest(shape.rank() - named);
  return builder.done();
}

PlacePtr place_along(const Shape& shape, std::size_t axis, std::int64_t start, std::int64_t count, bool drop_axis) {
  Builder builder("slice", shape);
  builder.rest(axis);
  if (drop_axis) {
    builder.index(start);
  } else {
    Slice range{xt::all()};
    range.start = start;
    range.stop = start + count;
    builder.range(range);
  }
  builder.rest(shape.rank() - axis - 1);
  return builder.done();
}

PlacePtr place_behind(const PlacePtr& place, std::int64_t many) {
  auto result = std::make_shared<Place>(*place);
  result->whole = place->whole.inserted(0, many);
  result->start = place->start.inserted(0, 0);
  result->count = place->count.inserted(0, many);
  result->step = {};
  result->step.push_back(1);
  for (const std::int64_t step : place->step) result->step.push_back(step);
  result->shape = place->shape.inserted(0, many);
  result->source[0] = 0;
  for (std::size_t k = 0; k < place->shape.rank(); ++k)
    result->source[k + 1] =
        place->source[k] == 255 ? std::uint8_t{255} : static_cast<std::uint8_t>(place->source[k] + 1);
  result->one_piece = place->everything;
  for (Place::List& list : result->lists) ++list.axis;
  return result;
}

std::vector<Attribute> PlaceSettings::list() const {
  return {{"start", place->start}, {"step", place->step}, {"count", place->count}};
}

}  // namespace xgrad::detail

namespace xgrad {

Index::Index(std::initializer_list<detail::Slice> slices) : slices_(slices) {}
Index::Index(const std::vector<detail::Slice>& slices) : slices_(slices) {}
Index::Index(const Index&) = default;
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(const Index&) = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

}  // namespace xgrad
