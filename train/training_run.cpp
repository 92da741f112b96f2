#include <xgrad/train/training_run.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/io/safetensors.hpp>
#include <xgrad/optim/lbfgs.hpp>

namespace xgrad::train {
namespace {

using xgrad::detail::number_text;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

}  // namespace

StateDict Counters::state_dict() const {
  return {{"counts", Tensor(std::vector<std::int64_t>{epoch, step, batch, rows, in_group, best_epoch + 1})},
          {"seconds", Tensor(seconds)}};
}

void Counters::load_state_dict(const StateDict& state) {
  const Tensor &counts = state.at("counts"), &time = state.at("seconds");
  if (counts.dtype() != int64 || counts.shape() != Shape{6} || time.size() != 1)
    throw std::invalid_argument("Trainer: the counters of this checkpoint are of another kind");
  const std::int64_t* from = Raw::data<std::int64_t>(counts);
  if (std::any_of(from, from + 6, [](std::int64_t count) { return count < 0; }))
    throw std::invalid_argument("Trainer: the counters of this checkpoint are negative");
  *this = {from[0], from[1], from[2], from[3], from[4], from[5] - 1, time.item()};
}

StateDict PendingGradients::state_dict() const {
  StateDict result;
  if (counters->in_group == 0) return result;
  const auto& parameters = optimizer->parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (const Tensor gradient = parameters[i].grad(); gradient.defined())
      result.emplace_back(std::to_string(i), gradient.detach().clone());
  return result;
}

void PendingGradients::load_state_dict(const StateDict& state) {
  const auto& parameters = optimizer->parameters();
  std::vector<Tensor> gradients(parameters.size());
  for (const auto& [key, gradient] : state) {
    std::size_t i = 0;
    while (i < parameters.size() && key != std::to_string(i)) ++i;
    if (i == parameters.size() || gradient.shape() != parameters[i].shape() ||
        gradient.dtype() != parameters[i].dtype())
      throw std::invalid_argument("Trainer: gradient " + quoted(key) + " of this checkpoint fits no parameter");
    gradients[i] = gradient;
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].set_grad(gradients[i]);
}

TrainingRun::TrainingRun(Trainer& trainer, nn::ModuleBase model, Forward forward, optim::Optimizer& optimizer,
                         Objective objective, Trainer::Options options)
    : trainer_(trainer),
      model_(std::move(model)),
      forward_(std::move(forward)),
      optimizer_(optimizer),
      objective_(std::move(objective)),
      options_(std::move(options)),
      pending_{&optimizer, &counters_},
      progress_(options_.progress_),
      by_closure_(dynamic_cast<optim::LBFGS*>(&optimizer) != nullptr) {
  check_options();
  for (const auto& each : options_.metrics_) metrics_.push_back({each.name, each.make()});
  for (const auto& each : options_.train_metrics_) train_metrics_.push_back({each.name, each.make()});
  choose_mode();
  early_ = EarlyStopping(options_.early_);
  contract_.set_transforms(options_.transforms_);
  if (!options_.folder_.empty()) folder_.emplace(options_.folder_, options_.keep_);
}

void TrainingRun::refuse(const std::string& why) { throw std::invalid_argument("Trainer: " + why); }

void TrainingRun::check_options() const {
  const auto at_least = [](const char* what, std::int64_t value, std::int64_t least) {
    if (value < least)
      refuse(std::string(what) + " is " + std::to_string(value) + ": it must be at least " + std::to_string(least));
  };
  at_least("epochs", options_.epochs_, 0);
  at_least("validate_every", options_.validate_every_, 1);
  at_least("accumulate", options_.accumulate_, 1);
  at_least("checkpoint_every_epochs", options_.every_epochs_, 0);
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
  if (!options_.best_path_.empty() && options_.monitor_.empty())
    refuse("save_best() has nothing to go by: see keep_best() and early_stopping()");
  if (options_.resume_ && options_.folder_.empty()) refuse("resume() has no folder: see checkpoints()");
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
  options_.epochs_ = epochs;
  check_options();
}

const History& TrainingRun::fit(const Batches& train, const Batches* validation) {
  if (fitting_) throw std::logic_error("Trainer: fit() within fit(): call it after it has returned");
  fitting_ = true;
  const struct Reset {
    TrainingRun& run;
    ~Reset() {
      run.progress_.clear();
      run.fitting_ = false;
      run.interrupt_ = nullptr;
    }
  } reset{*this};
  begin(train, validation);
  std::optional<InterruptScope> interrupt;
  if (options_.interruptible_) interrupt_ = &interrupt.emplace();
  each_callback([&](Callback& callback) { callback.on_fit_begin(trainer_); });
  while (counters_.epoch < options_.epochs_ && !stop_ && !interrupted_ && !stopped_early_) {
    if (!train_epoch(train)) break;
    end_epoch(validation);
    // During the last validation there is nothing left to interrupt.
    interrupted_ = interrupt_ != nullptr && interrupt_->requested() && counters_.epoch < options_.epochs_;
  }
  if (interrupted_)
    progress_.print("interrupted after " + std::to_string(counters_.epoch) + " whole epochs" + " and " +
                    std::to_string(counters_.batch) + " batches of the next");
  if (folder_ && counters_.batch > 0) save_checkpoint();
  restore_best();
  each_callback([&](Callback& callback) { callback.on_fit_end(trainer_); });
  return history_;
}

void TrainingRun::begin(const Batches& train, const Batches* validation) {
  const bool plateau = std::any_of(options_.schedules_.begin(), options_.schedules_.end(),
                                   [&](const auto& each) { return each.monitor.rfind(options_.prefix_, 0) == 0; });
  if (validation == nullptr && (plateau || options_.monitor_.rfind(options_.prefix_, 0) == 0))
    refuse("a number of the validation is monitored, and there are no data to validate on: pass them to fit()");
  stop_ = interrupted_ = false;
  compared_inputs_ = false;
  batches_ = train.size();
  rows_ = train.rows();
  checkpoint_ = Checkpoint();
  checkpoint_.add("model", model_).add("optimizer", optimizer_).add("trainer", counters_).add("history", history_);
  for (std::size_t i = 0; i < options_.schedules_.size(); ++i)
    options_.schedules_[i].add_to(checkpoint_, "schedule " + std::to_string(i));
  if (options_.average_) options_.average_->add_to(checkpoint_, "average");
  train.add_to(checkpoint_, "loader");
  if (validation != nullptr) validation->add_to(checkpoint_, "validation loader");
  checkpoint_.add("train loss", train_loss_).add("gradients", pending_).add("inputs", contract_);
  for (const MeasuredMetric& each : train_metrics_) checkpoint_.add("train metric " + each.name, *each.metric);
  checkpoint_.add("early stopping", early_).add("best", best_weights_);
  for (std::size_t i = 0; i < options_.callbacks_.size(); ++i)
    checkpoint_.add("callback " + std::to_string(i), *options_.callbacks_[i]);
  if (folder_) resume();
  stopped_early_ = options_.stops_early_ && early_.should_stop();
  if (counters_.batch > 0 && train.has_position()) train.resume();
}

void TrainingRun::resume() {
  if (saved_step_ >= 0) return;  // a second fit() goes on from where this process is
  if (!options_.resume_) {
    if (!folder_->steps().empty())
      refuse("the folder '" + folder_->folder() + "' holds checkpoints, the newest of step " +
             std::to_string(folder_->steps().back()) + ": go on from it with resume(), or take another folder");
    return;
  }
  const auto from = folder_->load(checkpoint_, [&](const std::string& text) { warn(text); });
  if (!from) return;
  saved_step_ = from->step;
  if (contract_.transforms() != options_.transforms_ && !options_.transforms_.empty())
    warn("Trainer: the transforms are not those of the checkpoint '" + from->path + "'");
  progress_.print("going on after step " + std::to_string(from->step) + ", in epoch " +
                  std::to_string(counters_.epoch));
}

void TrainingRun::restore_best() {
  if (!options_.restore_best_ || best_weights_.state.empty() || interrupted_) return;
  if (counters_.epoch < options_.epochs_ && !stopped_early_) return;
  model_.load_state_dict(best_weights_.state);
}

void TrainingRun::save_checkpoint() {
  checkpoint_due_ = false;
  const std::string path = folder_->save(checkpoint_, counters_.step);
  saved_step_ = counters_.step;
  each_callback([&](Callback& callback) { callback.on_checkpoint(trainer_, path); });
}

void TrainingRun::save_histories() const {
  if (!options_.csv_.empty()) history_.save_csv(options_.csv_);
  if (!options_.json_.empty()) history_.save_json_lines(options_.json_);
}

void TrainingRun::run_schedules(Per per, const Record& row) {
  for (const detail::AnySchedule& each : options_.schedules_) {
    if (each.per != per) continue;
    // Without validation in this epoch such a schedule has nothing to look at.
    if (each.monitor.empty())
      each.step(0);
    else if (row.contains(each.monitor))
      each.step(row.at(each.monitor));
  }
}

std::unique_ptr<optim::SwappedWeights> TrainingRun::average_weights() const {
  if (!options_.average_) return nullptr;
  return std::make_unique<optim::SwappedWeights>(model_, options_.average_->module);
}

void TrainingRun::follow_best(const Record& row) {
  if (options_.monitor_.empty() || !row.contains(options_.monitor_)) return;
  if (!early_.update(row.at(options_.monitor_))) return;
  counters_.best_epoch = counters_.epoch;
  const auto averaged = average_weights();
  if (options_.restore_best_) best_weights_.state = model_.state_dict();
  if (!options_.best_path_.empty()) io::save_safetensors(model_.state_dict(), options_.best_path_);
}

void TrainingRun::end_epoch(const Batches* validation) {
  Record row;
  row.set("epoch", static_cast<double>(counters_.epoch));
  row.set(options_.train_prefix_ + "loss", train_loss_.value());
  for (const MeasuredMetric& each : train_metrics_) row.set(options_.train_prefix_ + each.name, each.metric->value());
  const double rate = static_cast<double>(counters_.rows) / std::max(1e-9, counters_.seconds);
  const bool last = counters_.epoch + 1 == options_.epochs_;
  if (validation != nullptr && (last || (counters_.epoch + 1) % options_.validate_every_ == 0)) {
    each_callback([&](Callback& callback) { callback.on_validation_begin(trainer_); });
    for (const auto& [name, value] : measure(*validation, !compared_inputs_)) row.set(options_.prefix_ + name, value);
    compared_inputs_ = true;
    each_callback([&](Callback& callback) { callback.on_validation_end(trainer_); });
  }
  row.set("lr", optimizer_.lr());
  row.set("seconds", counters_.seconds);
  each_callback([&](Callback& callback) { callback.on_epoch_end(trainer_, row); });
  const bool may_lack = validation != nullptr && options_.monitor_.rfind(options_.prefix_, 0) == 0;  // in this epoch
  if (!options_.monitor_.empty() && !row.contains(options_.monitor_) && (!may_lack || last))
    refuse("there is no " + quoted(options_.monitor_) + " to monitor: the epoch has given " + line_of(row, rate));
  run_schedules(Per::epoch, row);
  follow_best(row);
  counters_ = {counters_.epoch + 1, counters_.step, 0, 0, 0, counters_.best_epoch, 0};
  train_loss_.reset();
  for (const MeasuredMetric& each : train_metrics_) each.metric->reset();
  history_.add(row);
  progress_.print(line_of(row, rate));
  save_histories();
  stopped_early_ = options_.stops_early_ && early_.should_stop();
  const bool by_epochs = options_.every_epochs_ > 0 && counters_.epoch % options_.every_epochs_ == 0;
  const bool ends = counters_.epoch == options_.epochs_ || stop_ || interrupted_ || stopped_early_;
  if (folder_ && (by_epochs || ends || checkpoint_due_)) save_checkpoint();
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
