#include <xgrad/autograd/inspect/lint.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <iterator>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/range.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad {
namespace {

const Attribute* find(const std::vector<Attribute>& all, const char* name) {
  for (const Attribute& each : all)
    if (std::string(each.name) == name) return &each;
  return nullptr;
}

bool is_true(const std::vector<Attribute>& all, const char* name) {
  const Attribute* found = find(all, name);
  return found != nullptr && found->integer != 0;
}

/// The node that made the values, behind ops that only arrange them.
const Node* maker(const Tensor& x) {
  static const std::set<std::string> arranging = {"reshape", "to",        "clone",  "transpose", "squeeze",
                                                  "flatten", "unsqueeze", "select", "slice",     "narrow"};
  const Node* node = Raw::node(x);
  while (node != nullptr && !node->is_leaf() && arranging.count(node->name()) == 1) node = node->edges()[0].node.get();
  return node;
}

bool made_by(const Tensor& x, const char* op) {
  const Node* node = maker(x);
  return node != nullptr && node->name() == std::string(op);
}

}  // namespace

std::string to_string(const LintMessage& message) {
  return "lint: " + message.text + (message.at.file == nullptr ? "" : " (" + to_string(message.at) + ")") + " [" +
         message.rule + "]";
}

class Lint::Reader final : public detail::Observer {
 public:
  explicit Reader(Report report) : report_(std::move(report)) {}

  void computed(const detail::ObservedOp& op, const Tensor& y) override {
    const std::string name = op.name;
    if (op.count == 0 || !op.inputs[0].defined()) return;  // a function of the user's own may have any name
    if (name == "dropout" || name == "batch_norm") look_for_eval(op, name);
    if (name == "batch_norm") look_for_bias(op);
    if (name == "add") note_epsilon(op, y);
    if (name == "log" || name == "log2" || name == "log10") look_for_epsilon(op, name);
    if (name == "cross_entropy") {
      look_for_softmax(op);
      look_at_first_loss(op, y);
    }
    if (name == "binary_cross_entropy_with_logits") look_at_logits(op);
  }

  void begins_backward(const Tensor*, std::size_t) override { tell_of_lost_leaves(); }

  void gave(const Tensor& to, bool added) override {
    Node* node = Raw::node(to);
    if (node == nullptr) return;
    Leaf& leaf = known(node);
    leaf.sums = added ? leaf.sums + 1 : 1;
    if (!added) leaf.used = false;
    leaf.waits = true;
  }

  void steps(const char* name, Source at, const std::vector<Tensor>& parameters) override {
    ++steps_;
    std::size_t summed = 0, most = 0;
    bool used = false;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      Node* node = Raw::node(parameters[i]);
      if (node == nullptr) continue;  // it is frozen
      Leaf& leaf = known(node);
      leaf.held = true;
      if (!parameters[i].grad().defined()) {
        if (leaf.sums == 0)
          tell("no_gradient", name + std::to_string(i),
               std::string(name) + ": parameter " + std::to_string(i) + " of shape " +
                   to_string(parameters[i].shape()) +
                   " has no gradient, and never had one: nothing that the loss was made from used it: use it, or leave "
                   "it out",
               at);
        continue;
      }
      if (leaf.sums == 0) continue;
      summed += leaf.sums > 1 ? 1u : 0u;
      most = std::max(most, leaf.sums);
      used = used || (leaf.used && leaf.sums > 1);
      leaf.used = true;
    }
    if (summed == 0) return;
    tell("zero_grad", name,
         std::string(name) + ": the gradients of " + std::to_string(summed) + " parameters are sums over " +
             std::to_string(most) + " backward runs" +
             (used ? ", of which earlier steps have used some: call zero_grad() before each backward"
                   : ": call zero_grad() before each backward, unless they are added up on purpose"),
         at);
  }

  /// At the end of the scope: the messages that the next backward would have given.
  void close() { tell_of_lost_leaves(); }

 private:
  // Of the node of a leaf, which is kept so that no other one gets its address.
  struct Leaf {
    Ref<Node> node;
    std::size_t place = 0;  // among the leaves in the order in which they were met
    std::size_t sums = 0;   // how many backward runs its gradient is the sum of; 0 before the first
    bool used = false;      // a step has used that gradient
    bool waits = false;     // it has got a gradient since leaves were last looked at
    bool held = false;      // by an optimiser that has stepped
  };
  struct Shifted {
    double epsilon;
    Source at;
  };

  Leaf& known(Node* node) {
    if (leaves_.size() >= most_leaves_) {
      forget_gone();
      most_leaves_ = 2 * leaves_.size() + 1024;
    }
    Leaf& leaf = leaves_[node];
    if (!leaf.node) {
      leaf.node = Ref<Node>(node);
      leaf.place = met_++;
    }
    return leaf;
  }

  void forget_gone() {
    for (auto at = leaves_.begin(); at != leaves_.end();)
      at = at->first->owner().defined() ? std::next(at) : leaves_.erase(at);
  }

  void tell(const char* rule, const std::string& subject, const std::string& text, Source at) {
    if (!told_.insert(std::string(rule) + "\n" + subject).second) return;
    const LintMessage message{rule, text, at};
    if (report_)
      report_(message);
    else
      std::cerr << to_string(message) << '\n';
  }

  // One message for each line.
  void tell_of(const detail::ObservedOp& op, const char* rule, const std::string& text) {
    tell(rule, to_string(op.at), op.name + (": " + text), op.at);
  }

  void look_for_eval(const detail::ObservedOp& op, const std::string& name) {
    const std::vector<Attribute> settings = op.attributes();
    const Attribute* momentum = find(settings, "momentum");
    // A layer without running statistics uses its batch in evaluation too, and then has no momentum.
    const bool tracks = momentum == nullptr || momentum->real != 0;
    if (grad_enabled() || !is_true(settings, "training") || !tracks) return;
    tell("eval", name,
         name +
             ": it runs in training mode while nothing is recorded: call eval() on the model before it is evaluated" +
             (name == "dropout" ? "" : ": the running statistics have moved"),
         op.at);
  }

  void look_for_bias(const detail::ObservedOp& op) {
    const Node* node = maker(op.inputs[0]);
    if (node == nullptr || node->name() != std::string("linear") || node->edge_count() < 3 || !node->edges()[2].node)
      return;
    tell_of(op, "bias_before_norm",
            "the layer before it, " + to_string(*node) +
                ", has a bias, which the normalisation subtracts again: make it without, as in Linear(784, 50, "
                "no_bias)");
  }

  void note_epsilon(const detail::ObservedOp& op, const Tensor& y) {
    if (Raw::node(y) == nullptr || op.count != 2) return;
    shifted_.erase(Raw::node(y)->number());  // of an older node, since numbers are not unique
    for (std::size_t i = 0; i < 2; ++i) {
      const Tensor& x = op.inputs[i];
      if (Raw::node(x) != nullptr || x.size() != 1 || !is_floating(x.dtype())) continue;
      const double value = detail::range_of(x).max;
      if (value > 0 && value <= 1e-3) {
        if (shifted_.size() > most_shifted) shifted_.clear();
        shifted_[Raw::node(y)->number()] = {value, Raw::node(y)->at()};
      }
    }
  }

  void look_for_epsilon(const detail::ObservedOp& op, const std::string& name) {
    const Node* node = maker(op.inputs[0]);
    const auto found = node == nullptr ? shifted_.end() : shifted_.find(node->number());
    if (found == shifted_.end() || node->name() != std::string("add")) return;
    const Source made = found->second.at;
    if (made.file != node->at().file || made.line != node->at().line) return;
    tell_of(op, "log_epsilon",
            name + "(x + " + detail::number_text(found->second.epsilon, 6) +
                ") is biased, and hides what drives x to 0: work with logits (log_softmax, logsigmoid, a loss with "
                "logits), or clamp x from below");
  }

  void look_for_softmax(const detail::ObservedOp& op) {
    if (made_by(op.inputs[0], "softmax"))
      tell_of(op, "double_softmax",
              "its input is a softmax, and it computes one itself: pass the logits, or nll_loss the log_softmax");
    if (made_by(op.inputs[0], "log_softmax"))
      tell_of(op, "double_softmax",
              "its input is a log_softmax, and it computes one itself: pass the logits, or use nll_loss");
  }

  void look_at_first_loss(const detail::ObservedOp& op, const Tensor& y) {
    const std::vector<Attribute> settings = op.attributes();
    const Attribute* reduction = find(settings, "reduction");
    if (saw_loss_ || y.size() != 1 || op.inputs[0].rank() == 0) return;
    saw_loss_ = true;
    if (reduction != nullptr && reduction->text != "mean") return;
    const Shape& shape = op.inputs[0].shape();
    const auto classes = static_cast<double>(shape[shape.rank() == 1 ? 0 : 1]);
    const detail::Range range = detail::range_of(y);
    const double loss = range.max, expected = std::log(classes);
    if (!range.has_finite() || !(classes > 1) || (loss >= 0.5 * expected && loss <= 2 * expected)) return;
    tell_of(op, "first_loss",
            "the first loss is " + detail::number_text(loss, 4) + ", and that of a model that knows nothing ln(" +
                detail::number_text(classes, 6) + ") = " + detail::number_text(expected, 4) +
                (loss > expected ? ": the logits begin too large: scale the inputs, or begin with smaller weights"
                                 : ": the labels may be part of the inputs, or all the same"));
  }

  void look_at_logits(const detail::ObservedOp& op) {
    if (op.count < 2 || !op.inputs[1].defined() || op.inputs[1].size() == 0) return;
    const Tensor &logits = op.inputs[0], &targets = op.inputs[1];
    const detail::Range range = detail::range_of(targets);
    if (range.has_finite() && (range.min < 0 || range.max > 1))
      tell_of(
          op, "logits_targets",
          "its targets lie in " + detail::number_text(range.min, 6) + " .. " + detail::number_text(range.max, 6) +
              ", and those of a probability in 0 .. 1: with -1 and 1 as labels use soft_margin_loss, or (t + 1) / 2");
    if (made_by(logits, "sigmoid"))
      tell_of(op, "double_softmax",
              "its input is a sigmoid, and it computes one itself: pass the logits, or use binary_cross_entropy");
  }

  // Leaves whose gradients came before a step, and that no optimiser that has stepped holds. Leaves that are gone by
  // now are told of once for each shape, and forgotten.
  void tell_of_lost_leaves() {
    if (steps_ == 0) return;
    std::vector<Leaf*> lost;
    for (auto& [node, leaf] : leaves_)
      if (std::exchange(leaf.waits, false) && !leaf.held) lost.push_back(&leaf);
    std::sort(lost.begin(), lost.end(), [](const Leaf* a, const Leaf* b) { return a->place < b->place; });
    for (const Leaf* leaf : lost) {
      const std::string shape = to_string(leaf->node->shape());
      tell("no_optimizer", leaf->node->owner().defined() ? std::to_string(leaf->place) : "gone " + shape,
           "backward: a leaf of shape " + shape +
               " gets gradients, but no optimiser that has stepped holds it: give it to one, or call "
               "requires_grad_(false)",
           Source());
    }
    forget_gone();
    steps_ = 0;
  }

  static constexpr std::size_t most_shifted = 4096;

  Report report_;
  std::set<std::string> told_;
  std::unordered_map<const Node*, Leaf> leaves_;
  std::size_t met_ = 0;                                 // how many leaves
  std::size_t most_leaves_ = 1024;                      // with so many, those that are gone are forgotten
  std::unordered_map<std::uint64_t, Shifted> shifted_;  // by the numbers of the nodes x + epsilon
  std::size_t steps_ = 0;                               // since leaves were last looked at
  bool saw_loss_ = false;
};

Lint::Lint(Report report) : reader_(std::make_unique<Reader>(std::move(report))) {}

Lint::~Lint() {
  try {
    reader_->close();
  } catch (...) {  // the user's function has thrown, where nobody can catch it
  }
}

}  // namespace xgrad
