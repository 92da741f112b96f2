#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/nn/members.hpp>
#include <xgrad/nn/sequential.hpp>

namespace xgrad::nn {

/// Modules of the class M by name, in the order in which they were put in: PyTorch's ModuleDict. What a ModuleListOf
/// says of elements holds here too.
///
///     nn::ModuleDict activations{{"relu", nn::ReLU()}, {"tanh", tanh}};
///     const nn::Layer& activation = activations["tanh"];
///     for (auto& [name, module] : activations) std::cout << name << ": " << module << '\n';
template <class M>
class ModuleDictOf : public ModuleBase {
 public:
  using Entry = std::pair<std::string, M>;

  ModuleDictOf() { detail::name_class(*this, "ModuleDict"); }
  ModuleDictOf(std::initializer_list<Entry> entries) : ModuleDictOf() {
    for (const Entry& each : entries) insert(each.first, each.second);
  }

  std::size_t size() const { return entries_->size(); }
  bool empty() const { return entries_->empty(); }
  bool contains(const std::string& key) const { return place(key) < size(); }
  std::vector<std::string> keys() const {
    std::vector<std::string> result;
    for (const Entry& each : *entries_) result.push_back(each.first);
    return result;
  }
  /// The module of that name; an unknown one is an error.
  M& operator[](const std::string& key) const { return (*entries_)[known(key)].second; }
  typename std::vector<Entry>::iterator begin() const { return entries_->begin(); }
  typename std::vector<Entry>::iterator end() const { return entries_->end(); }

  /// Adds a module under a new name, a non-empty one without a dot.
  void insert(const std::string& key, const M& module) {
    if (contains(key)) detail::throw_known("ModuleDict", key);
    std::vector<Entry> next = *entries_;
    next.emplace_back(key, module);
    this->add(key, static_cast<ModuleBase&>(next.back().second));
    *entries_ = std::move(next);
  }
  /// Adds modules; one whose name is there already takes that one's name, and the last place. Where one is an error,
  /// nothing has changed.
  template <class Entries = std::initializer_list<Entry>>
  void update(const Entries& entries) {
    const std::vector<Entry> added(entries.begin(), entries.end());
    detail::update_entries(*this, detail::Members::children, *entries_, added);
  }
  /// Takes a module out and returns it; an unknown name is an error.
  M pop(const std::string& key) {
    const std::size_t place = known(key);
    M taken = (*entries_)[place].second;
    std::vector<Entry> next;
    next.reserve(size());
    for (std::size_t k = 0; k < size(); ++k)
      if (k != place) next.push_back((*entries_)[k]);
    detail::take_out(*this, detail::Members::children, place, false);
    *entries_ = std::move(next);
    return taken;
  }
  void clear() {
    while (!empty()) pop(entries_->back().first);
  }

 private:
  std::size_t place(const std::string& key) const {
    std::size_t k = 0;
    while (k < size() && (*entries_)[k].first != key) ++k;
    return k;
  }
  std::size_t known(const std::string& key) const {
    const std::size_t found = place(key);
    if (found < size()) return found;
    std::string names;
    for (const Entry& each : *entries_) names += (names.empty() ? "" : ", ") + each.first;
    detail::throw_unknown("ModuleDict", key, names);
  }

  Shared<std::vector<Entry>> entries_;
};

/// Modules of one input of any class, and functions, by name.
using ModuleDict = ModuleDictOf<Layer>;

}  // namespace xgrad::nn
