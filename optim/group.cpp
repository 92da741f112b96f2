#include <xgrad/optim/group.hpp>

#include <cmath>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/optim/group_list.hpp>

namespace xgrad::optim {

namespace detail {

GivenList::GivenList() = default;
GivenList::GivenList(const GivenList&) = default;
GivenList& GivenList::operator=(const GivenList&) = default;
GivenList::~GivenList() = default;

void GivenList::append(const char* name, double value) { given_.emplace_back(name, value); }

}  // namespace detail

bool is_bias_or_norm(const std::string& /*name*/, const Tensor& parameter) { return parameter.rank() < 2; }

Group::Group(const StateDict& named, const Belongs& belongs) {
  for (const auto& [name, parameter] : named)
    if (!belongs || belongs(name, parameter)) parameters_.push_back(parameter);
}

Group::Group(std::vector<Tensor> parameters) : parameters_(std::move(parameters)) {}
Group::Group(const Group&) = default;
Group& Group::operator=(const Group&) = default;
Group::~Group() = default;

Groups::Groups() = default;
Groups::Groups(std::vector<Tensor> parameters) { groups_.emplace_back(std::move(parameters)); }
Groups::Groups(std::initializer_list<Tensor> parameters) : Groups(std::vector<Tensor>(parameters)) {}
Groups::Groups(std::vector<Group> groups) : groups_(std::move(groups)) {}
Groups::Groups(std::initializer_list<Group> groups) : groups_(groups) {}
Groups::Groups(const Groups&) = default;
Groups& Groups::operator=(const Groups&) = default;
Groups::~Groups() = default;

std::vector<Tensor> ParamGroup::parameters() const {
  const auto& group = list_->groups[index_];
  const auto begin = list_->parameters.begin() + static_cast<std::ptrdiff_t>(group.first);
  return {begin, begin + static_cast<std::ptrdiff_t>(group.count)};
}

double ParamGroup::lr() const { return list_->groups[index_].values[0]; }

void ParamGroup::set_lr(double lr) { set_option("lr", lr); }

double ParamGroup::option(const std::string& name) const { return list_->groups[index_].values[list_->at(name)]; }

bool ParamGroup::has_option(const std::string& name) const { return list_->find(name).has_value(); }

void ParamGroup::set_option(const std::string& name, double value) {
  std::vector<double>& values = list_->groups[index_].values;
  const std::size_t place = list_->at(name);
  double& option = values[place];  // written in place: steps keep its address
  if (list_->description.options[place].of_class && value != option)
    list_->refuse(name + " is " + xgrad::detail::number_text(option) + ", and was to become " +
                  xgrad::detail::number_text(value) + ": it makes the class what it is: Adam has it as an option");
  const double before = std::exchange(option, value);
  try {
    list_->check(values);
  } catch (...) {
    option = before;
    throw;
  }
}

std::optional<double> ParamGroup::initial_lr() const { return list_->groups[index_].initial_lr; }

std::size_t ParamGroup::siblings() const { return list_->groups.size(); }

void ParamGroup::set_initial_lr(double lr) {
  std::vector<double> values = list_->groups[index_].values;
  values[0] = lr;
  list_->check(values);
  list_->groups[index_].initial_lr = lr;
}

namespace detail {

void GroupList::refuse(const std::string& why) const {
  throw std::invalid_argument(std::string(description.name) + ": " + why);
}

std::optional<std::size_t> GroupList::find(const std::string& name) const {
  for (std::size_t i = 0; i < description.options.size(); ++i)
    if (name == description.options[i].name) return i;
  return std::nullopt;
}

std::size_t GroupList::at(const std::string& name) const {
  if (const auto found = find(name)) return *found;
  std::string known;
  for (const Option& option : description.options) known += (known.empty() ? "" : ", ") + std::string(option.name);
  refuse("there is no option " + name + ": it has " + known);
}

void GroupList::apply(const Given& given, std::vector<double>& values) const {
  for (const auto& [name, value] : given) values[at(name)] = value;
}

namespace {

// What the range demands, where the value lies outside of it.
const char* broken_rule(Range range, double value) {
  const bool finite = std::isfinite(value);
  switch (range) {
    case Range::not_negative:
      return finite && value >= 0 ? nullptr : "be finite and not negative";
    case Range::below_one:
      return value >= 0 && value < 1 ? nullptr : "lie within [0, 1)";
    case Range::up_to_one:
      return value >= 0 && value <= 1 ? nullptr : "lie within [0, 1]";
    case Range::from_one:
      return finite && value >= 1 ? nullptr : "be finite and at least 1";
    case Range::not_positive:
      return finite && value <= 0 ? nullptr : "be finite and not positive";
    case Range::finite:
      return finite ? nullptr : "be finite";
    case Range::flag:
      return value == 0 || value == 1 ? nullptr : "be 0 or 1";
    case Range::count:
      return value >= 0 && value < 0x1p53 && value == std::floor(value) ? nullptr : "be a whole number, not negative";
    case Range::maybe:
      break;
  }
  return std::isnan(value) || (finite && value >= 0) ? nullptr : "be finite and not negative";
}

}  // namespace

void GroupList::check(const std::vector<double>& values) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const char* rule = broken_rule(description.options[i].range, values[i]);
    if (rule == nullptr) continue;
    std::string name = i == 0 ? "the learning rate" : description.options[i].name;
    refuse(name.substr(0, name.find('.')) + " must " + rule + ", got " + xgrad::detail::number_text(values[i]));
  }
  if (description.fault == nullptr) return;
  if (const std::string fault = description.fault(values.data()); !fault.empty()) refuse(fault);
}

std::optional<Shape> shape_of(Form form, const Shape& parameter) {
  if (form == Form::whole || (form == Form::of_vector && parameter.rank() < 2)) return parameter;
  if (form == Form::of_vector || parameter.rank() < 2) return std::nullopt;
  std::vector<std::int64_t> sizes(parameter.begin(), parameter.end());
  sizes[sizes.size() - (form == Form::rows ? 1 : 2)] = 1;
  return Shape(sizes);
}

std::string text(const Tensor& tensor) { return to_string(tensor.shape()) + " " + name_of(tensor.dtype()); }

}  // namespace detail
}  // namespace xgrad::optim
