#include <xgrad/train/record.hpp>

#include <algorithm>
#include <stdexcept>

namespace xgrad::train {

std::string detail::listed(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none" : all;
}

bool Record::contains(const std::string& name) const {
  return std::any_of(begin(), end(), [&](const auto& each) { return each.first == name; });
}

double Record::at(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& each : *this) {
    if (each.first == name) return each.second;
    names.push_back(each.first);
  }
  throw std::invalid_argument("Record: there is no \"" + name + "\": there are " + detail::listed(names));
}

void Record::set(const std::string& name, double value) {
  for (auto& each : *this)
    if (each.first == name) {
      each.second = value;
      return;
    }
  emplace_back(name, value);
}

}  // namespace xgrad::train
