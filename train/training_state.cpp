// What a training run keeps in its checkpoints beside the parts of others.

#include <xgrad/train/training_state.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/train/training_run.hpp>

namespace xgrad::train {
namespace {

constexpr std::int64_t most_count = std::int64_t{1} << 53;

}  // namespace

StateDict Counters::state_dict() const {
  return {{"counts", Tensor(std::vector<std::int64_t>{epoch, step, batch, rows, in_group, best_epoch + 1})},
          {"seconds", Tensor(seconds)},
          {"divisor", Tensor(divisor)}};
}

void Counters::load_state_dict(const StateDict& state) {
  const Tensor &counts = state.at("counts"), &time = state.at("seconds");
  if (counts.dtype() != int64 || counts.shape() != Shape{6} || time.size() != 1)
    throw std::invalid_argument("Trainer: the counters of this checkpoint are of another kind");
  const std::int64_t* from = Raw::data<std::int64_t>(counts);
  for (const std::int64_t count : {from[0], from[1], from[2], from[3], from[4], from[5]})
    if (count < 0 || count > most_count)
      throw std::invalid_argument("Trainer: a counter of this checkpoint is " + std::to_string(count) +
                                  ": it must lie within 0 .. 2^53");
  if (from[4] > from[2])
    throw std::invalid_argument("Trainer: the counters of this checkpoint have " + std::to_string(from[4]) +
                                " batches in a group, and " + std::to_string(from[2]) +
                                " in the epoch: a group lies within its epoch");
  if (!(time.item() >= 0))
    throw std::invalid_argument("Trainer: the seconds of this checkpoint are " +
                                xgrad::detail::number_text(time.item()) + ": they must not be negative");
  // Earlier versions do not say what the losses were divided by.
  const auto found = state.find("divisor");
  if (found != state.end() && found->second.size() != 1)
    throw std::invalid_argument("Trainer: the divisor of this checkpoint is of another kind");
  const double by = found == state.end() ? 0 : found->second.item();
  if (!(by >= 0 && by <= static_cast<double>(most_count)) || by != std::floor(by))
    throw std::invalid_argument("Trainer: the losses of this checkpoint are divided by " +
                                xgrad::detail::number_text(by) + ": it must be a whole number, not negative");
  *this = {from[0], from[1], from[2], from[3], from[4], from[5] - 1, time.item(), static_cast<std::int64_t>(by)};
}

void LastWeights::replace(nn::ModuleBase model, const StateDict& best, Source at) {
  StateDict last = model.state_dict();
  model.load_state_dict(best, at);
  state = std::move(last);
}

bool LastWeights::are_kept(const nn::ModuleBase& model, const StateDict& best) const {
  if (state.empty()) return false;
  const auto has_best = [&](const auto& parameter) {
    const auto& [name, own] = parameter;
    const auto found = best.find(name);
    if (found == best.end() || !own.defined() || !found->second.defined()) return false;
    return own.shape() == found->second.shape() && own.dtype() == found->second.dtype() &&
           std::memcmp(Raw::bytes(own), Raw::bytes(found->second),
                       static_cast<std::size_t>(own.size()) * size_of(own.dtype())) == 0;
  };
  const auto parameters = model.named_parameters();
  return std::all_of(parameters.begin(), parameters.end(), has_best);
}

void LastWeights::give_back(nn::ModuleBase model, const StateDict& best, Source at) {
  if (are_kept(model, best)) model.load_state_dict(state, at);
  state.clear();
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

namespace {

/// The number that a key writes, below `count`; else `count`.
std::size_t place_of(const std::string& key, std::size_t count) {
  const bool is_number = !key.empty() && key.size() < 18 && key.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number || (key.size() > 1 && key[0] == '0')) return count;
  return std::min<std::size_t>(std::stoul(key), count);
}

}  // namespace

void PendingGradients::load_state_dict(const StateDict& state) {
  const auto& parameters = optimizer->parameters();
  std::vector<Tensor> gradients(parameters.size());
  for (const auto& [key, gradient] : state) {
    const std::size_t i = place_of(key, parameters.size());
    if (i == parameters.size() || !gradient.defined() || gradient.shape() != parameters[i].shape() ||
        gradient.dtype() != parameters[i].dtype())
      throw std::invalid_argument("Trainer: gradient \"" + key + "\" of this checkpoint fits no parameter");
    gradients[i] = gradient;
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].set_grad(gradients[i]);
}

std::function<void()> PendingGradients::restorer() const {
  std::vector<std::pair<Tensor, Tensor>> now;
  for (const Tensor& parameter : optimizer->parameters()) now.emplace_back(parameter, parameter.grad());
  return [now] {
    for (const auto& [parameter, gradient] : now) parameter.set_grad(gradient);
  };
}

std::function<void()> DataSizes::restorer() {
  return [this, now = *this] { *this = now; };
}

std::function<void()> KeptPosition::restorer() {
  return [this, now = at] { at = now; };
}

StateDict DataSizes::state_dict() const { return detail::whole_numbers({rows, batch_size, batches}); }

void DataSizes::load_state_dict(const StateDict& state) {
  const std::vector<std::int64_t> numbers = detail::whole_numbers("training data", state, 3);
  const DataSizes saved{counters, numbers[0], numbers[1], numbers[2], {}};
  const auto differ = [](std::int64_t a, std::int64_t b) { return a >= 0 && b >= 0 && a != b; };
  difference.clear();
  if (!differ(rows, saved.rows) && !differ(batch_size, saved.batch_size) && !differ(batches, saved.batches)) return;
  difference = "the checkpoint is of a loader with " + saved.text() + ", the one here has " + text();
  if (counters->batch > 0)
    throw std::invalid_argument("Trainer: " + difference + ": after batch " + std::to_string(counters->batch) +
                                " of an epoch, they must be the same");
}

StateDict KeptPosition::state_dict() const {
  const data::LoaderPosition now = at.value_or(data::LoaderPosition());
  return detail::whole_numbers({static_cast<std::int64_t>(now.epoch), now.batch});
}

void KeptPosition::load_state_dict(const StateDict& state) {
  const std::vector<std::int64_t> numbers = detail::position_numbers("loader", state);
  at = data::LoaderPosition{static_cast<std::uint64_t>(numbers[0]), numbers[1]};
}

std::string DataSizes::text() const {
  std::string all;
  const auto add = [&](std::int64_t number, const std::string& what) {
    if (number >= 0) all += (all.empty() ? "" : ", ") + what + std::to_string(number);
  };
  add(batches, "batches: ");
  add(batch_size, "batch size: ");
  add(rows, "rows: ");
  return all;
}

}  // namespace xgrad::train
