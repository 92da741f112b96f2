#include <xgrad/train/trainer.hpp>

#include <utility>

#include <xgrad/train/training_run.hpp>

namespace xgrad::train {

Trainer::~Trainer() = default;

void Trainer::make(const nn::ModuleBase& model, Forward forward, optim::Optimizer& optimizer,
                   const Objective& objective, const Options& options) {
  run_ = std::make_shared<TrainingRun>(*this, model, std::move(forward), optimizer, objective, options);
}

const History& Trainer::fit(Batches train, Source at) & { return run_->fit(train, nullptr, at); }
const History& Trainer::fit(Batches train, Batches validation, Source at) & {
  return run_->fit(train, &validation, at);
}
History Trainer::fit(Batches train, Source at) && { return run_->fit(train, nullptr, at); }
History Trainer::fit(Batches train, Batches validation, Source at) && { return run_->fit(train, &validation, at); }
Record Trainer::evaluate(Batches batches, Source at) { return run_->evaluate(batches, at); }
Tensor Trainer::predict(Batches batches, Source at) { return run_->predict(batches, at); }

void Trainer::stop() { run_->stop_ = true; }
void Trainer::set_epochs(std::int64_t epochs) { run_->set_epochs(epochs); }

std::int64_t Trainer::epoch() const { return run_->counters_.epoch; }
std::int64_t Trainer::step() const { return run_->counters_.step; }
std::int64_t Trainer::batch() const { return run_->counters_.batch; }
double Trainer::loss() const { return run_->loss_; }
const History& Trainer::history() const& { return run_->history_; }
History Trainer::history() && { return run_->history_; }
bool Trainer::interrupted() const { return run_->interrupted_; }
bool Trainer::stopped_early() const { return run_->stopped_early_; }
const std::string& Trainer::monitor() const { return run_->monitor(); }
double Trainer::best() const { return run_->early_.best(); }
std::int64_t Trainer::best_epoch() const { return run_->counters_.best_epoch; }
const InputContract& Trainer::contract() const { return run_->contract_; }
void Trainer::set_contract(const InputContract& contract) {
  run_->contract_ = contract;
  run_->observed_ = 0;
}
nn::ModuleBase Trainer::model() const { return run_->model_; }
optim::Optimizer& Trainer::optimizer() const { return run_->optimizer_; }

}  // namespace xgrad::train
