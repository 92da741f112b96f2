#include <xgrad/optim/optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::optim {
namespace {

using xgrad::detail::number_text;

std::string text(double number) { return number_text(number); }

std::string text(const Tensor& tensor) { return to_string(tensor.shape()) + " " + name_of(tensor.dtype()); }

Tensor copy_of(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() != dtype) return detail::converted(tensor, dtype);
  Tensor copy = Raw::uninitialized(tensor.shape(), dtype);
  const auto bytes = tensor.size() * static_cast<std::int64_t>(size_of(dtype));
  std::copy_n(static_cast<const char*>(Raw::bytes(tensor)), bytes, static_cast<char*>(Raw::write_bytes(copy)));
  return copy;
}

constexpr double most_steps = 0x1p53;

std::string key_of(std::size_t i, const std::string& slot) { return "state." + std::to_string(i) + "." + slot; }

}  // namespace

Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;
Optimizer::~Optimizer() = default;

Optimizer::Optimizer(const char* name, std::vector<Tensor> parameters, double lr, std::vector<std::string> slots)
    : name_(name), parameters_(std::move(parameters)) {
  set_lr(lr);
  if (parameters_.empty())
    refuse(
        "there are no parameters to train: pass model.parameters(), and in a module of your own register each member "
        "with add()");
  std::unordered_map<const void*, std::size_t> seen;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& p = parameters_[i];
    const std::string which = "parameter " + std::to_string(i);
    if (!p.defined()) refuse(which + " is an empty tensor: only tensors with values can be trained");
    const auto [first, is_new] = seen.emplace(Raw::value(p), i);
    if (!is_new) refuse(which + " is parameter " + std::to_string(first->second) + " again: each may be given once");
    if (!p.is_leaf())
      refuse(which + ", of shape " + to_string(p.shape()) + ", was made by an op: only leaves can be trained");
    if (!p.requires_grad())
      refuse(which + ", of shape " + to_string(p.shape()) +
             ", requires no gradient: leave it out, or call requires_grad_()");
  }
  for (std::string& slot : slots) slots_.emplace_back(std::move(slot), std::vector<Tensor>(parameters_.size()));
}

void Optimizer::refuse(const std::string& why) const { throw std::invalid_argument(std::string(name_) + ": " + why); }

void Optimizer::require_not_negative(const char* what, double value) const {
  if (!(value >= 0) || !std::isfinite(value))
    refuse(std::string(what) + " must be finite and not negative, got " + text(value));
}

void Optimizer::set_lr(double lr) {
  if (!(lr >= 0) || !std::isfinite(lr)) refuse("the learning rate must be finite and not negative, got " + text(lr));
  lr_ = lr;
}

void Optimizer::zero_grad() const {
  for (const Tensor& p : parameters_) p.set_grad(Tensor());
}

void Optimizer::step(Source at) {
  const NoGrad no_grad;
  const xgrad::detail::Timed timed(name_, at);
  moving_.clear();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& p = parameters_[i];
    Tensor gradient = p.grad();
    if (!gradient.defined()) continue;
    if (gradient.shape() != p.shape() || gradient.dtype() != p.dtype())
      refuse("parameter " + std::to_string(i) + " is " + text(p) + ", its gradient " + text(gradient) +
             ": they must agree");
    moving_.push_back({i, p, std::move(gradient)});
  }
  xgrad::detail::tell_step(name_, at, parameters_);
  update(moving_, at);
  moving_.clear();
}

Optimizer::Kept Optimizer::prepare(std::size_t slot, const Moving& moving) const {
  const auto& [name, kept] = slots_[slot];
  const Tensor& values = kept[moving.index];
  const Tensor& p = moving.parameter;
  if (!values.defined()) return {Raw::uninitialized(p.shape(), p.dtype()), true};
  if (values.shape() != p.shape())
    refuse("parameter " + std::to_string(moving.index) + " is now " + text(p) + ", its " + name + " " + text(values) +
           ": make a new optimiser after a change of shapes");
  if (values.dtype() != p.dtype()) return {detail::converted(values, p.dtype()), false};
  return {values, false};
}

StateDict Optimizer::state_dict() const {
  StateDict result;
  result.emplace_back("lr", Tensor(lr_));
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (i < steps_.size() && steps_[i] > 0) result.emplace_back(key_of(i, "step"), Raw::alias(Tensor({steps_[i]}), {}));
    for (const auto& [slot, kept] : slots_)
      if (kept[i].defined()) result.emplace_back(key_of(i, slot), copy_of(kept[i], kept[i].dtype()));
  }
  for (const auto& entry : result) Raw::value(entry.second)->copied = true;
  return result;
}

void Optimizer::require_own(const StateDict& state) const {
  std::string foreign, own = steps_.empty() ? "" : "step";
  for (const auto& [slot, kept] : slots_) own += (own.empty() ? "" : ", ") + slot;
  std::unordered_set<std::string> met;
  for (const auto& entry : state) {
    const std::string& key = entry.first;
    const std::size_t dot = key.find('.', std::strlen("state."));
    if (key.rfind("state.", 0) != 0 || dot == std::string::npos) continue;
    const std::string slot = key.substr(dot + 1);
    const bool known = (slot == "step" && !steps_.empty()) ||
                       std::any_of(slots_.begin(), slots_.end(), [&](const auto& each) { return each.first == slot; });
    if (!known && met.size() < 4 && met.insert(slot).second) foreign += (foreign.empty() ? "" : ", ") + slot;
  }
  if (!foreign.empty())
    refuse("cannot load this state: it holds " + foreign + ", and " + name_ + " keeps " +
           (own.empty() ? "nothing of these" : own) + ": it is the state of another optimiser, or of other options");
}

void Optimizer::load_state_dict(const StateDict& state) {
  const xgrad::detail::Calling calling(name_);
  std::unordered_map<std::string, Tensor> given;
  for (const auto& [key, tensor] : state) {
    if (!tensor.defined()) refuse("cannot load this state: \"" + key + "\" is an empty tensor");
    if (!given.emplace(key, tensor).second) refuse("cannot load this state: \"" + key + "\" is given twice");
  }
  require_own(state);
  const auto lr = given.find("lr");
  if (lr == given.end()) refuse("cannot load this state: \"lr\" is missing");
  const double new_lr = lr->second.item();
  given.erase(lr);

  auto loaded = slots_;
  for (auto& [slot, kept] : loaded)
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      kept[i] = Tensor();
      const auto found = given.find(key_of(i, slot));
      if (found == given.end()) continue;
      const Tensor& p = parameters_[i];
      if (found->second.shape() != p.shape() || !is_floating(found->second.dtype()))
        refuse("cannot load this state: \"" + found->first + "\" is " + text(found->second) + ", its parameter " +
               text(p) + ": the shapes must agree");
      kept[i] = copy_of(found->second, p.dtype());
      given.erase(found);
    }
  std::vector<std::int64_t> steps(steps_.size(), 0);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto found = given.find(key_of(i, "step"));
    if (found == given.end()) continue;
    const Tensor& count = found->second;
    if (count.size() != 1 || count.dtype() == boolean)
      refuse("cannot load this state: \"" + found->first + "\" must be one number, but is " + text(count));
    if (const double number = count.item(); !(number >= 0 && number <= most_steps) || number != std::floor(number))
      refuse("cannot load this state: \"" + found->first + "\" is " + text(number) +
             ": steps are whole numbers, not negative, up to 2^53");
    steps[i] = count.item<std::int64_t>();
    given.erase(found);
  }
  for (std::size_t i = 0; i < steps.size(); ++i)
    for (const auto& [slot, kept] : loaded)
      if (kept[i].defined() != (steps[i] > 0))
        refuse("cannot load this state: parameter " + std::to_string(i) + " has " +
               (steps[i] > 0 ? "a step but no " + slot : slot + " but no step"));
  if (!given.empty()) refuse("cannot load this state: it has nothing for \"" + given.begin()->first + "\"");
  set_lr(new_lr);
  slots_ = std::move(loaded);
  steps_ = std::move(steps);
}

}  // namespace xgrad::optim
