#pragma once

// How to write an op.
//
// An op computes its value y, then hands it to record() with its inputs, its settings and its local rule:
//
//     Tensor scale_rows(Tensor x, Tensor s, Source at) {
//       Tensor y = ...;                                                       // plain numbers, from Raw::data<T>(x)
//       return record("scale_rows", at, y, {x, s},
//                     from<1>([](Tensor s, Tensor g) { return g * s; }),       // dL/dx, reads input 1
//                     from<0>([](Tensor x, Tensor g) { return sum(g * x, -1, keepdims); }));  // dL/ds
//     }
//
// A rule is a pure function. It is handed the values that it says it reads, then the upstream gradient g, and returns
// the gradient of one input: of the input's own shape, or of one that y was broadcast to, and of any floating dtype.
// Adding up, folding broadcast axes back, casting, skipping inputs that need no gradient and checking are the engine's.
// Rules are written over Tensors, so gradients of gradients come with them. A rule that loops over raw numbers instead
// has no gradient of its own: wrap it in once_differentiable(). Without that, backward with create_graph refuses it. A
// rule captures plain numbers only: a captured tensor would stay in memory, and a captured y would form a reference
// cycle that is never freed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/attribute.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/graph/rule.hpp>
#include <xgrad/autograd/graph/rule_node.hpp>
#include <xgrad/autograd/graph/watch.hpp>

namespace xgrad {
namespace detail {

/// Whether an op on these inputs must be recorded.
inline bool records(const Tensor* inputs, std::size_t count) {
  if ((thread_state.watch | thread_state.watch_in_op) != 0) note_operands(inputs, count);
  if (!grad_enabled()) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (Raw::node(inputs[i]) != nullptr) return true;
  return false;
}

/// Whether record() would return y as it is, whatever its inputs: an op of backward need not build its rules.
inline bool records_nothing() noexcept {
  return !grad_enabled() && !is_observed() && (thread_state.watch | thread_state.watch_in_op) == 0;
}

/// Throws std::invalid_argument: y cannot become the result of a node.
[[noreturn]] void refuse_result(const char* name, Source at, const Tensor& y, const Tensor* inputs, std::size_t count);
/// Whether y may be handed to record(): a value of its own, which is floating-point where it is recorded.
inline void require_result(const char* name, Source at, const Tensor& y, const Tensor* inputs, std::size_t count,
                           bool recorded) {
  bool fits = y.defined() && (!recorded || (Raw::node(y) == nullptr && is_floating(y.dtype())));
  for (std::size_t i = 0; recorded && i < count; ++i) fits = fits && Raw::value(y) != Raw::value(inputs[i]);
  if (!fits) refuse_result(name, at, y, inputs, count);
}

/// Makes y the output of the node. y must be floating-point, and not recorded yet.
Tensor attach(Tensor y, Ref<Node> node);

template <std::size_t N, class Settings, class... R>
Tensor record_rules(const char* name, Source at, Tensor y, const Tensor* inputs, std::size_t count,
                    std::uint32_t borrowed, const Settings& settings, R... rules) {
  using Made = RuleNode<N, Settings, R...>;
  auto node = Ref<Node>::adopt(new Made(name, at, y, inputs, count, borrowed, settings, std::move(rules)...));
  return attach(std::move(y), std::move(node));
}

/// The same, or not, and then tells the observers.
template <std::size_t N, class Settings, class... R>
[[gnu::noinline, gnu::cold]] Tensor record_observed(bool recorded, const char* name, Source at, Tensor y,
                                                    const Tensor* inputs, const Settings& settings, R... rules) {
  if (recorded) y = record_rules<N>(name, at, std::move(y), inputs, N, 0, settings, std::move(rules)...);
  tell_computed(name, at, y, inputs, N, settings);
  return y;
}

}  // namespace detail

/// Records y, computed from the inputs, as a node with the settings of the op and one rule per input, or one joint
/// rule. Where recording is off or no input needs a gradient, y is returned as it is and nothing is kept. An error,
/// where it is recorded, is a y that is an input itself, that is recorded already, or that is not float32 or float64.
template <std::size_t N, class... A, class... R>
Tensor record(const char* name, Source at, Tensor y, Tensor (&&inputs)[N], detail::AttributeSet<A...> settings,
              R... rules) {
  const bool recorded = detail::records(inputs, N);
  detail::require_result(name, at, y, inputs, N, recorded);
  if (detail::is_observed())
    return detail::record_observed<N>(recorded, name, at, std::move(y), inputs, settings, std::move(rules)...);
  if (!recorded) return y;
  return detail::record_rules<N>(name, at, std::move(y), inputs, N, 0, settings, std::move(rules)...);
}
template <std::size_t N, class... R>
Tensor record(const char* name, Source at, Tensor y, Tensor (&&inputs)[N], R... rules) {
  return record(name, at, std::move(y), std::move(inputs), attributes(), std::move(rules)...);
}

/// Like record(), for any number of inputs whose values the rule does not read: rule(i, g) is the gradient of input i.
template <class F, class... A>
Tensor record_each(const char* name, Source at, Tensor y, const std::vector<Tensor>& inputs,
                   detail::AttributeSet<A...> settings, F rule) {
  const bool recorded = detail::records(inputs.data(), inputs.size());
  detail::require_result(name, at, y, inputs.data(), inputs.size(), recorded);
  if (recorded)
    y = detail::record_rules<0>(name, at, std::move(y), inputs.data(), inputs.size(), 0, settings,
                                Rule<detail::rule_each, F>{std::move(rule)});
  if (detail::is_observed()) detail::tell_computed(name, at, y, inputs.data(), inputs.size(), settings);
  return y;
}
template <class F>
Tensor record_each(const char* name, Source at, Tensor y, const std::vector<Tensor>& inputs, F rule) {
  return record_each(name, at, std::move(y), inputs, attributes(), std::move(rule));
}

}  // namespace xgrad
