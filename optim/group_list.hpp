#pragma once

// For this room's sources only: the groups of an optimiser, which the handles of its groups share with it.

#include <optional>
#include <string>
#include <vector>

#include <xgrad/optim/description.hpp>

namespace xgrad::optim::detail {

struct GroupList {
  struct Entry {
    std::size_t first, count;  // of the parameters
    std::vector<double> values;
    std::optional<double> initial_lr;
  };
  Description description;
  std::vector<double> defaults;
  std::vector<Tensor> parameters;
  std::vector<Entry> groups;

  [[noreturn]] void refuse(const std::string& why) const;
  /// The place of an option; an unknown one is refused, unless nothing can be found.
  std::optional<std::size_t> find(const std::string& name) const;
  std::size_t at(const std::string& name) const;
  /// Sets the options that are given; the result is to be checked.
  void apply(const Given& given, std::vector<double>& values) const;
  void check(const std::vector<double>& values) const;
};

/// The shape of a slot; nothing where the parameter has none.
std::optional<Shape> shape_of(Form form, const Shape& parameter);

/// Shape and dtype in words.
std::string text(const Tensor& tensor);

}  // namespace xgrad::optim::detail
