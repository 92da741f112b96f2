#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/nn/members.hpp>

namespace xgrad::nn {

/// Parameters in a row, registered as "0", "1", ...: PyTorch's ParameterList. Copies are handles of one list.
///
///     nn::ParameterList scales{nn::Parameter(ones({3})), nn::Parameter(ones({4}))};
///     y = x * scales[0];
///
/// References to elements are valid until the list changes. To assign to one is an error, as it is for every registered
/// parameter: write its values with copy_() or nn::init.
class ParameterList : public ModuleBase {
 public:
  ParameterList();
  ParameterList(std::initializer_list<Parameter> parameters);
  explicit ParameterList(const std::vector<Parameter>& parameters);
  ParameterList(const ParameterList&);
  ParameterList& operator=(const ParameterList&);
  ~ParameterList() override;

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  /// Element i, counted from the end when negative; out of range is an error.
  Parameter& operator[](Dim i) const;
  std::vector<Parameter>::iterator begin() const;
  std::vector<Parameter>::iterator end() const;

  void append(const Parameter& parameter);
  void push_back(const Parameter& parameter) { append(parameter); }
  /// Appends all, or none where one is an error.
  template <class Parameters = std::initializer_list<Parameter>>
  void extend(const Parameters& parameters) {
    const std::vector<Parameter> added(parameters.begin(), parameters.end());  // which may be those of this list
    detail::extend_elements(*this, *parameters_, added);
  }
  /// Puts the parameter before element i, counted from the end when negative.
  void insert(Dim i, const Parameter& parameter);
  /// Takes element i out, the last by default, and returns it.
  Parameter pop(Dim i = -1);
  void clear();

 private:
  Shared<std::vector<Parameter>> parameters_;
};

/// Parameters by name, in the order in which they were put in: PyTorch's ParameterDict.
///
///     nn::ParameterDict weights{{"left", nn::Parameter(ones({3}))}, {"right", nn::Parameter(ones({3}))}};
///     y = x * weights["left"];
class ParameterDict : public ModuleBase {
 public:
  using Entry = std::pair<std::string, Parameter>;

  ParameterDict();
  ParameterDict(std::initializer_list<Entry> entries);
  ParameterDict(const ParameterDict&);
  ParameterDict& operator=(const ParameterDict&);
  ~ParameterDict() override;

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  bool contains(const std::string& key) const;
  std::vector<std::string> keys() const;
  /// The parameter of that name; an unknown one is an error.
  Parameter& operator[](const std::string& key) const;
  std::vector<Entry>::iterator begin() const;
  std::vector<Entry>::iterator end() const;

  /// Adds a parameter under a new name, a non-empty one without a dot.
  void insert(const std::string& key, const Parameter& parameter);
  /// Adds parameters; one whose name is there already takes that one's name, and the last place. Where one is an error,
  /// nothing has changed.
  template <class Entries = std::initializer_list<Entry>>
  void update(const Entries& entries) {
    const std::vector<Entry> added(entries.begin(), entries.end());
    detail::update_entries(*this, detail::Members::parameters, *entries_, added);
  }
  /// Takes a parameter out and returns it; an unknown name is an error.
  Parameter pop(const std::string& key);
  void clear();

 private:
  std::size_t place(const std::string& key) const;
  std::size_t known(const std::string& key) const;

  Shared<std::vector<Entry>> entries_;
};

}  // namespace xgrad::nn
