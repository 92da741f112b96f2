#include <xgrad/nn/members.hpp>

#include <algorithm>

#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn::detail {
namespace {

using Child = std::pair<std::string, StatePtr>;

std::string& name_of(Child& child) { return child.first; }
std::string& name_of(RegisteredTensor& tensor) { return tensor.name; }
Registration& registration_of(Child& child) { return child.second->registration; }
Registration& registration_of(RegisteredTensor& tensor) { return *tensor.registration; }

// The names are digits, which a string holds without memory of its own, so that nothing can fail.
template <class Entry>
void number(const StatePtr& list, std::vector<Entry>& entries) noexcept {
  const auto of_list = [&](const Registration::Parent& parent) { return parent.module.lock() == list; };
  for (Entry& entry : entries)
    for (Registration::Parent& parent : registration_of(entry).parents)
      if (of_list(parent)) parent.name.clear();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    name_of(entries[i]) = std::to_string(i);
    for (Registration::Parent& parent : registration_of(entries[i]).parents) {
      if (!of_list(parent) || !parent.name.empty()) continue;
      parent.name = std::to_string(i);
      break;
    }
  }
}

template <class F>
void visit(const ModuleBase& list, Members members, const F& f) {
  const StatePtr& state = Access::state(list);
  if (members == Members::children)
    f(state, state->children);
  else
    f(state, state->parameters);
}

// torch.typename() of 1.13, with which ParameterDict names the kind of tensor.
const char* tensor_type(DType dtype) { return dtype == float64 ? "torch.DoubleTensor" : "torch.FloatTensor"; }

std::string sized(const std::string& kind, const Shape& shape) {
  std::string sizes;
  for (const std::int64_t size : shape) sizes += (sizes.empty() ? "" : "x") + std::to_string(size);
  return "Parameter containing: [" + kind + " of size " + sizes + "]";
}

}  // namespace

void move_last(const ModuleBase& list, Members members, std::size_t place) noexcept {
  visit(list, members, [&](const StatePtr& state, auto& entries) {
    std::rotate(entries.begin() + static_cast<std::ptrdiff_t>(place), entries.end() - 1, entries.end());
    number(state, entries);
  });
}

void take_out(const ModuleBase& list, Members members, std::size_t place, bool numbered) noexcept {
  visit(list, members, [&](const StatePtr& state, auto& entries) {
    const auto at = entries.begin() + static_cast<std::ptrdiff_t>(place);
    registration_of(*at).remove(*state, name_of(*at));
    entries.erase(at);
    if (numbered) number(state, entries);
  });
}

void list_parameters(const ModuleBase& list, bool by_name) {
  Access::state(list)->parameter_text =
      by_name ? [](const Tensor& x) { return sized(tensor_type(x.dtype()), x.shape()); }
              : [](const Tensor& x) { return sized(std::string("torch.") + xgrad::name_of(x.dtype()), x.shape()); };
}

void name_class(const ModuleBase& module, const char* name) { Access::state(module)->type = name; }

std::size_t place_of(Dim i, std::size_t count, const char* type) {
  const auto size = static_cast<std::int64_t>(count);
  const std::int64_t place = i < 0 ? i.value() + size : i.value();
  if (place < 0 || place >= size)
    throw std::invalid_argument(std::string(type) + ": there is no element " + std::to_string(i) + ": it has " +
                                std::to_string(count));
  return static_cast<std::size_t>(place);
}

std::size_t place_to_insert(Dim i, std::size_t count, const char* type) {
  const auto size = static_cast<std::int64_t>(count);
  const std::int64_t place = i < 0 ? i.value() + size : i.value();
  if (place < 0 || place > size)
    throw std::invalid_argument(std::string(type) + ": cannot insert at " + std::to_string(i) + ": it has " +
                                std::to_string(count) + " elements");
  return static_cast<std::size_t>(place);
}

void throw_unknown(const char* type, const std::string& key, const std::string& keys) {
  throw std::invalid_argument(std::string(type) + ": there is no \"" + key + "\": there are " +
                              (keys.empty() ? "none" : keys));
}

void throw_known(const char* type, const std::string& key) {
  throw std::invalid_argument(std::string(type) + ": there is a \"" + key +
                              "\" already: take it out with pop(), or replace it with update()");
}

}  // namespace xgrad::nn::detail
