#include <xgrad/nn/functional_call.hpp>

#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

#include <xgrad/nn/module_state.hpp>

namespace xgrad::func {
namespace {

void require_fit(const std::string& name, const Tensor& own, const Tensor& value) {
  if (!value.defined()) throw std::invalid_argument("functional_call: \"" + name + "\" is an empty tensor");
  if (value.shape() != own.shape())
    throw std::invalid_argument("functional_call: \"" + name + "\" has shape " + to_string(own.shape()) +
                                ", its replacement " + to_string(value.shape()) + ": they must agree");
  if (is_floating(value.dtype()) != is_floating(own.dtype()))
    throw std::invalid_argument("functional_call: \"" + name + "\" is " + name_of(own.dtype()) + ", its replacement " +
                                name_of(value.dtype()));
}

// The parameters and buffers themselves, tied ones under each of their names.
StateDict members(const nn::ModuleBase& module) {
  StateDict result;
  nn::detail::for_each_module("", nn::detail::Access::state(module),
                              [&](const std::string& path, const nn::detail::StatePtr& state) {
                                for (const auto* list : {&state->parameters, &state->buffers})
                                  for (const nn::detail::RegisteredTensor& each : *list)
                                    result.emplace_back(nn::detail::join(path, each.name), each.tensor);
                              });
  return result;
}

}  // namespace

namespace detail {

void substitute(xgrad::detail::Substitution& into, const nn::ModuleBase& module, const StateDict& values) {
  const StateDict own = members(module);
  std::unordered_map<const void*, const std::pair<std::string, Tensor>*> given;  // by the tensor that is replaced
  for (const auto& each : values) {
    const auto& [name, value] = each;
    const auto found = own.find(name);
    if (found == own.end())
      throw std::invalid_argument("functional_call: " + module.type_name() + " has no parameter or buffer \"" + name +
                                  "\"");
    require_fit(name, found->second, value);
    const auto [first, is_new] = given.emplace(Raw::value(found->second), &each);
    if (!is_new && Raw::value(first->second->second) != Raw::value(value))
      throw std::invalid_argument("functional_call: \"" + first->second->first + "\" and \"" + name +
                                  "\" are one tensor, and two replacements are given for it");
  }
  for (const auto& [name, value] : values) into.add(own.at(name), value);
}

void substitute(xgrad::detail::Substitution& into, const nn::ModuleBase& module, const std::vector<Tensor>& values) {
  const StateDict own = module.named_parameters();
  if (values.size() != own.size())
    throw std::invalid_argument("functional_call: " + std::to_string(values.size()) + " tensors for the " +
                                std::to_string(own.size()) + " parameters of " + module.type_name());
  std::size_t i = 0;
  for (const auto& [name, tensor] : own) require_fit(name, tensor, values[i++]);
  i = 0;
  for (const auto& each : own) into.add(each.second, values[i++]);
}

}  // namespace detail

Tensor functional_call(const nn::Module& module, const StateDict& values, const Tensor& x, Source at) {
  return functional_call(module, values, [&] { return module(x, at); });
}
Tensor functional_call(const nn::Module& module, const std::vector<Tensor>& values, const Tensor& x, Source at) {
  return functional_call(module, values, [&] { return module(x, at); });
}

}  // namespace xgrad::func
