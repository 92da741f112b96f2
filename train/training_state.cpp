// What a training run keeps in its checkpoints beside the parts of others.

#include <algorithm>
#include <stdexcept>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/train/training_run.hpp>

namespace xgrad::train {

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
  if (!(time.item() >= 0))
    throw std::invalid_argument("Trainer: the seconds of this checkpoint are " +
                                xgrad::detail::number_text(time.item()) + ": they must not be negative");
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
      throw std::invalid_argument("Trainer: gradient \"" + key + "\" of this checkpoint fits no parameter");
    gradients[i] = gradient;
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].set_grad(gradients[i]);
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
  const std::vector<std::int64_t> numbers = detail::whole_numbers("loader", state, 2);
  if (numbers[0] < 0 || numbers[1] < 0)
    throw std::invalid_argument("Trainer: the position in the loader of this checkpoint is negative");
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
