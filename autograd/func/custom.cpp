#include <xgrad/autograd/func/custom.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>

#include <xgrad/autograd/engine/forward.hpp>
#include <xgrad/autograd/engine/range.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/graph/watch.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/kernels/runtime/ending.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/reduction.hpp>

namespace xgrad::func {
namespace detail {
namespace {

using xgrad::detail::Edge;

// Where a saved tensor comes from.
struct Origin {
  enum Kind : std::uint8_t { input, output, other } kind;
  std::size_t place;
};

class CustomNode final : public Node {
 public:
  CustomNode(std::shared_ptr<const CustomFunction> function, Source at, const Tensor& y, const Tensors& inputs,
             const Context& context)
      : CustomNode(std::move(function), at, y, inputs, context, std::make_unique<Edge[]>(inputs.size())) {}

  void pull(const Tensor& g, Needs, Tensor* out) override {
    Tensors found;
    if (!grad_enabled()) {
      Context context = restored();
      found = called(context, g);
    } else if (function_->once) {
      {
        const NoGrad off;
        Context context = restored();
        found = called(context, g);
      }
      for (Tensor& one : found)
        if (one.defined()) one = xgrad::detail::differentiable_once(*this, std::move(one), g);
    } else {
      const xgrad::detail::RuleWatch watch;
      Context context = restored();
      found = called(context, g);
      watch.check(found.data(), found.size(), g);
    }
    for (std::size_t i = 0; i < found.size(); ++i)
      if (edges()[i].node) out[i] = std::move(found[i]);
  }

  Push push(std::size_t i, const Tensor* t, std::size_t, Tensor* out) override {
    if (!function_->jvp) return Push::transposed;
    if (t == nullptr) return Push::direct;
    Tensors tangents;
    for (std::size_t k = 0; k < edge_count(); ++k) tangents.push_back(k == i ? *t : zero_tangent(k));
    if (!grad_enabled()) {
      Context context = restored();
      *out = function_->jvp(context, tangents);
    } else {
      const xgrad::detail::RuleWatch watch;
      Context context = restored();
      *out = function_->jvp(context, tangents);
      watch.check(out, 1, *t);
    }
    return Push::direct;
  }

 protected:
  void clear_kept() noexcept override {
    others_.clear();
    data_.reset();
  }

 private:
  CustomNode(std::shared_ptr<const CustomFunction> function, Source at, const Tensor& y, const Tensors& inputs,
             const Context& context, std::unique_ptr<Edge[]> made)
      : Node(function->name, at, y, made.get(), inputs.size()),
        edge_(std::move(made)),
        function_(std::move(function)),
        data_(context.data) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (Raw::node(inputs[i]) != nullptr) edge_[i].node = Ref<Node>(Raw::node(inputs[i]));
    for (const Tensor& saved : context.saved()) keep(saved, y, inputs);
    if (function_->jvp) {
      for (const Tensor& each : inputs) {
        shapes_.push_back(each.shape());
        dtypes_.push_back(is_floating(each.dtype()) ? each.dtype() : y.dtype());
      }
    }
    number_after_inputs();
  }

  // Of an argument along which there is no tangent, or one that is not differentiated.
  Tensor zero_tangent(std::size_t i) const { return zeros(shapes_[i], dtypes_[i]); }

  void keep(const Tensor& saved, const Tensor& y, const Tensors& inputs) {
    const auto is_saved = [&](const Tensor& x) { return Raw::value(x) == Raw::value(saved); };
    const auto found = std::find_if(inputs.begin(), inputs.end(), is_saved);
    if (found != inputs.end()) {
      const auto place = static_cast<std::size_t>(found - inputs.begin());
      if (!edge_[place].saved.defined()) edge_[place].saved.keep_input(*found, false);
      origins_.push_back({Origin::input, place});
    } else if (is_saved(y)) {
      keep_output(y);
      origins_.push_back({Origin::output, 0});
    } else {
      origins_.push_back({Origin::other, others_.size()});
      others_.push_back(saved.defined() ? saved.detach() : saved);
    }
  }

  Context restored() const {
    Context context;
    context.data = data_;
    Tensors saved;
    for (const Origin& origin : origins_)
      saved.push_back(origin.kind == Origin::input    ? input(origin.place)
                      : origin.kind == Origin::output ? output()
                                                      : others_[origin.place]);
    context.save_for_backward(std::move(saved));
    return context;
  }

  Tensors called(Context& context, const Tensor& g) const {
    const Ref<Storage> memory = Raw::storage(g);
    const std::uint32_t version = memory->version();
    Tensors found = function_->backward(context, g);
    if (memory->version() != version)
      throw std::logic_error("its backward wrote to the gradient that it was given in place at " +
                             to_string(memory->last_write()) +
                             ": other gradients may share its memory: return a new tensor, such as g * 2");
    if (found.size() != edge_count())
      throw std::logic_error("its backward gave " + std::to_string(found.size()) + " gradients for " +
                             std::to_string(edge_count()) + " tensors: one for each, undefined where there is none");
    return found;
  }

  std::unique_ptr<Edge[]> edge_;
  std::shared_ptr<const CustomFunction> function_;
  std::vector<Origin> origins_;
  std::vector<Shape> shapes_;  // of the arguments, for jvp
  std::vector<DType> dtypes_;  // of their tangents
  Tensors others_;
  std::any data_;
};

struct Names {
  std::mutex mutex;
  std::set<std::string> all;
};

Names& lasting_names() {
  static auto* names = [] {  // never destroyed: nodes may end after it would be
    auto* made = new Names;
    xgrad::detail::hold_across_fork(made->mutex);
    return made;
  }();
  return *names;
}

// Made before there are threads: a child of fork() would wait for ever for a thread that is making them.
const bool made = (lasting_names(), true);

}  // namespace

const char* lasting_name(const std::string& text) {
  Names& names = lasting_names();
  const std::scoped_lock lock(names.mutex);
  return names.all.insert(text).first->c_str();
}

namespace {

/// Whether an op within a forward has met a number that is not finite: then the result is not judged again.
class MeetsNonFinite final : public xgrad::detail::Observer {
 public:
  void computed(const xgrad::detail::ObservedOp&, const Tensor& y) override {
    met_ = met_ || !xgrad::detail::all_finite(y);
  }
  bool met() const { return met_; }

 private:
  bool met_ = false;
};

auto same_as(const Tensor& y) {
  return [&y](const Tensor& x) { return Raw::value(x) == Raw::value(y); };
}

// Whether the result of a forward belongs to the call alone: the node is set on it.
bool is_own(const Tensor& y, const Tensors& inputs, const Context& context) {
  const auto kept = std::count_if(context.saved().begin(), context.saved().end(), same_as(y));
  const auto handles = static_cast<std::ptrdiff_t>(Raw::value(y)->count.load(std::memory_order_acquire));
  return Raw::node(y) == nullptr && handles == kept + 1 && std::none_of(inputs.begin(), inputs.end(), same_as(y));
}

// y as a new tensor, which also replaces y among the saved tensors, unless y is an argument: then that stays saved.
Tensor own_result(const Tensor& y, const Tensors& inputs, Context& context) {
  Tensor own = Raw::constant(y);
  if (std::any_of(inputs.begin(), inputs.end(), same_as(y))) return own;
  Tensors saved = context.saved();
  std::replace_if(saved.begin(), saved.end(), same_as(y), own);
  context.save_for_backward(std::move(saved));
  return own;
}

}  // namespace

Tensor record_custom(std::shared_ptr<const CustomFunction> function, const std::function<Tensor(Context&)>& forward,
                     const Tensors& inputs, Source at) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].defined())
      throw std::invalid_argument(std::string(function->name) + ": argument " + std::to_string(i) +
                                  " is an empty tensor");
  const xgrad::detail::ReadsBefore reads(inputs.data(), inputs.size());
  Context context;
  Tensor y;
  std::optional<MeetsNonFinite> inside;
  if (xgrad::detail::is_observed()) inside.emplace();
  {
    const NoGrad off;
    y = forward(context);
  }
  const bool judged = inside && inside->met();
  inside.reset();
  const char* const name = function->name;
  const auto told = [&](Tensor result) {
    if (xgrad::detail::is_observed())
      xgrad::detail::tell_computed(name, at, result, inputs.data(), inputs.size(), attributes(), judged);
    return result;
  };
  if (!y.defined()) throw std::invalid_argument(std::string(name) + ": its forward returned an empty tensor");
  const bool recorded = xgrad::detail::records(inputs.data(), inputs.size());
  reads.restore();
  if (!recorded) return told(std::move(y));
  if (!is_floating(y.dtype()))
    throw std::invalid_argument(std::string(name) + ": its forward returned " + name_of(y.dtype()) +
                                ": only float32 and float64 have gradients");
  if (!is_own(y, inputs, context)) y = own_result(y, inputs, context);
  auto node = Ref<Node>::adopt(new CustomNode(std::move(function), at, y, inputs, context));
  return told(xgrad::detail::attach(std::move(y), std::move(node)));
}

namespace {

double weighted_sum(const Tensors& list, const Tensors& weights) {
  double total = 0;
  for (std::size_t i = 0; i < list.size(); ++i)
    for (std::int64_t j = 0; j < list[i].size(); ++j)
      total += Raw::data<double>(list[i])[j] * Raw::data<double>(weights[i])[j];
  return total;
}

Tensors random_like(const Tensors& list, kernels::Philox& random) {
  Tensors result;
  for (const Tensor& x : list) {
    Tensor one = Raw::uninitialized(x.shape(), float64);
    for (std::int64_t i = 0; i < x.size(); ++i) Raw::write<double>(one)[i] = 2 * random.uniform() - 1;
    result.push_back(std::move(one));
  }
  return result;
}

// u (J t) = (uᵀ J) t, for random u and t.
std::string forward_against_reverse(const Function& f, const Tensors& x, const std::vector<std::size_t>& wrt,
                                    const GradcheckOptions& options) {
  const auto recording = std::make_shared<const Recording>("check", f, x, wrt);
  kernels::Philox random(options.seed(), 17);
  const Tensors t = random_like(recording->inputs(), random), u = random_like(recording->outputs(), random);
  const double forward = weighted_sum(Linear(recording).push(t), u);
  const double reverse = weighted_sum(recording->pull_again(u), t);
  if (std::abs(forward - reverse) <= options.atol() + options.rtol() * std::abs(reverse)) return "";
  return "check: along a random direction forward mode gives " + std::to_string(forward) + ", reverse mode " +
         std::to_string(reverse);
}

}  // namespace

GradcheckResult check_all(const Function& f, const Tensors& x, const GradcheckOptions& options) {
  Tensors leaves;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!x[i].defined()) throw std::invalid_argument("check: input " + std::to_string(i) + " is an empty tensor");
    leaves.push_back(x[i].detach());
    if (is_floating(x[i].dtype())) leaves.back().requires_grad_();
  }
  if (std::none_of(x.begin(), x.end(), [](const Tensor& each) { return is_floating(each.dtype()); }))
    throw std::invalid_argument("check: none of the " + std::to_string(x.size()) +
                                " inputs is floating-point: only those have slopes to be checked");
  const std::vector<std::size_t> wrt = xgrad::detail::inputs_to_check("check", leaves, options);
  const TensorFunction one = [&](const Tensors& in) {
    const Tensors y = f(in);
    if (y.size() != 1)
      throw std::invalid_argument("check: the function must return one tensor, but returned " +
                                  std::to_string(y.size()));
    return xgrad::detail::result_to_check("check", y[0]);
  };
  GradcheckResult result = gradcheck(one, leaves, options);
  if (!result) return result;
  try {
    result.message = forward_against_reverse(f, x, wrt, options);
  } catch (const xgrad::detail::NoForwardMode&) {  // once differentiable, without a tangent of its own
  }
  result.passed = result.message.empty();
  if (!result) return result;
  GradcheckResult second = gradgradcheck(one, leaves, options);
  const bool once = second.message.find(xgrad::detail::refusal_of_once) != std::string::npos;
  return once ? result : second;
}

}  // namespace detail

Custom::Custom(const std::string& name, Forward forward, Backward backward)
    : name_(detail::lasting_name(name)), forward_(std::move(forward)), backward_(std::move(backward)) {
  if (name.empty()) throw std::invalid_argument("custom: the name is empty");
  if (!forward_ || !backward_) throw std::invalid_argument("custom: forward or backward of " + name + " is empty");
}

Custom Custom::jvp(Jvp f) const {
  Custom result = *this;
  result.jvp_ = xgrad::detail::checked_function("custom", "the tangent of its result", std::move(f));
  return result;
}

Custom Custom::once_differentiable() const {
  Custom result = *this;
  result.once_ = true;
  return result;
}

Tensor Custom::call(const Tensors& x, Source at) const {
  auto function = std::make_shared<detail::CustomFunction>();
  function->name = name_;
  function->once = once_;
  const auto apart = [](const Context& context, Tensors& inputs) -> const Tensor& {
    inputs.assign(context.saved().begin(), context.saved().end() - 1);
    return context.saved().back();
  };
  function->backward = [backward = backward_, apart](Context& context, const Tensor& g) {
    Tensors inputs;
    const Tensor& y = apart(context, inputs);
    return backward(inputs, y, g);
  };
  if (jvp_)
    function->jvp = [jvp = jvp_, apart](Context& context, const Tensors& tangents) {
      Tensors inputs;
      const Tensor& y = apart(context, inputs);
      return jvp(inputs, y, tangents);
    };
  const auto forward = [&](Context& context) {
    Tensor y = forward_(x);
    const auto same = [&](const Tensor& each) { return Raw::value(each) == Raw::value(y); };
    if (y.defined() && (Raw::node(y) != nullptr || std::any_of(x.begin(), x.end(), same))) y = y.detach();
    Tensors all = x;
    all.push_back(y);
    context.save_for_backward(std::move(all));
    return y;
  };
  return detail::record_custom(std::move(function), forward, x, at);
}

Custom custom(const std::string& name, Custom::Forward forward, Custom::Backward backward) {
  return {name, std::move(forward), std::move(backward)};
}

}  // namespace xgrad::func
