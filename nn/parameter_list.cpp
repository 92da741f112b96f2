#include <xgrad/nn/parameter_list.hpp>

namespace xgrad::nn {
namespace {

// The elements without one. They are listed anew, since registered handles cannot be assigned to each other.
template <class T>
std::vector<T> without(const std::vector<T>& all, std::size_t place) {
  std::vector<T> rest;
  rest.reserve(all.size());
  for (std::size_t k = 0; k < all.size(); ++k)
    if (k != place) rest.push_back(all[k]);
  return rest;
}

}  // namespace

ParameterList::ParameterList() {
  rename("ParameterList");
  detail::list_parameters(*this, false);
}
ParameterList::ParameterList(std::initializer_list<Parameter> parameters) : ParameterList() { extend(parameters); }
ParameterList::ParameterList(const std::vector<Parameter>& parameters) : ParameterList() { extend(parameters); }

ParameterList::ParameterList(const ParameterList&) = default;
ParameterList& ParameterList::operator=(const ParameterList&) = default;
ParameterList::~ParameterList() = default;

std::size_t ParameterList::size() const { return parameters_->size(); }
std::vector<Parameter>::iterator ParameterList::begin() const { return parameters_->begin(); }
std::vector<Parameter>::iterator ParameterList::end() const { return parameters_->end(); }

Parameter& ParameterList::operator[](Dim i) const {
  return (*parameters_)[detail::place_of(i, size(), "ParameterList")];
}

void ParameterList::append(const Parameter& parameter) { insert(static_cast<std::int64_t>(size()), parameter); }

void ParameterList::insert(Dim i, const Parameter& parameter) {
  const std::size_t place = detail::place_to_insert(i, size(), "ParameterList");
  std::vector<Parameter> next;
  next.reserve(size() + 1);
  for (std::size_t k = 0; k <= size(); ++k) {
    if (k == place) next.push_back(parameter);
    if (k < size()) next.push_back((*parameters_)[k]);
  }
  add(std::to_string(size()), next[place]);
  detail::move_last(*this, detail::Members::parameters, place);
  *parameters_ = std::move(next);
}

Parameter ParameterList::pop(Dim i) {
  const std::size_t place = detail::place_of(i, size(), "ParameterList");
  Parameter taken = (*parameters_)[place];
  std::vector<Parameter> next = without(*parameters_, place);
  detail::take_out(*this, detail::Members::parameters, place, true);
  *parameters_ = std::move(next);
  return taken;
}

void ParameterList::clear() {
  while (!empty()) pop();
}

ParameterDict::ParameterDict() {
  rename("ParameterDict");
  detail::list_parameters(*this, true);
}
ParameterDict::ParameterDict(std::initializer_list<Entry> entries) : ParameterDict() {
  for (const Entry& each : entries) insert(each.first, each.second);
}

ParameterDict::ParameterDict(const ParameterDict&) = default;
ParameterDict& ParameterDict::operator=(const ParameterDict&) = default;
ParameterDict::~ParameterDict() = default;

std::size_t ParameterDict::size() const { return entries_->size(); }
std::vector<ParameterDict::Entry>::iterator ParameterDict::begin() const { return entries_->begin(); }
std::vector<ParameterDict::Entry>::iterator ParameterDict::end() const { return entries_->end(); }

std::size_t ParameterDict::place(const std::string& key) const {
  std::size_t k = 0;
  while (k < size() && (*entries_)[k].first != key) ++k;
  return k;
}

std::size_t ParameterDict::known(const std::string& key) const {
  const std::size_t found = place(key);
  if (found < size()) return found;
  std::string names;
  for (const Entry& each : *entries_) names += (names.empty() ? "" : ", ") + each.first;
  detail::throw_unknown("ParameterDict", key, names);
}

bool ParameterDict::contains(const std::string& key) const { return place(key) < size(); }

std::vector<std::string> ParameterDict::keys() const {
  std::vector<std::string> result;
  for (const Entry& each : *entries_) result.push_back(each.first);
  return result;
}

Parameter& ParameterDict::operator[](const std::string& key) const { return (*entries_)[known(key)].second; }

void ParameterDict::insert(const std::string& key, const Parameter& parameter) {
  if (contains(key)) detail::throw_known("ParameterDict", key);
  std::vector<Entry> next = *entries_;
  next.emplace_back(key, parameter);
  add(key, next.back().second);
  *entries_ = std::move(next);
}

Parameter ParameterDict::pop(const std::string& key) {
  const std::size_t place = known(key);
  Parameter taken = (*entries_)[place].second;
  std::vector<Entry> next = without(*entries_, place);
  detail::take_out(*this, detail::Members::parameters, place, false);
  *entries_ = std::move(next);
  return taken;
}

void ParameterDict::clear() {
  while (!empty()) pop(entries_->back().first);
}

}  // namespace xgrad::nn
