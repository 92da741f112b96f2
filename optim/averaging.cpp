#include <xgrad/optim/averaging.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <type_traits>

#include <xgrad/autograd/graph/callable.hpp>
#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/observed_writes.hpp>

namespace xgrad::optim {
namespace {

// The tensors of both modules in pairs; an error if the modules differ.
std::vector<std::pair<Tensor, Tensor>> pairs(const char* op, const StateDict& a, const StateDict& b) {
  if (a.size() != b.size())
    throw xgrad::detail::argument_error(std::string(op) + ": one model has " + std::to_string(a.size()) +
                                        " tensors, the other " + std::to_string(b.size()) +
                                        ": they must be of one class and size");
  std::vector<std::pair<Tensor, Tensor>> result;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].second.shape() != b[i].second.shape() || a[i].second.dtype() != b[i].second.dtype())
      throw xgrad::detail::argument_error(std::string(op) + ": " + a[i].first + " is " +
                                          to_string(a[i].second.shape()) + " " + name_of(a[i].second.dtype()) +
                                          " in one model, " + to_string(b[i].second.shape()) + " " +
                                          name_of(b[i].second.dtype()) + " in the other: they must agree");
    result.emplace_back(a[i].second, b[i].second);
  }
  return result;
}

}  // namespace

AveragingOptions& AveragingOptions::avg_fn(std::function<Tensor(const Tensor&, const Tensor&, std::int64_t)> f) {
  return set(avg_fn_, xgrad::detail::checked_function("avg_fn", "the average", std::move(f)));
}

Averager::Averager(const AveragingOptions& options) : options_(options) {
  if (options.decay_ && !(*options.decay_ >= 0 && *options.decay_ <= 1))
    throw std::invalid_argument("AveragedModel: the decay must lie within [0, 1], got " +
                                xgrad::detail::number_text(*options.decay_));
  if (options.decay_ && options.avg_fn_)
    throw std::invalid_argument("AveragedModel: got both ema() and avg_fn(): choose one");
}

// The values that take the place of the average's; undefined where they are computed as they are written.
Tensor Averager::average_of(const Tensor& averaged, const Tensor& weights, Source at) const {
  if (options_.avg_fn_) {
    const Tensor given = options_.avg_fn_(averaged.detach(), weights.detach(), n_averaged_);
    if (!given.defined())
      throw xgrad::detail::argument_error("update_parameters: avg_fn has returned an empty tensor: it must return " +
                                          to_string(averaged.shape()) + " " + name_of(averaged.dtype()));
    Tensor values = averaged.detach().clone();
    values.copy_(given, at);
    return values;
  }
  if (is_floating(averaged.dtype())) return {};
  // Whole numbers lose their fraction, as in PyTorch.
  const Tensor old = averaged.to(float64), now = weights.to(float64);
  const Tensor mean = options_.decay_ ? old * *options_.decay_ + now * (1 - *options_.decay_)
                                      : old + (now - old) / static_cast<double>(n_averaged_ + 1);
  return mean.to(averaged.dtype());
}

kernels::UpdatePass Averager::pass(const Tensor& averaged, const Tensor& weights, Source at) const {
  kernels::AverageRule rule;
  if (options_.decay_)
    rule.weight = 1 - *options_.decay_;
  else
    rule.divisor = static_cast<double>(n_averaged_ + 1);
  return xgrad::detail::update("update_parameters", averaged, weights, {}, rule, at);
}

// What can fail, as a function of the user's can, comes before the first write.
void Averager::update(const nn::ModuleBase& averaged, const nn::ModuleBase& model, Source at) {
  const NoGrad no_grad;
  const xgrad::detail::Calling calling("update_parameters", at);
  const auto parameters = pairs("update_parameters", averaged.named_parameters(), model.named_parameters());
  const auto buffers = pairs("update_parameters", averaged.named_buffers(), model.named_buffers());
  struct Change {
    const Tensor *own, *other;
    Tensor values;
  };
  std::vector<Change> changes;
  for (const auto* list : {&parameters, &buffers})
    for (const auto& [own, other] : *list) {
      const bool copies = n_averaged_ == 0 || (list == &buffers && !options_.use_buffers_);
      changes.push_back({&own, &other, copies ? other.detach() : average_of(own, other, at)});
    }
  std::vector<kernels::UpdatePass> passes;
  passes.reserve(changes.size());
  detail::ObservedWrites writes;
  for (const Change& change : changes)
    writes.add("update_parameters", at, *change.own, change.values.defined() ? change.values : *change.other);
  {
    const xgrad::detail::Unobserved unobserved;
    for (const Change& change : changes) {
      if (change.values.defined())
        change.own->copy_(change.values, at);
      else
        passes.push_back(pass(*change.own, *change.other, at));
    }
    kernels::run(passes.data(), passes.size());
    ++n_averaged_;
  }
  writes.done();
}

StateDict Averager::state_dict(const nn::ModuleBase& averaged) const {
  StateDict result{{"n_averaged", Tensor(n_averaged_)}};
  for (const auto& [key, tensor] : averaged.state_dict()) result.emplace_back("module." + key, tensor);
  return result;
}

void Averager::load_state_dict(nn::ModuleBase& averaged, const StateDict& state, Source at) {
  const auto refuse = [](const std::string& why) {
    throw std::invalid_argument("AveragedModel: cannot load this state: " + why);
  };
  StateDict own;
  std::optional<std::int64_t> count;
  for (const auto& [key, tensor] : state) {
    if (key == "n_averaged") {
      if (!tensor.defined() || tensor.size() != 1 || !(tensor.item() >= 0 && tensor.item() < 0x1p53) ||
          tensor.item() != std::floor(tensor.item()))
        refuse("\"n_averaged\" must be a whole number, not negative");
      count = tensor.item<std::int64_t>();
    } else if (key.rfind("module.", 0) == 0) {
      own.emplace_back(key.substr(7), tensor);
    } else {
      refuse("it has nothing for \"" + key + "\"");
    }
  }
  if (!count) refuse("\"n_averaged\" is missing");
  averaged.load_state_dict(own, at);
  n_averaged_ = *count;
}

namespace {

void swap_values(const std::pair<Tensor, Tensor>& pair, Source at) {
  const Tensor &a = pair.first, &b = pair.second;
  if (a.shape() != b.shape()) return;
  const NoGrad no_grad;
  Raw::begin_write(a, "SwappedWeights", at);
  Raw::begin_write(b, "SwappedWeights", at);
  if (a.dtype() == b.dtype()) {
    auto* first = static_cast<char*>(Raw::write_bytes(a));
    std::swap_ranges(first, first + a.size() * static_cast<std::int64_t>(size_of(a.dtype())),
                     static_cast<char*>(Raw::write_bytes(b)));
  } else if (is_floating(a.dtype()) && is_floating(b.dtype())) {
    xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
      using A = typename decltype(type)::type;
      using B = std::conditional_t<std::is_same_v<A, float>, double, float>;
      A* to = Raw::write<A>(a);
      B* from = Raw::write<B>(b);
      for (std::int64_t i = 0; i < a.size(); ++i) {
        const A own = to[i];
        to[i] = static_cast<A>(from[i]);
        from[i] = static_cast<B>(own);
      }
    });
  }
}

}  // namespace

SwappedWeights::SwappedWeights(const nn::ModuleBase& a, const nn::ModuleBase& b, Source at) : at_(at) {
  pairs_ = pairs("SwappedWeights", a.named_parameters(), b.named_parameters());
  for (auto& pair : pairs("SwappedWeights", a.named_buffers(), b.named_buffers())) pairs_.push_back(std::move(pair));
  for (const auto& [own, other] : pairs_)
    if (Raw::value(own) == Raw::value(other))
      throw xgrad::detail::argument_error("SwappedWeights: the models share their weights: average a clone");
  for (const auto& pair : pairs_) swap_values(pair, at);
}

// Backwards, since tensors may share memory.
SwappedWeights::~SwappedWeights() {
  for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) swap_values(*pair, at_);
}

}  // namespace xgrad::optim
