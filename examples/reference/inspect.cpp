// The examples of docs/reference/inspect.md.

#include <xgrad/inspect.hpp>
#include <xgrad/lint.hpp>

#include "example.hpp"

int main() {
  example("explain", "TensorNames");
  {
    const Tensor w = Tensor(2.0).detach().requires_grad_();
    const Tensor y = sin(w * w);
    std::cout << explain(y, TensorNames{{"w", w}, {"y", y}});
  }
  example("Explanation");
  {
    const Tensor w = Tensor(2.0).detach().requires_grad_();
    const Explanation graph = explain(w * w * w);
    for (const Explanation::Node& node : graph.nodes())
      std::cout << node.op << ' ' << node.value.item() << ", gradient " << node.gradient.item() << '\n';
    std::cout << graph.dot().substr(0, 7) << '\n';  // for Graphviz; save_html() writes a page
  }
  example("KeepValues");
  {
    const KeepValues keep;
    const Tensor w = Tensor(2.0).detach().requires_grad_();
    const Tensor y = 3.0 * w + 1.0;  // whose rules keep nothing
    const Explanation graph = explain(y);
    for (const Explanation::Node& node : graph.nodes()) std::cout << node.op << ' ' << node.value.item() << '\n';
  }
  example("paths", "PathSum");
  {
    const KeepValues keep;
    const Tensor w = Tensor(3.0).detach().requires_grad_(), x = Tensor(2.0).detach();
    const Tensor y = square(w * x) + w;
    const PathSum sum = paths(y, w, {{"w", w}, {"x", x}, {"y", y}});
    std::cout << sum << sum.value() << '\n';
  }
  example("GradientPath", "PathFactor");
  {
    const Tensor w = Tensor(3.0).detach().requires_grad_();
    const PathSum sum = paths(square(w * 2.0), w, {{"w", w}});
    for (const GradientPath& path : sum.paths())
      for (const PathFactor& factor : path.factors) std::cout << factor.op << ": " << factor.value << '\n';
  }
  example("Lint", "LintMessage");
  {
    const Lint lint([](const LintMessage& message) { std::cout << message.rule << ": " << message.text << '\n'; });
    const Tensor logits = Tensor{{2.f, 0.f}}.requires_grad_();
    const Tensor loss = nn::cross_entropy(softmax(logits, 1), Tensor{0});
  }
  example("to_string");
  {
    const Lint lint([](const LintMessage& message) { std::cout << to_string(message) << '\n'; });
    const Tensor x = Tensor({1e-9, 2.0}).requires_grad_();
    const Tensor y = log(x + 1e-8);
  }
  return 0;
}
