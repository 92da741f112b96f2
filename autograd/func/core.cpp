#include <xgrad/autograd/func/core.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/forward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::func::detail {
namespace {

using xgrad::detail::Recorded;
using xgrad::detail::SavedApartScope;

bool any_recorded(const Tensors& list) {
  return std::any_of(list.begin(), list.end(), [](const Tensor& x) { return Raw::node(x) != nullptr; });
}

// An argument as an input of its own.
Tensor entered(const char* op, const Tensor& x, std::size_t place) {
  const std::string which = std::string(op) + ": argument " + std::to_string(place);
  if (!x.defined()) throw std::invalid_argument(which + " is an empty tensor");
  if (!is_floating(x.dtype()))
    throw std::invalid_argument(which + " is " + name_of(x.dtype()) +
                                ": only float32 and float64 are differentiated: choose other arguments by argnums");
  if (grad_enabled() && Raw::node(x) != nullptr)
    return record("input", Source(), Raw::alias(x, x.shape()), {x}, pass_on);
  return x.detach().requires_grad_();
}

// What a transform gives out shares no memory with what it was given.
Tensors apart_from(Tensors results, const Tensors& given) {
  for (Tensor& result : results)
    for (const Tensor& one : given)
      if (result.defined() && one.defined() && Raw::storage(result) == Raw::storage(one)) result = clone(result);
  return results;
}

Tensor checked_tangent(const char* op, const Tensor& t, const Tensor& x, std::size_t place) {
  if (!t.defined()) return t;
  const std::string which = std::string(op) + ": tangent " + std::to_string(place);
  if (t.shape() != x.shape())
    throw std::invalid_argument(which + " has shape " + to_string(t.shape()) + ", its argument " +
                                to_string(x.shape()) + ": they must agree");
  if (!is_floating(t.dtype()))
    throw std::invalid_argument(which + " is " + name_of(t.dtype()) + ": tangents are float32 or float64");
  return to(t, x.dtype());
}

}  // namespace

Recording::Recording(const char* op, const Function& f, const Tensors& x, const std::vector<std::size_t>& wrt)
    : op_(op) {
  const bool caller = grad_enabled();
  Tensors all = x;
  {
    const xgrad::detail::NewerNodes own;  // the walk to the inputs stops at what f has captured
    for (const std::size_t i : wrt) inputs_.push_back(all[i] = entered(op, x[i], i));
    const EnableGrad on;
    const SavedApartScope joined(false);
    outputs_ = f(all);
  }
  for (const Tensor& y : outputs_)
    if (!y.defined()) throw std::invalid_argument(std::string(op) + ": the function returned an empty tensor");
  outer_ = caller && xgrad::detail::reaches_outside(outputs_, inputs_);
}

Tensors Recording::values() const {
  if (outer_) return outputs_;
  Tensors result;
  for (const Tensor& y : outputs_) result.push_back(y.detach());
  return result;
}

Tensor Recording::seed_for(const Tensor& y, const Tensor& seed) const {
  const std::string op = std::string(op_) + ": ";
  if (!seed.defined()) {
    if (!is_floating(y.dtype()))
      throw std::invalid_argument(op + "the function returned " + name_of(y.dtype()) +
                                  ": only float32 and float64 have gradients");
    if (y.size() != 1)
      throw std::invalid_argument(op + "the function must return one element, but returned shape " +
                                  to_string(y.shape()) + ": reduce it with sum() or mean(), or pass a seed");
    return ones(y.shape(), y.dtype());
  }
  if (seed.shape() != y.shape())
    throw std::invalid_argument(op + "the seed has shape " + to_string(seed.shape()) + ", the result of the function " +
                                to_string(y.shape()) + ": they must agree");
  if (!is_floating(seed.dtype()))
    throw std::invalid_argument(op + "the seed is " + name_of(seed.dtype()) + ": it must be float32 or float64");
  return seed;
}

Tensors Recording::pull(const Tensors& seeds, Graph graph) const {
  if (seeds.size() != outputs_.size())
    throw std::invalid_argument(std::string(op_) + ": " + std::to_string(seeds.size()) + " seeds for " +
                                std::to_string(outputs_.size()) + " results of the function");
  Tensors roots, of_roots;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    Tensor seed = seed_for(outputs_[i], seeds[i]);
    if (!outputs_[i].requires_grad()) continue;
    roots.push_back(outputs_[i]);
    of_roots.push_back(std::move(seed));
  }
  Tensors result(inputs_.size());
  if (!roots.empty() && !inputs_.empty()) {
    const SavedApartScope joined(false);
    result = xgrad::grad(roots, inputs_, of_roots, graph, allow_unused);
  }
  for (std::size_t i = 0; i < result.size(); ++i)
    if (!result[i].defined()) result[i] = zeros(inputs_[i].shape(), inputs_[i].dtype());
  return result;
}

Tensors Recording::pull_again(const Tensors& seeds) const {
  const bool create = grad_enabled() && (outer_ || any_recorded(seeds));
  return pull(seeds, create ? Graph::create : Graph::retain);
}

struct Linear::Made {
  xgrad::detail::Tape tape;
};

Linear::Linear(std::shared_ptr<const Recording> recording)
    : recording_(std::move(recording)), made_(new Made{{recording_->outputs(), recording_->inputs()}}) {}
Linear::~Linear() = default;

Tensors Linear::push(const Tensors& tangents) const {
  const Tensors &inputs = recording_->inputs(), &outputs = recording_->outputs();
  const char* op = recording_->op();
  if (tangents.size() != inputs.size())
    throw std::invalid_argument(std::string(op) + ": " + std::to_string(tangents.size()) + " tangents for " +
                                std::to_string(inputs.size()) + " arguments");
  Tensors ready;
  for (std::size_t i = 0; i < inputs.size(); ++i) ready.push_back(checked_tangent(op, tangents[i], inputs[i], i));
  const bool recorded = grad_enabled() && (recording_->outer() || any_recorded(tangents));
  Tensors result = made_->tape.push(op, ready, recorded ? Recorded::yes : Recorded::no);
  for (std::size_t i = 0; i < result.size(); ++i)
    if (!result[i].defined()) result[i] = zeros(outputs[i].shape(), outputs[i].dtype());
  return apart_from(std::move(result), tangents);
}

Tensors Linear::push_many(std::size_t i, const Tensor& tangents) const {
  const bool recorded = grad_enabled() && (recording_->outer() || Raw::node(tangents) != nullptr);
  Tensors all(recording_->inputs().size());
  all[i] = tangents;
  const std::int64_t many = tangents.shape()[0];
  return made_->tape.push(recording_->op(), all, recorded ? Recorded::yes : Recorded::no, &many);
}

Tensors gradients(const char* op, const Function& f, const Tensors& x, const std::vector<std::size_t>& wrt,
                  const Tensor& seed, Tensor* value, bool* outer) {
  const Recording recording(op, f, x, wrt);
  if (recording.outputs().size() != 1)
    throw std::invalid_argument(std::string(op) + ": the function must return one tensor, but returned " +
                                std::to_string(recording.outputs().size()));
  const bool create = recording.outer() || (grad_enabled() && Raw::node(seed) != nullptr);
  Tensors result = recording.pull({seed}, create ? Graph::create : Graph::release);
  if (value != nullptr) *value = create ? recording.outputs()[0] : recording.outputs()[0].detach();
  if (outer != nullptr) *outer = create;
  return result;
}

std::vector<std::size_t> all_of(std::size_t n) {
  std::vector<std::size_t> result(n);
  std::iota(result.begin(), result.end(), std::size_t{0});
  return result;
}

std::vector<std::int64_t> some_of(const char* op, std::vector<std::int64_t> argnums) {
  if (argnums.empty())
    throw std::invalid_argument(std::string(op) +
                                ": the list of argument numbers is empty: name those to differentiate by, or leave the "
                                "list out for the first argument");
  return argnums;
}

std::vector<std::size_t> resolved(const char* op, const std::vector<std::int64_t>& argnums, std::size_t n) {
  std::vector<std::size_t> result;
  for (const std::int64_t asked : argnums) {
    const auto count = static_cast<std::int64_t>(n);
    const std::int64_t place = asked < 0 ? asked + count : asked;
    const std::string which = std::string(op) + ": argument number " + std::to_string(asked);
    if (place < 0 || place >= count)
      throw std::invalid_argument(which + " of a call with " + std::to_string(n) + " arguments");
    if (std::find(result.begin(), result.end(), static_cast<std::size_t>(place)) != result.end())
      throw std::invalid_argument(which + " is named twice");
    result.push_back(static_cast<std::size_t>(place));
  }
  return result;
}

std::vector<std::size_t> with_list(const std::vector<std::size_t>& arguments, std::size_t length) {
  std::vector<std::size_t> result;
  for (const std::size_t argument : arguments)
    if (argument > 0)
      result.push_back(length + argument - 1);
    else
      for (std::size_t i = 0; i < length; ++i) result.push_back(i);
  return result;
}

}  // namespace xgrad::func::detail
