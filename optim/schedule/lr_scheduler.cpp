#include <xgrad/optim/schedule/lr_scheduler.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <stdexcept>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/optim/kept_options.hpp>
#include <xgrad/optim/schedule/composite.hpp>

namespace xgrad::optim {
namespace {

using xgrad::detail::number_text;

constexpr const char* class_key = "class.";

/// The prefix where nobody reads the keys, so that they are short and need no memory.
const std::string& no_keys() {
  static const std::string& none = *new std::string;  // never destroyed
  return none;
}
bool has_keys(const std::string& prefix) { return &prefix != &no_keys(); }

}  // namespace

PerGroup::PerGroup(double all) : values_{all} {}
PerGroup::PerGroup(std::vector<double> each) : values_(std::move(each)), each_(true) {}
PerGroup::PerGroup(std::initializer_list<double> each) : values_(each), each_(true) {}

/// The numbers of a schedule and its parts, and the options of the optimiser's groups.
struct LRScheduler::Snapshot {
  std::vector<Field> fields;
  std::vector<double> values;
  detail::KeptOptions options;

  void restore() const noexcept;
};

LRScheduler::LRScheduler(LRScheduler&&) noexcept = default;
LRScheduler& LRScheduler::operator=(LRScheduler&&) noexcept = default;
LRScheduler::~LRScheduler() = default;

LRScheduler::LRScheduler(const char* name, const Optimizer& optimizer)
    : name_(name), groups_(optimizer.param_groups()) {
  begin_groups(nullptr);
}

LRScheduler::LRScheduler(MayRefuse /*tag*/, const char* name, const Optimizer& optimizer, const PerGroup* first)
    : name_(name), groups_(optimizer.param_groups()), unfinished_(new detail::RestoredOptions(groups_[0])) {
  begin_groups(first);
}

void LRScheduler::begin_groups(const PerGroup* first) {
  if (first != nullptr) {
    const std::vector<double> rates = for_groups("base_lr", *first);
    for (std::size_t g = 0; g < groups_.size(); ++g) groups_[g].set_lr(rates[g]);
  }
  for (ParamGroup& group : groups_) {
    if (!group.initial_lr()) group.set_initial_lr(group.lr());
    base_lrs_.push_back(*group.initial_lr());
  }
  note_last_lr();
}

void LRScheduler::refuse(const std::string& why) const { throw std::invalid_argument(std::string(name_) + ": " + why); }

void LRScheduler::require(bool right, const char* what, const char* rule, double value) const {
  if (!right) refuse(std::string(what) + " must " + rule + ", got " + number_text(value));
}

std::vector<double> LRScheduler::for_groups(const char* what, const PerGroup& values) const {
  if (!values.is_each()) return std::vector<double>(group_count(), values.values()[0]);
  if (values.values().size() != group_count())
    refuse(std::string(what) + " has " + std::to_string(values.values().size()) + " values, the optimiser " +
           std::to_string(group_count()) + " groups: give one for each, or one for all");
  return values.values();
}

void LRScheduler::check_option(const char* option, const char* what, const std::vector<double>& values) {
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const double before = groups_[g].option(option);
    try {
      groups_[g].set_option(option, values[g]);
    } catch (const std::invalid_argument& error) {
      refuse(std::string(what) + " is " + number_text(values[g]) + ": " + error.what());
    }
    groups_[g].set_option(option, before);
  }
}

void LRScheduler::set_base(std::size_t group, double lr) {
  base_lrs_[group] = lr;
  groups_[group].set_initial_lr(lr);
}

double LRScheduler::checked_rate(std::size_t group, double rate) const {
  // Formulas that end at 0 may miss it by the rounding of numbers as large as these.
  constexpr double rounding = 1e-12;
  if (rate < 0 && -rate <= rounding * std::max(base(group), lr(group))) return 0;
  if (!(rate >= 0) || !std::isfinite(rate))
    refuse("the learning rate becomes " + number_text(rate) + " at step " + std::to_string(last_epoch_) +
           ": it must be finite and not negative");
  return rate;
}

void LRScheduler::set_lr(std::size_t group, double lr) { groups_[group].set_lr(checked_rate(group, lr)); }

void LRScheduler::note_last_lr() {
  last_lr_.clear();
  for (const ParamGroup& group : groups_) last_lr_.push_back(group.lr());
}

void LRScheduler::refuse_moved() const {
  throw std::logic_error(std::string(name_) + ": this schedule was moved from: use the one that it was moved to");
}

void LRScheduler::check_groups() const {
  check_moved();
  if (groups_[0].siblings() == groups_.size()) return;
  throw std::logic_error(std::string(name_) + ": the optimiser has " + std::to_string(groups_[0].siblings()) +
                         " groups, and had " + std::to_string(groups_.size()) +
                         " when the schedule was made: add groups first");
}

void LRScheduler::begin() { initial_step(); }

void LRScheduler::finish() { unfinished_ = {}; }

void LRScheduler::initial_step() {
  step_count_ = 0;
  last_epoch_ = -1;
  initial_ = true;
  try {
    step();
  } catch (...) {
    initial_ = false;
    throw;
  }
  initial_ = false;
}

namespace {

/// The numbers of fields in a row, those of a list after their count.
template <class Field>
void append(const Field& field, std::vector<double>& values) {
  if (field.whole != nullptr) values.push_back(static_cast<double>(*field.whole));
  if (field.real != nullptr) values.push_back(*field.real);
  if (field.list == nullptr) return;
  values.push_back(static_cast<double>(field.list->size()));
  values.insert(values.end(), field.list->begin(), field.list->end());
}

template <class Field>
void assign(const std::vector<Field>& fields, const std::vector<double>& values) {
  const double* from = values.data();
  for (const Field& field : fields) {
    if (field.whole != nullptr) *field.whole = static_cast<std::int64_t>(*from++);
    if (field.real != nullptr) *field.real = *from++;
    if (field.list == nullptr) continue;
    const auto count = static_cast<std::ptrdiff_t>(*from++);
    field.list->assign(from, from + count);
    from += count;
  }
}

}  // namespace

void LRScheduler::take(Snapshot& now) {
  now.fields.clear();
  now.values.clear();
  collect(no_keys(), now.fields);
  for (const Field& field : now.fields) append(field, now.values);
  now.options.keep(groups_[0]);
}

void LRScheduler::Snapshot::restore() const noexcept {
  assign(fields, values);
  options.restore();
}

std::function<void()> LRScheduler::restorer() {
  check_moved();
  Snapshot before;
  take(before);
  return [before = std::move(before)] { before.restore(); };
}

void LRScheduler::step() {
  check_groups();
  xgrad::detail::Owned<Snapshot> before = before_ ? std::move(before_) : xgrad::detail::Owned<Snapshot>(new Snapshot);
  take(*before);
  try {
    make_step();
  } catch (...) {  // the step was not made
    before->restore();
    throw;
  }
  before_ = std::move(before);
}

void LRScheduler::make_step() {
  check_groups();
  ++step_count_;
  advance();
  finish();
}

void LRScheduler::advance() {
  ++last_epoch_;
  next_lr_.clear();
  for (std::size_t g = 0; g < groups_.size(); ++g) next_lr_.push_back(next(g, groups_[g].lr()));
  for (std::size_t g = 0; g < groups_.size(); ++g) next_lr_[g] = checked_rate(g, next_lr_[g]);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    set_more(g);
    set_lr(g, next_lr_[g]);
  }
  note_last_lr();
}

void LRScheduler::restart() {
  last_epoch_ = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    set_more(g);
    set_lr(g, closed(g));
  }
  note_last_lr();
}

double LRScheduler::closed(std::size_t group) const { return next(group, lr(group)); }

void LRScheduler::set_more(std::size_t /*group*/) {}

void LRScheduler::collect(const std::string& prefix, std::vector<Field>& fields) {
  if (has_keys(prefix)) fields.push_back({prefix + class_key + name_, nullptr, nullptr, nullptr, 0, true});
  fields.push_back({prefix + "last_epoch", &last_epoch_, nullptr, nullptr, -1});
  fields.push_back({prefix + "step_count", &step_count_});
  fields.push_back({prefix + "base_lrs", nullptr, nullptr, &base_lrs_});
  fields.push_back({prefix + "last_lr", nullptr, nullptr, &last_lr_});
}

void LRScheduler::collect_parts(const std::vector<Schedule>& parts, const std::string& prefix,
                                std::vector<Field>& fields) {
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (has_keys(prefix))
      parts[i]->collect(prefix + "schedulers." + std::to_string(i) + ".", fields);
    else
      parts[i]->collect(prefix, fields);
}

void LRScheduler::resume() {
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    set_more(g);
    groups_[g].set_lr(last_lr_[g]);
  }
}

StateDict LRScheduler::state_dict() const {
  check_moved();
  std::vector<Field> fields;
  const_cast<LRScheduler*>(this)->collect("", fields);  // the pointers are only read
  StateDict result;
  for (const Field& field : fields)
    result.emplace_back(field.key, field.is_class           ? Raw::uninitialized({0}, boolean)
                                   : field.whole != nullptr ? Tensor(*field.whole)
                                   : field.real != nullptr  ? Tensor(*field.real)
                                                            : Tensor(*field.list));
  return result;
}

void LRScheduler::load_state_dict(const StateDict& state) {
  check_groups();
  std::map<std::string, Tensor> given;
  const auto fail = [&](const std::string& key, const std::string& what) {
    refuse("cannot load this state: \"" + key + "\" " + what);
  };
  for (const auto& [key, tensor] : state) {
    if (!tensor.defined()) fail(key, "is an empty tensor");
    if (!given.emplace(key, tensor).second) fail(key, "is given twice");
  }
  std::vector<Field> fields;
  collect("", fields);
  std::vector<double> values;
  for (const Field& field : fields) {
    const auto found = given.find(field.key);
    if (field.is_class) {
      const std::size_t name = field.key.find(class_key) + std::strlen(class_key);
      for (const auto& each : given)
        if (each.first != field.key && each.first.compare(0, name, field.key, 0, name) == 0)
          refuse("cannot load this state: it is that of " + each.first.substr(name) +
                 (name > std::strlen(class_key) ? " in place of " + field.key.substr(name) : ""));
      if (found != given.end()) given.erase(found);
      continue;
    }
    if (found == given.end()) fail(field.key, "is missing");
    const Tensor& tensor = found->second;
    const std::size_t size = field.list != nullptr ? field.list->size() : 1;
    if (tensor.dtype() == boolean || tensor.size() != static_cast<std::int64_t>(size))
      fail(field.key, "must hold " + std::to_string(size) + " numbers, but has shape " + to_string(tensor.shape()));
    const Tensor numbers = xgrad::detail::converted(tensor, float64);
    const double* begin = Raw::data<double>(numbers);
    if (field.list != nullptr) values.push_back(static_cast<double>(size));
    for (std::size_t i = 0; i < size; ++i) {
      const double value = begin[i];
      const auto least = static_cast<double>(field.least);
      if (field.whole != nullptr && !(value >= least && value < 0x1p53 && value == std::floor(value)))
        fail(field.key,
             "holds " + number_text(value) + ": it must be a whole number from " + number_text(least) + " on");
      if (field.list != nullptr ? !(value >= 0 && std::isfinite(value)) : std::isnan(value))
        fail(field.key, "holds " + number_text(value) + ": it must be finite and not negative");
      values.push_back(value);
    }
    given.erase(found);
  }
  if (!given.empty()) fail(given.begin()->first, "is nothing that it keeps");
  Snapshot before;
  take(before);
  std::string wrong;
  try {
    assign(fields, values);
    for (std::size_t g = 0; g < groups_.size(); ++g) groups_[g].set_initial_lr(base_lrs_[g]);
    wrong = fault();
    if (wrong.empty()) resume();
  } catch (const std::exception& error) {
    wrong = error.what();
  }
  if (wrong.empty()) return;
  before.restore();
  refuse("cannot load this state: " + wrong);
}

}  // namespace xgrad::optim
