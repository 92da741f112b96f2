#include <xgrad/optim/lbfgs.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/products.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/optim/description.hpp>
#include <xgrad/optim/line_search.hpp>

namespace xgrad::optim {
namespace {

using detail::LinePoint;
using detail::Range;

enum : int { rate, max_iter, max_eval, tolerance_grad, tolerance_change, history_size };

std::string fault(const double* v) { return v[history_size] < 1 ? "history_size must be at least 1, got 0" : ""; }

detail::Description description() {
  return {"LBFGS",
          {{"lr", 1, Range::not_negative},
           {"max_iter", 20, Range::count},
           {"max_eval", 25, Range::count},
           {"tolerance_grad", 1e-7, Range::not_negative},
           {"tolerance_change", 1e-9, Range::not_negative},
           {"history_size", 100, Range::count},
           {"line_search_fn", 0, Range::flag},
           {"maximize", 0, Range::flag}},
          {},
          {},
          false,
          fault};
}

/// The options, with a max_eval that follows max_iter where neither they nor the group give one.
detail::Given completed(const Groups& groups, const detail::Given& given) {
  double most = 20;
  bool complete = false;
  const auto look = [&](const detail::Given& options) {
    for (const auto& [name, value] : options) {
      if (name == "max_iter") most = value;
      complete |= name == "max_eval";
    }
  };
  look(given);
  for (const Group& group : groups.list()) look(group.given());
  detail::Given result = given;
  if (!complete) result.emplace_back("max_eval", std::floor(most * 5 / 4));
  return result;
}

double greatest(const Tensor& x) { return x.size() == 0 ? 0 : max(abs(x)).item(); }
double inner_product(const Tensor& a, const Tensor& b) { return dot(a, b).item(); }

}  // namespace

LBFGS::LBFGS(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, completed(parameters, options.given())) {
  if (param_groups().size() != 1)
    refuse("it has one group of parameters, got " + std::to_string(param_groups().size()) +
           ": give it all parameters in one list");
  for (std::size_t i = 1; i < this->parameters().size(); ++i)
    if (this->parameters()[i].dtype() != this->parameters()[0].dtype())
      refuse(std::string("parameter 0 is ") + name_of(this->parameters()[0].dtype()) + ", parameter " +
             std::to_string(i) + " " + name_of(this->parameters()[i].dtype()) +
             ": they must have one dtype: write model.to(float64)");
}

LBFGS& LBFGS::operator=(LBFGS&& other) noexcept {
  if (this == &other) return *this;
  memory_ = std::move(other.memory_);
  Optimizer::operator=(std::move(other));
  return *this;
}

void LBFGS::add_param_group(const Group& /*group*/) {
  refuse("it has one group of parameters: no other can be added: make a new optimiser of all parameters");
}

void LBFGS::prepare(const std::vector<Moving>& /*moving*/, Source /*at*/) {
  throw std::logic_error(
      "LBFGS: step() needs a function that computes the loss and its gradients: write step([&] {...})");
}

kernels::UpdatePass LBFGS::update(Moving& /*moving*/, Source /*at*/) {
  throw std::logic_error("LBFGS: internal error: one parameter alone is not updated");
}

/// One call of step().
class LBFGS::Run {
 public:
  Run(LBFGS& optimizer, const Closure& closure, Source at)
      : optimizer_(optimizer),
        memory_(optimizer.memory_),
        closure_(closure),
        at_(at),
        sign_(option("maximize") != 0 ? -1 : 1) {}

  Tensor run() {
    Tensor first = call();
    ++memory_.func_evals;
    LinePoint now{0, sign_ * first.item(), flat_gradient(), 0};
    if (greatest(now.gradient) <= option("tolerance_grad")) return first;
    std::int64_t calls = 1;
    for (std::int64_t n = 1; n <= whole("max_iter"); ++n) {
      Memory before = memory_;
      const std::vector<Tensor> here = copies();
      try {
        if (!iterate(now, n, calls, here)) break;
      } catch (...) {  // the iteration was not made: the next step must not take it for one that was
        memory_ = std::move(before);
        restore(here);
        throw;
      }
    }
    return first;
  }

 private:
  double option(const char* name) const { return optimizer_.param_groups()[0].option(name); }
  std::int64_t whole(const char* name) const { return static_cast<std::int64_t>(option(name)); }

  // Whether another one is to follow.
  bool iterate(LinePoint& now, std::int64_t n, std::int64_t& calls, const std::vector<Tensor>& here) {
    ++memory_.n_iter;
    convert(now.gradient.dtype());
    choose_direction(now.gradient);
    const double loss_before = now.loss;
    memory_.gradient = now.gradient.clone();
    memory_.loss = now.loss;
    memory_.length = option("lr");
    if (memory_.n_iter == 1) memory_.length *= std::min(1.0, 1 / sum(abs(now.gradient)).item());
    now.slope = inner_product(now.gradient, memory_.direction);
    if (now.slope > -option("tolerance_change")) return false;
    const std::int64_t made = advance(now, n, calls, here);
    calls += made;
    memory_.func_evals += made;
    const double least = option("tolerance_change");
    const bool ends = calls >= whole("max_eval") || greatest(now.gradient) <= option("tolerance_grad") ||
                      greatest(memory_.direction) * std::abs(memory_.length) <= least ||
                      std::abs(now.loss - loss_before) < least;
    return !ends;
  }

  Tensor call() const {
    const EnableGrad enabled;
    Tensor loss = closure_();
    if (!loss.defined() || loss.size() != 1) optimizer_.refuse("the function must return the loss, one number");
    return loss.detach();
  }

  Tensor flat_gradient() const {
    const xgrad::detail::Unobserved unobserved;
    std::vector<Tensor> parts;
    for (const Tensor& p : optimizer_.parameters())
      parts.push_back((p.grad().defined() ? p.grad() : zeros_like(p)).detach().reshape({-1}));
    Tensor flat = concat(parts);
    return sign_ < 0 ? -flat : flat.clone();
  }

  void move(const Tensor& direction, double length) const {
    std::int64_t offset = 0;
    for (const Tensor& p : optimizer_.parameters()) {
      p.add_(narrow(direction, 0, offset, p.size()).reshape(p.shape()), length, at_);
      offset += p.size();
    }
  }

  std::vector<Tensor> copies() const {
    std::vector<Tensor> values;
    for (const Tensor& p : optimizer_.parameters()) values.push_back(p.detach().clone());
    return values;
  }

  void restore(const std::vector<Tensor>& values) const {
    const xgrad::detail::Unobserved unobserved;
    for (std::size_t i = 0; i < values.size(); ++i) optimizer_.parameters()[i].copy_(values[i], at_);
  }

  // What is kept from before the parameters were converted.
  void convert(DType dtype) {
    const auto follow = [dtype](Tensor& kept) {
      if (kept.defined() && kept.dtype() != dtype) kept = xgrad::detail::converted(kept, dtype);
    };
    follow(memory_.direction);
    follow(memory_.gradient);
    for (Tensor& each : memory_.gradient_changes) follow(each);
    for (Tensor& each : memory_.steps) follow(each);
  }

  // The two loops of Nocedal and Wright's algorithm 7.4.
  void choose_direction(const Tensor& gradient) {
    const xgrad::detail::Unobserved unobserved;
    if (memory_.n_iter == 1) {
      memory_.direction = -gradient;
      memory_.gradient_changes.clear();
      memory_.steps.clear();
      memory_.ro.clear();
      memory_.diagonal = 1;
      return;
    }
    remember(gradient);
    const std::size_t count = memory_.steps.size();
    std::vector<double> shares(count);
    Tensor q = -gradient;
    for (std::size_t i = count; i-- > 0;) {
      shares[i] = inner_product(memory_.steps[i], q) * memory_.ro[i];
      q.add_(memory_.gradient_changes[i], -shares[i]);
    }
    q = q * memory_.diagonal;
    for (std::size_t i = 0; i < count; ++i)
      q.add_(memory_.steps[i], shares[i] - inner_product(memory_.gradient_changes[i], q) * memory_.ro[i]);
    memory_.direction = q;
  }

  void remember(const Tensor& gradient) {
    const Tensor y = gradient - memory_.gradient, s = memory_.direction * memory_.length;
    const double ys = inner_product(y, s), diagonal = ys / inner_product(y, y);
    // A curvature beyond float64 is none either.
    if (!(ys > 1e-10) || !std::isfinite(ys) || !(diagonal > 0) || !std::isfinite(diagonal)) return;
    while (!memory_.steps.empty() && static_cast<std::int64_t>(memory_.steps.size()) >= whole("history_size")) {
      memory_.gradient_changes.erase(memory_.gradient_changes.begin());
      memory_.steps.erase(memory_.steps.begin());
      memory_.ro.erase(memory_.ro.begin());
    }
    memory_.gradient_changes.push_back(y);
    memory_.steps.push_back(s);
    memory_.ro.push_back(1 / ys);
    memory_.diagonal = diagonal;
  }

  // Moves along the direction; returns the number of calls.
  std::int64_t advance(LinePoint& now, std::int64_t n, std::int64_t calls, const std::vector<Tensor>& here) {
    const bool last = n == whole("max_iter");
    if (option("line_search_fn") == 0) {
      move(memory_.direction, memory_.length);
      if (last) return 0;
      now.loss = sign_ * call().item();
      now.gradient = flat_gradient();
      return 1;
    }
    const auto evaluate = [&](double t) {
      move(memory_.direction, t);
      LinePoint point{t, sign_ * call().item(), {}, 0};
      point.gradient = flat_gradient();
      restore(here);
      point.slope = inner_product(point.gradient, memory_.direction);
      return point;
    };
    std::int64_t made = 0;
    LinePoint found = detail::strong_wolfe(evaluate, now, memory_.length, greatest(memory_.direction), 1e-9,
                                           whole("max_eval") - calls, made);
    memory_.length = found.at;
    move(memory_.direction, found.at);
    now.loss = found.loss;
    now.gradient = found.gradient;
    return made;
  }

  LBFGS& optimizer_;
  Memory& memory_;
  const Closure& closure_;
  Source at_;
  double sign_;
};

Tensor LBFGS::step(const Closure& closure, Source at) {
  if (!closure) refuse("got an empty function for the closure: give one that computes the loss");
  const NoGrad no_grad;
  for (const Tensor& p : parameters())
    if (p.dtype() != parameters()[0].dtype()) refuse("its parameters no longer have one dtype");
  return Run(*this, closure, at).run();
}

void LBFGS::save_more(StateDict& state) const {
  const Memory& m = memory_;
  if (m.func_evals == 0) return;
  const auto add = [&](const char* name, const Tensor& values) {
    state.emplace_back(std::string("state.0.") + name, values);
  };
  add("func_evals", Tensor(m.func_evals));
  add("n_iter", Tensor(m.n_iter));
  if (m.n_iter == 0) return;
  add("d", m.direction.clone());
  add("t", Tensor(m.length));
  add("H_diag", Tensor(m.diagonal));
  add("prev_flat_grad", m.gradient.clone());
  add("prev_loss", Tensor(m.loss));
  if (m.steps.empty()) return;
  add("old_dirs", stack(m.gradient_changes));
  add("old_stps", stack(m.steps));
  add("ro", Tensor(m.ro));
}

namespace {

/// Takes what LBFGS keeps out of a state.
class Taken {
 public:
  Taken(StateDict& state, std::function<void(const std::string&)> refuse) : state_(state), refuse_(std::move(refuse)) {}

  bool contains(const char* name) const { return state_.contains(key(name)); }
  Tensor tensor(const char* name, const Shape& shape) const {
    Tensor values = take(name);
    if (!values.defined() || values.shape() != shape || values.dtype() == boolean)
      fail(name, "must have shape " + to_string(shape) +
                     (values.defined() ? ", but has " + to_string(values.shape()) : ", but is missing"));
    return values;
  }
  double number(const char* name) const {
    const Tensor values = take(name);
    if (!values.defined() || values.size() != 1) fail(name, "must be one number");
    return values.item();
  }
  // Curvatures: a step that has none is not kept.
  double positive(const char* name) const { return checked(name, number(name)); }
  double checked(const char* name, double value) const {
    if (!(value > 0) || !std::isfinite(value)) fail(name, "must be positive and finite");
    return value;
  }
  std::int64_t count(const char* name) const {
    const double value = number(name);
    if (!(value >= 0 && value < 0x1p53) || value != std::floor(value))
      fail(name, "must be a whole number, not negative");
    return static_cast<std::int64_t>(value);
  }
  /// The number of pairs of differences.
  std::int64_t pairs() const {
    const auto found = state_.find(key("ro"));
    return found == state_.end() ? 0 : found->second.size();
  }

 private:
  static std::string key(const char* name) { return std::string("state.0.") + name; }
  void fail(const char* name, const std::string& what) const {
    refuse_("cannot load this state: \"" + key(name) + "\" " + what);
  }
  Tensor take(const char* name) const {
    const auto found = state_.find(key(name));
    if (found == state_.end()) return {};
    Tensor values = found->second;
    state_.erase(found);
    return values;
  }

  StateDict& state_;
  std::function<void(const std::string&)> refuse_;
};

}  // namespace

std::function<void()> LBFGS::load_more(StateDict& state) {
  const NoGrad no_grad;
  const DType dtype = parameters()[0].dtype();
  std::int64_t size = 0;
  for (const Tensor& p : parameters()) size += p.size();
  const Taken taken(state, [this](const std::string& why) { refuse(why); });
  Memory loaded;
  if (taken.contains("func_evals")) {
    loaded.func_evals = taken.count("func_evals");
    loaded.n_iter = taken.count("n_iter");
  }
  if (loaded.n_iter > 0) {
    loaded.direction = taken.tensor("d", {size}).to(dtype).clone();
    loaded.gradient = taken.tensor("prev_flat_grad", {size}).to(dtype).clone();
    loaded.length = taken.number("t");
    loaded.diagonal = taken.positive("H_diag");
    loaded.loss = taken.number("prev_loss");
    if (const std::int64_t pairs = taken.pairs(); pairs > 0) {
      const Tensor inverse = taken.tensor("ro", {pairs}).to(float64);
      const Tensor changes = taken.tensor("old_dirs", {pairs, size}).to(dtype);
      const Tensor steps = taken.tensor("old_stps", {pairs, size}).to(dtype);
      for (std::int64_t i = 0; i < pairs; ++i) {
        loaded.gradient_changes.push_back(changes[i].clone());
        loaded.steps.push_back(steps[i].clone());
        loaded.ro.push_back(taken.checked("ro", inverse[i].item()));
      }
    }
  }
  // Exchanged, since nothing may fail any more.
  return [this, kept = std::make_shared<Memory>(std::move(loaded))] { std::swap(memory_, *kept); };
}

}  // namespace xgrad::optim
