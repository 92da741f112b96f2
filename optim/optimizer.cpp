#include <xgrad/optim/optimizer.hpp>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/optim/description.hpp>
#include <xgrad/optim/group_list.hpp>
#include <xgrad/optim/observed_writes.hpp>

namespace xgrad::optim {
using detail::text;

void detail::GroupsHandle::refuse_moved() {
  throw std::logic_error("Optimizer: this one was moved from: use the optimiser that it was moved to");
}

Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer::~Optimizer() = default;

Optimizer& Optimizer::operator=(Optimizer&& other) noexcept {
  if (this == &other) return *this;
  list_ = std::move(other.list_);
  slots_ = std::move(other.slots_);
  numbers_ = std::move(other.numbers_);
  steps_ = std::move(other.steps_);
  moving_ = std::move(other.moving_);
  staged_ = std::move(other.staged_);
  passes_ = std::move(other.passes_);
  return *this;
}

Optimizer::Optimizer(detail::Description description, const Groups& groups, double lr, const detail::Given& defaults)
    : list_(std::make_shared<detail::GroupList>()) {
  for (const detail::Option& option : description.options) list_->defaults.push_back(option.value);
  slots_.resize(description.slots.size());
  numbers_.resize(description.numbers.size());
  list_->description = std::move(description);
  list_->defaults[0] = lr;
  list_->apply(defaults, list_->defaults);
  list_->check(list_->defaults);
  if (groups.list().empty()) check_parameters({});
  for (std::size_t g = 0; groups.list().size() > 1 && g < groups.list().size(); ++g)
    if (groups.list()[g].parameters().empty())
      refuse("group " + std::to_string(g) + " has no parameters: leave it out");
  for (const Group& group : groups.list()) Optimizer::add_param_group(group);
}

void Optimizer::refuse(const std::string& why) const { list_->refuse(why); }

const char* Optimizer::name() const { return list_->description.name; }

// The parameter in words: its number, and of which group where there are several. A number beyond the parameters is one
// of the group that is being added.
std::string Optimizer::which(std::size_t i) const {
  const auto& groups = list_->groups;
  const std::size_t all = list_->parameters.size();
  std::size_t g = 0;
  while (g < groups.size() && i >= groups[g].first + groups[g].count) ++g;
  const std::string number = "parameter " + std::to_string(i - (g < groups.size() ? groups[g].first : all));
  return g > 0 || groups.size() > 1 ? number + " of group " + std::to_string(g) : number;
}

void Optimizer::check_parameters(const std::vector<Tensor>& added) const {
  const std::size_t before = list_->parameters.size();
  if (added.empty() && before > 0)
    refuse("group " + std::to_string(list_->groups.size()) + " has no parameters: leave it out");
  if (added.empty())
    refuse(
        "there are no parameters to train: pass model.parameters(), and in a module of your own register each member "
        "with add()");
  std::unordered_map<const void*, std::size_t> seen;
  for (std::size_t i = 0; i < before; ++i) seen.emplace(Raw::value(list_->parameters[i]), i);
  for (std::size_t i = 0; i < added.size(); ++i) {
    const Tensor& p = added[i];
    const std::string name = which(before + i);
    if (!p.defined()) refuse(name + " is an empty tensor: only tensors with values can be trained");
    const auto [first, is_new] = seen.emplace(Raw::value(p), before + i);
    if (!is_new) refuse(name + " is " + which(first->second) + " again: each may be given once");
    if (!p.is_leaf())
      refuse(name + ", of shape " + to_string(p.shape()) + ", was made by an op: only leaves can be trained");
    if (!p.requires_grad())
      refuse(name + ", of shape " + to_string(p.shape()) +
             ", requires no gradient: leave it out, or call requires_grad_()");
    if (const auto unfit = list_->description.unfit; unfit != nullptr && unfit(p) != nullptr)
      refuse(name + ", of shape " + to_string(p.shape()) + ", " + unfit(p));
  }
}

namespace {

/// Makes a vector large enough for so many elements, so that appending them cannot fail.
template <class T>
void make_room(std::vector<T>& elements, std::size_t size) {
  if (size > elements.capacity()) elements.reserve(std::max(size, 2 * elements.capacity()));
}

}  // namespace

void Optimizer::add_param_group(const Group& group) {
  std::vector<double> values = list_->defaults;
  list_->apply(group.given(), values);
  list_->check(values);
  check_parameters(group.parameters());
  auto& all = list_->parameters;
  const std::size_t first = all.size(), count = group.parameters().size();
  make_room(all, first + count);
  make_room(list_->groups, list_->groups.size() + 1);
  for (auto& kept : slots_) make_room(kept, first + count);
  for (auto& kept : numbers_) make_room(kept, first + count);
  make_room(steps_, first + count);
  all.insert(all.end(), group.parameters().begin(), group.parameters().end());
  list_->groups.push_back({first, count, std::move(values), std::nullopt});
  for (auto& kept : slots_) kept.resize(all.size());
  for (auto& kept : numbers_) kept.resize(all.size());
  steps_.resize(all.size());
}

double Optimizer::lr() const { return list_->groups[0].values[0]; }

void Optimizer::set_lr(double lr) {
  std::vector<double> values = list_->groups[0].values;
  values[0] = lr;
  list_->check(values);
  for (auto& group : list_->groups) group.values[0] = lr;
}

const std::vector<Tensor>& Optimizer::parameters() const { return list_->parameters; }

std::vector<ParamGroup> Optimizer::param_groups() const {
  std::vector<ParamGroup> result;
  for (std::size_t i = 0; i < list_->groups.size(); ++i) result.emplace_back(list_.shared(), i);
  return result;
}

void Optimizer::zero_grad() const {
  for (const Tensor& p : list_->parameters) p.set_grad(Tensor());
}

Tensor Optimizer::step(const Closure& closure, Source at) {
  if (!closure) refuse("got an empty function for the closure: give one that computes the loss");
  static_cast<void>(*list_);  // refuses an optimiser that was moved from
  Tensor loss;
  {
    const EnableGrad enabled;
    loss = closure();
  }
  step(at);
  return loss;
}

void Optimizer::step(Source at) {
  const NoGrad no_grad;
  const xgrad::detail::Timed timed(name(), at);
  moving_.clear();
  staged_.clear();
  passes_.clear();
  std::int64_t elements = 0;
  for (std::size_t g = 0; g < list_->groups.size(); ++g) {
    const detail::GroupList::Entry& group = list_->groups[g];
    for (std::size_t i = group.first; i < group.first + group.count; ++i) {
      const Tensor& p = list_->parameters[i];
      Tensor gradient = p.grad();
      if (!gradient.defined()) continue;
      if (gradient.shape() != p.shape() || gradient.dtype() != p.dtype())
        refuse(which(i) + " is " + text(p) + ", its gradient " + text(gradient) + ": they must agree");
      moving_.push_back({i, g, group.values.data(), &p, std::move(gradient), true, steps_[i] + 1, 0});
      stage(moving_.back());
      elements += p.size();
    }
  }
  xgrad::detail::tell_step(name(), at, list_->parameters);
  prepare(moving_, at);
  const bool together = elements > kernels::update_grain;
  if (together) passes_.reserve(moving_.size());
  detail::ObservedWrites writes;
  for (const Moving& moving : moving_) writes.add(name(), at, *moving.parameter, moving.gradient);
  write(together, at);
  writes.done();
}

// From here on nothing fails.
void Optimizer::write(bool together, Source at) {
  const xgrad::detail::Unobserved unobserved;
  std::size_t staged = 0;
  for (Moving& moving : moving_) {
    for (; staged < moving.staged_until; ++staged)
      slots_[staged_[staged].slot][moving.index] = std::move(staged_[staged].values);
    steps_[moving.index] = moving.step;
    if (together)
      passes_.push_back(update(moving, at));
    else
      kernels::run(update(moving, at));
  }
  if (together) kernels::run(passes_.data(), passes_.size());
  passes_.clear();
  moving_.clear();
  staged_.clear();
}

Tensor Optimizer::coming(std::size_t which, const Moving& moving) const {
  for (std::size_t k = moving.staged_until; k > 0 && staged_[k - 1].index == moving.index; --k)
    if (staged_[k - 1].slot == which) return staged_[k - 1].values;
  return slot(which, moving);
}

void Optimizer::prepare(const std::vector<Moving>& /*moving*/, Source /*at*/) {}

namespace {

Tensor filled(const Shape& shape, DType dtype, double value) {
  Tensor result = Raw::uninitialized(shape, dtype);
  xgrad::detail::visit_floating(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    std::fill_n(Raw::write<T>(result), result.size(), static_cast<T>(value));
  });
  return result;
}

}  // namespace

// Finds what the step needs beside the parameter: memory that is new, or state in another dtype than it was left in.
void Optimizer::stage(Moving& moving) {
  const Tensor& p = *moving.parameter;
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    const detail::Slot& slot = list_->description.slots[s];
    if (slot.needs != detail::always && moving.options[slot.needs] == 0) continue;
    const Tensor& kept = slots_[s][moving.index];
    if (kept.defined() && slot.form == detail::Form::whole && kept.shape() == p.shape() && kept.dtype() == p.dtype()) {
      moving.is_new = false;
      continue;
    }
    const std::optional<Shape> shape = detail::shape_of(slot.form, p.shape());
    if (!shape) continue;
    if (!kept.defined()) {
      if (slot.first == detail::unwritten_first)
        staged_.push_back({moving.index, s, Raw::uninitialized(*shape, p.dtype())});
      else
        staged_.push_back(
            {moving.index, s,
             filled(*shape, p.dtype(), slot.first == detail::zeros_first ? 0 : moving.options[slot.first])});
      continue;
    }
    moving.is_new = false;
    if (kept.shape() != *shape)
      refuse(which(moving.index) + " is now " + text(p) + ", its " + slot.name + " " + text(kept) +
             ": make a new optimiser after a change of shapes");
    if (kept.dtype() != p.dtype()) staged_.push_back({moving.index, s, xgrad::detail::converted(kept, p.dtype())});
  }
  moving.staged_until = staged_.size();
}

}  // namespace xgrad::optim
