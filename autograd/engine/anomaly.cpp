#include <xgrad/autograd/engine/anomaly.hpp>

#include <cmath>
#include <cstdint>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/anomaly_cause.hpp>
#include <xgrad/autograd/engine/range.hpp>
#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/observe.hpp>

namespace xgrad {
namespace detail {
namespace {

/// The inputs that the op's caller passed. An op may append tensors that it computed itself, such as statistics, also
/// in the place of an optional operand that was not passed; that place is undefined here.
std::vector<Tensor> operands_of(const ObservedOp& op) {
  static const std::map<std::string, std::size_t> known = {
      {"batch_norm", 3},    {"layer_norm", 3}, {"group_norm", 3},
      {"instance_norm", 3}, {"rms_norm", 2},   {"scaled_dot_product_attention", 4},
      {"cross_entropy", 2}, {"nll_loss", 2},   {"packed_attention", 2},
      {"logsumexp", 1},     {"var", 1},        {"std", 1}};
  const auto found = known.find(op.name);
  const std::size_t given = found != known.end() && found->second < op.count ? found->second : op.count;
  std::vector<Tensor> operands(op.inputs, op.inputs + given);
  for (std::size_t k = given; k < op.count; ++k)
    for (Tensor& operand : operands)
      if (Raw::value(operand) == Raw::value(op.inputs[k])) operand = Tensor();
  return operands;
}

bool has_infinite_setting(const std::vector<Attribute>& attributes) {
  for (const Attribute& each : attributes)
    if (each.kind == Attribute::Kind::real && !std::isfinite(each.real)) return true;
  return false;
}

/// What an op, or its rule, made of what it was given: an infinity or a NaN of finite numbers, or a NaN of infinities.
enum class Fault : std::uint8_t { none, of_finite, of_infinite };

class Judgement {
 public:
  template <class T>
  void given(const T& x) {
    finite_ = finite_ && all_finite(x);
    nan_ = nan_ || (!finite_ && has_nan(x));
  }
  Fault of(const Tensor& made, const std::vector<Attribute>& settings) const {
    if (nan_ || has_infinite_setting(settings)) return Fault::none;
    if (finite_) return Fault::of_finite;
    return has_nan(made) ? Fault::of_infinite : Fault::none;
  }

 private:
  bool finite_ = true, nan_ = false;
};

std::string line_of(const char* what, const Range& range, const Shape& shape, DType dtype) {
  return std::string("\n  ") + what + ": " + text_of(range, shape, dtype);
}

std::string name_with(const char* name, const std::vector<Attribute>& attributes) {
  std::string text;
  for (const Attribute& each : attributes) text += (text.empty() ? "" : ", ") + to_string(each);
  return text.empty() ? name : std::string(name) + "(" + text + ")";
}

std::string number_of(double value) { return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf"; }

std::string first_of(const Range& range, const Shape& shape) {
  return element_text(range.first, shape) + " of the result is " + number_of(range.at_first);
}

std::string nan_of(const Tensor& y) { return element_text(first_nan(y), y.shape()) + " of the result is nan"; }

std::string report_of(const ObservedOp& op, const Tensor& y, Fault fault) {
  const Range result = range_of(y);
  const std::vector<Tensor> operands = operands_of(op);
  std::vector<Range> ranges;
  std::string lines;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (!operands[i].defined()) continue;
    ranges.push_back(range_of(operands[i]));
    lines += line_of(("operand " + std::to_string(i)).c_str(), ranges.back(), operands[i].shape(), operands[i].dtype());
  }
  const Calling* calling = thread_state.calling;
  const Source at = op.at.file != nullptr || calling == nullptr ? op.at : calling->at();
  const bool finite = fault == Fault::of_finite;
  std::string text = std::string(op.name) + ": " + (finite ? first_of(result, y.shape()) : nan_of(y)) +
                     (finite ? ", and all operands are finite, at " : ", and no operand is nan, at ") + to_string(at) +
                     ": " + (finite ? forward_cause(op.name, ranges, result, y.dtype()) : infinite_cause(op.name));
  if (calling != nullptr && std::string(calling->name()) != op.name)
    text += "\n  inside " + std::string(calling->name());
  text += "\n  op: " + name_with(op.name, op.attributes());
  return text + lines + line_of("result", result, y.shape(), y.dtype());
}

}  // namespace
}  // namespace detail

using detail::Fault;
using detail::Range;

class DetectAnomaly::Detector final : public detail::Observer {
 public:
  void computed(const detail::ObservedOp& op, const Tensor& y) override {
    const detail::Calling* calling = detail::thread_state.calling;
    const bool inner = calling != nullptr && calling->is_op() && std::string(calling->name()) != op.name;
    if (!inner) {
      // An op of one name that calls itself, as a product of higher rank does, is judged by its own result.
      if (!suspect_.empty() && same_call(calling)) suspect_.clear();
      throw_suspect();
    }
    const Fault fault = op.judged ? Fault::none : fault_of(op, y);
    if (!inner) {
      if (fault != Fault::none) throw Anomaly(detail::report_of(op, y, fault));
      return;
    }
    // What another op computes on its way may be infinite, as long as its own result is not. If it reports no
    // result of its own, the last op inside it is judged instead, when the next op runs or the scope ends.
    if (!suspect_.empty() && !same_call(calling)) throw_suspect();
    if (suspect_.empty() && fault != Fault::none) {
      suspect_ = detail::report_of(op, y, fault);
      suspected_name_ = calling->name();
      suspected_at_ = calling->at();
      suspected_ = fault;
    }
    flows_on_ = !suspect_.empty() && (suspected_ == Fault::of_finite ? !detail::all_finite(y) : detail::has_nan(y));
  }

  bool writes(const Tensor&, const Tensor* operands, std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i)
      if (!detail::all_finite(operands[i])) return false;
    return true;
  }

  void wrote(const char* name, Source at, const Tensor& target, bool were_finite) override {
    if (!were_finite || detail::all_finite(target)) return;
    const Range result = detail::range_of(target);
    throw Anomaly(std::string(name) + ": " + detail::first_of(result, target.shape()) +
                  " of this write in place, and what it was computed from is finite, at " + to_string(at) +
                  ": the result is beyond the largest " + name_of(target.dtype()) +
                  ": a learning rate or scale that is too large is the usual cause" +
                  detail::line_of("written", result, target.shape(), target.dtype()));
  }

  void begins_backward(const Tensor*, std::size_t) override { throw_suspect(); }

  void pulled(const Node& node, const Tensor& g, const Tensor* out) override {
    for (std::size_t i = 0; i < node.edge_count(); ++i)
      if (node.edges()[i].node && out[i].defined() && !detail::all_finite(out[i])) return judge(node, g, out[i], i);
  }

  void changed(const Node& node, const char* by, const Tensor* before, std::size_t count,
               const Tensor& after) override {
    if (detail::all_finite(after)) return;
    std::string lines;
    for (std::size_t i = 0; i < count; ++i) {
      if (!detail::all_finite(before[i])) return;
      lines += detail::line_of("from", detail::range_of(before[i]), before[i].shape(), before[i].dtype());
    }
    const Range result = detail::range_of(after);
    throw Anomaly("backward of " + to_string(node) + ": " + by + " made its gradient " +
                  detail::number_of(result.at_first) + " at " + detail::element_text(result.first, after.shape()) +
                  ", from finite gradients" + lines + detail::line_of("to", result, after.shape(), after.dtype()));
  }

  /// At the end of the scope: throws the pending report, if no further op has. Nothing, if an exception is the reason
  /// that it ends.
  void close() {
    if (std::uncaught_exceptions() == exceptions_) throw_suspect();
  }

 private:
  static Fault fault_of(const detail::ObservedOp& op, const Tensor& y) {
    if (detail::all_finite(y)) return Fault::none;
    detail::Judgement judgement;
    for (const Tensor& operand : detail::operands_of(op))
      if (operand.defined()) judgement.given(operand);
    return judgement.of(y, op.attributes());
  }

  bool same_call(const detail::Calling* calling) const {
    return calling != nullptr && suspected_name_ == calling->name() && suspected_at_.file == calling->at().file &&
           suspected_at_.line == calling->at().line;
  }

  void throw_suspect() {
    const std::string text = std::exchange(suspect_, std::string());
    if (!text.empty() && std::exchange(flows_on_, false)) throw Anomaly(text);
  }

  static Fault fault_of(const Node& node, const Tensor& g, const Tensor& gradient) {
    detail::Judgement judgement;
    judgement.given(g);
    for (std::size_t i = 0; i < node.edge_count(); ++i)
      if (const detail::Reading x = detail::saved_input(node, i); x.data != nullptr) judgement.given(x);
    if (const detail::Reading y = detail::saved_output(node); y.data != nullptr) judgement.given(y);
    return judgement.of(gradient, node.attributes());
  }

  static Range range_or_empty(const detail::Reading& x) { return x.data == nullptr ? Range() : detail::range_of(x); }

  static void judge(const Node& node, const Tensor& g, const Tensor& gradient, std::size_t place) {
    const Fault fault = fault_of(node, g, gradient);
    if (fault == Fault::none) return;
    std::vector<Range> saved;
    std::string lines;
    for (std::size_t i = 0; i < node.edge_count(); ++i) {
      const detail::Reading x = detail::saved_input(node, i);
      saved.push_back(range_or_empty(x));
      if (x.data != nullptr)
        lines += detail::line_of(("saved input " + std::to_string(i)).c_str(), saved.back(), *x.shape, x.dtype);
    }
    const detail::Reading y = detail::saved_output(node);
    const Range output = range_or_empty(y), up = detail::range_of(g), result = detail::range_of(gradient);
    if (y.data != nullptr) lines += detail::line_of("saved output", output, *y.shape, y.dtype);
    const bool finite = fault == Fault::of_finite;
    throw Anomaly("backward of " + to_string(node) + ": " +
                  detail::element_text(finite ? result.first : detail::first_nan(gradient), gradient.shape()) +
                  " of the gradient of input " + std::to_string(place) + " is " +
                  (finite ? detail::number_of(result.at_first) + ", and the upstream gradient is finite: " +
                                detail::backward_cause(node.name(), up, saved, output, result, gradient.dtype())
                          : "nan, and neither the upstream gradient nor what the rule reads is nan: " +
                                detail::infinite_cause(node.name())) +
                  "\n  op: " + detail::name_with(node.name(), node.attributes()) +
                  detail::line_of("upstream gradient", up, g.shape(), g.dtype()) + lines +
                  detail::line_of("gradient", result, gradient.shape(), gradient.dtype()));
  }

  const int exceptions_ = std::uncaught_exceptions();
  std::string suspect_;  // the report on an op inside another one
  std::string suspected_name_;
  Source suspected_at_;
  Fault suspected_ = Fault::none;
  bool flows_on_ = false;  // whether the last result inside that call was at fault in the same way
};

DetectAnomaly::DetectAnomaly() : detector_(new Detector) {}
DetectAnomaly::~DetectAnomaly() noexcept(false) { detector_->close(); }

}  // namespace xgrad
