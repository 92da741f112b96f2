#include "optimizers.hpp"

#include <functional>
#include <sstream>
#include <stdexcept>

#include <xgrad/xgrad.hpp>

namespace golden {
namespace {

using namespace optim;

using Make = std::unique_ptr<Optimizer> (*)(const Groups&, double lr);

template <class T>
std::unique_ptr<Optimizer> make(const Groups& groups, double lr) {
  return std::make_unique<T>(groups, lr);
}

const std::map<std::string, std::pair<Make, double>>& makers() {
  static const std::map<std::string, std::pair<Make, double>> all{
      {"SGD", {make<SGD>, 1e-3}},         {"Adam", {make<Adam>, 1e-3}},      {"AdamW", {make<AdamW>, 1e-3}},
      {"Adamax", {make<Adamax>, 2e-3}},   {"NAdam", {make<NAdam>, 2e-3}},    {"RAdam", {make<RAdam>, 1e-3}},
      {"Adagrad", {make<Adagrad>, 1e-2}}, {"Adadelta", {make<Adadelta>, 1}}, {"RMSprop", {make<RMSprop>, 1e-2}},
      {"Rprop", {make<Rprop>, 1e-2}},     {"ASGD", {make<ASGD>, 1e-2}},      {"LBFGS", {make<LBFGS>, 1}},
      {"Lion", {make<Lion>, 1e-4}},       {"Muon", {make<Muon>, 1e-3}},      {"Adafactor", {make<Adafactor>, 1e-2}}};
  return all;
}

std::vector<std::int64_t> whole(const std::vector<double>& numbers) {
  return std::vector<std::int64_t>(numbers.begin(), numbers.end());
}

PerGroup per_group(const std::vector<double>& numbers, double otherwise) {
  if (numbers.empty()) return otherwise;
  return numbers.size() == 1 ? PerGroup(numbers[0]) : PerGroup(numbers);
}

double of_lambda(std::int64_t t) { return 1 / (1 + 0.05 * static_cast<double>(t)); }

std::unique_ptr<LRScheduler> made(const Words& w, const Optimizer& o) {
  const auto count = [&](const char* key, std::int64_t otherwise) {
    return static_cast<std::int64_t>(w.number(key, static_cast<double>(otherwise)));
  };
  if (w.name == "StepLR") return std::make_unique<StepLR>(o, count("step_size", 1), w.number("gamma", .1));
  if (w.name == "MultiStepLR")
    return std::make_unique<MultiStepLR>(o, whole(w.list("milestones")), w.number("gamma", .1));
  if (w.name == "ConstantLR")
    return std::make_unique<ConstantLR>(o, w.number("factor", 1.0 / 3), count("total_iters", 5));
  if (w.name == "LinearLR")
    return std::make_unique<LinearLR>(o, w.number("start_factor", 1.0 / 3), w.number("end_factor", 1),
                                      count("total_iters", 5));
  if (w.name == "ExponentialLR") return std::make_unique<ExponentialLR>(o, w.number("gamma", .9));
  if (w.name == "PolynomialLR") return std::make_unique<PolynomialLR>(o, count("total_iters", 5), w.number("power", 1));
  if (w.name == "CosineAnnealingLR")
    return std::make_unique<CosineAnnealingLR>(o, count("T_max", 10), w.number("eta_min", 0));
  if (w.name == "CosineAnnealingWarmRestarts")
    return std::make_unique<CosineAnnealingWarmRestarts>(o, count("T_0", 10), count("T_mult", 1),
                                                         w.number("eta_min", 0));
  if (w.name == "WarmupCosineLR")
    return std::make_unique<WarmupCosineLR>(o, count("warmup_steps", 5), count("total_steps", 100),
                                            w.number("start_factor", 1e-3), w.number("eta_min", 0));
  if (w.name == "LambdaLR") return std::make_unique<LambdaLR>(o, of_lambda);
  if (w.name == "MultiplicativeLR") return std::make_unique<MultiplicativeLR>(o, of_lambda);
  if (w.name == "SWALR")
    return std::make_unique<SWALR>(o, per_group(w.list("swa_lr"), .05), count("anneal_epochs", 10),
                                   w.number("linear", 0) != 0 ? Anneal::linear : Anneal::cos);
  if (w.name == "OneCycleLR")
    return std::make_unique<OneCycleLR>(o, per_group(w.list("max_lr"), .1), count("total_steps", 200),
                                        OneCycleLR::Options()
                                            .pct_start(w.number("pct_start", .3))
                                            .anneal_strategy(w.number("linear", 0) != 0 ? Anneal::linear : Anneal::cos)
                                            .cycle_momentum(w.number("cycle_momentum", 1) != 0)
                                            .base_momentum(per_group(w.list("base_momentum"), .85))
                                            .max_momentum(per_group(w.list("max_momentum"), .95))
                                            .div_factor(w.number("div_factor", 25))
                                            .final_div_factor(w.number("final_div_factor", 1e4))
                                            .three_phase(w.number("three_phase", 0) != 0));
  if (w.name == "CyclicLR") {
    CyclicLR::Options options = CyclicLR::Options()
                                    .step_size_up(count("step_size_up", 2000))
                                    .mode(static_cast<CyclicMode>(count("mode", 0)))
                                    .gamma(w.number("gamma", 1))
                                    .cycle_momentum(w.number("cycle_momentum", 1) != 0);
    if (w.values.count("step_size_down") == 1) options.step_size_down(count("step_size_down", 1));
    if (w.number("scale_fn", 0) != 0) options.scale_of_cycle([](double x) { return 1 / (1 + 0.5 * x); });
    return std::make_unique<CyclicLR>(o, per_group(w.list("base_lr"), .01), per_group(w.list("max_lr"), .1), options);
  }
  if (w.name == "ReduceLROnPlateau") {
    using P = ReduceLROnPlateau;
    return std::make_unique<P>(
        o, P::Options()
               .mode(w.number("max", 0) != 0 ? P::Mode::max : P::Mode::min)
               .factor(w.number("factor", .1))
               .patience(count("patience", 10))
               .threshold(w.number("threshold", 1e-4))
               .threshold_mode(w.number("abs", 0) != 0 ? P::ThresholdMode::abs : P::ThresholdMode::rel)
               .cooldown(count("cooldown", 0))
               .min_lr(per_group(w.list("min_lr"), 0)));
  }
  throw std::invalid_argument("no schedule " + w.name);
}

// Schedule makes a handle of a schedule, whose type is known.
Schedule part(const Words& w, const Optimizer& optimizer) {
  std::unique_ptr<LRScheduler> schedule = made(w, optimizer);
  if (auto* each = dynamic_cast<StepLR*>(schedule.get())) return std::move(*each);
  if (auto* each = dynamic_cast<MultiStepLR*>(schedule.get())) return std::move(*each);
  if (auto* each = dynamic_cast<ConstantLR*>(schedule.get())) return std::move(*each);
  if (auto* each = dynamic_cast<LinearLR*>(schedule.get())) return std::move(*each);
  if (auto* each = dynamic_cast<ExponentialLR*>(schedule.get())) return std::move(*each);
  if (auto* each = dynamic_cast<PolynomialLR*>(schedule.get())) return std::move(*each);
  if (auto* each = dynamic_cast<CosineAnnealingLR*>(schedule.get())) return std::move(*each);
  if (auto* each = dynamic_cast<CosineAnnealingWarmRestarts*>(schedule.get())) return std::move(*each);
  if (auto* each = dynamic_cast<OneCycleLR*>(schedule.get())) return std::move(*each);
  throw std::invalid_argument("no part of another schedule: " + w.name);
}

StateDict with_prefix(const io::SafetensorsFile& file, const std::string& prefix) {
  StateDict result;
  for (const std::string& name : file.names())
    if (name.rfind(prefix, 0) == 0) result.emplace_back(name.substr(prefix.size()), file.tensor(name));
  return result;
}

StateDict run_optimizer(const io::SafetensorsFile& file, const std::string& id, const std::vector<Words>& parts) {
  std::vector<Tensor> parameters;
  const std::string first = file.contains(id + ".p.0") ? id + ".p." : "initial.";
  const int count = static_cast<int>(parts[0].number("params", 3));
  for (int k = 0; k < count; ++k) parameters.push_back(file.tensor(first + std::to_string(k)).requires_grad_());
  const auto optimizer = make_optimizer(parts, parameters);
  if (const StateDict state = with_prefix(file, id + ".state."); !state.empty()) optimizer->load_state_dict(state);
  const auto begin = static_cast<std::int64_t>(parts[0].number("begin", 0));
  const auto end = static_cast<std::int64_t>(parts[0].number("end", 50));
  for (std::int64_t step = begin; step < end; ++step) {
    if (parts[0].name == "LBFGS") {
      optimizer->step([&] {
        optimizer->zero_grad();
        Tensor loss = valley(parameters);
        if (parts[0].number("maximize", 0) != 0) loss = -loss;
        loss.backward();
        return loss;
      });
      continue;
    }
    for (std::size_t k = 0; k < parameters.size(); ++k)
      parameters[k].set_grad(file.tensor("gradients." + std::to_string(k))[step].to(parameters[k].dtype()).clone());
    optimizer->step();
  }
  StateDict result;
  for (std::size_t k = 0; k < parameters.size(); ++k)
    result.emplace_back("p." + std::to_string(k), parameters[k].detach());
  for (const auto& [key, tensor] : optimizer->state_dict()) result.emplace_back("state." + key, tensor);
  return result;
}

StateDict run_schedule(const io::SafetensorsFile& file, const std::vector<Words>& parts) {
  std::vector<Group> groups;
  std::vector<double> rates = parts[0].list("lr");
  if (rates.empty()) rates = {0.1};
  for (double rate : rates) groups.push_back(Group({zeros({1}, float64).requires_grad_()}).lr(rate));
  const bool adam = parts[0].number("adam", 0) != 0;
  std::unique_ptr<Optimizer> optimizer;
  if (adam)
    optimizer = std::make_unique<Adam>(groups);
  else
    optimizer = std::make_unique<SGD>(groups, 0, SGD::Options().momentum(.5));
  const auto schedule = make_schedule(parts, *optimizer);
  const auto steps = static_cast<std::size_t>(parts[0].number("steps", 200));
  std::vector<double> lrs, momenta;
  for (std::size_t t = 0; t < steps; ++t) {
    for (const ParamGroup& group : optimizer->param_groups()) {
      lrs.push_back(group.lr());
      momenta.push_back(group.option(adam ? "betas.0" : "momentum"));
    }
    if (auto* plateau = dynamic_cast<ReduceLROnPlateau*>(schedule.get()))
      plateau->step(file.tensor("metrics")(t).item());
    else
      schedule->step();
  }
  StateDict result{{"lr", Tensor(lrs)}};
  if (parts[0].name == "OneCycleLR" || parts[0].name == "CyclicLR") result.emplace_back("momentum", Tensor(momenta));
  return result;
}

}  // namespace

double Words::number(const std::string& key, double otherwise) const {
  const auto found = values.find(key);
  return found == values.end() ? otherwise : std::stod(found->second);
}

std::vector<double> Words::list(const std::string& key) const {
  std::vector<double> result;
  const auto found = values.find(key);
  if (found == values.end()) return result;
  std::istringstream numbers(found->second);
  for (std::string each; std::getline(numbers, each, ',');) result.push_back(std::stod(each));
  return result;
}

std::vector<Words> parsed(const std::string& line) {
  std::vector<Words> result(1);
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const std::size_t sign = word.find('=');
    if (word == "/")
      result.emplace_back();
    else if (sign == std::string::npos)
      result.back().name = word;
    else
      result.back().values[word.substr(0, sign)] = word.substr(sign + 1);
  }
  return result;
}

std::unique_ptr<Optimizer> make_optimizer(const std::vector<Words>& parts, const std::vector<Tensor>& parameters) {
  std::vector<Group> groups;
  for (std::size_t g = 0; g < parts.size(); ++g) {
    const std::size_t end = g + 1 < parts.size() ? g + 1 : parameters.size();
    Group group(std::vector<Tensor>(parameters.begin() + static_cast<std::ptrdiff_t>(g),
                                    parameters.begin() + static_cast<std::ptrdiff_t>(end)));
    for (std::size_t each : {std::size_t{0}, g})
      for (const auto& [key, value] : parts[each].values)
        if (key != "begin" && key != "end" && key != "params") group.option(key, std::stod(value));
    groups.push_back(std::move(group));
  }
  const auto& [maker, lr] = makers().at(parts[0].name);
  return maker(groups, lr);
}

std::unique_ptr<LRScheduler> make_schedule(const std::vector<Words>& parts, const Optimizer& optimizer) {
  const std::string& name = parts[0].name;
  if (name != "SequentialLR" && name != "ChainedScheduler") return made(parts[0], optimizer);
  std::vector<Schedule> schedules;
  for (std::size_t i = 1; i < parts.size(); ++i) schedules.push_back(part(parts[i], optimizer));
  if (name == "ChainedScheduler") return std::make_unique<ChainedScheduler>(optimizer, schedules);
  return std::make_unique<SequentialLR>(optimizer, schedules, whole(parts[0].list("milestones")));
}

Tensor valley(const std::vector<Tensor>& parameters) {
  Tensor loss = 0.0;
  for (const Tensor& p : parameters) {
    const Tensor x = p.reshape({-1});
    const std::int64_t n = x.size() - 1;
    const Tensor a = narrow(x, 0, 0, n), b = narrow(x, 0, 1, n);
    loss = loss + sum(4.0 * square(b - square(a)) + square(1.0 - a));
  }
  return loss;
}

StateDict run(const io::SafetensorsFile& file, const std::string& id, const std::string& line) {
  const std::size_t space = line.find(' ');
  const std::vector<Words> parts = parsed(line.substr(space + 1));
  if (line.substr(0, space) == "schedule") return run_schedule(file, parts);
  return run_optimizer(file, id, parts);
}

}  // namespace golden
