#include <xgrad/nn/summary.hpp>

#include <cstring>
#include <ostream>
#include <unordered_map>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/substitution.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/nn/graph_memory.hpp>
#include <xgrad/nn/kept_modes.hpp>
#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn {
namespace {

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

// What an op of any name was given, which may be one of the user's own: 0 where there is no such operand or axis.
class Operands {
 public:
  explicit Operands(const xgrad::detail::ObservedOp& op) : op_(op) {}
  std::int64_t elements(std::size_t i) const { return has(i) ? op_.inputs[i].size() : 0; }
  std::int64_t axis(std::size_t i, std::int64_t k) const { return has(i) ? axis_of(op_.inputs[i].shape(), k) : 0; }
  /// The elements of a filter.
  std::int64_t filter(std::size_t i) const {
    return has(i) && op_.inputs[i].rank() > 0 ? op_.inputs[i].shape().without(0).count_or(0) : 0;
  }
  static std::int64_t axis_of(const Shape& shape, std::int64_t k) {
    const auto rank = static_cast<std::int64_t>(shape.rank());
    return k >= -rank && k < rank ? shape.at(k) : 0;
  }

 private:
  bool has(std::size_t i) const { return i < op_.count && op_.inputs[i].defined(); }
  const xgrad::detail::ObservedOp& op_;
};

// "conv2d" for the start "conv".
bool is_spatial(const char* name, const char* start) {
  const std::size_t length = std::strlen(start);
  return std::strncmp(name, start, length) == 0 && name[length] >= '1' && name[length] <= '3' &&
         name[length + 1] == 'd';
}

// The multiply-adds of an op: every matrix product goes through one that has this attribute, or is a linear; a
// convolution has the elements of a filter for each of its output, a transposed one for each of its input.
std::int64_t multiply_adds_of(const xgrad::detail::ObservedOp& op, const Tensor& y) {
  const Operands given(op);
  if (std::strcmp(op.name, "linear") == 0) return y.size() * given.axis(0, -1);
  if (is_spatial(op.name, "conv_transpose")) return given.elements(0) * given.filter(1);
  if (is_spatial(op.name, "conv")) return y.size() * given.filter(1);
  for (const char* recurrent : {"lstm", "gru", "rnn_tanh", "rnn_relu"})  // its weights are inputs 3 and 4
    if (std::strcmp(op.name, recurrent) == 0) return given.axis(0, 0) * (given.elements(3) + given.elements(4));
  // Of an attention both products count whole, with what a mask leaves out.
  if (std::strcmp(op.name, "scaled_dot_product_attention") == 0 && y.size() != 0 && y.rank() > 0)
    return y.size() / y.shape().back() * given.axis(1, -2) * (given.axis(0, -1) + y.shape().back());
  for (const Attribute& each : op.attributes()) {
    if (std::strcmp(each.name, "transpose_a") == 0) return y.size() * given.axis(0, each.integer != 0 ? -2 : -1);
    if (std::strcmp(each.name, "batch_first") == 0)
      return 2 * y.size() * Operands::axis_of(y.shape(), each.integer != 0 ? 1 : 0);
  }
  return 0;
}

// Counts the multiply-adds of each module, by the innermost one that is being called.
class Counting final : public xgrad::detail::Observer {
 public:
  void computed(const xgrad::detail::ObservedOp& op, const Tensor& y) override {
    const std::int64_t count = multiply_adds_of(op, y);
    total_ += count;
    if (const ModuleBase* module = detail::CallScope::current()) open_[detail::Access::state(*module).get()] += count;
  }
  /// Those of a module since the last call.
  std::int64_t take(const ModuleBase& module) { return std::exchange(open_[detail::Access::state(module).get()], 0); }
  std::int64_t total() const { return total_; }

 private:
  std::unordered_map<const detail::ModuleState*, std::int64_t> open_;
  std::int64_t total_ = 0;
};

// In a scope of its own: errors of the model are not those of summary().
Tensor zeros_for(const Shape& input, DType dtype) {
  const xgrad::detail::Calling calling("summary");
  return zeros(input, dtype);
}

using Call = std::function<std::vector<Tensor>()>;

// While it lives, the model's buffers are copies, which calls may change.
class OwnBuffers {
 public:
  explicit OwnBuffers(const ModuleBase& model) {
    for (const Tensor& each : model.buffers()) {
      copies_.push_back(each.clone());
      in_place_.add(each, copies_.back());
    }
  }
  const std::vector<Tensor>& copies() const { return copies_; }

 private:
  std::vector<Tensor> copies_;
  xgrad::detail::Substitution in_place_;
};

// What a recorded call needs, on buffers of its own. Where training refuses the input, an evaluation is measured.
detail::GraphMemory measured(const ModuleBase& model, const std::vector<Tensor>& inputs, const Call& call) {
  const xgrad::detail::KeptGenerator generator;
  const detail::KeptModes modes(model);
  std::vector<Tensor> known = inputs;
  for (const Tensor& each : model.parameters()) known.push_back(each);
  const OwnBuffers buffers(model);
  known.insert(known.end(), buffers.copies().begin(), buffers.copies().end());
  const EnableGrad on;
  if (detail::Access::state(model)->training) {
    try {
      return detail::graph_memory(call(), known);
    } catch (const std::invalid_argument&) {
      modes.train(false);
    }
  }
  return detail::graph_memory(call(), known);
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

// "[-1, 50]", or "[[-1, 50], [-1, 3]]" for a module that returns several tensors.
std::string batched(const std::vector<Shape>& outputs) {
  if (outputs.size() == 1) return batched(outputs.front());
  std::string text;
  for (const Shape& output : outputs) text += (text.empty() ? "" : ", ") + batched(output);
  return "[" + text + "]";
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string line(const std::string& name, const std::string& shape, const std::string& parameters) {
  return right(name, 20) + "  " + right(shape, 25) + " " + right(parameters, 15);
}

std::string size_line(const char* what, double mb) {
  return std::string(what) + " (MB): " + xgrad::detail::fixed_text(mb, 2) + "\n";
}

std::string table(const Summary& summary, bool detailed) {
  const auto last = [&](const std::string& text) { return (detailed ? " " + right(text, 19) : "") + "\n"; };
  const std::size_t width = detailed ? 84 : 64;
  const std::string thin = std::string(width, '-') + "\n";
  const std::string thick = std::string(width, '=') + "\n";
  std::string text = thin + line("Layer (type)", "Output Shape", "Param #") + last("Multiply-adds") + thick;
  for (const Summary::Row& row : summary.rows)
    text += line(row.name, batched(row.outputs), grouped(row.parameters)) + last(grouped(row.multiply_adds));
  text += thick;
  text += "Total params: " + grouped(summary.total) + "\n";
  text += "Trainable params: " + grouped(summary.trainable) + "\n";
  text += "Non-trainable params: " + grouped(summary.total - summary.trainable) + "\n";
  if (detailed) text += "Total multiply-adds: " + grouped(summary.multiply_adds) + "\n";
  text += thin;
  text += size_line("Input size", summary.input_mb);
  text += size_line("Forward/backward pass size", summary.pass_mb);
  text += size_line("Params size", summary.parameters_mb);
  text += size_line("Estimated Total Size", summary.total_mb);
  if (detailed) {
    text += size_line("Saved for backward", static_cast<double>(summary.saved_bytes) / (1 << 20));
    text += size_line("Peak of backward", static_cast<double>(summary.backward_bytes) / (1 << 20));
  }
  return text + thin;
}

}  // namespace

Summary detail::summarised(const ModuleBase& model, const std::vector<Tensor>& inputs, const Call& call) {
  Summary result;
  std::int64_t outputs = 0;
  const std::vector<Tensor> parameters = model.parameters();
  {
    Counting counting;
    CallObserver observer = [&](const ModuleBase& module, const std::vector<Tensor>& returned) {
      if (!Access::state(module)->children.empty() || returned.empty()) return;
      Summary::Row row;
      row.name = module.type_name() + "-" + std::to_string(result.rows.size() + 1);
      row.output = returned.front().shape();
      row.parameters = count(module.parameters(), false);
      row.multiply_adds = counting.take(module);
      for (const Tensor& y : returned) {
        row.outputs.push_back(y.shape());
        outputs += per_sample(y.shape());
      }
      result.rows.push_back(std::move(row));
    };
    const detail::KeptModes modes(model);
    modes.train(false);
    const OwnBuffers buffers(model);
    const xgrad::detail::KeptGenerator generator;
    const Listening listening(observer);
    const NoGrad no_grad;
    static_cast<void>(call());
    result.multiply_adds = counting.total();
  }
  const GraphMemory memory = measured(model, inputs, call);
  result.saved_bytes = memory.saved;
  result.backward_bytes = memory.peak;
  result.total = count(parameters, false);
  result.trainable = count(parameters, true);
  std::int64_t given = 0;
  for (const Tensor& x : inputs) given += x.size();
  result.input_mb = megabytes(static_cast<double>(given));
  result.pass_mb = megabytes(2 * static_cast<double>(outputs));
  result.parameters_mb = megabytes(static_cast<double>(result.total));
  result.total_mb = result.input_mb + result.pass_mb + result.parameters_mb;
  return result;
}

Summary summary(const Module& model, const Shape& input, DType dtype) {
  return summary(model, zeros_for(input, dtype));
}

Summary summary(const Module& model, const Shape& input) {
  const std::vector<Tensor> parameters = model.parameters();
  return summary(model, input, parameters.empty() ? float32 : parameters.front().dtype());
}

Summary summary(const Module& model, const Shape& input, std::ostream& out) {
  Summary result = summary(model, input);
  out << result;
  return result;
}

std::string to_string(const Summary& summary) { return table(summary, false); }
std::string detailed(const Summary& summary) { return table(summary, true); }

std::ostream& operator<<(std::ostream& out, const Summary& summary) { return out << to_string(summary); }

}  // namespace xgrad::nn
