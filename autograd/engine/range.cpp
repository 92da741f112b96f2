#include <xgrad/autograd/engine/range.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::detail {
namespace {

template <class T>
Range range_over(const T* x, std::int64_t size) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Range range;
  range.size = size;
  double low = infinity, high = -infinity;
  for (std::int64_t i = 0; i < size; ++i) {
    const auto value = static_cast<double>(x[i]);
    range.zeros += value == 0 ? 1 : 0;
    if (std::isfinite(value)) {
      low = std::min(low, value);
      high = std::max(high, value);
      continue;
    }
    (std::isnan(value) ? range.nans : range.infs) += 1;
    if (range.first >= 0) continue;
    range.first = i;
    range.at_first = value;
  }
  if (range.has_finite()) {
    range.min = low;
    range.max = high;
  }
  return range;
}

// Whether a test holds of any element of a float tensor. No early exit, so that the loop is vectorized.
template <class Test>
bool any_of(const Reading& x, Test test) {
  if (!is_floating(x.dtype)) return false;
  bool result = false;
  visit_floating(x.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* elements = static_cast<const T*>(x.data);
    int found = 0;
    for (std::int64_t i = 0, size = x.shape->count(); i < size; ++i) found |= static_cast<int>(test(elements[i]));
    result = found != 0;
  });
  return result;
}

}  // namespace

Reading saved_input(const Node& node, std::size_t i) {
  const Edge& edge = node.edges()[i];
  if (!edge.saved.defined()) return {nullptr, nullptr, float64};
  const Node* from = edge.node.get();
  return from != nullptr ? edge.saved.read(from->shape(), from->dtype()) : edge.saved.read(node.shape(), node.dtype());
}

Reading saved_output(const Node& node) {
  if (!node.saved_output().defined()) return {nullptr, nullptr, float64};
  return node.saved_output().read(node.shape(), node.dtype());
}

Range range_of(const Reading& x) {
  Range range;
  visit(x.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    range = range_over(static_cast<const T*>(x.data), x.shape->count());
  });
  return range;
}

Range range_of(const Tensor& x) { return range_of(reading(x)); }

// x - x is 0 for finite x and NaN for others.
bool all_finite(const Reading& x) {
  return !any_of(x, [](auto element) { return element - element != 0; });
}

bool all_finite(const Tensor& x) { return all_finite(reading(x)); }

bool has_nan(const Reading& x) {
  return any_of(x, [](auto element) { return element != element; });
}

bool has_nan(const Tensor& x) { return has_nan(reading(x)); }

std::int64_t first_nan(const Tensor& x) {
  std::int64_t first = -1;
  visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T *data = Raw::data<T>(x), *end = data + x.size();
    const T* found = std::find_if(data, end, [](T element) { return std::isnan(element); });
    if (found != end) first = found - data;
  });
  return first;
}

std::string text_of(const Range& range, const Shape& shape, DType dtype) {
  std::string text = "shape " + to_string(shape) + " " + name_of(dtype);
  if (range.size == 0) return text + ", no elements";
  if (range.has_finite()) {
    text += ", " + number_text(range.min);
    if (range.max != range.min) text += " .. " + number_text(range.max);
  }
  if (!is_floating(dtype)) return text;
  const auto count = [](std::int64_t n) { return n == 0 ? std::string("no") : std::to_string(n); };
  return text + ", " + count(range.nans) + " nan, " + count(range.infs) + " inf";
}

std::string element_text(std::int64_t index, const Shape& shape) {
  if (shape.rank() == 0) return "the element";
  std::string text;
  for (std::size_t k = shape.rank(); k-- > 0;) {
    text = std::to_string(index % shape[k]) + (text.empty() ? "" : ", ") + text;
    index /= shape[k];
  }
  return "element (" + text + ")";
}

}  // namespace xgrad::detail
