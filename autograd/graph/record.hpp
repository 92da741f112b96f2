#pragma once

// The page for writers of ops.
//
// An op computes its value y, then hands it to record() with its inputs and its local rule:
//
//   Tensor scale_rows(Tensor x, Tensor s, Source at) {
//     Tensor y = ...;                                                       // plain numbers, from x.data<T>()
//     return record("scale_rows", at, y, {x, s},
//                   from<1>([](Tensor s, Tensor g) { return g * s; }),       // dL/dx, reads input 1
//                   from<0>([](Tensor x, Tensor g) { return sum(g * x, -1, keepdims); }));  // dL/ds
//   }
//
// A rule is a pure function. It is handed the values that it says it reads, then the upstream gradient g, and returns
// the gradient of one input: of the input's own shape, or of one that y was broadcast to, and of any floating dtype.
// Adding up, folding broadcast axes back, casting, skipping inputs that need nothing and checking are the engine's.
// Rules are written over Tensors, so gradients of gradients come with them. A rule captures plain numbers only: a
// captured tensor would keep memory, and a captured y would never be freed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/profiler.hpp>

namespace xgrad {

namespace detail {
inline constexpr std::uint32_t reads_y = 1u << 31;
inline constexpr std::uint32_t reads_every_x = reads_y - 1;
}  // namespace detail

/// A function and what it reads: bit i for input i, the top bit for the output.
template <std::uint32_t Reads, class F>
struct Rule {
  F f;
};

/// A rule that may add its gradient into a sum.
template <std::uint32_t Reads, class F>
struct AddingRule {
  F f;
};

/// One function for the gradients of all inputs: it is also handed a Needs, and returns std::array<Tensor, N>, in
/// which an undefined Tensor stands for no gradient.
template <std::uint32_t Reads, class F>
struct JointRule {
  F f;
};

/// Stands for the rule of an input that has no gradient, such as indices.
struct NoGradient {};
inline constexpr NoGradient no_gradient{};

/// A rule that reads the inputs I...
template <std::size_t... I, class F>
auto from(F f) {
  return Rule<((1u << I) | ... | 0u), F>{std::move(f)};
}
/// A rule that reads every input.
template <class F>
auto from_x(F f) {
  return Rule<detail::reads_every_x, F>{std::move(f)};
}
/// A rule that reads the output.
template <class F>
auto from_y(F f) {
  return Rule<detail::reads_y, F>{std::move(f)};
}
/// A rule that reads every input and the output.
template <class F>
auto from_xy(F f) {
  return Rule<detail::reads_every_x | detail::reads_y, F>{std::move(f)};
}
/// A rule that reads the inputs I..., and after g is handed the sum of what other paths have brought to its input so
/// far: of the input's shape and dtype, or undefined. It may add its gradient there, once, and return that very tensor,
/// as a product of matrices does; or leave it alone and return its own.
template <std::size_t... I, class F>
auto adding(F f) {
  return AddingRule<((1u << I) | ... | 0u), F>{std::move(f)};
}
/// A joint rule that reads the inputs I..., and one that reads the output too.
template <std::size_t... I, class F>
auto joint(F f) {
  return JointRule<((1u << I) | ... | 0u), F>{std::move(f)};
}

namespace detail {

template <class R>
struct RuleTraits {  // a bare function of g
  static constexpr std::uint32_t reads = 0;
  static constexpr bool none = false, is_joint = false, adds = false;
  static const R& function(const R& rule) { return rule; }
};
template <std::uint32_t Reads, class F>
struct RuleTraits<Rule<Reads, F>> {
  static constexpr std::uint32_t reads = Reads;
  static constexpr bool none = false, is_joint = false, adds = false;
  static const F& function(const Rule<Reads, F>& rule) { return rule.f; }
};
template <std::uint32_t Reads, class F>
struct RuleTraits<AddingRule<Reads, F>> {
  static constexpr std::uint32_t reads = Reads;
  static constexpr bool none = false, is_joint = false, adds = true;
  static const F& function(const AddingRule<Reads, F>& rule) { return rule.f; }
};
template <std::uint32_t Reads, class F>
struct RuleTraits<JointRule<Reads, F>> {
  static constexpr std::uint32_t reads = Reads;
  static constexpr bool none = false, is_joint = true;
  static const F& function(const JointRule<Reads, F>& rule) { return rule.f; }
};
template <>
struct RuleTraits<NoGradient> {
  static constexpr std::uint32_t reads = 0;
  static constexpr bool none = true, is_joint = false, adds = false;
};

template <bool Read, std::size_t I, class X>
auto argument(const X& x) {
  if constexpr (Read)
    return std::make_tuple(x(I));
  else
    return std::tuple<>();
}

template <bool Read, class Y>
auto output_argument(const Y& y) {
  if constexpr (Read)
    return std::make_tuple(y());
  else
    return std::tuple<>();
}

template <std::uint32_t Reads, class F, class X, class Y, std::size_t... I, class... G>
auto call_rule_with(const F& f, const X& x, const Y& y, std::index_sequence<I...>, const G&... g) {
  return std::apply(f, std::tuple_cat(argument<(Reads >> I & 1u) != 0, I>(x)...,
                                      output_argument<(Reads & reads_y) != 0>(y), std::tuple<const G&...>(g...)));
}

/// Calls f with the inputs that it reads, the output if it reads that, then g and what follows.
template <std::uint32_t Reads, std::size_t N, class F, class X, class Y, class... G>
auto call_rule(const F& f, const X& x, const Y& y, const G&... g) {
  return call_rule_with<Reads>(f, x, y, std::make_index_sequence<N>{}, g...);
}

/// A node whose inputs are N.
template <std::size_t N>
class InputsNode : public Node {
 protected:
  InputsNode(const char* name, Source at, const Tensor& y) : Node(name, at, y, edge_, N) {}

  /// Puts the edges in place, and keeps the inputs and the output that `reads` names. `borrowed` names the inputs that
  /// are handles of somebody else's.
  void connect(const Tensor* inputs, const bool* differentiable, const std::uint32_t* reads, const Tensor& y,
               std::uint32_t borrowed = 0) {
    std::uint32_t wanted = 0;
    for (std::size_t i = 0; i < N; ++i) {
      if (!differentiable[i] || inputs[i].node() == nullptr) continue;
      edge_[i].node = Ref<Node>(inputs[i].node());
      wanted |= reads[i];
    }
    for (std::size_t i = 0; i < N; ++i) {
      if ((wanted >> i & 1u) == 0) continue;
      if (edge_[i].node || inputs[i].node() == nullptr)
        keep_input(i, inputs[i], (borrowed >> i & 1u) == 0);
      else
        keep_input(i, inputs[i].detach(), true);
    }
    if (wanted & reads_y) keep_output(y);
    number_after_inputs();
  }

 private:
  Edge edge_[N];
};

// The rules are a base and not a member, so that those without state take no room.
template <std::size_t N, class... R>
class RuleNode final : public InputsNode<N>, private std::tuple<R...> {
 public:
  RuleNode(const char* name, Source at, const Tensor& y, Tensor* inputs, R... rules)
      : InputsNode<N>(name, at, y), std::tuple<R...>(std::move(rules)...) {
    static constexpr bool differentiable[] = {!RuleTraits<R>::none...};
    static constexpr std::uint32_t reads[] = {RuleTraits<R>::reads...};
    this->connect(inputs, differentiable, reads, y);
    if constexpr ((RuleTraits<R>::adds || ...)) this->takes_sums();
  }

  void pull(const Tensor& g, Tensor* out) override { pull_each(g, out, std::make_index_sequence<N>{}); }

 private:
  template <std::size_t... I>
  void pull_each(const Tensor& g, Tensor* out, std::index_sequence<I...>) {
    (pull_one<I>(g, out[I]), ...);
  }

  template <std::size_t I>
  void pull_one(const Tensor& g, Tensor& out) {
    using Traits = RuleTraits<std::tuple_element_t<I, std::tuple<R...>>>;
    if constexpr (!Traits::none) {
      if (!this->edges()[I].node) return;
      auto x = [this](std::size_t i) { return this->input(i); };
      auto y = [this] { return this->output(); };
      const auto& f = Traits::function(std::get<I>(static_cast<const std::tuple<R...>&>(*this)));
      if constexpr (Traits::adds)
        out = call_rule<Traits::reads, N>(f, x, y, g, std::as_const(out));
      else
        out = call_rule<Traits::reads, N>(f, x, y, g);
    }
  }
};

template <std::size_t N, class R>
class JointRuleNode final : public InputsNode<N> {
 public:
  JointRuleNode(const char* name, Source at, const Tensor& y, Tensor* inputs, R rule)
      : InputsNode<N>(name, at, y), rule_(std::move(rule)) {
    bool differentiable[N];
    std::uint32_t reads[N];
    for (std::size_t i = 0; i < N; ++i) {
      differentiable[i] = is_floating(inputs[i].dtype());
      reads[i] = RuleTraits<R>::reads;
    }
    this->connect(inputs, differentiable, reads, y);
  }

  void pull(const Tensor& g, Tensor* out) override {
    auto x = [this](std::size_t i) { return this->input(i); };
    auto y = [this] { return this->output(); };
    std::array<Tensor, N> all =
        call_rule<RuleTraits<R>::reads, N>(RuleTraits<R>::function(rule_), x, y, g, this->needs());
    for (std::size_t i = 0; i < N; ++i)
      if (this->edges()[i].node) out[i] = std::move(all[i]);
  }

 private:
  R rule_;
};

/// A node of any number of inputs, none of which is kept.
class ManyNode : public Node {
 protected:
  ManyNode(const char* name, Source at, const Tensor& y, const std::vector<Tensor>& inputs);
  ~ManyNode() override;

 private:
  ManyNode(const char* name, Source at, const Tensor& y, const std::vector<Tensor>& inputs,
           std::unique_ptr<Edge[]> made);
};

/// One where f(i, g) is the gradient of input i.
template <class F>
class EachNode final : public ManyNode {
 public:
  EachNode(const char* name, Source at, const Tensor& y, const std::vector<Tensor>& inputs, F f)
      : ManyNode(name, at, y, inputs), f_(std::move(f)) {}

  void pull(const Tensor& g, Tensor* out) override {
    for (std::size_t i = 0; i < edge_count(); ++i)
      if (edges()[i].node) out[i] = f_(i, g);
  }

 private:
  F f_;
};

/// Whether an op over these inputs is to be recorded.
inline bool records(const Tensor* inputs, std::size_t count) {
  if (!grad_enabled()) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (inputs[i].node() != nullptr) return true;
  return false;
}

/// Makes y the output of the node. y must be new: of a floating dtype and without a place in the graph.
Tensor attach(Tensor y, Ref<Node> node);

}  // namespace detail

/// Gives y, computed from the inputs, its place in the graph: a node with one rule an input, or one joint rule. Where
/// recording is off or no input needs a gradient, y is returned as it is and nothing is kept.
template <std::size_t N, class... R>
Tensor record(const char* name, Source at, Tensor y, Tensor (&&inputs)[N], R... rules) {
  if (!detail::records(inputs, N)) return y;
  if constexpr (sizeof...(R) == 1 && (detail::RuleTraits<R>::is_joint && ...)) {
    using Made = detail::JointRuleNode<N, R...>;
    auto node = Ref<Node>::adopt(new Made(name, at, y, inputs, std::move(rules)...));
    return detail::attach(std::move(y), std::move(node));
  } else {
    static_assert(sizeof...(R) == N, "record: one rule for each input, or one joint rule");
    using Made = detail::RuleNode<N, R...>;
    auto node = Ref<Node>::adopt(new Made(name, at, y, inputs, std::move(rules)...));
    return detail::attach(std::move(y), std::move(node));
  }
}

/// The same for any number of inputs that the rule need not read: rule(i, g) is the gradient of input i.
template <class F>
Tensor record_each(const char* name, Source at, Tensor y, const std::vector<Tensor>& inputs, F rule) {
  if (!detail::records(inputs.data(), inputs.size())) return y;
  auto node = Ref<Node>::adopt(new detail::EachNode<F>(name, at, y, inputs, std::move(rule)));
  return detail::attach(std::move(y), std::move(node));
}

}  // namespace xgrad
