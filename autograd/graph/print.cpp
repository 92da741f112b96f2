#include <xgrad/autograd/graph/print.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad {
namespace {

constexpr std::int64_t whole_up_to = 1000;  // elements, or empty brackets, of the largest tensor that is shown in full
constexpr std::int64_t most_shown = 100'000;  // elements or brackets of a shortened one

// At most six significant digits, and no more than the number needs; a point marks floating-point numbers.
std::string text_of(double value) {
  std::string text = detail::number_text(value, 6);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".";
  return text;
}
std::string text_of(float value) { return text_of(static_cast<double>(value)); }
std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(bool value) { return value ? "true" : "false"; }

template <class T>
class Printer {
 public:
  Printer(const Tensor& tensor, std::ostream& out)
      : shape_(tensor.shape()), data_(static_cast<const T*>(Raw::operand(tensor))), out_(out) {
    if (shown(whole_up_to + 1) > whole_up_to)
      for (edge_items_ = 3; edge_items_ > 0 && shown(2 * edge_items_ + 1) > most_shown;) --edge_items_;
    visit(0, 0, [this](std::int64_t i) { width_ = std::max(width_, text_of(data_[i]).size()); });
  }

  void print() { print_axis(0, 0); }

 private:
  std::vector<std::int64_t> places(std::size_t axis) const {
    std::vector<std::int64_t> result;
    const std::int64_t n = shape_[axis];
    const bool cut = edge_items_ >= 0 && n > 2 * edge_items_;
    for (std::int64_t i = 0; i < (cut ? edge_items_ : n); ++i) result.push_back(i);
    if (!cut) return result;
    result.push_back(-1);
    for (std::int64_t i = n - edge_items_; i < n; ++i) result.push_back(i);
    return result;
  }

  // The number of elements, or of empty brackets, if at most `most` entries of each axis are shown; bounded.
  std::int64_t shown(std::int64_t most) const {
    std::int64_t count = 1;
    for (const std::int64_t size : shape_) {
      if (size == 0) break;
      count = std::min(count * std::min(size, most), most_shown + 1);
    }
    return count;
  }

  std::int64_t step(std::size_t axis) const {
    std::int64_t product = 1;
    for (std::size_t k = axis + 1; k < shape_.rank(); ++k)
      if (__builtin_mul_overflow(product, shape_[k], &product)) return 0;  // there are no elements
    return product;
  }

  template <class F>
  void visit(std::size_t axis, std::int64_t offset, F&& f) const {
    if (axis == shape_.rank()) return f(offset);
    for (std::int64_t i : places(axis))
      if (i >= 0) visit(axis + 1, offset + i * step(axis), f);
  }

  void print_axis(std::size_t axis, std::int64_t offset) {
    if (axis == shape_.rank()) {
      const std::string text = text_of(data_[offset]);
      out_ << std::string(width_ - text.size(), ' ') << text;
      return;
    }
    out_ << '[';
    bool first = true;
    for (std::int64_t i : places(axis)) {
      if (!first)
        out_ << (axis + 1 == shape_.rank()
                     ? ", "
                     : "," + std::string(shape_.rank() - axis - 1, '\n') + std::string(axis + 1, ' '));
      first = false;
      if (i < 0)
        out_ << "...";
      else
        print_axis(axis + 1, offset + i * step(axis));
    }
    out_ << ']';
  }

  const Shape& shape_;
  const T* data_;
  std::ostream& out_;
  // How many entries are shown at each end of a shortened axis; -1 if all are shown.
  std::int64_t edge_items_ = -1;
  std::size_t width_ = 0;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  if (!tensor.defined()) return out << "undefined tensor";
  detail::visit(tensor.dtype(), [&](auto type) { Printer<typename decltype(type)::type>(tensor, out).print(); });
  out << " shape " << tensor.shape() << ", " << tensor.dtype();
  if (const Node* node = Raw::node(tensor)) {
    if (node->is_leaf())
      out << ", requires_grad";
    else
      out << ", from " << node->name();
  }
  return out;
}

}  // namespace xgrad
