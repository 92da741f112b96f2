#include <xgrad/train/training_run.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/io/safetensors.hpp>
#include <xgrad/nn/kept_modes.hpp>
#include <xgrad/optim/lbfgs.hpp>

namespace xgrad::train {
namespace {

using xgrad::detail::number_text;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

bool is_function(const Callback& callback) {
  return dynamic_cast<const detail::BatchFunction*>(&callback) != nullptr ||
         dynamic_cast<const detail::EpochFunction*>(&callback) != nullptr;
}

}  // namespace

TrainingRun::TrainingRun(Trainer& trainer, nn::ModuleBase model, Forward forward, optim::Optimizer& optimizer,
                         const Objective& objective, const Trainer::Options& options)
    : trainer_(trainer),
      model_(std::move(model)),
      forward_(std::move(forward)),
      optimizer_(optimizer),
      objective_(objective),
      options_(options),
      pending_{&optimizer, &counters_},
      sizes_{&counters_, -1, -1, -1, {}},
      progress_(options_.progress_),
      by_closure_(dynamic_cast<optim::LBFGS*>(&optimizer) != nullptr) {
  check_options();
  for (const auto& each : options_.metrics_) metrics_.push_back({each.name, each.make()});
  for (const auto& each : options_.train_metrics_) {
    train_metrics_.push_back({each.name, each.make()});
    train_metrics_.back().metric->reset();  // it may have rows of another training
  }
  choose_mode();
  early_ = EarlyStopping(options_.early_);
  contract_.set_transforms(options_.transforms_);
  if (!options_.folder_.empty()) folder_.emplace(options_.folder_, options_.keep_);
}

void TrainingRun::refuse(const std::string& why) { throw std::invalid_argument("Trainer: " + why); }

namespace {

// The part of checkpoints that a metric is: a part's name has no slash.
std::string part_of_metric(const std::string& name) {
  std::string text = "train metric ";
  for (const char c : name) text += c == '/' ? std::string("%2F") : std::string(1, c);
  return text;
}

}  // namespace

void TrainingRun::check_epochs(std::int64_t epochs) {
  if (epochs < 0) refuse("epochs is " + std::to_string(epochs) + ": it must be at least 0");
}

void TrainingRun::check_options() const {
  const auto at_least = [](const char* what, std::int64_t value, std::int64_t least) {
    if (value < least)
      refuse(std::string(what) + " is " + std::to_string(value) + ": it must be at least " + std::to_string(least));
  };
  check_epochs(options_.epochs_);
  at_least("validate_every", options_.validate_every_, 1);
  at_least("accumulate", options_.accumulate_, 1);
  at_least("checkpoint_every_epochs", options_.every_epochs_.value_or(1), 0);
  at_least("checkpoint_every_steps", options_.every_steps_, 0);
  for (const auto& clip : {options_.clip_norm_, options_.clip_value_})
    if (clip && !(*clip > 0 && std::isfinite(*clip)))
      refuse("gradients cannot be clipped at " + number_text(*clip) + ": it must be positive and finite");
  if (by_closure_ && (options_.accumulate_ > 1 || options_.clip_norm_ || options_.clip_value_))
    refuse("LBFGS computes its gradients itself: neither accumulate() nor clipping goes with it");
  if (objective_.loss() && !forward_)
    refuse("the model (" + model_.type_name() +
           ") is no nn::Module of one tensor: pass a step, a function of the batch's columns");
  for (const auto* list : {&options_.metrics_, &options_.train_metrics_}) {
    std::set<std::string> names{"loss"};
    for (const auto& each : *list)
      if (each.name.empty() || !names.insert(each.name).second)
        refuse("a metric is named " + quoted(each.name) + ": names are not empty, differ, and \"loss\" is taken");
  }
  if (options_.train_prefix_ == options_.prefix_)
    refuse("numbers of training and validation both begin with " + quoted(options_.prefix_) + ": they must differ");
  std::set<std::string> columns{"epoch", "lr", "seconds"};
  const auto add_column = [&](const std::string& name) {
    if (!columns.insert(name).second)
      refuse("two numbers of the history would be named " + quoted(name) +
             ": the names of metrics, behind their prefix, differ from each other and from epoch, lr and seconds");
  };
  for (const auto& [prefix, list] :
       {std::pair(options_.train_prefix_, &options_.train_metrics_), std::pair(options_.prefix_, &options_.metrics_)}) {
    add_column(prefix + "loss");
    for (const auto& each : *list) add_column(prefix + each.name);
  }
  if (!options_.best_path_.empty() && options_.monitor_.empty())
    refuse("save_best() has nothing to go by: see keep_best() and early_stopping()");
  for (const detail::AnySchedule& each : options_.schedules_)
    if (each.wants_number && each.per == Per::step)
      refuse(
          "a schedule that takes a number, as ReduceLROnPlateau does, has none to look at after a step: leave out "
          "Per::step");
  std::set<const void*> schedules;
  for (const detail::AnySchedule& each : options_.schedules_)
    if (!schedules.insert(each.address).second)
      refuse("schedule " + std::to_string(&each - options_.schedules_.data()) +
             " was given before: it would step twice: give each once");
  if (options_.folder_.empty())
    for (const auto& [what, is_on] : {std::pair("resume", options_.resume_),
                                      std::pair("checkpoint_every_epochs", options_.every_epochs_.value_or(0) > 0),
                                      std::pair("checkpoint_every_steps", options_.every_steps_ > 0)})
      if (is_on) refuse(std::string(what) + "() has no folder: see checkpoints()");
  for (const auto& each : options_.callbacks_)
    if (!each) refuse("a callback is null");
}

// That of the number which is monitored, or the user's.
void TrainingRun::choose_mode() {
  if (options_.monitor_.empty() || options_.early_.has_mode()) return;
  options_.early_.mode(Mode::min);
  for (const auto& [prefix, list] :
       {std::pair(options_.prefix_, &metrics_), std::pair(options_.train_prefix_, &train_metrics_)})
    for (const MeasuredMetric& each : *list)
      if (prefix + each.name == options_.monitor_ && each.metric->larger_is_better()) options_.early_.mode(Mode::max);
}

void TrainingRun::warn(const std::string& text) {
  if (!warned_.insert(text).second) return;
  progress_.clear();
  if (options_.warn_)
    options_.warn_(text);
  else
    std::fprintf(stderr, "warning: %s\n", text.c_str());
}

void TrainingRun::set_epochs(std::int64_t epochs) {
  check_epochs(epochs);
  options_.epochs_ = epochs;
}

const History& TrainingRun::fit(const Batches& train, const Batches* validation, Source at) {
  if (fitting_) throw std::logic_error("Trainer: fit() within fit(): call it after it has returned");
  const CallOf call(*this, at);
  fitting_ = true;
  const struct Reset {
    TrainingRun& run;
    ~Reset() {
      run.progress_.clear();
      run.fitting_ = false;
      run.interrupt_ = nullptr;
    }
  } reset{*this};
  const nn::detail::KeptModes modes(model_);
  begin(train, validation);
  finish_step();  // of a fit() that an exception has left after the optimiser's step
  std::optional<InterruptScope> interrupt;
  if (options_.interruptible_) interrupt_ = &interrupt.emplace();
  each_callback([&](Callback& callback) { callback.on_fit_begin(trainer_); });
  while (ending_ || (counters_.epoch < options_.epochs_ && !stop_ && !interrupted_ && !stopped_early_)) {
    if (ending_)
      model_.train();
    else if (!train_epoch(train))
      break;
    else
      ending_.emplace();
    end_epoch(validation);
    // During the last validation there is nothing left to interrupt.
    interrupted_ = interrupt_ != nullptr && interrupt_->requested() && counters_.epoch < options_.epochs_;
  }
  if (interrupted_)
    progress_.print("interrupted after " + std::to_string(counters_.epoch) + " whole epochs" + " and " +
                    std::to_string(counters_.batch) + " batches of the next");
  if (histories_due_) save_histories();
  if (folder_ && (counters_.batch > 0 || checkpoint_due_)) save_checkpoint();
  restore_best();
  each_callback([&](Callback& callback) { callback.on_fit_end(trainer_); });
  return history_;
}

bool TrainingRun::is_of_validation(const std::string& name) const {
  const auto begins_with = [&](const std::string& prefix) { return name.rfind(prefix, 0) == 0; };
  if (name == "epoch" || name == "lr" || name == "seconds" || !begins_with(options_.prefix_)) return false;
  return !begins_with(options_.train_prefix_) || options_.prefix_.size() > options_.train_prefix_.size();
}

std::vector<std::string> TrainingRun::monitors() const {
  std::vector<std::string> names;
  if (!options_.monitor_.empty()) names.push_back(options_.monitor_);
  for (const detail::AnySchedule& each : options_.schedules_)
    if (each.wants_number) names.push_back(each.monitor);
  return names;
}

void TrainingRun::check_monitors(const Batches* validation) const {
  const std::vector<std::string> wanted = monitors();
  const auto validated = [&](const std::string& name) { return is_of_validation(name); };
  if (validation == nullptr && std::any_of(wanted.begin(), wanted.end(), validated))
    refuse("a number of the validation is monitored, and there are no data to validate on: pass them to fit()");
  // Other callbacks may add numbers of their own, which the first epoch tells.
  if (std::any_of(options_.callbacks_.begin(), options_.callbacks_.end(),
                  [](const auto& each) { return dynamic_cast<const detail::BatchFunction*>(each.get()) == nullptr; }))
    return;
  Record known;
  known.set("epoch", 0);
  known.set(options_.train_prefix_ + "loss", 0);
  for (const MeasuredMetric& each : train_metrics_) known.set(options_.train_prefix_ + each.name, 0);
  if (validation != nullptr) {
    known.set(options_.prefix_ + "loss", 0);
    for (const MeasuredMetric& each : metrics_) known.set(options_.prefix_ + each.name, 0);
  }
  known.set("lr", 0);
  known.set("seconds", 0);
  if (const std::string missing = missing_monitor(known, true); !missing.empty()) refuse(missing);
}

std::string TrainingRun::missing_monitor(const Record& row, bool validated) const {
  for (const std::string& wanted : monitors()) {
    // What an epoch has given, a later one may lack.
    if (row.contains(wanted) || history_.contains(wanted)) continue;
    if (!validated && is_of_validation(wanted)) continue;
    std::vector<std::string> names;
    for (const auto& each : row) names.push_back(each.first);
    return "there is no " + quoted(wanted) + " to monitor: there are " + detail::listed(names);
  }
  return {};
}

void TrainingRun::check_use(const Batches* validation) {
  if (validation == nullptr && !metrics_.empty())
    warn(
        "Trainer: metric() measures a validation, and there are no data to validate on: pass them to fit(), or see "
        "train_metric()");
  std::set<const void*> trained;
  for (const Tensor& each : optimizer_.parameters()) trained.insert(Raw::value(each));
  const std::vector<Tensor> own = model_.parameters();
  if (!own.empty() && std::none_of(own.begin(), own.end(), [&](const Tensor& each) {
        return !each.defined() || trained.count(Raw::value(each)) > 0;
      }))
    warn("Trainer: the optimiser has " + std::to_string(trained.size()) + " parameters, and none of the " +
         std::to_string(own.size()) + " of the model (" + model_.type_name() +
         "): give it the parameters() of this model");
}

void TrainingRun::warn_of_no_work() {
  if (stopped_early_)
    warn("Trainer: early stopping has ended this training after " + std::to_string(counters_.epoch) +
         " epochs: fit() trains nothing");
  else if (counters_.epoch >= options_.epochs_ && counters_.epoch > 0)
    warn("Trainer: all " + std::to_string(options_.epochs_) +
         " epochs are complete: fit() trains nothing: set_epochs() gives it more");
}

void TrainingRun::begin(const Batches& train, const Batches* validation) {
  check_monitors(validation);
  warned_.clear();
  check_use(validation);
  stop_ = interrupted_ = false;
  compared_inputs_ = false;
  if (!train.has_position()) position_.at.reset();
  batches_ = train.size();
  rows_ = train.rows();
  sizes_ = {&counters_, rows_, train.batch_size(), batches_, {}};
  checkpoint_ = Checkpoint();
  checkpoint_.add("model", model_).add("optimizer", optimizer_).add("trainer", counters_).add("history", history_);
  for (std::size_t i = 0; i < options_.schedules_.size(); ++i)
    options_.schedules_[i].add_to(checkpoint_, "schedule " + std::to_string(i));
  if (options_.average_) options_.average_->add_to(checkpoint_, "average");
  if (train.has_position()) checkpoint_.add("loader", position_);
  if (validation != nullptr) validation->add_to(checkpoint_, "validation loader");
  checkpoint_.add("train loss", train_loss_).add("gradients", pending_).add("inputs", contract_);
  checkpoint_.add("training data", sizes_);
  for (const MeasuredMetric& each : train_metrics_) checkpoint_.add(part_of_metric(each.name), *each.metric);
  checkpoint_.add("early stopping", early_).add("best", best_weights_);
  std::size_t number = 0;  // of functions, which have no state, there may be more or fewer in a training that goes on
  for (const auto& each : options_.callbacks_)
    if (!is_function(*each)) checkpoint_.add("callback " + std::to_string(number++), *each);
  if (folder_) resume();
  if (train.has_position() && !position_.at && counters_.batch == 0) take_place(train);
  stopped_early_ = options_.stops_early_ && early_.should_stop();
  last_weights_.give_back(model_, best_weights_.state, at_);
  warn_of_no_work();
}

void TrainingRun::take_place(const Batches& train) {
  if (const data::LoaderPosition now = train.position(); now.batch == 0) {
    position_.at = now;
    return;
  }
  // After a loop that was left, the next begin() starts another epoch; after set_position(), it goes on in this one.
  // Only a begin() tells, which is ended before it makes a batch.
  struct Begun {};
  try {
    train.for_each([](const std::vector<Tensor>&) { return false; }, [] { throw Begun(); });
  } catch (const Begun&) {
    position_.at = train.position();
    train.set_position(*position_.at);
  }
}

void TrainingRun::resume() {
  if (saved_step_ >= 0) return;  // a second fit() goes on from where this process is
  if (!options_.resume_) {
    if (!folder_->steps().empty())
      refuse("the folder '" + folder_->folder() + "' holds checkpoints, the newest of step " +
             std::to_string(folder_->steps().back()) + ": go on from it with resume(), or take another folder");
    return;
  }
  const auto from = folder_->load(
      checkpoint_, [&](const std::string& text) { warn(text); }, at_);
  if (!from) return;
  saved_step_ = from->step;
  observed_ = 0;
  if (!sizes_.difference.empty())
    warn("Trainer: " + sizes_.difference + ": the training goes on with the next epoch, and with other batches");
  if (contract_.transforms() != options_.transforms_ && !options_.transforms_.empty())
    warn("Trainer: the transforms are not those of the checkpoint '" + from->path + "'");
  progress_.print("going on after step " + std::to_string(from->step) + ", in epoch " +
                  std::to_string(counters_.epoch));
}

void TrainingRun::restore_best() {
  if (!options_.restore_best_ || best_weights_.state.empty() || interrupted_) return;
  if (counters_.epoch < options_.epochs_ && !stopped_early_ && !stop_) return;
  last_weights_.replace(model_, best_weights_.state, at_);
}

void TrainingRun::save_checkpoint() {
  checkpoint_due_ = true;  // until it is saved
  const std::string path = folder_->save(checkpoint_, counters_.step);
  checkpoint_due_ = false;
  saved_step_ = counters_.step;
  each_callback([&](Callback& callback) { callback.on_checkpoint(trainer_, path); });
}

void TrainingRun::save_histories() {
  histories_due_ = true;  // until they are saved
  if (!options_.csv_.empty()) history_.save_csv(options_.csv_);
  if (!options_.json_.empty()) history_.save_json_lines(options_.json_);
  histories_due_ = false;
}

void TrainingRun::run_schedules(Per per, const Record& row, std::size_t& first) {
  for (; first < options_.schedules_.size(); ++first) {
    const detail::AnySchedule& each = options_.schedules_[first];
    if (each.per != per) continue;
    // Without validation in this epoch such a schedule has nothing to look at.
    if (!each.wants_number)
      each.step(0);
    else if (row.contains(each.monitor))
      each.step(row.at(each.monitor));
  }
}

std::unique_ptr<optim::SwappedWeights> TrainingRun::average_weights() const {
  // The best weights that the model has after fit() are averaged ones, if there is an average.
  if (!options_.average_ || last_weights_.are_kept(model_, best_weights_.state)) return nullptr;
  return std::make_unique<optim::SwappedWeights>(model_, options_.average_->module, at_);
}

void TrainingRun::follow_best() {
  const Record& row = ending_->row;
  if (options_.monitor_.empty() || !row.contains(options_.monitor_)) return;
  if (!ending_->is_judged) ending_->is_best = early_.update(row.at(options_.monitor_));
  ending_->is_judged = true;
  if (!ending_->is_best) return;
  counters_.best_epoch = counters_.epoch;
  const auto averaged = average_weights();
  if (options_.restore_best_) best_weights_.state = model_.state_dict();
  if (!options_.best_path_.empty()) io::save_safetensors(model_.state_dict(), options_.best_path_);
}

void TrainingRun::begin_row(const Batches* validation) {
  Record& row = ending_->row;
  row.set("epoch", static_cast<double>(counters_.epoch));
  row.set(options_.train_prefix_ + "loss", train_loss_.value());
  for (const MeasuredMetric& each : train_metrics_) row.set(options_.train_prefix_ + each.name, each.metric->value());
  const bool last = counters_.epoch + 1 == options_.epochs_;
  ending_->validates = validation != nullptr && (last || (counters_.epoch + 1) % options_.validate_every_ == 0);
  if (ending_->validates) {
    each_callback([&](Callback& callback) { callback.on_validation_begin(trainer_); });
    for (const auto& [name, value] : measure(*validation, !compared_inputs_)) row.set(options_.prefix_ + name, value);
    compared_inputs_ = true;
    each_callback([&](Callback& callback) { callback.on_validation_end(trainer_); });
  }
  row.set("lr", optimizer_.lr());
  row.set("seconds", counters_.seconds);
  ending_->has_row = true;
}

// One that fails is called again by the next fit(), with the row that it was given.
void TrainingRun::end_epoch_of(Callback& callback) {
  Record before = ending_->row;
  try {
    callback.on_epoch_end(trainer_, ending_->row);
    detail::check_row(ending_->row);
  } catch (...) {
    ending_->row.swap(before);
    throw;
  }
}

void TrainingRun::end_epoch(const Batches* validation) {
  if (!ending_->has_row) begin_row(validation);
  for (; ending_->callbacks < options_.callbacks_.size(); ++ending_->callbacks)
    end_epoch_of(*options_.callbacks_[ending_->callbacks]);
  run_schedules(Per::epoch, ending_->row, ending_->schedules);
  follow_best();
  const Record row = ending_->row;
  history_.add(row);
  // The epoch is complete.
  histories_due_ = true;
  const bool validated = ending_->validates || validation == nullptr;
  const double rate = static_cast<double>(counters_.rows) / std::max(1e-9, counters_.seconds);
  ending_.reset();
  counters_ = {counters_.epoch + 1, counters_.step, 0, 0, 0, counters_.best_epoch, 0};
  train_loss_.reset();
  for (const MeasuredMetric& each : train_metrics_) each.metric->reset();
  stopped_early_ = options_.stops_early_ && early_.should_stop();
  const std::string missing = missing_monitor(row, validated);
  const std::int64_t every = options_.every_epochs_.value_or(1);
  const bool by_epochs = every > 0 && counters_.epoch % every == 0;
  const bool ends = counters_.epoch == options_.epochs_ || stop_ || interrupted_ || stopped_early_;
  if (folder_ && (by_epochs || ends || !missing.empty())) checkpoint_due_ = true;
  progress_.print(line_of(row, rate));
  save_histories();
  if (checkpoint_due_) save_checkpoint();
  if (!missing.empty()) refuse(missing);  // a training that resumes has the epoch
}

std::string TrainingRun::line_of(const Record& row, double rate) const {
  std::string text;
  for (const auto& [name, value] : row) {
    if (name == "epoch") {
      std::string number = number_text(value);
      const std::size_t width = std::to_string(options_.epochs_ - 1).size();
      if (number.size() < width) number.insert(0, width - number.size(), ' ');
      text += "epoch " + number;
      continue;
    }
    text += text.find(':') == std::string::npos ? ": " : ", ";
    if (name == "seconds")
      text += xgrad::detail::fixed_text(value, 2) + " s, " + detail::rate_text(rate) + " rows/s";
    else if (name == "lr")
      text += "lr " + number_text(value, 6);
    else
      text += name + " " + (std::fabs(value) < 1e6 ? xgrad::detail::fixed_text(value, 6) : number_text(value, 7));
  }
  return text;
}

}  // namespace xgrad::train
