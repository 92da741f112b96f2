#include <xgrad/autograd/graph/shape.hpp>

#include <algorithm>
#include <ostream>

#include <xgrad/autograd/graph/calling.hpp>

namespace xgrad {
namespace {

void require_axis(std::size_t axis, std::size_t rank) {
  if (axis >= rank)
    refuse_axis(detail::caller_or("shape"), static_cast<std::int64_t>(std::min<std::size_t>(axis, INT64_MAX)), rank);
}

}  // namespace

// These begin as an empty shape, which is destroyed where a size is refused.
Shape::Shape(std::initializer_list<Dim> sizes) : Shape() {
  resize(sizes.size());
  std::int64_t* to = data();
  for (Dim size : sizes) *to++ = size.value("shape");
  check();
}

Shape::Shape(const std::int64_t* first, std::size_t rank) : Shape() {
  resize(rank);
  std::copy(first, first + rank, data());
}

void Shape::make_heap(std::size_t rank) {
  if (rank > max_rank)
    throw detail::argument_error(std::string(detail::caller_or("shape")) + ": a shape has at most " +
                                 std::to_string(max_rank) + " axes, got " + std::to_string(rank));
  heap_ = new std::int64_t[rank];
}

void Shape::copy_heap(const Shape& other) {
  heap_ = new std::int64_t[rank_];
  std::copy(other.begin(), other.end(), heap_);
}

void Shape::check() const {
  if (std::all_of(begin(), end(), [](std::int64_t size) { return size >= 0; })) return;
  const std::string text = to_string(*this);
  throw detail::argument_error(std::string(detail::caller_or("shape")) + ": a size cannot be negative, got " + text);
}

std::int64_t Shape::refuse_axis(std::int64_t axis) const {
  resolve_axis(detail::caller_or("shape"), axis, rank_);
  __builtin_unreachable();
}

std::int64_t Shape::count_all(std::int64_t otherwise) const noexcept {
  std::int64_t product = 1;
  bool beyond = false;
  for (std::int64_t size : *this) {
    if (size == 0) return 0;
    beyond |= __builtin_mul_overflow(product, size, &product) || product > std::int64_t{1} << 62;
  }
  return beyond ? otherwise : product;
}

void Shape::refuse_count() const {
  throw detail::argument_error(std::string(detail::caller_or("shape")) + ": shape " + to_string(*this) +
                               " has more than 2^62 elements");
}

Shape Shape::with(std::size_t axis, std::int64_t size) const {
  require_axis(axis, rank_);
  Shape result = *this;
  result.data()[axis] = size;
  return result;
}

Shape Shape::without(std::size_t axis) const {
  require_axis(axis, rank_);
  Shape result;
  result.resize(rank_ - 1);
  std::copy(begin(), begin() + axis, result.data());
  std::copy(begin() + axis + 1, end(), result.data() + axis);
  return result;
}

Shape Shape::inserted(std::size_t axis, std::int64_t size) const {
  require_axis(axis, rank_ + 1);
  Shape result;
  result.resize(rank_ + 1);
  std::copy(begin(), begin() + axis, result.data());
  result.data()[axis] = size;
  std::copy(begin() + axis, end(), result.data() + axis + 1);
  return result;
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.rank(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << to_string(shape); }

void refuse_more_axes() {
  throw detail::argument_error(std::string(detail::caller_or("shape")) + ": a shape has at most " +
                               std::to_string(Shape::max_rank) + " axes");
}

void refuse_axis(const char* op, std::int64_t axis, std::size_t rank) {
  throw detail::argument_error(std::string(op) + ": axis " + std::to_string(axis) + " is out of range for " +
                               std::to_string(rank) + (rank == 1 ? " axis" : " axes"));
}

AxisList<std::size_t> Axes::resolve(const char* op, std::size_t rank) const {
  AxisList<std::size_t> result;
  if (all_) {
    for (std::size_t i = 0; i < rank; ++i) result.push_back(i);
    return result;
  }
  for (std::int64_t axis : axes_) result.push_back(resolve_axis_of_any_rank(op, axis, rank));
  std::sort(result.begin(), result.end());
  const auto twice = std::adjacent_find(result.begin(), result.end());
  if (twice != result.end())
    throw detail::argument_error(std::string(op) + ": axis " + std::to_string(*twice) + " is named twice");
  return rank == 0 ? AxisList<std::size_t>() : result;
}

Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b) {
  if (a == b) return a;
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  Shape result = longer;
  for (std::size_t back = 1; back <= longer.rank(); ++back) {
    const std::int64_t m = back <= a.rank() ? a[a.rank() - back] : 1;
    const std::int64_t n = back <= b.rank() ? b[b.rank() - back] : 1;
    if (m != n && m != 1 && n != 1)
      throw detail::argument_error(std::string(op) + ": cannot broadcast " + to_string(a) + " with " + to_string(b) +
                                   ": axis -" + std::to_string(back) + " is " + std::to_string(m) + " against " +
                                   std::to_string(n));
    const std::int64_t size = m == 1 ? n : m;
    if (size != result[longer.rank() - back]) result = result.with(longer.rank() - back, size);
  }
  return result;
}

bool broadcasts_to(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  for (std::size_t back = 1; back <= from.rank(); ++back) {
    const std::int64_t size = from[from.rank() - back];
    if (size != 1 && size != to[to.rank() - back]) return false;
  }
  return true;
}

}  // namespace xgrad
