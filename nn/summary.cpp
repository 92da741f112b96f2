#include <xgrad/nn/summary.hpp>

#include <cmath>
#include <ostream>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn {
namespace {

// The mode of every module of a model, put back at the end.
class KeptModes {
 public:
  explicit KeptModes(const ModuleBase& model) {
    detail::for_each_module(
        "", detail::Access::state(model),
        [this](const std::string&, const detail::StatePtr& module) { modes_.emplace_back(module, module->training); });
    for (const auto& mode : modes_) mode.first->training = false;
  }
  ~KeptModes() {
    for (const auto& [module, training] : modes_) module->training = training;
  }
  KeptModes(const KeptModes&) = delete;
  KeptModes& operator=(const KeptModes&) = delete;

 private:
  std::vector<std::pair<detail::StatePtr, bool>> modes_;
};

class Listening {
 public:
  explicit Listening(detail::CallObserver& observer) : before_(detail::call_observer()) {
    detail::call_observer() = &observer;
  }
  ~Listening() { detail::call_observer() = before_; }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  detail::CallObserver* before_;
};

// In a scope of its own: errors of the model are not those of summary().
Tensor zeros_for(const Shape& input, DType dtype) {
  const xgrad::detail::Calling calling("summary");
  return zeros(input, dtype);
}

double megabytes(double numbers) { return numbers * 4 / (1024.0 * 1024.0); }

std::int64_t per_sample(const Shape& output) { return output.empty() ? 1 : output.without(0).count(); }

std::int64_t count(const std::vector<Tensor>& tensors, bool trainable_only) {
  std::int64_t result = 0;
  for (const Tensor& each : tensors)
    if (each.requires_grad() || !trainable_only) result += each.size();
  return result;
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string batched(const Shape& output) {
  std::string text;
  for (std::size_t axis = 0; axis < output.rank(); ++axis)
    text += axis == 0 ? "-1" : ", " + std::to_string(output[axis]);
  return "[" + text + "]";
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string line(const std::string& name, const std::string& shape, const std::string& parameters) {
  return right(name, 20) + "  " + right(shape, 25) + " " + right(parameters, 15) + "\n";
}

std::string size_line(const char* what, double mb) {
  return std::string(what) + " (MB): " + xgrad::detail::fixed_text(mb, 2) + "\n";
}

}  // namespace

Summary summary(const Module& model, const Shape& input) {
  Summary result;
  detail::CallObserver observer = [&](const ModuleBase& module, const Tensor& output) {
    if (!detail::Access::state(module)->children.empty()) return;
    const std::string name = module.type_name() + "-" + std::to_string(result.rows.size() + 1);
    result.rows.push_back({name, output.shape(), count(module.parameters(), false)});
  };
  const std::vector<Tensor> parameters = model.parameters();
  {
    const KeptModes modes(model);
    const Listening listening(observer);
    const NoGrad no_grad;
    model(zeros_for(input, parameters.empty() ? float32 : parameters.front().dtype()));
  }
  result.total = count(parameters, false);
  result.trainable = count(parameters, true);
  double outputs = 0;
  for (const Summary::Row& row : result.rows) outputs += static_cast<double>(per_sample(row.output));
  result.input_mb = megabytes(static_cast<double>(input.count()));
  result.pass_mb = megabytes(2 * outputs);
  result.parameters_mb = megabytes(static_cast<double>(result.total));
  result.total_mb = result.input_mb + result.pass_mb + result.parameters_mb;
  return result;
}

Summary summary(const Module& model, const Shape& input, std::ostream& out) {
  Summary result = summary(model, input);
  out << result;
  return result;
}

std::string to_string(const Summary& summary) {
  const std::string thin = std::string(64, '-') + "\n";
  const std::string thick = std::string(64, '=') + "\n";
  std::string text = thin + line("Layer (type)", "Output Shape", "Param #") + thick;
  for (const Summary::Row& row : summary.rows) text += line(row.name, batched(row.output), grouped(row.parameters));
  text += thick;
  text += "Total params: " + grouped(summary.total) + "\n";
  text += "Trainable params: " + grouped(summary.trainable) + "\n";
  text += "Non-trainable params: " + grouped(summary.total - summary.trainable) + "\n";
  text += thin;
  text += size_line("Input size", summary.input_mb);
  text += size_line("Forward/backward pass size", summary.pass_mb);
  text += size_line("Params size", summary.parameters_mb);
  text += size_line("Estimated Total Size", summary.total_mb);
  return text + thin;
}

std::ostream& operator<<(std::ostream& out, const Summary& summary) { return out << to_string(summary); }

}  // namespace xgrad::nn
