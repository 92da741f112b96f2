#include <xgrad/nn/parameter.hpp>

#include <cstring>
#include <stdexcept>
#include <vector>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn {
namespace detail {
namespace {

Tensor copy_of(const Tensor& original) {
  Tensor copy = Raw::uninitialized(original.shape(), original.dtype());
  const std::size_t bytes = static_cast<std::size_t>(original.size()) * size_of(original.dtype());
  if (bytes > 0) std::memcpy(Raw::write_bytes(copy), Raw::bytes(original), bytes);
  if (original.requires_grad()) copy.requires_grad_();
  return copy;
}

// The module that replaced another by assignment, if it is known.
struct Successor {
  bool known = false;
  StatePtr module;  // null where the new parent has none under that name
};

StatePtr child_of(const ModuleState& module, const std::string& name) {
  for (const auto& [key, child] : module.children)
    if (key == name) return child;
  return nullptr;
}

Successor successor_of(const ModuleState& module) {
  if (StatePtr next = module.replaced_by.lock()) return {true, std::move(next)};
  if (!module.is_list) return {};
  // The user has no handle of a list to assign to, so its successor is found through the module that it is registered
  // in.
  for (const Registration::Parent& each : module.registration.parents) {
    const StatePtr parent = each.module.lock();
    const Successor next = parent ? successor_of(*parent) : Successor{};
    if (next.known) return {true, next.module ? child_of(*next.module, each.name) : nullptr};
  }
  return {};
}

bool has_member(const ModuleState& module, const std::string& name) {
  for (const auto* tensors : {&module.parameters, &module.buffers})
    for (const RegisteredTensor& each : *tensors)
      if (each.name == name) return true;
  return child_of(module, name) != nullptr;
}

}  // namespace

void Registration::add(const StatePtr& parent, const std::string& name) {
  std::vector<Parent> alive;
  alive.reserve(parents.size() + 1);  // this and the copy of the name may fail, before anything has changed
  Parent added{parent, name};
  for (Parent& each : parents)
    if (!each.module.expired()) alive.push_back(std::move(each));
  alive.push_back(std::move(added));
  parents = std::move(alive);
}

void Registration::remove(const ModuleState& parent, const std::string& name) noexcept {
  for (auto each = parents.begin(); each != parents.end(); ++each) {
    if (each->name != name || each->module.lock().get() != &parent) continue;
    parents.erase(each);
    return;
  }
}

const std::string* Registration::name() const {
  for (const Parent& each : parents)
    if (!each.module.expired()) return &each.name;
  return nullptr;
}

bool Registration::gives_way_to(const Registration& other) const {
  bool registered = false;
  for (const Parent& mine : parents) {
    const StatePtr parent = mine.module.lock();
    if (!parent) continue;
    registered = true;
    const Successor next = successor_of(*parent);
    if (!next.known) continue;
    // The new module may lack a member that the old one had, such as a bias.
    if (!next.module || !has_member(*next.module, mine.name)) return true;
    for (const Parent& theirs : other.parents)
      if (theirs.name == mine.name && theirs.module.lock() == next.module) return true;
  }
  return !registered;
}

RegisteredTensor cloned(CloneScope& scope, const RegisteredTensor& original) {
  const void* key = Raw::value(original.tensor);
  if (auto known = scope.find<RegisteredTensor>(key)) return {original.name, known->tensor, known->registration};
  RegisteredTensor copy{original.name, copy_of(original.tensor), std::make_shared<Registration>()};
  auto kept = std::make_shared<RegisteredTensor>(copy);
  scope.remember(key, kept);
  scope.remember(Raw::value(copy.tensor), kept);
  return copy;
}

Registered::Registered(const Tensor& leaf) : Tensor(leaf), registration_(std::make_shared<Registration>()) {}

Registered::Registered(Registered&& other) noexcept
    : Tensor(static_cast<const Tensor&>(other)), registration_(other.registration_) {}

Registered::~Registered() = default;

Registered::Registered(const Registered& other) : Tensor(other), registration_(other.registration_) {
  CloneScope* scope = CloneScope::current();
  if (scope == nullptr || !other.defined()) return;
  RegisteredTensor copy = cloned(*scope, RegisteredTensor{"", other, other.registration_});
  Tensor::operator=(copy.tensor);
  registration_ = std::move(copy.registration);
}

Registered& Registered::operator=(const Registered& other) & {
  if (Raw::value(*this) == Raw::value(other)) return *this;
  static const Registration nowhere;
  const Registration& after = other.registration_ ? *other.registration_ : nowhere;
  if (registration_ && !registration_->gives_way_to(after))
    throw std::logic_error("parameter: \"" + *registration_->name() +
                           "\" is registered in a module, which would go on using the old one: write its values with "
                           "copy_() or nn::init, or assign the whole module");
  Tensor::operator=(other);
  registration_ = other.registration_;
  return *this;
}

}  // namespace detail

namespace {

Tensor leaf_over(const char* what, const Tensor& values) {
  const xgrad::detail::Calling calling(what);
  Tensor leaf = values.detach();
  Raw::mark_weak(leaf, false);
  return leaf;
}

Tensor& writable(const char* op, Parameter& parameter, const Operand& b) {
  if (grad_enabled() && (parameter.requires_grad() || b.tensor().requires_grad()))
    throw std::logic_error(std::string(op) +
                           ": a parameter cannot be written in place while ops are recorded: open a NoGrad scope");
  return parameter;
}

}  // namespace

Parameter::Parameter(const Tensor& values, bool requires_grad) : Registered(leaf_over("Parameter", values)) {
  const xgrad::detail::Calling calling("Parameter");
  if (requires_grad) requires_grad_();
}

namespace {

void require_alike(const Parameter& a, const Parameter& b) {
  if (!a.defined() || !b.defined()) throw std::invalid_argument("tie: a parameter is empty: give it values first");
  if (a.shape() != b.shape() || a.dtype() != b.dtype())
    throw std::invalid_argument("tie: one parameter is " + to_string(a.shape()) + " " + name_of(a.dtype()) +
                                ", the other " + to_string(b.shape()) + " " + name_of(b.dtype()) +
                                ": only those of one shape and dtype can be the same");
}

// The entries of the modules in which the parameter is registered.
std::vector<detail::RegisteredTensor*> entries_of(const Parameter& parameter,
                                                  const detail::Registration& registration) {
  std::vector<detail::RegisteredTensor*> entries;
  for (const detail::Registration::Parent& parent : registration.parents)
    if (const detail::StatePtr module = parent.module.lock())
      for (detail::RegisteredTensor& each : module->parameters)
        if (each.name == parent.name && Raw::value(each.tensor) == Raw::value(parameter)) entries.push_back(&each);
  return entries;
}

}  // namespace

void tie(Parameter& parameter, const Parameter& other) {
  require_alike(parameter, other);
  if (Raw::value(parameter) == Raw::value(other)) return;
  const std::shared_ptr<detail::Registration> before = detail::Access::registration(parameter);
  const std::shared_ptr<detail::Registration> after = detail::Access::registration(other);
  const std::vector<detail::RegisteredTensor*> entries = entries_of(parameter, *before);
  const std::size_t handles = Raw::value(parameter)->count.load(std::memory_order_acquire);
  if (handles != entries.size() + 1)
    throw std::logic_error("tie: the parameter of shape " + to_string(parameter.shape()) + " has " +
                           std::to_string(handles - entries.size()) +
                           " handles, of which only one could be changed: tie it before its module is copied, put "
                           "into a container or given to an optimiser");
  detail::Registration joined = *after;
  for (const detail::Registration::Parent& parent : before->parents)
    if (const detail::StatePtr module = parent.module.lock()) joined.add(module, parent.name);
  after->parents = std::move(joined.parents);
  for (detail::RegisteredTensor* each : entries) {
    each->tensor = other;
    each->registration = after;
  }
  static_cast<Tensor&>(parameter) = other;
  detail::Access::registration(parameter) = after;
}

Buffer::Buffer(const Tensor& values) : Registered(leaf_over("Buffer", values)) {}

Parameter& operator+=(Parameter& a, Operand b) {
  Tensor& target = writable("add", a, b);
  target += std::move(b);
  return a;
}
Parameter& operator-=(Parameter& a, Operand b) {
  Tensor& target = writable("sub", a, b);
  target -= std::move(b);
  return a;
}
Parameter& operator*=(Parameter& a, Operand b) {
  Tensor& target = writable("mul", a, b);
  target *= std::move(b);
  return a;
}
Parameter& operator/=(Parameter& a, Operand b) {
  Tensor& target = writable("div", a, b);
  target /= std::move(b);
  return a;
}

}  // namespace xgrad::nn
