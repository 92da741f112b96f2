#include <xgrad/autograd/graph/tensor.hpp>

#include <algorithm>
#include <stdexcept>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/leaf.hpp>
#include <xgrad/autograd/graph/lost_writes.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/kernels/pointwise/convert.hpp>

namespace xgrad {
namespace {

void measure(const detail::Nested& entry, std::size_t depth, std::vector<std::int64_t>& sizes, DType& dtype) {
  if (!entry.is_list()) {
    if (depth != sizes.size())
      throw detail::argument_error("tensor: the nested list is ragged: a number stands where a list should");
    dtype = std::max(dtype, entry.number().dtype());
    return;
  }
  const auto n = static_cast<std::int64_t>(entry.entries().size());
  if (sizes.size() == depth) sizes.push_back(n);
  if (sizes[depth] != n)
    throw detail::argument_error("tensor: the nested list is ragged: lists of " + std::to_string(sizes[depth]) +
                                 " and of " + std::to_string(n) + " entries at depth " + std::to_string(depth));
  for (const detail::Nested& inner : entry.entries()) measure(inner, depth + 1, sizes, dtype);
}

std::size_t depth_of(const detail::Nested& entry) {
  return entry.is_list() ? 1 + (entry.entries().empty() ? 0 : depth_of(entry.entries().front())) : 0;
}

template <class T>
T* flatten(const detail::Nested& entry, T* to) {
  if (!entry.is_list()) {
    *to = entry.number().as<T>();
    return to + 1;
  }
  for (const detail::Nested& inner : entry.entries()) to = flatten(inner, to);
  return to;
}

Tensor from_nested(const detail::Nested& list, const DType* asked) {
  const detail::Calling calling("tensor");
  std::vector<std::int64_t> sizes;
  DType dtype = DType::boolean;
  measure(list, 0, sizes, dtype);
  if (sizes.size() != depth_of(list)) throw detail::argument_error("tensor: the nested list is ragged");
  const Shape shape(sizes);
  if (shape.count() == 0) dtype = DType::float64;
  Tensor result = Raw::uninitialized(shape, asked ? *asked : dtype);
  detail::visit(result.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    flatten(list, Raw::write<T>(result));
  });
  return result;
}

}  // namespace

namespace detail {

// A gradient may have a gradient, and so on: a loop, since a destructor that recursed would exhaust the stack.
void destroy(const Value* value) noexcept {
  while (value != nullptr) {
    auto* dead = const_cast<Value*>(value);
    // First: until then, backward in another thread may write the gradient, or take a handle of this tensor.
    if (dead->keeps_grad && !dead->end_ownership()) return;
    if (dead->had_leaf) dead->disown_former_leaves();
    const Value* grad = dead->grad.give_up();
    delete dead;
    value = grad != nullptr && was_last(grad->count) ? grad : nullptr;
  }
}

void refuse_empty(const char* what) {
  throw std::logic_error(
      std::string(caller_or(what)) +
      ": this tensor is empty: it was default-constructed, moved from, or is a gradient that does not exist yet");
}

void refuse_type(const char* what, DType asked, const Tensor& x) {
  throw detail::argument_error(std::string(caller_or(what)) + ": the tensor is " + name_of(x.dtype()) +
                               ", its elements were asked for as " + name_of(asked) +
                               ": use its own type, or convert it with to()");
}

Tensor adopt(void* data, Shape shape, DType dtype, std::shared_ptr<void> owner) {
  const std::size_t bytes = bytes_of(shape, dtype);
  return Raw::handle(Ref<Value>::adopt(new Value(shape, dtype, Storage::adopt(data, bytes, std::move(owner)), 0)));
}

Tensor converted(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return Raw::constant(tensor);
  Tensor result = Raw::uninitialized(tensor.shape(), dtype);
  visit(tensor.dtype(), [&](auto from) {
    visit(dtype, [&](auto to) {
      using From = typename decltype(from)::type;
      using To = typename decltype(to)::type;
      const From* elements = Raw::data<From>(tensor);
      const std::int64_t done = kernels::convert(elements, Raw::write<To>(result), tensor.size());
      if (done < tensor.size()) {
        const Calling calling("to");
        refuse_number_for<std::int64_t>(Number(elements[done]).text(), done);
      }
    });
  });
  return result;
}

}  // namespace detail

namespace {

Ref<Storage> storage_for(const Shape& shape, DType dtype) {
  const std::size_t bytes = detail::bytes_of(shape, dtype);
  try {
    return Storage::allocate(bytes);
  } catch (const std::bad_alloc&) {
    detail::refuse_memory(shape, dtype);
  }
}

}  // namespace

Tensor Tensor::uninitialized(const Shape& shape, DType dtype) {
  Ref<Storage> storage = storage_for(shape, dtype);
  return Tensor(Ref<detail::Value>::adopt(new detail::Value(shape, dtype, std::move(storage), 0)));
}

Tensor Tensor::make_number(DType dtype, double real, std::int64_t whole) {
  Tensor result = uninitialized(Shape(), dtype);
  detail::visit(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    *Raw::write<T>(result) = std::is_floating_point_v<T> ? static_cast<T>(real) : static_cast<T>(whole);
  });
  result.value_->weak = true;
  return result;
}

detail::Nested::Nested(std::initializer_list<Nested> entries) : list_(true), entries_(entries) {}

Tensor::Tensor(std::initializer_list<detail::Nested> entries) : Tensor(from_nested(entries, nullptr)) {}
Tensor::Tensor(std::initializer_list<detail::Nested> entries, DType dtype) : Tensor(from_nested(entries, &dtype)) {}

Tensor Tensor::alias(const Shape& shape, std::int64_t offset) const {
  const detail::Value& value = get();
  auto made = Ref<detail::Value>::adopt(new detail::Value(shape, value.dtype, value.storage, value.offset + offset));
  made->weak = value.weak;
  return Tensor(std::move(made));
}

Number Tensor::only_element() const {
  const detail::Calling calling("item");
  if (size() != 1)
    throw detail::argument_error(std::string(detail::caller_or("item")) +
                                 ": the tensor must hold one element, but has shape " + to_string(shape()));
  return detail::visit(dtype(), [&](auto type) { return Number(*Raw::data<typename decltype(type)::type>(*this)); });
}

void Tensor::check_view(DType asked) const {
  if (asked != dtype())
    throw detail::argument_error(std::string(detail::caller_or("view")) + ": the tensor is " + name_of(dtype()) +
                                 ", the view asked for is " + name_of(asked) +
                                 ": view it as its own type, or convert with to_xarray");
}

bool Tensor::requires_grad() const { return static_cast<bool>(get("requires_grad").node); }

bool Tensor::is_leaf() const {
  const detail::Value& value = get("is_leaf");
  return !value.node || value.node->is_leaf();
}

Tensor Tensor::requires_grad_(bool on) const {
  const detail::Calling calling("requires_grad_");
  detail::LeafChange::gradient(*this, on).commit();
  return *this;
}

Tensor Tensor::grad() const {
  const detail::Value& value = get("grad");
  if (!value.node) return Tensor(value.grad);
  return value.node->locked([&] { return Tensor(value.grad); });
}

void Tensor::set_grad(const Tensor& gradient) const {
  detail::Value& value = get("set_grad");
  if (gradient.defined()) {
    if (!value.node) throw std::logic_error("set_grad: this tensor does not require a gradient");
    if (&gradient.get() == &value)
      throw detail::argument_error("set_grad: a tensor cannot be its own gradient: pass its detach() or clone()");
    if (gradient.shape() != value.shape || gradient.dtype() != value.dtype)
      throw detail::argument_error("set_grad: the gradient is " + to_string(gradient.shape()) + " " +
                                   name_of(gradient.dtype()) + ", the tensor " + to_string(value.shape) + " " +
                                   name_of(value.dtype) + ": they must agree");
  }
  Ref<detail::Value> old = gradient.value_;
  if (!value.node)
    std::swap(value.grad, old);
  else
    value.node->locked([&] { std::swap(value.grad, old); });
}

void Tensor::retain_grad() const {
  const detail::Calling calling("retain_grad");
  if (!requires_grad()) throw std::logic_error("retain_grad: this tensor does not require a gradient");
  if (!is_leaf()) get().own_gradient();
}

HookHandle Tensor::register_hook(Hook hook) const {
  const detail::Calling calling("register_hook");
  if (!hook) throw detail::argument_error("register_hook: the hook is empty");
  if (!requires_grad()) throw std::logic_error("register_hook: this tensor does not require a gradient");
  return detail::add_hook(get().node->extras().hooks, std::move(hook));
}

Tensor Tensor::detach() const& {
  const Shape& own = get("detach").shape;
  static_cast<void>(read());  // a rule that goes on with the values alone loses their derivative
  return alias(own);
}
Tensor Tensor::detach() && {
  static_cast<void>(get("detach"));
  return detail::LostWrites(*this).mark(std::as_const(*this).detach());
}

void Tensor::refuse_lost_write(const char* op) const {
  if (!get(op).copied) return;
  throw std::logic_error(std::string(op) + ": the write would be lost: this temporary of shape " + to_string(shape()) +
                         " is a copy of a tensor or of a part of it: write the place itself with x.put({xt::all(), 1}, "
                         "values), or write to a clone() that has a name");
}

void Tensor::begin_write(const char* op, Source at) const {
  if (!value_ || (value_->node && grad_enabled())) {
    const detail::Calling calling(op, at);
    const Node& node = *get().node;
    const std::string what =
        node.is_leaf() ? "a leaf that requires a gradient" : "the recorded result of " + to_string(node);
    throw std::logic_error(std::string(detail::caller_or(op)) + ": " + what +
                           " cannot be written in place while ops are recorded: open a NoGrad scope");
  }
  value_->storage->wrote(at);
}

void Tensor::set_data(const Tensor& values) const& {
  const detail::Calling calling("set_data");
  detail::LeafChange::data("set_data", *this, values).commit();
}
void Tensor::set_data(const Tensor& values) && {
  const detail::Calling calling("set_data");
  const bool last = get().count.load(std::memory_order_acquire) == 1;
  detail::LeafChange change = detail::LeafChange::data("set_data", *this, values);
  if (last)
    throw std::logic_error(
        "set_data: the new values would be lost: this temporary of shape " + to_string(shape()) +
        " is the only handle of its tensor: write to the memory that it shares with copy_(), or name "
        "the tensor");
  change.commit();
}

}  // namespace xgrad
