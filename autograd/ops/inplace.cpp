#include <xgrad/autograd/ops/inplace.hpp>

// Writing in place: the values change for every handle of the storage, and nothing is recorded.

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

// A write in place is not recorded, so the gradients of values that require one would silently be lost.
void require_no_history(const char* op, const Tensor& values) {
  if (grad_enabled() && values.requires_grad())
    throw std::logic_error(std::string(op) +
                           ": a write in place is not recorded, and the values require a gradient: pass their "
                           "detach(), or open a NoGrad scope");
}

void require_fitting_shape(const char* op, const Tensor& target, const Tensor& values) {
  if (!broadcasts_to(values.shape(), target.shape()))
    throw detail::argument_error(std::string(op) + ": cannot write values of shape " + to_string(values.shape()) +
                                 " into shape " + to_string(target.shape()));
}

// The number as a tensor of rank 0.
Tensor of_number(const Number& number) {
  return number.is_whole() ? Tensor(number.as<std::int64_t>()) : Tensor(number.real());
}

// The values converted and broadcast to the dtype and shape of `target`; a shape that does not broadcast is an error.
Tensor fitted(const char* op, const Tensor& target, const Tensor& values) {
  const Tensor both[] = {target, values};
  detail::require_defined(op, both, 2);
  require_no_history(op, values);
  require_fitting_shape(op, target, values);
  NoGrad off;
  return broadcast_to(detail::converted(values, target.dtype()), target.shape());
}

void overwrite(const char* op, const Tensor& target, const Tensor& values, Source at) {
  const Tensor same = fitted(op, target, values);
  Raw::begin_write(target, op, at);
  const detail::ObservedWrite observed(op, at, target, &values, 1);
  std::memmove(Raw::write_bytes(target), Raw::bytes(same),
               static_cast<std::size_t>(target.size()) * size_of(target.dtype()));
  observed.done();
}

/// Whether an operator in place divides, so that integers promote to a floating dtype.
enum class Quotient : bool { no, yes };

// A result of a higher category (bool, integer, floating) than the tensor it is written to would lose what makes it so.
void require_room_for_result(const char* op, const Tensor& a, const Tensor& b, Quotient quotient) {
  const Tensor both[] = {a, b};
  const DType result = detail::promote(both, 2, quotient == Quotient::yes);
  const bool lost = is_floating(result) ? !is_floating(a.dtype()) : result != boolean && a.dtype() == boolean;
  if (!lost) return;
  throw detail::argument_error(std::string(op) + ": the result is " + name_of(result) +
                               ", which cannot be written into " + name_of(a.dtype()) + " " + to_string(a.shape()) +
                               ": make a new tensor of the result, or convert with to()");
}

template <class F>
Tensor unrecorded(F&& f) {
  NoGrad off;
  return f();
}

// f(a, b), which must have the shape of a.
template <class F>
Tensor result_for(const char* op, const Tensor& a, const Operand& b, F&& f) {
  if (broadcast_shapes(op, a.shape(), b.tensor().shape()) != a.shape())
    throw detail::argument_error(std::string(op) + ": cannot write values of shape " + to_string(b.tensor().shape()) +
                                 " into shape " + to_string(a.shape()));
  return unrecorded([&] { return f(a, b.tensor()); });
}

template <class F>
Tensor& assign(const char* op, Tensor& a, Operand& b, F&& f, Quotient quotient = Quotient::no) {
  const detail::Calling calling(op, b.at);
  const Tensor both[] = {a, b.tensor()};
  detail::require_defined(op, both, 2);
  if (grad_enabled() && (a.requires_grad() || b.tensor().requires_grad())) return a = f(a, b.tensor());
  const bool gives_way = a.weak() && !a.requires_grad();
  if (!gives_way) require_room_for_result(op, a, b.tensor(), quotient);
  const Tensor result = result_for(op, a, b, f);
  // A number takes the dtype of its result, as a count that becomes a fraction does, and every handle sees that too.
  // One that collects gradients keeps its dtype.
  if (gives_way && result.dtype() != a.dtype())
    a.set_data(result);
  else
    overwrite(op, a, result, b.at);
  if (gives_way) Raw::mark_weak(a, result.weak());
  return a;
}

[[noreturn]] void refuse_lost_result(const char* op, const Tensor& a, const char* why) {
  throw std::logic_error(std::string(op) + ": the result of this assignment to a temporary of shape " +
                         to_string(a.shape()) + " would be lost, since it " + why);
}

// For a temporary, such as a row x[0]: it must share memory with a tensor that somebody else holds.
template <class F>
Tensor assign_temporary(const char* op, Tensor a, Operand& b, F&& f, Quotient quotient = Quotient::no) {
  const detail::Calling calling(op, b.at);
  const bool alone = a.defined() && detail::alone(a);
  const Tensor both[] = {a, b.tensor()};
  detail::require_defined(op, both, 2);
  if (grad_enabled() && (a.requires_grad() || b.tensor().requires_grad()))
    refuse_lost_result(op, a, "would be recorded: write x.put(index, values), or open a NoGrad scope");
  if (Raw::value(a)->copied || alone)
    refuse_lost_result(
        op, a,
        "is a copy that nobody else holds: write a place of x with x.put({xt::all(), 1}, values), or give "
        "the temporary a name");
  require_room_for_result(op, a, b.tensor(), quotient);
  overwrite(op, a, result_for(op, a, b, f), b.at);
  return a;
}

}  // namespace

Tensor& operator+=(Tensor& a, Operand b) {
  return assign("add", a, b, [&](const Tensor& x, const Tensor& y) { return add(x, y, b.at); });
}
Tensor& operator-=(Tensor& a, Operand b) {
  return assign("sub", a, b, [&](const Tensor& x, const Tensor& y) { return sub(x, y, b.at); });
}
Tensor& operator*=(Tensor& a, Operand b) {
  return assign("mul", a, b, [&](const Tensor& x, const Tensor& y) { return mul(x, y, b.at); });
}
Tensor& operator/=(Tensor& a, Operand b) {
  return assign(
      "div", a, b, [&](const Tensor& x, const Tensor& y) { return div(x, y, b.at); }, Quotient::yes);
}

Tensor operator+=(Tensor&& a, Operand b) {
  return assign_temporary("add", std::move(a), b, [&](const Tensor& x, const Tensor& y) { return add(x, y, b.at); });
}
Tensor operator-=(Tensor&& a, Operand b) {
  return assign_temporary("sub", std::move(a), b, [&](const Tensor& x, const Tensor& y) { return sub(x, y, b.at); });
}
Tensor operator*=(Tensor&& a, Operand b) {
  return assign_temporary("mul", std::move(a), b, [&](const Tensor& x, const Tensor& y) { return mul(x, y, b.at); });
}
Tensor operator/=(Tensor&& a, Operand b) {
  return assign_temporary(
      "div", std::move(a), b, [&](const Tensor& x, const Tensor& y) { return div(x, y, b.at); }, Quotient::yes);
}

namespace detail {
namespace {

template <class F>
void update(const Tensor& x, const Tensor& by, const F& f) {
  const DType dtype = x.dtype();
  void* const y = elements(x);
  const void* in[] = {y, elements(by)};
  same_shape_pass(&f, body_of<2, F>(dtype), in, 2, dtype, y, dtype, x.size());
}

}  // namespace

void accumulate(const Tensor& sum, const Tensor& x, Source at) {
  if (Raw::storage(x) == Raw::storage(sum) && elements(x) != elements(sum))
    return accumulate(sum, unrecorded([&] { return clone(x, at); }), at);
  Raw::storage(sum)->wrote(at);
  update(sum, x, [](auto a, auto b) { return a + b; });
}

}  // namespace detail

Tensor Tensor::copy_(const Tensor& values, Source at) const& {
  const detail::Calling calling("copy_", at);
  overwrite("copy_", *this, values, at);
  return *this;
}

Tensor Tensor::fill_(Number number, Source at) const& {
  const detail::Calling calling("fill_", at);
  detail::require_range(number.real(), dtype(), "fill_");
  detail::visit(dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T value = number.as<T>();
    Raw::begin_write(*this, "fill_", at);
    std::fill_n(Raw::write<T>(*this), size(), value);
  });
  return *this;
}

Tensor Tensor::add_(const Tensor& other, Number number, Source at) const& {
  const detail::Calling calling("add_", at);
  const Tensor both[] = {*this, other};
  detail::require_defined("add_", both, 2);
  require_no_history("add_", other);
  const double scale = number.real();
  const bool apart = Raw::storage(other) != Raw::storage(*this) || Raw::bytes(other) == Raw::bytes(*this);
  if (is_floating(dtype()) && other.dtype() == dtype() && other.shape() == shape() && apart) {
    Raw::begin_write(*this, "add_", at);
    const detail::ObservedWrite observed("add_", at, *this, both, 2);
    detail::update(*this, other, [scale](auto a, auto b) { return a + scale * b; });
    observed.done();
    return *this;
  }
  require_fitting_shape("add_", *this, other);
  // Whole numbers that are added to floating ones are scaled as such: a product in int64 might overflow.
  const Tensor term = is_floating(dtype()) && !is_floating(other.dtype()) ? detail::converted(other, dtype()) : other;
  const Tensor step = unrecorded([&] { return scale == 1 ? term : mul(term, of_number(number), at); });
  require_room_for_result("add_", *this, step, Quotient::no);
  const Tensor sum = unrecorded([&] { return add(*this, step, at); });
  overwrite("add_", *this, sum, at);
  return *this;
}

Tensor Tensor::mul_(const Tensor& factor, Source at) const& {
  const Tensor both[] = {*this, factor};
  detail::require_defined("mul_", both, 2);
  const detail::Calling calling("mul_", at);
  require_no_history("mul_", factor);
  require_fitting_shape("mul_", *this, factor);
  require_room_for_result("mul_", *this, factor, Quotient::no);
  const Tensor product = unrecorded([&] { return mul(*this, factor, at); });
  overwrite("mul_", *this, product, at);
  return *this;
}

}  // namespace xgrad
