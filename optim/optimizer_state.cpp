// state_dict() and load_state_dict() of optimisers.

#include <xgrad/optim/optimizer_state.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/optim/group_list.hpp>

namespace xgrad::optim {
namespace {

using detail::text;
using xgrad::detail::number_text;

constexpr double most_steps = 0x1p53;

Tensor copy_of(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() != dtype) return xgrad::detail::converted(tensor, dtype);
  Tensor copy = Raw::uninitialized(tensor.shape(), dtype);
  const auto bytes = tensor.size() * static_cast<std::int64_t>(size_of(dtype));
  std::copy_n(static_cast<const char*>(Raw::bytes(tensor)), bytes, static_cast<char*>(Raw::write_bytes(copy)));
  return copy;
}

std::string key_of(std::size_t i, const std::string& slot) { return "state." + std::to_string(i) + "." + slot; }
std::string key_in(std::size_t group, const std::string& name) {
  return "param_groups." + std::to_string(group) + "." + name;
}

/// The name of an option without the place in a pair, and that place: "betas.1" gives "betas" and 1.
std::pair<std::string, std::size_t> in_pair(const std::string& name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return {name, 0};
  return {name.substr(0, dot), std::stoul(name.substr(dot + 1))};
}

/// Options that PyTorch's optimisers have only had from some version on, or do not have: the optimiser keeps its own.
bool may_lack(const std::string& option) { return option == "maximize" || option == "decoupled_weight_decay"; }

Tensor as_tensor(double value, detail::Range range) {
  if (range == detail::Range::flag) return Tensor(value != 0);
  if (range == detail::Range::count) return Tensor(static_cast<std::int64_t>(value));
  return Tensor(value);
}

/// The options of a group, those of a pair together.
void save_options(const detail::GroupList& list, std::size_t g, StateDict& result) {
  const auto& [first, count, values, initial_lr] = list.groups[g];
  const auto& options = list.description.options;
  for (std::size_t k = 0; k < options.size(); ++k) {
    const std::string name = in_pair(options[k].name).first;
    std::vector<double> numbers{values[k]};
    while (k + 1 < options.size() && options[k].name != name && in_pair(options[k + 1].name).first == name)
      numbers.push_back(values[++k]);
    const bool alone = options[k].name == name;
    result.emplace_back(key_in(g, name), alone ? as_tensor(values[k], options[k].range) : Tensor(numbers));
  }
  if (initial_lr) result.emplace_back(key_in(g, "initial_lr"), Tensor(*initial_lr));
  std::vector<std::int64_t> indices(count);
  for (std::size_t i = 0; i < count; ++i) indices[i] = static_cast<std::int64_t>(first + i);
  result.emplace_back(key_in(g, "params"), Tensor(indices));
}

/// Takes the tensor of a key out of a state; undefined where there is none.
Tensor taken(StateDict& state, const std::string& key) {
  const auto found = state.find(key);
  if (found == state.end()) return {};
  Tensor result = found->second;
  state.erase(found);
  return result;
}

}  // namespace

void Optimizer::save_more(StateDict& /*state*/) const {}
std::function<void()> Optimizer::load_more(StateDict& /*state*/) { return {}; }

StateDict Optimizer::state_dict() const {
  const detail::Description& description = list_->description;
  StateDict result;
  for (std::size_t i = 0; i < list_->parameters.size(); ++i) {
    // Before the first step there may be what was loaded.
    const bool any =
        steps_[i] > 0 || std::any_of(slots_.begin(), slots_.end(), [&](const auto& kept) { return kept[i].defined(); });
    if (description.counts_steps && any) result.emplace_back(key_of(i, "step"), Raw::alias(Tensor({steps_[i]}), {}));
    for (std::size_t s = 0; s < slots_.size(); ++s)
      if (const Tensor& kept = slots_[s][i]; kept.defined())
        result.emplace_back(key_of(i, description.slots[s].name), copy_of(kept, kept.dtype()));
    if (!any) continue;
    for (std::size_t s = 0; s < numbers_.size(); ++s)
      result.emplace_back(key_of(i, description.numbers[s].name), Tensor(numbers_[s][i]));
  }
  save_more(result);
  for (std::size_t g = 0; g < list_->groups.size(); ++g) save_options(*list_, g, result);
  for (const auto& entry : result) Raw::value(entry.second)->copied = true;
  return result;
}

// Refuses what another optimiser keeps.
void Optimizer::check_keys(const StateDict& state) const {
  const detail::Description& description = list_->description;
  std::vector<std::string> known;
  std::string foreign, own;
  const auto add = [&](const char* name, bool active) {
    known.emplace_back(name);
    if (active) own += (own.empty() ? "" : ", ") + known.back();
  };
  if (description.counts_steps) add("step", true);
  for (const detail::Slot& slot : description.slots)
    add(slot.name, slot.needs < 0 || list_->groups[0].values[static_cast<std::size_t>(slot.needs)] != 0);
  for (const detail::Number& number : description.numbers) add(number.name, true);
  std::set<std::string> met;
  for (const auto& entry : state) {
    const std::string& key = entry.first;
    const std::size_t dot = key.find('.', std::strlen("state."));
    if (key.rfind("state.", 0) != 0 || dot == std::string::npos) continue;
    const std::string slot = key.substr(dot + 1);
    if (std::find(known.begin(), known.end(), slot) == known.end() && met.size() < 4 && met.insert(slot).second)
      foreign += (foreign.empty() ? "" : ", ") + slot;
  }
  if (!foreign.empty())
    refuse("cannot load this state: it holds " + foreign + ", and " + name() + " keeps " +
           (own.empty() ? "nothing of these" : own) + ": it is the state of another optimiser, or of other options");
}

void Optimizer::load_state_dict(const StateDict& state) {
  const xgrad::detail::Calling calling(name());
  std::set<std::string> keys;
  for (const auto& [key, tensor] : state) {
    if (!tensor.defined()) refuse("cannot load this state: \"" + key + "\" is an empty tensor");
    if (!keys.insert(key).second) refuse("cannot load this state: \"" + key + "\" is given twice");
  }
  StateDict given = state;
  Loaded loaded;
  const std::function<void()> commit_more = load_more(given);
  check_keys(given);
  load_groups(given, loaded);
  load_slots(given, loaded);
  if (!given.empty())
    refuse("cannot load this state: it holds \"" + given.begin()->first + "\", which " + name() +
           " does not keep: is it the state of another optimiser?");
  for (std::size_t g = 0; g < loaded.groups.size(); ++g) {
    auto& entry = list_->groups[g];
    std::copy(loaded.groups[g].values.begin(), loaded.groups[g].values.end(), entry.values.begin());
    entry.initial_lr = loaded.groups[g].initial_lr;
  }
  slots_ = std::move(loaded.slots);
  numbers_ = std::move(loaded.numbers);
  steps_ = std::move(loaded.steps);
  if (commit_more) commit_more();
}

void Optimizer::load_groups(StateDict& state, Loaded& loaded) const {
  loaded.groups = list_->groups;
  const auto number = [&](const std::string& key, const Tensor& tensor, std::size_t k, std::size_t size) {
    if (tensor.size() != static_cast<std::int64_t>(size))
      refuse("cannot load this state: \"" + key + "\" must hold " + std::to_string(size) + " numbers, but is " +
             text(tensor));
    return Raw::data<double>(xgrad::detail::converted(tensor, float64))[k];
  };
  if (const Tensor lr = taken(state, "lr"); lr.defined()) {
    loaded.has_options = false;
    for (auto& group : loaded.groups) {
      group.values[0] = number("lr", lr, 0, 1);
      list_->check(group.values);
    }
    return;
  }
  const bool any = std::any_of(state.begin(), state.end(),
                               [](const auto& entry) { return entry.first.rfind("param_groups.", 0) == 0; });
  if (!any && !state.empty())
    refuse("cannot load this state: it has no learning rate, but \"" + state.begin()->first +
           "\": is it the state of a model?");
  const auto& options = list_->description.options;
  for (std::size_t g = 0; g < loaded.groups.size(); ++g) {
    auto& group = loaded.groups[g];
    if (!state.contains(key_in(g, "lr")))
      refuse("cannot load this state: " + (g == 0 ? "\"lr\"" : "\"" + key_in(g, "lr") + "\"") +
             " is missing: it must have as many groups as the optimiser, " + std::to_string(loaded.groups.size()));
    std::vector<double> given = group.values;
    for (std::size_t k = 0; k < options.size();) {
      const std::string name = in_pair(options[k].name).first, key = key_in(g, name);
      std::size_t end = k + 1;
      while (options[k].name != name && end < options.size() && in_pair(options[end].name).first == name) ++end;
      const Tensor values = taken(state, key);
      if (values.defined())
        for (std::size_t j = k; j < end; ++j) given[j] = number(key, values, j - k, end - k);
      else if (!may_lack(name))
        refuse("cannot load this state: \"" + key + "\" is missing, which every state of " + this->name() +
               " has: it is not complete, or that of another optimiser");
      k = end;
    }
    list_->check(given);
    for (std::size_t k = 0; k < options.size(); ++k)
      if (!options[k].of_class) group.values[k] = given[k];
    if (const Tensor first = taken(state, key_in(g, "initial_lr")); first.defined())
      group.initial_lr = number(key_in(g, "initial_lr"), first, 0, 1);
    if (group.initial_lr && !(*group.initial_lr >= 0 && std::isfinite(*group.initial_lr)))
      refuse("cannot load this state: \"" + key_in(g, "initial_lr") + "\" is " + number_text(*group.initial_lr) +
             ": a learning rate must be finite and not negative");
    const Tensor indices = taken(state, key_in(g, "params"));
    if (!indices.defined())
      refuse("cannot load this state: \"" + key_in(g, "params") +
             "\" is missing: it lists the numbers of the parameters of this group");
    const auto count = static_cast<std::int64_t>(group.count);
    const Tensor whole = indices.dtype() == int64 ? indices : Tensor();
    bool same = whole.defined() && whole.size() == count;
    for (std::int64_t i = 0; same && i < count; ++i)
      same = Raw::data<std::int64_t>(whole)[i] == static_cast<std::int64_t>(group.first) + i;
    if (!same)
      refuse("cannot load this state: \"" + key_in(g, "params") + "\", of " + text(indices) + ", does not list the " +
             std::to_string(count) + " parameters of this group from number " + std::to_string(group.first) + " on");
  }
  if (state.contains(key_in(loaded.groups.size(), "lr")))
    refuse("cannot load this state: it has more groups than the optimiser, which has " +
           std::to_string(loaded.groups.size()));
}

/// The tensors of a state by key, each of which is taken once.
class Optimizer::GivenState {
 public:
  explicit GivenState(const detail::GroupList& list, const StateDict& state)
      : list_(list), tensors_(state.begin(), state.end()) {}

  Tensor take(const std::string& key) {
    const auto found = tensors_.find(key);
    if (found == tensors_.end()) return {};
    Tensor result = found->second;
    tensors_.erase(found);
    return result;
  }
  double number(const std::string& key, const Tensor& tensor) const {
    if (tensor.size() != 1 || tensor.dtype() == boolean)
      list_.refuse("cannot load this state: \"" + key + "\" must be one number, but is " + text(tensor));
    return tensor.item();
  }
  std::int64_t steps(const std::string& key, const Tensor& tensor) const {
    const double steps = number(key, tensor);
    if (!(steps >= 0 && steps <= most_steps) || steps != std::floor(steps))
      list_.refuse("cannot load this state: \"" + key + "\" is " + number_text(steps) +
                   ": steps are whole numbers, not negative, up to 2^53");
    return static_cast<std::int64_t>(steps);
  }
  Tensor slot(const std::string& key, const Tensor& values, const Shape& shape, const Tensor& parameter,
              detail::Holds holds) const {
    if (values.shape() != shape || !is_floating(values.dtype()))
      list_.refuse("cannot load this state: \"" + key + "\" is " + text(values) + ", its parameter " + text(parameter) +
                   ": the shapes must agree");
    Tensor result = copy_of(values, parameter.dtype());
    if (holds == detail::Holds::sizes) check_sizes(key, result);
    return result;
  }
  bool contains(const std::string& key) const { return tensors_.count(key) == 1; }

 private:
  void check_sizes(const std::string& key, const Tensor& values) const {
    xgrad::detail::visit_floating(values.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      const T* begin = Raw::data<T>(values);
      const T* bad = std::find_if(begin, begin + values.size(), [](T value) { return value < 0; });
      if (bad != begin + values.size())
        list_.refuse("cannot load this state: \"" + key + "\" holds " + number_text(static_cast<double>(*bad)) +
                     ": it must not be negative");
    });
  }

  const detail::GroupList& list_;
  std::map<std::string, Tensor> tensors_;
};

// What is kept for a parameter: all that every parameter has, or nothing; and of what some options need, whatever there
// is, since they may have been changed between steps.
void Optimizer::load_slots_of(std::size_t i, std::size_t g, GivenState& given, Loaded& loaded) const {
  const detail::Description& description = list_->description;
  const Tensor& p = list_->parameters[i];
  const Tensor step = description.counts_steps ? given.take(key_of(i, "step")) : Tensor();
  if (step.defined()) loaded.steps[i] = given.steps(key_of(i, "step"), step);
  std::string there = loaded.steps[i] > 0 ? "a step" : "", missing;
  const auto note = [&](const char* kept, bool is_there, bool is_needed) {
    if (is_there && description.counts_steps && !step.defined())
      refuse("cannot load this state: parameter " + std::to_string(i) + " has " + kept + " but no step");
    if (is_there && there.empty()) there = kept;
    if (!is_there && is_needed && missing.empty()) missing = kept;
  };
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    const detail::Slot& slot = description.slots[s];
    const std::optional<Shape> shape = detail::shape_of(slot.form, p.shape());
    if (!shape) continue;
    const std::string key = key_of(i, slot.name);
    const Tensor values = given.take(key);
    if (values.defined() && !loaded.has_options && !loaded.uses(slot, g))
      refuse(std::string("cannot load this state: it holds ") + slot.name + ", and " + name() +
             " keeps none with these options: it is the state of other options");
    const bool by_options = !loaded.has_options && description.counts_steps && loaded.uses(slot, g);
    note(slot.name, values.defined(), slot.needs == detail::always || by_options);
    if (values.defined()) loaded.slots[s][i] = given.slot(key, values, *shape, p, slot.holds);
  }
  for (std::size_t s = 0; s < numbers_.size(); ++s) {
    const detail::Number& kept = description.numbers[s];
    const std::string key = key_of(i, kept.name);
    const Tensor value = given.take(key);
    note(kept.name, value.defined(), true);
    if (!value.defined()) continue;
    const double number = loaded.numbers[s][i] = given.number(key, value);
    if (!(number >= kept.least && number <= kept.most))
      refuse("cannot load this state: \"" + key + "\" is " + number_text(number) + ": it must lie within [" +
             number_text(kept.least) + ", " + number_text(kept.most) + "]");
  }
  if (!there.empty() && !missing.empty())
    refuse("cannot load this state: parameter " + std::to_string(i) + " has " + there + " but no " + missing);
}

void Optimizer::load_slots(StateDict& state, Loaded& loaded) const {
  const std::size_t count = list_->parameters.size();
  GivenState given(*list_, state);
  loaded.slots.assign(slots_.size(), std::vector<Tensor>(count));
  loaded.numbers.assign(numbers_.size(), std::vector<double>(count));
  loaded.steps.assign(count, 0);
  for (std::size_t g = 0; g < loaded.groups.size(); ++g)
    for (std::size_t k = 0; k < loaded.groups[g].count; ++k)
      load_slots_of(loaded.groups[g].first + k, g, given, loaded);
  state.erase(
      std::remove_if(state.begin(), state.end(), [&](const auto& entry) { return !given.contains(entry.first); }),
      state.end());
}

}  // namespace xgrad::optim
