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

constexpr std::int64_t edge_items = 3;      // shown at each end of a shortened axis
constexpr std::int64_t whole_up_to = 1000;  // elements of the largest tensor that is shown in full

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
      : shape_(tensor.shape()), data_(Raw::data<T>(tensor)), out_(out), cut_(tensor.size() > whole_up_to) {
    visit(0, 0, [this](std::int64_t i) { width_ = std::max(width_, text_of(data_[i]).size()); });
  }

  void print() { print_axis(0, 0); }

 private:
  std::vector<std::int64_t> places(std::size_t axis) const {
    std::vector<std::int64_t> result;
    const std::int64_t n = shape_[axis];
    for (std::int64_t i = 0; i < n; ++i) {
      if (cut_ && n > 2 * edge_items && i == edge_items) {
        result.push_back(-1);
        i = n - edge_items;
      }
      result.push_back(i);
    }
    return result;
  }

  std::int64_t step(std::size_t axis) const {
    std::int64_t product = 1;
    for (std::size_t k = axis + 1; k < shape_.rank(); ++k) product *= shape_[k];
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
  bool cut_;
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
