#pragma once

#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

#include <xgrad/nn/members.hpp>
#include <xgrad/nn/sequential.hpp>

namespace xgrad::nn {

/// Modules of the class M in a row, registered as "0", "1", ...: PyTorch's ModuleList, which the module that holds it
/// calls one by one. M is any module, also one of several inputs.
///
///     nn::ModuleListOf<nn::Linear> layers;
///     for (int i = 0; i < 3; ++i) layers.append(nn::Linear(4, 4));
///     for (nn::Linear& layer : layers) x = relu(layer(x));
///
/// As everywhere, copies are handles of one list, and what is put in is not copied either; clone() copies all.
/// References to elements are valid until the list changes; to assign to one is an error, as it is for every registered
/// module.
template <class M>
class ModuleListOf : public ModuleBase {
 public:
  ModuleListOf() { detail::name_class(*this, "ModuleList"); }
  ModuleListOf(std::initializer_list<M> modules) : ModuleListOf() { extend(modules); }
  explicit ModuleListOf(const std::vector<M>& modules) : ModuleListOf() { extend(modules); }

  std::size_t size() const { return modules_->size(); }
  bool empty() const { return modules_->empty(); }
  /// Element i, counted from the end when negative; out of range is an error.
  M& operator[](Dim i) const { return (*modules_)[detail::place_of(i, size(), "ModuleList")]; }
  typename std::vector<M>::iterator begin() const { return modules_->begin(); }
  typename std::vector<M>::iterator end() const { return modules_->end(); }

  void append(const M& module) { insert(static_cast<std::int64_t>(size()), module); }
  void push_back(const M& module) { append(module); }
  /// Appends all, or none where one is an error.
  template <class Modules = std::initializer_list<M>>
  void extend(const Modules& modules) {
    const std::vector<M> added(modules.begin(), modules.end());  // which may be those of this list
    detail::extend_elements(*this, *modules_, added);
  }
  /// Puts the module before element i, counted from the end when negative; those from there on get the next numbers.
  void insert(Dim i, const M& module) {
    const std::size_t place = detail::place_to_insert(i, size(), "ModuleList");
    // Handles in a row cannot be assigned to each other, since they are registered: they are listed anew.
    std::vector<M> next;
    next.reserve(size() + 1);
    for (std::size_t k = 0; k <= size(); ++k) {
      if (k == place) next.push_back(module);
      if (k < size()) next.push_back((*modules_)[k]);
    }
    this->add(std::to_string(size()), static_cast<ModuleBase&>(next[place]));
    detail::move_last(*this, detail::Members::children, place);
    *modules_ = std::move(next);
  }
  /// Takes element i out, the last by default, and returns it.
  M pop(Dim i = -1) {
    const std::size_t place = detail::place_of(i, size(), "ModuleList");
    M taken = (*modules_)[place];
    std::vector<M> next;
    next.reserve(size());
    for (std::size_t k = 0; k < size(); ++k)
      if (k != place) next.push_back((*modules_)[k]);
    detail::take_out(*this, detail::Members::children, place, true);
    *modules_ = std::move(next);
    return taken;
  }
  void clear() {
    while (!empty()) pop();
  }

 private:
  Shared<std::vector<M>> modules_;
};

/// Modules of one input of any class, and functions, in a row.
using ModuleList = ModuleListOf<Layer>;

}  // namespace xgrad::nn
