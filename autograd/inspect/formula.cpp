#include <xgrad/autograd/inspect/formula.hpp>

#include <map>
#include <utility>

#include <xgrad/autograd/engine/range.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::detail {
namespace {

constexpr int deepest = 4;  // of formulas that are written out; deeper ones are named by their number

/// How a result is written, from its operands.
const std::map<std::string, const char*>& infix() {
  static const std::map<std::string, const char*> all = {
      {"add", " + "}, {"sub", " - "}, {"mul", " "}, {"div", " / "}, {"pow", "^"}};
  return all;
}

bool passes_on(const std::string& op) {
  for (const char* each : {"reshape", "to", "clone", "sum", "mean", "squeeze", "unsqueeze", "transpose", "select",
                           "slice", "broadcast_to", "sum_to", "narrow", "stack", "concat", "flatten"})
    if (op == each) return true;
  return false;
}

}  // namespace

Formulas::Formulas(const std::vector<const Node*>& nodes, const Tensor& root, const TensorNames& names)
    : names_(names), values_(known_values(nodes, root)) {
  for (std::size_t i = 0; i < nodes.size(); ++i) numbers_[nodes[i]] = i;
  for (const auto& [name, tensor] : names)
    if (tensor.defined() && Raw::node(tensor) != nullptr) named_.emplace(Raw::node(tensor), name);
}

std::string Formulas::name_of(const Node& node) const {
  const auto found = named_.find(&node);
  return found == named_.end() ? "" : found->second;
}

std::string Formulas::constant_name(const Tensor& x) const {
  for (const auto& [name, tensor] : names_)
    if (tensor.defined() && Raw::bytes(tensor) == Raw::bytes(x) && tensor.shape() == x.shape()) return name;
  return "";
}

Formulas::Term Formulas::input_of(const Node& node, std::size_t i, int depth) const {
  if (const Node* input = node.edges()[i].node.get()) return {text_of(*input, depth), false, 0};
  const NodeExtras* extras = node.find_extras();
  Tensor constant = extras != nullptr && i < extras->constants.size() ? extras->constants[i] : Tensor();
  if (const Reading saved = saved_input(node, i); saved.data != nullptr) {
    for (const auto& [name, tensor] : names_)
      if (tensor.defined() && Raw::bytes(tensor) == saved.data && tensor.shape() == *saved.shape)
        return {name, false, 0};
    if (!constant.defined()) constant = copy_of(saved);
  }
  if (!constant.defined()) return {"?", false, 0};
  if (std::string name = constant_name(constant); !name.empty()) return {name, false, 0};
  if (constant.size() != 1) return {"?", false, 0};
  const double value = constant.item();
  return {number_text(value, 6), true, value};
}

std::string Formulas::text_of(const Node& node, int depth) const {
  if (std::string name = name_of(node); !name.empty()) return name;
  if (std::string text = depth < deepest ? written(node, depth + 1) : std::string(); !text.empty()) return text;
  return std::string(node.name()) + "%" + std::to_string(numbers_.at(&node));
}

// The formula of an unnamed node, where its op has a usual way of writing.
std::string Formulas::written(const Node& node, int depth) const {
  const std::string op = node.name();
  if (node.is_leaf()) return "";
  if (const auto symbol = infix().find(op); symbol != infix().end() && node.edge_count() == 2) {
    Term a = input_of(node, 0, depth), b = input_of(node, 1, depth);
    if (a.text == "?" || b.text == "?") return "";
    if (op == "mul" && b.number && !a.number) std::swap(a, b);  // "-3 x": "x -3" reads as a difference
    for (Term* each : {&a, &b})
      if (each->number && each->text.front() == '-' && (each == &b || op == "pow")) each->text = "(" + each->text + ")";
    return "(" + a.text + symbol->second + b.text + ")";
  }
  if (node.edge_count() != 1) return "";
  std::string x = input_of(node, 0, depth).text;
  if (passes_on(op)) return x;
  if (op == "square") return x + "^2";
  if (op == "neg") return "(-" + x + ")";
  const std::vector<Attribute> settings = node.attributes();
  if (settings.empty()) return op + (x.front() == '(' ? x : "(" + x + ")");
  if (op == "pow" && settings.size() == 1) {
    const std::string exponent = number_text(settings[0].real, 6);
    return x + "^" + (exponent.front() == '-' ? "(" + exponent + ")" : exponent);
  }
  for (const Attribute& each : settings) x += ", " + to_string(each);
  return op + "(" + x + ")";
}

LocalFormula Formulas::slope_of(const Node& node, std::size_t input, double slope) const {
  const std::string op = node.name();
  const auto x = [&](std::size_t i) { return input_of(node, i, 0); };
  const auto y = [&] { return text_of(node, 0); };
  LocalFormula plain{slope, ""};
  const auto known = [&](const std::string& text) { return text.find('?') == std::string::npos; };
  const auto made = [&](double coefficient, const std::string& text) {
    return known(text) ? LocalFormula{coefficient, text} : plain;
  };
  if (op == "add" || op == "sub" || op == "neg" || passes_on(op)) return plain;
  if (op == "mul" && node.edge_count() == 2) {
    const Term other = x(1 - input);
    return other.number ? LocalFormula{other.value, ""} : made(1, other.text);
  }
  if (op == "div" && node.edge_count() == 2) {
    const Term a = x(0), b = x(1);
    if (input == 0) return b.number ? plain : made(1, "(1 / " + b.text + ")");
    return a.number ? made(-a.value, "(1 / " + b.text + "^2)") : made(-1, "(" + a.text + " / " + b.text + "^2)");
  }
  if (op == "square") return made(2, x(0).text);
  if (op == "sigmoid") return made(1, y() + " (1 - " + y() + ")");
  if (op == "tanh") return made(1, "(1 - " + y() + "^2)");
  if (op == "exp") return made(1, y());
  if (op == "log") return made(1, "(1 / " + x(0).text + ")");
  if (op == "sqrt") return made(0.5, "(1 / " + y() + ")");
  if (op == "sin") return made(1, "cos(" + x(0).text + ")");
  if (op == "cos") return made(-1, "sin(" + x(0).text + ")");
  if ((op == "half_squared_error" || op == "mse_loss") && node.edge_count() == 2) {
    const double factor = (op == "mse_loss" ? 2.0 : 1.0) * (input == 0 ? 1 : -1);
    return made(factor, "(" + x(0).text + " - " + x(1).text + ")");
  }
  if (op == "relu" || op == "leaky_relu" || op == "abs" || op == "maximum" || op == "minimum") return plain;
  return made(1, "d" + op + "/d" + x(input).text);
}

}  // namespace xgrad::detail
