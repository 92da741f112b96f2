#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dtype.hpp>
#include <xgrad/autograd/graph/hook.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/nested.hpp>
#include <xgrad/autograd/graph/number.hpp>
#include <xgrad/autograd/graph/out_of_memory.hpp>
#include <xgrad/autograd/graph/print.hpp>
#include <xgrad/autograd/graph/ref.hpp>
#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/autograd/graph/slice.hpp>
#include <xgrad/autograd/graph/source.hpp>
#include <xgrad/autograd/graph/storage.hpp>
#include <xgrad/autograd/graph/value.hpp>
#include <xgrad/autograd/graph/xtensor.hpp>

namespace xgrad {

class Tensor;

/// What backward does with the graph it has walked: free it (the default), keep it for another walk, or keep it and
/// record the walk itself, so that the gradients can be differentiated again.
enum class Graph : std::uint8_t { release, retain, create };
inline constexpr Graph retain_graph = Graph::retain;
inline constexpr Graph create_graph = Graph::create;

namespace detail {

[[noreturn]] void refuse_empty(const char* what);
/// Throws std::invalid_argument: memory of this tensor was asked for as another type than its own.
[[noreturn]] void refuse_type(const char* what, DType asked, const Tensor& x);

}  // namespace detail

/// A function that receives a gradient and may return another one to replace it; an undefined result leaves it as it
/// is. It may not write to the gradient in place, whose memory other gradients may share: backward refuses that.
using Hook = std::function<Tensor(const Tensor&)>;

/// An array of numbers with, if it needs a gradient, a place in the graph. A handle: copying shares the values, the
/// gradient and the place. Always contiguous and row-major. float32 and float64 are differentiable; int64 and bool hold
/// labels, indices and masks. Handles may be copied and read from several threads; the caller must synchronise writes.
class Tensor {
 public:
  /// An empty handle: defined() is false and any use is an error.
  Tensor() noexcept = default;

  /// A number, rank 0. Weak: it takes the dtype of the tensor it is combined with (x * 2.0 keeps float32).
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  Tensor(T number)
      : Tensor(make_number(detail::dtype_for<T>(), static_cast<double>(number), detail::whole_or_0(number))) {}
  /// Nested braces: Tensor{1., 2.} and Tensor({{1., 2.}, {3., 4.}}). A ragged list is an error, and so is a number that
  /// the dtype asked for cannot hold.
  Tensor(std::initializer_list<detail::Nested> entries);
  Tensor(std::initializer_list<detail::Nested> entries, DType dtype);
  /// Any xtensor expression. A row-major xt::xarray that is moved in is not copied.
  template <class E, class = detail::IfExpression<E>>
  Tensor(E&& expression) : Tensor(detail::from_expression(std::forward<E>(expression))) {}
  template <class T, class A, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  Tensor(const std::vector<T, A>& numbers) : Tensor(uninitialized({numbers.size()}, detail::dtype_for<T>())) {
    auto* to = static_cast<detail::Stored<T>*>(raw_write());
    for (std::size_t i = 0; i < numbers.size(); ++i) to[i] = detail::stored<T>(numbers[i]);
  }

  Tensor(const Tensor& other) = default;
  Tensor(Tensor&& other) noexcept = default;
  Tensor& operator=(const Tensor& other) & = default;
  Tensor& operator=(Tensor&& other) & noexcept = default;
  template <class T>
  void operator=(T&&) && =
      delete;  // of x[0] or x(1, 2): write x.put({1, 2}, values), or copy_() all values of a tensor
  ~Tensor() = default;

  // ---- structure

  [[nodiscard]] bool defined() const noexcept { return static_cast<bool>(value_); }
  [[nodiscard]] const Shape& shape() const&;
  [[nodiscard]] Shape shape() &&;  ///< so that `for (auto n : matmul(a, b).shape())` is right
  [[nodiscard]] std::int64_t shape(Dim axis) const {
    const detail::Calling calling("shape");
    return shape().at(axis);
  }
  [[nodiscard]] std::size_t rank() const { return get("rank").shape.rank(); }
  /// The number of elements.
  [[nodiscard]] std::int64_t size() const;
  [[nodiscard]] DType dtype() const;
  /// Whether the dtype is weak: in promotion, the dtype of a tensor of the same category (bool, integer, floating) wins
  /// over it. True of C++ numbers and of what is computed from them alone.
  [[nodiscard]] bool weak() const;
  /// The only element, as a number; a tensor of another size is an error, and so is a number, NaN among them, that an
  /// integer type T cannot hold. item<bool>() is whether it is not 0.
  template <class T = double>
  [[nodiscard]] T item() const {
    static_assert(std::is_arithmetic_v<T>, "item<T>: T is a number");
    return detail::item_as<T>(only_element());
  }

  // ---- xtensor

  /// A read-only xtensor array over the same memory, which it keeps alive. T is float, double, int64_t or bool and
  /// must be the tensor's own.
  template <class T>
  [[nodiscard]] ArrayView<const T> view() const {
    static_assert(detail::is_stored<T>, "view<T>: T is float, double, std::int64_t or bool");
    const detail::Calling calling("view");
    check_view(detail::dtype_for<T>());
    return detail::make_view<const T>(storage(), static_cast<const T*>(read()), shape());
  }
  /// The same, writable. Counts as a write: a graph that saved the old values refuses to run backward. On what
  /// requires a gradient it needs a NoGrad scope.
  template <class T>
  ArrayView<T> mutable_view(Source at = Source::here()) & {
    static_assert(detail::is_stored<T>, "mutable_view<T>: T is float, double, std::int64_t or bool");
    const detail::Calling calling("mutable_view", at);
    check_view(detail::dtype_for<T>());
    begin_write("mutable_view", at);
    return detail::make_view<T>(storage(), static_cast<T*>(raw_write()), shape());
  }
  template <class T>
  ArrayView<T> mutable_view(Source at = Source::here()) && {
    refuse_lost_write("mutable_view");
    return mutable_view<T>(at);
  }
  /// A copy, converted to T; an element that an integer type T cannot hold is an error.
  template <class T>
  [[nodiscard]] xt::xarray<T> to_xarray() const {
    return detail::copy_out<T>(*this);
  }

  // ---- gradients

  [[nodiscard]] bool requires_grad() const;
  /// Makes this tensor a leaf that collects gradients (or stops it). Only float32 and float64 can; an inner node of a
  /// graph always requires its gradient. To switch a leaf off and on again makes another leaf of it: backward of a
  /// graph from before refuses, as it would lose the gradient. While it is off, its gradient is not wanted, and
  /// dropped.
  Tensor requires_grad_(bool on = true) const;
  /// Whether no op made this tensor.
  [[nodiscard]] bool is_leaf() const;
  /// The gradient that backward left here: same shape and dtype as the tensor. Undefined before the first backward.
  [[nodiscard]] Tensor grad() const;
  /// Sets the gradient, or clears it when `gradient` is undefined. Shape and dtype must agree.
  void set_grad(const Tensor& gradient) const;
  /// Keeps this inner node's gradient in grad() at the next backward.
  void retain_grad() const;
  /// Calls `hook` with the complete gradient of this tensor in every later backward. The tensor holds its hooks: one
  /// that captures this same tensor keeps a leaf alive for ever; it may capture detach(). The handle removes the hook.
  HookHandle register_hook(Hook hook) const;
  /// Adds the gradient of this scalar with respect to every leaf into that leaf's grad().
  ///
  /// Errors, before any gradient has changed: a root that is not one element (pass a seed), one that needs no gradient,
  /// a graph that was freed, a saved value that was written since, a leaf that was replaced since (requires_grad_,
  /// set_data).
  void backward(Graph graph = Graph::release) const;
  /// The same for a root of any shape: `seed` is the gradient of the final scalar with respect to it.
  void backward(Tensor seed, Graph graph = Graph::release) const;
  void backward(bool) const = delete;
  /// The same values without a place in the graph. Shares the storage. In a rule of record() this is a read of raw
  /// numbers: under create_graph it is refused, unless the rule is once_differentiable().
  [[nodiscard]] Tensor detach() const&;
  [[nodiscard]] Tensor detach() &&;

  // ---- selection (autograd/ops/slicing.hpp says more). Of two overloads, the && one is for temporaries.

  /// One index or slice per axis: integers (negative from the end), xt::all(), xt::range(a, b, step), xt::keep(i, j,
  /// ...), xt::drop(i, j, ...), xt::newaxis(), xt::ellipsis(). Axes that are not indexed are kept whole. Shares memory
  /// if integers, then at most one range of step 1, then only whole axes are named; else the result is a copy. An
  /// unsigned index from 2^63 on, such as i - 1 where i is 0, is an error; but xt::range(0, i - 1), xt::keep(i - 1) and
  /// xt::drop(i - 1) make -1 of it before it gets here, unlike keep() and drop() of a container.
  ///
  /// An int64 tensor of indices takes the place of an axis by its own axes: x(xt::all(), i) for i of shape (2, 3) has
  /// shape (n, 2, 3, ...). Several broadcast to each other and are read together: x(i, j) holds x[i[k], j[k]]; their
  /// axes come first if other axes lie between them. As in PyTorch, integers and tensors of rank 0 are read before:
  /// x(0, xt::all(), i) is x[0](xt::all(), i), where NumPy puts the axes of i first. A bool tensor of r axes stands for
  /// the indices of its true elements in r axes of x, of which it has the sizes. Gradients of repeated indices are
  /// added.
  [[nodiscard]] Tensor operator()() const { return slice({}); }
  template <class... I>
  [[nodiscard]] Tensor operator()(detail::FirstSlice first, const I&... index) const& {
    return slice(slices(first, index...), first.at);
  }
  template <class... I>
  [[nodiscard]] Tensor operator()(detail::FirstSlice first, const I&... index) && {
    return std::move(*this).slice(slices(first, index...), first.at);
  }
  /// Row i: axis 0 disappears. Shares memory.
  Tensor operator[](detail::Row row) const& { return select(0, row.index, row.at); }
  Tensor operator[](detail::Row row) && { return std::move(*this).select(0, row.index, row.at); }
  /// The rows that the indices in an int64 tensor select: y[i, j, ...] = x[rows[i, j], ...]; of a bool tensor, those
  /// where it is true, which is masked_select() for one of the shape of x. A copy.
  Tensor operator[](const detail::Rows& rows) const&;
  Tensor operator[](const detail::Rows& rows) &&;
  Tensor operator[](std::initializer_list<std::int64_t>) const = delete;  // an element in xtensor, a gather in NumPy
  Tensor slice(const std::vector<detail::Slice>& index, Source at = Source::here()) const&;
  Tensor slice(const std::vector<detail::Slice>& index, Source at = Source::here()) &&;

  /// Writes the values, a number or a tensor that broadcasts, into the place that the index names, as in
  /// x.put({xt::all(), 1}, 0). Where nothing has to be recorded it writes the memory, which every handle sees. Where
  /// this tensor is a recorded result, or the values require a gradient, it is x = put(x, index, values): recorded, and
  /// seen by this handle alone. A leaf that requires a gradient is refused while ops are recorded. Of an index that
  /// tensors repeat, the last value in row-major order stays; with Accumulate::yes all values are added to what is
  /// there.
  Tensor& put(const Index& index, const Tensor& values, Accumulate accumulate = Accumulate::no,
              Source at = Source::here()) &;
  const Tensor& put(const Index& index, const Tensor& values, Accumulate accumulate = Accumulate::no,
                    Source at = Source::here()) const&;
  Tensor put(const Index& index, const Tensor& values, Accumulate accumulate = Accumulate::no,
             Source at = Source::here()) &&;

  // ---- the most common ops; every other op is a free function

  [[nodiscard]] Tensor sum(Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here()) const;
  [[nodiscard]] Tensor mean(Axes axes = {}, KeepDims keep = KeepDims::no, Source at = Source::here()) const;
  [[nodiscard]] Tensor reshape(const NewShape& shape, Source at = Source::here()) const&;
  [[nodiscard]] Tensor reshape(const NewShape& shape, Source at = Source::here()) &&;
  [[nodiscard]] Tensor transpose(Source at = Source::here()) const&;
  [[nodiscard]] Tensor transpose(Source at = Source::here()) &&;
  [[nodiscard]] Tensor to(DType dtype, Source at = Source::here()) const;
  [[nodiscard]] Tensor clone(Source at = Source::here()) const;
  [[nodiscard]] Tensor select(Dim axis, Dim index, Source at = Source::here()) const&;
  [[nodiscard]] Tensor select(Dim axis, Dim index, Source at = Source::here()) &&;
  [[nodiscard]] Tensor matmul(const Tensor& other, Source at = Source::here()) const;
  [[nodiscard]] Tensor exp(Source at = Source::here()) const;
  [[nodiscard]] Tensor log(Source at = Source::here()) const;

  // ---- PyTorch's names for what has another name here (docs/pytorch.md; functions are in
  // autograd/ops/torch_names.hpp)

  [[nodiscard]] std::int64_t size(Dim axis) const { return shape(axis); }
  [[nodiscard]] std::int64_t dim() const { return static_cast<std::int64_t>(rank()); }
  [[nodiscard]] std::int64_t numel() const { return size(); }
  [[nodiscard]] Tensor t(Source at = Source::here()) const&;
  [[nodiscard]] Tensor t(Source at = Source::here()) &&;
  [[nodiscard]] Tensor transpose(Dim a, Dim b, Source at = Source::here()) const&;
  [[nodiscard]] Tensor transpose(Dim a, Dim b, Source at = Source::here()) &&;
  [[nodiscard]] Tensor permute(const std::vector<std::int64_t>& order, Source at = Source::here()) const&;
  [[nodiscard]] Tensor permute(const std::vector<std::int64_t>& order, Source at = Source::here()) &&;
  [[nodiscard]] Tensor permute(std::initializer_list<Dim> order, Source at = Source::here()) const&;
  [[nodiscard]] Tensor permute(std::initializer_list<Dim> order, Source at = Source::here()) &&;
  [[nodiscard]] Tensor expand(const NewShape& shape, Source at = Source::here()) const;
  [[nodiscard]] Tensor squeeze(Dim axis, Source at = Source::here()) const&;
  [[nodiscard]] Tensor squeeze(Dim axis, Source at = Source::here()) &&;
  [[nodiscard]] Tensor unsqueeze(Dim axis, Source at = Source::here()) const&;
  [[nodiscard]] Tensor unsqueeze(Dim axis, Source at = Source::here()) &&;

  // ---- writes in place, which every handle of the storage sees and which are never recorded: while recording is on,
  // neither the tensor nor the values may require a gradient. They return this tensor. A temporary that is a copy of a
  // part of another tensor, as in x(xt::all(), 1).fill_(7), is refused, since nobody would see the write: see put().

  Tensor copy_(const Tensor& values, Source at = Source::here()) const&;
  Tensor fill_(Number number, Source at = Source::here()) const&;
  Tensor zero_(Source at = Source::here()) const& {
    const detail::Calling calling("zero_", at);
    return fill_(0, at);
  }
  Tensor add_(const Tensor& other, Number scale = 1, Source at = Source::here()) const&;
  Tensor mul_(const Tensor& factor, Source at = Source::here()) const&;
  Tensor copy_(const Tensor& values, Source at = Source::here()) && {
    refuse_lost_write("copy_");
    return copy_(values, at);
  }
  Tensor fill_(Number number, Source at = Source::here()) && {
    refuse_lost_write("fill_");
    return fill_(number, at);
  }
  Tensor zero_(Source at = Source::here()) && {
    refuse_lost_write("zero_");
    return fill_(0, at);
  }
  Tensor add_(const Tensor& other, Number scale = 1, Source at = Source::here()) && {
    refuse_lost_write("add_");
    return add_(other, scale, at);
  }
  Tensor mul_(const Tensor& factor, Source at = Source::here()) && {
    refuse_lost_write("mul_");
    return mul_(factor, at);
  }
  /// Gives every handle of this tensor new values, perhaps of another shape or dtype; the gradient is dropped. If shape
  /// or dtype change, this is another leaf: backward of a graph from before refuses, as it would lose the gradient.
  void set_data(const Tensor& values) const&;
  void set_data(const Tensor& values) &&;

 private:
  friend class Raw;
  // See Raw.
  static Tensor uninitialized(const Shape& shape, DType dtype);
  Tensor alias(const Shape& shape, std::int64_t offset = 0) const;
  const void* raw() const;
  const void* read() const;
  void* raw_write() const { return const_cast<void*>(raw()); }
  const Ref<Storage>& storage() const;
  void begin_write(const char* op, Source at) const;
  void refuse_lost_write(const char* op) const;
  Node* node() const noexcept;
  explicit Tensor(Ref<detail::Value> value) noexcept : value_(std::move(value)) {}

  template <class... I>
  static std::vector<detail::Slice> slices(const detail::FirstSlice& first, const I&... index) {
    const detail::Calling calling("slice", first.at);
    return {first.slice, detail::Slice(index)...};
  }
  static Tensor make_number(DType dtype, double real, std::int64_t whole);
  Number only_element() const;
  void check_view(DType asked) const;
  /// `what` begins the error of an empty handle where no op has a scope.
  detail::Value& get(const char* what = "tensor") const;

  Ref<detail::Value> value_;
};

// Inline, since every op calls these accessors many times.
inline detail::Value& Tensor::get(const char* what) const {
  if (!value_) detail::refuse_empty(what);
  return *value_;
}
inline const Shape& Tensor::shape() const& { return get("shape").shape; }
inline Shape Tensor::shape() && { return get("shape").shape; }
inline std::int64_t Tensor::size() const { return get("size").shape.count(); }
inline DType Tensor::dtype() const { return get("dtype").dtype; }
inline bool Tensor::weak() const { return get("weak").weak; }
inline const Ref<Storage>& Tensor::storage() const { return get().storage; }
inline Node* Tensor::node() const noexcept { return value_ ? value_->node.get() : nullptr; }
inline const void* Tensor::raw() const {
  const detail::Value& value = get();
  return static_cast<const char*>(value.storage->data()) +
         static_cast<std::size_t>(value.offset) * size_of(value.dtype);
}
inline const void* Tensor::read() const {
  if (detail::thread_state.watch != 0) detail::note_raw_read(get());
  return raw();
}

/// Access to the internals of a Tensor for writers of ops: memory, storage, node. Programs that only compute with
/// tensors do not need it.
class Raw {
 public:
  /// A new tensor whose elements are uninitialised.
  static Tensor uninitialized(const Shape& shape, DType dtype) { return Tensor::uninitialized(shape, dtype); }
  /// The elements, row-major; T is the C++ type of the dtype, another is an error. In a rule this read is not recorded:
  /// under create_graph it is refused, unless the rule is once_differentiable().
  template <class T>
  static const T* data(const Tensor& x) {
    const void* elements = x.read();
    if (detail::dtype_for<T>() != x.get().dtype) detail::refuse_type("data", detail::dtype_for<T>(), x);
    return static_cast<const T*>(elements);
  }
  /// The elements, or null if x is undefined: of an operand that may be left out.
  template <class T>
  static const T* data_or_null(const Tensor& x) {
    return x.defined() ? data<T>(x) : nullptr;
  }
  /// The elements for writing: by an op, to its own new result.
  template <class T>
  static T* write(const Tensor& y) {
    void* elements = y.raw_write();
    if (detail::dtype_for<T>() != y.get().dtype) detail::refuse_type("write", detail::dtype_for<T>(), y);
    return static_cast<T*>(elements);
  }
  static const void* bytes(const Tensor& x) { return x.read(); }
  /// The same within an op's detail::Timed, where reads are never the rule's own.
  static const void* operand(const Tensor& x) { return x.raw(); }
  static void* write_bytes(const Tensor& y) { return y.raw_write(); }
  /// A tensor over the same storage, with another shape of as many elements or fewer.
  static Tensor alias(const Tensor& x, const Shape& shape, std::int64_t offset = 0) {
    static_cast<void>(x.read());
    return x.alias(shape, offset);
  }
  /// The same values as a constant, for a rule whose result does not vary with them. Unlike detach(), which in a rule
  /// counts as a read of raw numbers, it does not keep the rule from being differentiated again.
  static Tensor constant(const Tensor& x) { return x.alias(x.shape()); }
  /// The block of memory, which other tensors may share, and its version.
  static const Ref<Storage>& storage(const Tensor& x) { return x.storage(); }
  /// Must precede a write in place: throws if the tensor requires a gradient, as a leaf or a result, while recording is
  /// on; else raises the version.
  static void begin_write(const Tensor& x, const char* op, Source at) { x.begin_write(op, at); }
  /// Throws if x, given to a function that writes it, is the temporary of which nobody would see the write.
  static void refuse_lost_write(const Tensor& x, const char* op) {
    if (x.defined() && x.value_->count.load(std::memory_order_acquire) == 1) x.refuse_lost_write(op);
  }
  /// Marks the dtype as weak, or not (Tensor::weak).
  static void mark_weak(const Tensor& x, bool weak) { x.get().weak = weak; }
  /// The node that made the tensor, or its leaf; null where it needs no gradient.
  static Node* node(const Tensor& x) noexcept { return x.node(); }
  /// The Value that all handles of a tensor share, a new handle of a Value, and the Value of a handle that is given up.
  static detail::Value* value(const Tensor& x) noexcept { return x.value_.get(); }
  static Tensor handle(Ref<detail::Value> value) noexcept { return Tensor(std::move(value)); }
  static Ref<detail::Value> take_value(Tensor x) noexcept { return std::move(x.value_); }
};

namespace detail {

struct Rows {
  Rows(const Tensor& indices, Source line = Source::here()) : tensor(indices), at(line) {}
  template <class E, class = IfExpression<E>>
  Rows(E&& indices, Source line = Source::here()) : tensor(std::forward<E>(indices)), at(line) {}

  Tensor tensor;
  Source at;
};

/// Whether I is an integer type that may stand for an axis or an index.
template <class I>
using IfIndex = std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>, int>;

/// Whether T is Tensor or derives from it.
template <class T>
inline constexpr bool is_tensor = std::is_base_of_v<Tensor, std::decay_t<T>>;

/// Whether this handle is the only owner of the tensor's memory, so that the memory may be reused.
inline bool alone(const Tensor& x) noexcept {
  const Value* value = Raw::value(x);
  return value->count.load(std::memory_order_acquire) == 1 && value->storage->use_count() == 1;
}

Tensor adopt(void* data, Shape shape, DType dtype, std::shared_ptr<void> owner);
/// The elements converted to `dtype`, as a tensor of that dtype.
Tensor converted(const Tensor& tensor, DType dtype);

template <class E>
Tensor from_expression(E&& expression) {
  using Array = std::decay_t<E>;
  using T = std::decay_t<typename Array::value_type>;
  static_assert(std::is_arithmetic_v<T>, "a tensor is made from an expression of numbers or bools");
  using S = Stored<T>;
  constexpr bool movable = !std::is_lvalue_reference_v<E> && !std::is_const_v<std::remove_reference_t<E>> &&
                           std::is_same_v<Array, xt::xarray<T>> && is_stored<T>;
  if constexpr (movable) {
    auto owner = std::make_shared<Array>(std::move(expression));
    void* data = owner->data();
    Shape shape(owner->shape());
    return adopt(data, std::move(shape), dtype_for<T>(), std::move(owner));
  } else {
    Tensor result = Raw::uninitialized(Shape(expression.shape()), dtype_for<T>());
    S* to = Raw::write<S>(result);
    std::transform(expression.template begin<xt::layout_type::row_major>(),
                   expression.template end<xt::layout_type::row_major>(), to,
                   [](const auto& x) { return stored<T>(x); });
    return result;
  }
}

// Of a tensor whose elements are of type S.
template <class T, class S>
xt::xarray<T> copy_converted(const Tensor& same) {
  const Shape& shape = same.shape();
  std::vector<std::size_t> sizes(shape.begin(), shape.end());
  xt::xarray<T> result = xt::xarray<T>::from_shape(sizes);
  const S* from = Raw::data<S>(same);
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, S>)
    std::transform(from, from + shape.count(), result.data(), [](S x) { return Number(x).as<T>(); });
  else
    std::transform(from, from + shape.count(), result.data(), [](S x) { return static_cast<T>(x); });
  return result;
}

template <class T>
xt::xarray<T> copy_out(const Tensor& tensor) {
  const Calling calling("to_xarray");
  static_cast<void>(Raw::bytes(tensor));           // counts as a raw read (RuleWatch), even before a conversion
  if constexpr (std::is_same_v<T, std::uint64_t>)  // which holds numbers that int64 does not
    if (is_floating(tensor.dtype())) return copy_converted<T, double>(converted(tensor, float64));
  return copy_converted<T, Stored<T>>(converted(tensor, dtype_for<T>()));
}

}  // namespace detail
}  // namespace xgrad
