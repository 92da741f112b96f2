#include <xgrad/nn/state_dict.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <unordered_set>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn::detail {
namespace {

// The keys at fault, by kind of fault.
class Faults {
 public:
  void add(const std::string& kind, const std::string& key) {
    auto fault = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& known) { return known.name == kind; });
    if (fault == kinds_.end()) fault = kinds_.insert(kinds_.end(), {kind, "", 0});
    if (++fault->count <= most_named) fault->keys += (fault->count == 1 ? "" : ", ") + shortened(key);
  }
  bool empty() const { return kinds_.empty(); }
  std::string text() const {
    std::string result;
    for (const Kind& kind : kinds_) {
      result += (result.empty() ? "" : "; ") + kind.name + ": " + kind.keys;
      if (kind.count > most_named) result += " and " + std::to_string(kind.count - most_named) + " more";
    }
    return result;
  }

 private:
  static constexpr std::size_t most_named = 20, most_letters = 300;
  struct Kind {
    std::string name, keys;
    std::size_t count;
  };
  static std::string shortened(const std::string& key) {
    return key.size() <= most_letters ? key : key.substr(0, most_letters) + "...";
  }

  std::vector<Kind> kinds_;
};

// Whether the values can be converted without loss, but for rounding between floating dtypes: between the floating
// dtypes, and to int64 what is whole, since some systems save counters as floating-point numbers.
bool converts(const Tensor& from, DType to) {
  if (from.dtype() == to || (is_floating(from.dtype()) && is_floating(to))) return true;
  if (to != int64) return false;
  const Tensor wide = xgrad::detail::converted(from, float64);
  const auto* numbers = Raw::data<double>(wide);
  return std::all_of(numbers, numbers + wide.size(),
                     [](double x) { return std::fabs(x) <= 0x1p53 && x == std::floor(x); });
}

// The first finite number that would be infinite in float32, or null.
const double* beyond_range(const Tensor& from, DType to) {
  if (from.dtype() != float64 || to != float32) return nullptr;
  const auto *numbers = Raw::data<double>(from), *end = numbers + from.size();
  const auto* found =
      std::find_if(numbers, end, [](double x) { return std::isfinite(x) && std::isinf(static_cast<float>(x)); });
  return found == end ? nullptr : found;
}

// PyTorch's states from before release 0.4.1 do not have it, and PyTorch still reads them.
bool may_be_missing(const std::string& key) {
  const std::string name = "num_batches_tracked";
  return key == name ||
         (key.size() > name.size() && key.compare(key.size() - name.size() - 1, std::string::npos, "." + name) == 0);
}

void compare(const std::string& key, const Tensor& here, const Tensor& there, Faults& faults) {
  if (!there.defined()) {
    faults.add("empty", key);
  } else if (there.shape() != here.shape()) {
    faults.add("shape",
               key + " is " + to_string(here.shape()) + " here and " + to_string(there.shape()) + " in the state");
  } else if (!converts(there, here.dtype())) {
    faults.add("dtype", key + " is " + name_of(here.dtype()) + " here and " + name_of(there.dtype()) + " in the state");
  } else if (const double* number = beyond_range(there, here.dtype())) {
    faults.add("range", key + " is float32 here and holds " + xgrad::detail::number_text(*number) + " in the state");
  }
}

void copy_values(const Tensor& to, const Tensor& from, Source at) {
  const std::size_t bytes = static_cast<std::size_t>(to.size()) * size_of(to.dtype());
  Raw::begin_write(to, "load_state_dict", at);
  if (bytes > 0) std::memcpy(Raw::write_bytes(to), Raw::bytes(from), bytes);
}

Tensor copy_of(const Tensor& original) {
  Tensor copy = Raw::uninitialized(original.shape(), original.dtype());
  copy_values(copy, original, Source());
  return copy;
}

// Writes the given values into the tensors of the same keys. All that can fail happens before the first write. Values
// that share memory with this module are copied first, since writing one parameter may change the source of another.
void write(const StateDict& own, const std::map<std::string, Tensor>& given, Source at) {
  std::unordered_set<const Storage*> own_memory;
  for (const auto& entry : own) own_memory.insert(Raw::storage(entry.second).get());
  std::vector<std::pair<Tensor, Tensor>> writes;
  for (const auto& [key, tensor] : own) {
    const auto found = given.find(key);
    if (found == given.end()) continue;
    const Tensor& from = found->second;
    if (from.dtype() != tensor.dtype())
      writes.emplace_back(tensor, xgrad::detail::converted(from, tensor.dtype()));
    else
      writes.emplace_back(tensor, own_memory.count(Raw::storage(from).get()) > 0 ? copy_of(from) : from);
  }
  const NoGrad no_grad;
  for (const auto& [to, from] : writes) copy_values(to, from, at);
}

}  // namespace

StateDict state_dict(const StatePtr& root) {
  require_shapes("state_dict", root);
  StateDict result;
  for_each_module("", root, [&](const std::string& path, const StatePtr& module) {
    for (const auto& each : module->parameters) result.emplace_back(join(path, each.name), each.tensor.detach());
    for (const auto& each : module->buffers) result.emplace_back(join(path, each.name), each.tensor.detach());
  });
  return result;
}

IncompatibleKeys load_state_dict(const StatePtr& root, const std::string& type, const StateDict& state, Strict strict,
                                 Source at) {
  const xgrad::detail::Calling calling("load_state_dict", at);
  require_shapes("load_state_dict", root);
  Faults faults;
  IncompatibleKeys passed_over;
  // Trees, not tables of hashes: keys that come from a file may be made to collide.
  std::map<std::string, Tensor> given;
  for (const auto& [key, tensor] : state)
    if (!given.emplace(key, tensor).second) faults.add("given twice", key);

  const StateDict own = state_dict(root);
  std::set<std::string> known;
  for (const auto& [key, tensor] : own) {
    known.insert(key);
    const auto found = given.find(key);
    if (found != given.end())
      compare(key, tensor, found->second, faults);
    else if (!may_be_missing(key))
      passed_over.missing_keys.push_back(key);
  }
  for (const auto& entry : state)
    if (known.count(entry.first) == 0) passed_over.unexpected_keys.push_back(entry.first);
  if (strict == Strict::yes) {
    for (const std::string& key : passed_over.missing_keys) faults.add("missing", key);
    for (const std::string& key : passed_over.unexpected_keys) faults.add("unexpected", key);
  }
  if (!faults.empty())
    throw xgrad::detail::argument_error(type + ": cannot load this state: " + faults.text() + ": nothing was changed");
  write(own, given, at);
  return passed_over;
}

}  // namespace xgrad::nn::detail
