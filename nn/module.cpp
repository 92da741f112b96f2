#include <xgrad/nn/module.hpp>

#include <algorithm>
#include <unordered_set>

#include <xgrad/autograd/graph/callable.hpp>
#include <xgrad/autograd/graph/leaf.hpp>
#include <xgrad/nn/members.hpp>
#include <xgrad/nn/module_state.hpp>
#include <xgrad/nn/printing.hpp>
#include <xgrad/nn/state_dict.hpp>

namespace xgrad::nn {
namespace detail {

StatePtr cloned(CloneScope& scope, const StatePtr& original) {
  if (auto known = scope.find<ModuleState>(original.get())) return known;
  auto copy = std::make_shared<ModuleState>();
  scope.remember(original.get(), copy);
  scope.remember(copy.get(), copy);
  copy->type = original->type;
  copy->text = original->text;
  copy->training = original->training;
  copy->is_list = original->is_list;
  copy->generators = std::vector<OwnGenerator>(original->generators);  // copies in a CloneScope are clones
  copy->is_lazy = original->is_lazy;
  copy->is_batch_norm = original->is_batch_norm;
  copy->parameter_text = original->parameter_text;
  for (const RegisteredTensor& each : original->parameters) {
    copy->parameters.push_back(cloned(scope, each));
    copy->parameters.back().registration->add(copy, each.name);
  }
  for (const RegisteredTensor& each : original->buffers) {
    copy->buffers.push_back(cloned(scope, each));
    copy->buffers.back().registration->add(copy, each.name);
  }
  for (const auto& [name, child] : original->children) {
    copy->children.emplace_back(name, cloned(scope, child));
    copy->children.back().second->registration.add(copy, name);
  }
  return copy;
}

namespace {

bool contains(const StatePtr& tree, const StatePtr& module) {
  bool found = false;
  for_each_module_once(tree, [&](const std::string&, const StatePtr& each) { found = found || each == module; });
  return found;
}

// Registers a member in both directions, or in none.
template <class Entry>
void append(std::vector<Entry>& list, Entry entry, Registration& registration, const StatePtr& parent,
            const std::string& name) {
  list.push_back(std::move(entry));
  try {
    registration.add(parent, name);
  } catch (...) {
    list.pop_back();
    throw;
  }
}

void check(const ModuleBase& parent, const NewMember& added) {
  if (!added.replaces) Access::check_name(parent, added.name);
  const char* why = nullptr;
  if (added.module != nullptr && contains(Access::state(*added.module), Access::state(parent)))
    why = "a module cannot contain itself";
  if (added.parameter != nullptr && !added.parameter->defined()) why = "the parameter is empty: give it values first";
  if (why != nullptr)
    throw std::invalid_argument(parent.type_name() + ": cannot register \"" + added.name + "\": " + why);
}

void append(const ModuleBase& parent, const NewMember& added) {
  const StatePtr& state = Access::state(parent);
  if (added.parameter != nullptr) {
    const auto& registration = Access::registration(*added.parameter);
    append(state->parameters, {added.name, *added.parameter, registration}, *registration, state, added.name);
    return;
  }
  const StatePtr& module = Access::state(*added.module);
  if (module->type.empty()) module->type = added.module->type_name();
  append(state->children, {added.name, module}, module->registration, state, added.name);
}

}  // namespace

void append_members(const ModuleBase& parent, const std::vector<NewMember>& added) {
  for (const NewMember& each : added) check(parent, each);
  std::size_t done = 0;
  try {
    for (; done < added.size(); ++done) append(parent, added[done]);
  } catch (...) {  // no memory
    while (done-- > 0) {
      const bool is_module = added[done].module != nullptr;
      const StatePtr& state = Access::state(parent);
      take_out(parent, is_module ? Members::children : Members::parameters,
               (is_module ? state->children.size() : state->parameters.size()) - 1, false);
    }
    throw;
  }
}

void require_shapes(const std::string& what, const StatePtr& root) {
  for_each_module_once(root, [&](const std::string& path, const StatePtr& module) {
    if (!module->is_lazy) return;
    const std::string name = path.empty() ? module->type : path + " (" + module->type + ")";
    throw std::logic_error(what + ": " + (name.empty() ? "this module" : name) +
                           " has parameters that take their shape from the first input: call the model once before");
  });
}

}  // namespace detail

using detail::for_each_module;
using detail::for_each_module_once;
using detail::ModuleState;
using detail::RegisteredTensor;
using detail::StatePtr;

namespace {

using Members = std::vector<RegisteredTensor> ModuleState::*;

// f(path, tensor) for each parameter or buffer from the module down, a tied one once.
template <class F>
void for_each_once(const StatePtr& state, Members members, const F& f) {
  std::unordered_set<const void*> seen;
  for_each_module_once(state, [&](const std::string& path, const StatePtr& module) {
    for (const RegisteredTensor& each : (*module).*members)
      if (seen.insert(Raw::value(each.tensor)).second) f(path, each);
  });
}

StateDict named(const StatePtr& state, Members members) {
  StateDict result;
  for_each_once(state, members, [&](const std::string& path, const RegisteredTensor& each) {
    result.emplace_back(detail::join(path, each.name), each.tensor);
  });
  return result;
}

std::vector<Tensor> listed(const StatePtr& state, Members members) {
  std::vector<Tensor> result;
  for_each_once(state, members,
                [&](const std::string&, const RegisteredTensor& each) { result.push_back(each.tensor); });
  return result;
}

void apply_below(const StatePtr& state, const std::function<void(ModuleBase&)>& f) {
  std::unordered_set<const ModuleState*> seen;
  const auto children = state->children;  // f may register others
  for (const auto& child : children) {
    if (!seen.insert(child.second.get()).second) continue;
    apply_below(child.second, f);
    ModuleBase module = detail::Access::handle(child.second);
    f(module);
  }
}

}  // namespace

ModuleBase::ModuleBase() : state_(std::make_shared<ModuleState>()) {}

ModuleBase::ModuleBase(std::shared_ptr<ModuleState> state, const std::type_info* type)
    : state_(std::move(state)), copied_from_(type) {}

ModuleBase::ModuleBase(const ModuleBase& other) : state_(other.state_), copied_from_(other.known_class()) {
  if (detail::CloneScope* scope = detail::CloneScope::current()) state_ = detail::cloned(*scope, other.state_);
}

ModuleBase::ModuleBase(ModuleBase&& other) noexcept : state_(other.state_), copied_from_(other.known_class()) {}

ModuleBase::~ModuleBase() = default;

ModuleBase& ModuleBase::operator=(const ModuleBase& other) {
  if (state_ == other.state_) return *this;
  if (!state_->registration.gives_way_to(other.state_->registration))
    throw std::logic_error(*state_->registration.name() + " (" + type_name() +
                           "): this module is registered in another, which would go on training the old one: assign it "
                           "before add(), assign the whole module, or use load_state_dict()");
  state_->replaced_by = other.state_;
  state_ = other.state_;
  copied_from_ = other.known_class();
  return *this;
}

const std::type_info* ModuleBase::known_class() const noexcept {
  const std::type_info& own = typeid(*this);
  return own == typeid(ModuleBase) ? copied_from_ : &own;
}

ModuleBase ModuleBase::handle() const { return {state_, known_class()}; }

std::string ModuleBase::type_name() const {
  if (!state_->type.empty()) return state_->type;
  const std::type_info* known = known_class();
  return detail::class_name(known ? *known : typeid(ModuleBase));
}

void ModuleBase::check_name(const std::string& name) const {
  if (name.empty()) throw std::invalid_argument(type_name() + ": cannot register a member under an empty name");
  if (name.find('.') != std::string::npos)
    throw std::invalid_argument(type_name() + ": cannot register \"" + name +
                                "\": a name has no dot, which separates the names in a path");
  const auto same = [&](const auto& list) {
    return std::any_of(list.begin(), list.end(), [&](const RegisteredTensor& each) { return each.name == name; });
  };
  const bool child = std::any_of(state_->children.begin(), state_->children.end(),
                                 [&](const auto& each) { return each.first == name; });
  if (child || same(state_->parameters) || same(state_->buffers))
    throw std::invalid_argument(type_name() + ": cannot register \"" + name + "\" twice: a name stands for one member");
}

void ModuleBase::add(const std::string& name, ModuleBase& module) { detail::append_members(*this, {{name, module}}); }

void ModuleBase::add(const std::string& name, Parameter& parameter) {
  detail::append_members(*this, {{name, parameter}});
}

void ModuleBase::add(const std::string& name, Buffer& buffer) {
  check_name(name);
  if (!buffer.defined())
    throw std::invalid_argument(type_name() + ": cannot register \"" + name +
                                "\": the buffer is empty: give it values first");
  const auto& registration = detail::Access::registration(buffer);
  detail::append(state_->buffers, {name, buffer, registration}, *registration, state_, name);
}

// The list is registered once it is complete, so that an element that cannot be added leaves nothing behind.
ModuleBase ModuleBase::make_list(const std::string& name) const {
  check_name(name);
  ModuleBase list;
  list.rename("ModuleList");
  list.state_->is_list = true;
  return {list.state_, nullptr};
}

void ModuleBase::describe(const std::string& text) { state_->text = text; }
void ModuleBase::rename(const std::string& type) { state_->type = type; }

std::vector<Tensor> ModuleBase::parameters() const {
  detail::require_shapes("parameters", state_);
  return listed(state_, &ModuleState::parameters);
}
std::vector<Tensor> ModuleBase::buffers() const { return listed(state_, &ModuleState::buffers); }

StateDict ModuleBase::named_parameters() const {
  detail::require_shapes("named_parameters", state_);
  return named(state_, &ModuleState::parameters);
}
StateDict ModuleBase::named_buffers() const { return named(state_, &ModuleState::buffers); }

Tensor ModuleBase::find(const char* kind, const std::string& path) const {
  detail::require_shapes(kind, state_);
  const Members members = std::string(kind) == "buffer" ? &ModuleState::buffers : &ModuleState::parameters;
  std::string names;
  Tensor found;
  for_each_module("", state_, [&](const std::string& at, const StatePtr& module) {
    for (const RegisteredTensor& each : (*module).*members) {
      const std::string name = detail::join(at, each.name);
      names += (names.empty() ? "" : ", ") + name;
      if (name == path) found = each.tensor;
    }
  });
  if (found.defined()) return found;
  throw std::invalid_argument(type_name() + ": there is no " + kind + " \"" + path + "\": there are " +
                              (names.empty() ? "none" : names));
}
Tensor ModuleBase::parameter(const std::string& path) const { return find("parameter", path); }
Tensor ModuleBase::buffer(const std::string& path) const { return find("buffer", path); }

StateDict ModuleBase::state_dict() const { return detail::state_dict(state_).clone(); }
void ModuleBase::load_state_dict(const StateDict& state, Source at) { load_state_dict(state, Strict::yes, at); }
IncompatibleKeys ModuleBase::load_state_dict(const StateDict& state, Strict strict, Source at) {
  return detail::load_state_dict(state_, type_name(), state, strict, at);
}

std::vector<ModuleBase> ModuleBase::children() const {
  std::vector<ModuleBase> result;
  for (auto& child : named_children()) result.push_back(std::move(child.second));
  return result;
}

std::vector<std::pair<std::string, ModuleBase>> ModuleBase::named_children() const {
  std::vector<std::pair<std::string, ModuleBase>> result;
  std::unordered_set<const ModuleState*> seen;
  for (const auto& [name, child] : state_->children)
    if (seen.insert(child.get()).second) result.emplace_back(name, detail::Access::handle(child));
  return result;
}

std::vector<std::pair<std::string, ModuleBase>> ModuleBase::named_modules() const {
  std::vector<std::pair<std::string, ModuleBase>> result;
  for_each_module_once(state_, [&](const std::string& path, const StatePtr& module) {
    result.emplace_back(path, path.empty() ? handle() : detail::Access::handle(module));
  });
  return result;
}

std::vector<ModuleBase> ModuleBase::modules() const {
  std::vector<ModuleBase> result;
  for (auto& module : named_modules()) result.push_back(std::move(module.second));
  return result;
}

ModuleBase ModuleBase::get_submodule(const std::string& path) const {
  StatePtr found;
  std::string names;
  for_each_module("", state_, [&](const std::string& at, const StatePtr& module) {
    if (!at.empty()) names += (names.empty() ? "" : ", ") + at;
    if (at == path) found = module;
  });
  if (found == state_) return handle();
  if (found) return detail::Access::handle(found);
  throw std::invalid_argument(type_name() + ": there is no module \"" + path + "\": there are " +
                              (names.empty() ? "none" : names));
}

void ModuleBase::apply(const std::function<void(ModuleBase&)>& f) {
  if (!f) xgrad::detail::refuse_empty_function("apply", "the modules");
  apply_below(state_, f);
  ModuleBase self = handle();
  f(self);
}

void ModuleBase::train(bool on) {
  for_each_module_once(state_, [on](const std::string&, const StatePtr& module) { module->training = on; });
}
bool ModuleBase::is_training() const { return state_->training; }

void ModuleBase::zero_grad() {
  for (const Tensor& parameter : listed(state_, &ModuleState::parameters)) parameter.set_grad(Tensor());
}

namespace {

// All changes or, where one cannot be made, none.
void commit(std::vector<xgrad::detail::LeafChange>& changes) noexcept {
  for (xgrad::detail::LeafChange& change : changes) change.commit();
}

}  // namespace

void ModuleBase::requires_grad_(bool on) {
  std::vector<xgrad::detail::LeafChange> changes;
  for (const Tensor& parameter : listed(state_, &ModuleState::parameters))
    changes.push_back(xgrad::detail::LeafChange::gradient(parameter, on));
  commit(changes);
}

void ModuleBase::to(DType dtype) {
  if (!is_floating(dtype))
    throw std::invalid_argument(std::string("to: the parameters of a module are float32 or float64, not ") +
                                name_of(dtype));
  std::vector<xgrad::detail::LeafChange> changes;
  const auto note = [&](const std::string&, const RegisteredTensor& each) {
    const DType now = each.tensor.dtype();
    if (is_floating(now) && now != dtype)
      changes.push_back(
          xgrad::detail::LeafChange::data("to", each.tensor, xgrad::detail::converted(each.tensor, dtype)));
  };
  for_each_once(state_, &ModuleState::parameters, note);
  for_each_once(state_, &ModuleState::buffers, note);
  commit(changes);
}

Tensor Module::operator()(const Tensor& x, Source at) const {
  // A module is a handle: a const one leaves the shared state writable, as a const Tensor does.
  auto* self = const_cast<Module*>(this);
  const detail::ModuleHooks* hooks = detail::Access::state(*this)->hooks.get();
  return call(
      [&] {
        if (hooks == nullptr) return self->forward(x);
        return detail::forward_with_hooks(*this, *hooks, x, [&](const Tensor& in) { return self->forward(in); });
      },
      at);
}

}  // namespace xgrad::nn
