#pragma once

// For the containers of this room: the order and names of the members of a list, and members that are taken out.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/nn/module.hpp>

namespace xgrad::nn::detail {

enum class Members : bool { children, parameters };

/// A module or parameter that is to be registered. Where it takes the place of another, its name is in use.
struct NewMember {
  NewMember(std::string under, ModuleBase& member, bool takes_place = false)
      : name(std::move(under)), module(&member), replaces(takes_place) {}
  NewMember(std::string under, Parameter& member, bool takes_place = false)
      : name(std::move(under)), parameter(&member), replaces(takes_place) {}

  std::string name;
  ModuleBase* module = nullptr;
  Parameter* parameter = nullptr;
  bool replaces;
};
/// Registers all of them behind those that are there, or none where one is an error.
void append_members(const ModuleBase& parent, const std::vector<NewMember>& added);

/// The last member is moved to a place, and all are named by their places.
void move_last(const ModuleBase& list, Members members, std::size_t place) noexcept;
/// A member is taken out, and the others are named by their places if the list has no names of its own.
void take_out(const ModuleBase& list, Members members, std::size_t place, bool numbered) noexcept;
/// The module's parameters are listed where it is printed, a line for each, as PyTorch's ParameterList has them, or its
/// ParameterDict.
void list_parameters(const ModuleBase& list, bool by_name);
/// Names the class in print.
void name_class(const ModuleBase& module, const char* name);

/// The place i of `count`, counted from the end where it is negative; another is an error of that class.
std::size_t place_of(Dim i, std::size_t count, const char* type);
/// The place at which to insert, of which there is one more.
std::size_t place_to_insert(Dim i, std::size_t count, const char* type);

/// Appends elements to those of a list, all or none.
template <class T>
void extend_elements(const ModuleBase& list, std::vector<T>& elements, const std::vector<T>& added) {
  std::vector<T> next;
  next.reserve(elements.size() + added.size());
  next.insert(next.end(), elements.begin(), elements.end());
  next.insert(next.end(), added.begin(), added.end());
  std::vector<NewMember> members;
  for (std::size_t k = elements.size(); k < next.size(); ++k) members.emplace_back(std::to_string(k), next[k]);
  append_members(list, members);
  elements = std::move(next);
}

/// Puts entries behind those of a dict, all or none; those of the same names are taken out.
template <class Entry>
void update_entries(const ModuleBase& dict, Members kind, std::vector<Entry>& entries,
                    const std::vector<Entry>& added) {
  const auto follows = [&](const std::string& key, std::size_t from) {
    for (; from < added.size(); ++from)
      if (added[from].first == key) return true;
    return false;
  };
  std::vector<Entry> next;
  next.reserve(entries.size() + added.size());
  std::vector<std::size_t> replaced;
  std::vector<NewMember> members;
  for (std::size_t k = 0; k < entries.size(); ++k)
    if (follows(entries[k].first, 0))
      replaced.push_back(k);
    else
      next.push_back(entries[k]);
  for (std::size_t k = 0; k < added.size(); ++k) {
    if (follows(added[k].first, k + 1)) continue;
    next.push_back(added[k]);
    bool known = false;
    for (const std::size_t old : replaced) known = known || entries[old].first == added[k].first;
    members.emplace_back(added[k].first, next.back().second, known);
  }
  append_members(dict, members);
  for (std::size_t k = replaced.size(); k-- > 0;) take_out(dict, kind, replaced[k], false);
  entries = std::move(next);
}

[[noreturn]] void throw_unknown(const char* type, const std::string& key, const std::string& keys);
[[noreturn]] void throw_known(const char* type, const std::string& key);

}  // namespace xgrad::nn::detail
