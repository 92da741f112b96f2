#include "call.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/creation.hpp>

using namespace xgrad;

namespace golden {

namespace {

std::vector<std::string> cut(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(at, from), text.size());
    if (to > from) parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

/// A number as Python writes it.
Number parsed(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  char* end = nullptr;
  const std::int64_t whole = std::strtoll(text.c_str(), &end, 10);
  if (!text.empty() && *end == 0) return whole;
  const double real = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != 0) throw std::invalid_argument("a call: '" + text + "' is not a number");
  return real;
}

}  // namespace

Call::Call(const io::SafetensorsFile& file, std::string id) : id_(std::move(id)) {
  for (const std::string& setting : cut(file.metadata().at(id_), ';')) {
    const std::size_t equals = setting.find('=');
    const std::string name = setting.substr(0, equals), value = setting.substr(equals + 1);
    if (name == "op")
      op_ = value;
    else if (name == "wants")
      wants_ = cut(value, ',');
    else if (name == "needs")  // the tensors of the call
      for (const std::string& tensor : cut(value, ',')) tensors_[tensor] = file.tensor(id_ + "." + tensor);
    else if (name.compare(0, 1, "_") != 0)  // others are for the reader of the file
      settings_[name] = value;
  }
  for (const std::string& name : wants_) tensors_.at(name).requires_grad_();
}

std::string Call::text() const {
  std::string text;
  for (const auto& [name, x] : tensors_)
    text += (text.empty() ? "" : ", ") + name + " " + to_string(x.shape()) + " " + name_of(x.dtype());
  for (const auto& [name, value] : settings_) text += (text.empty() ? "" : ", ") + name + "=" + value;
  return op_ + "(" + text + ")";
}

const std::string* Call::find(const std::string& name) const {
  used_.insert(name);
  if (tensors_.count(name) != 0) throw std::invalid_argument("a call: " + op_ + " takes no tensor as " + name);
  const auto found = settings_.find(name);
  return found == settings_.end() ? nullptr : &found->second;
}

bool Call::has(const std::string& name) const { return settings_.count(name) + tensors_.count(name) != 0; }

bool Call::has(xgrad::DType dtype) const {
  return std::any_of(tensors_.begin(), tensors_.end(),
                     [dtype](const auto& each) { return each.second.dtype() == dtype; });
}

Tensor Call::operator[](const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) {
    used_.insert(name);
    return found->second;
  }
  if (const std::string* text = find(name)) {
    const Number number = parsed(*text);
    if (number.dtype() == boolean) return number.as<bool>();
    if (number.is_whole()) return number.as<std::int64_t>();
    return number.real();
  }
  return Tensor();
}

Tensors Call::list(const std::string& name) const {
  Tensors all;
  used_.insert(name);
  for (std::int64_t i = 0; tensors_.count(name + "." + std::to_string(i)) != 0; ++i)
    all.push_back((*this)[name + "." + std::to_string(i)]);
  return all;
}

double Call::number(const std::string& name, double fallback) const {
  const std::string* text = find(name);
  return text ? parsed(*text).real() : fallback;
}

std::int64_t Call::integer(const std::string& name, std::int64_t fallback) const {
  const std::string* text = find(name);
  return text ? parsed(*text).as<std::int64_t>() : fallback;
}

bool Call::flag(const std::string& name, bool fallback) const {
  const std::string* text = find(name);
  return text ? parsed(*text).as<bool>() : fallback;
}

std::vector<std::int64_t> Call::integers(const std::string& name) const {
  std::vector<std::int64_t> all;
  if (const std::string* text = find(name))
    for (const std::string& part : cut(*text, ',')) all.push_back(parsed(part).as<std::int64_t>());
  return all;
}

std::string Call::word(const std::string& name, const std::string& fallback) const {
  const std::string* text = find(name);
  return text ? *text : fallback;
}

Axes Call::axes(const std::string& name) const {
  const std::vector<std::int64_t> all = integers(name);
  return all.empty() ? Axes() : Axes(all);
}

KeepDims Call::keepdims() const { return flag("keepdim") ? KeepDims::yes : KeepDims::no; }

DType Call::dtype(const std::string& name, DType fallback) const {
  const std::string text = word(name, name_of(fallback));
  for (const DType dtype : {boolean, int64, float32, float64})
    if (text == name_of(dtype)) return dtype;
  throw std::invalid_argument("a call: dtype '" + text + "' does not exist here");
}

std::string Call::unused() const {
  std::string names;
  const auto check = [&](const std::string& name) {
    if (used_.count(name) == 0) names += (names.empty() ? "" : ", ") + name;
  };
  for (const auto& setting : settings_) check(setting.first);
  for (const auto& tensor : tensors_) check(tensor.first);
  return names;
}

const Registry& registry() {
  static const Registry all = [] {
    Registry result;
    for (Registry part :
         {pointwise_calls(), mathematics_calls(), activation_calls(), reduction_calls(), sorting_calls(), shape_calls(),
          indexing_calls(), product_calls(), linalg_calls(), loss_calls(), layer_calls(), convolution_calls(),
          arranging_calls(), pooling_calls(), recurrence_calls(), attention_calls()}) {
      result.merge(part);
      if (!part.empty()) throw std::logic_error("two lines of the registry are of " + part.begin()->first);
    }
    return result;
  }();
  return all;
}

Function unary(Tensor (*f)(Tensor, Source)) {
  return [f](const Call& c) { return f(c["input"], Source::here()); };
}

Function binary(Tensor (*f)(Tensor, Tensor, Source)) {
  return [f](const Call& c) { return f(c["input"], c["other"], Source::here()); };
}

Function reducing(Tensor (*f)(Tensor, Axes, KeepDims, Source)) {
  return [f](const Call& c) { return f(c["input"], c.axes(), c.keepdims(), Source::here()); };
}

namespace {

/// The gradients of the results with respect to the inputs, zeros where there is none. An undefined seed leaves a
/// result out.
Tensors gradients(const Tensors& results, const Tensors& seeds, const Tensors& inputs, Graph graph) {
  Tensors roots, weights, gradients(inputs.size());
  for (std::size_t i = 0; i < results.size(); ++i)
    if (results[i].requires_grad() && seeds[i].defined()) {
      roots.push_back(results[i]);
      weights.push_back(seeds[i]);
    }
  if (!roots.empty()) gradients = grad(roots, inputs, weights, graph, allow_unused);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = zeros_like(inputs[i]);
  return gradients;
}

}  // namespace

Outcome run(const io::SafetensorsFile& file, const Call& call) {
  const auto function = registry().find(call.op());
  if (function == registry().end()) throw std::invalid_argument("a call: there is no op '" + call.op() + "'");
  const Results results = function->second(call);
  if (const std::string names = call.unused(); !names.empty())
    throw std::invalid_argument("a call: " + call.op() + " has no argument " + names);

  Outcome outcome;
  Tensors seeds, inputs, directions;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::string seed = call.id() + ".seed." + std::to_string(i);
    outcome["y." + std::to_string(i)] = results[i].detach();
    seeds.push_back(file.contains(seed) ? file.tensor(seed) : Tensor());
  }
  if (call.wants().empty()) return outcome;
  bool twice = true;
  for (const std::string& name : call.wants()) {
    inputs.push_back(call[name]);
    const std::string direction = call.id() + ".direction." + name;
    twice = twice && file.contains(direction);
    if (twice) directions.push_back(file.tensor(direction));
  }
  const Tensors first = gradients(results, seeds, inputs, twice ? Graph::create : Graph::release);
  for (std::size_t i = 0; i < inputs.size(); ++i) outcome["grad." + call.wants()[i]] = first[i].detach();
  if (!twice) return outcome;
  const Tensors second = gradients(first, directions, inputs, Graph::release);
  for (std::size_t i = 0; i < inputs.size(); ++i) outcome["second." + call.wants()[i]] = second[i].detach();
  return outcome;
}

std::vector<std::string> ids(const io::SafetensorsFile& file) {
  std::vector<std::string> all;
  for (const auto& entry : file.metadata())
    if (entry.second.compare(0, 3, "op=") == 0) all.push_back(entry.first);
  return all;
}

}  // namespace golden
