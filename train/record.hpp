#pragma once

#include <string>
#include <utility>
#include <vector>

namespace xgrad::train {

/// Numbers with names, in order: the results of an epoch, or of an evaluation.
class Record : public std::vector<std::pair<std::string, double>> {
 public:
  using Entries = std::vector<std::pair<std::string, double>>;
  using Entries::Entries;

  bool contains(const std::string& name) const;
  /// The number with this name; an unknown one is an error that lists the names.
  double at(const std::string& name) const;
  double operator[](const std::string& name) const { return at(name); }
  /// Gives the name a number, at the end if it is new.
  void set(const std::string& name, double value);
};

namespace detail {

/// The names with commas, or "none".
std::string listed(const std::vector<std::string>& names);

}  // namespace detail
}  // namespace xgrad::train
