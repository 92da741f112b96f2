#pragma once

// How to write an op.
//
// An op computes its value y, then hands it to record() with its inputs, its settings and its local rule:
//
//   Tensor scale_rows(Tensor x, Tensor s, Source at) {
//     Tensor y = ...;                                                       // plain numbers, from Raw::data<T>(x)
//     return record("scale_rows", at, y, {x, s},
//                   from<1>([](Tensor s, Tensor g) { return g * s; }),       // dL/dx, reads input 1
//                   from<0>([](Tensor x, Tensor g) { return sum(g * x, -1, keepdims); }));  // dL/ds
//   }
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
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/attribute.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/graph/watch.hpp>

namespace xgrad {

namespace detail {

// Flags for the kind of a rule; the lower bits say what it reads.
inline constexpr std::uint32_t rule_pushes = 1u << 17;     // with a function for forward mode beside it (with_push)
inline constexpr std::uint32_t rule_pointwise = 1u << 18;  // a joint rule whose slopes multiply g element by element
inline constexpr std::uint32_t rule_always = 1u << 23;     // a rule that adds does so where backward is recorded too
inline constexpr std::uint32_t rule_none = 1u << 24;       // the input has no gradient
inline constexpr std::uint32_t rule_zero = 1u << 25;       // the gradient is 0 everywhere
inline constexpr std::uint32_t rule_pass = 1u << 26;       // the gradient is g
inline constexpr std::uint32_t rule_adds = 1u << 27;   // it may add its gradient to the input's partial sum in place
inline constexpr std::uint32_t rule_joint = 1u << 28;  // one function for the gradients of all inputs
inline constexpr std::uint32_t rule_each = 1u << 29;   // one function f(i, g) for all inputs, however many
inline constexpr std::uint32_t rule_once = 1u << 30;   // its result cannot be differentiated again
inline constexpr std::uint32_t rule_fused = 1u << 31;  // a pointwise function with its own kernels (FusedPull)

}  // namespace detail

/// A gradient function; Flags say what it reads and of which kind it is.
template <std::uint32_t Flags, class F>
struct Rule {
  F f;
};

/// The rule of an input that has no gradient, such as indices.
inline constexpr Rule<detail::rule_none, std::nullptr_t> no_gradient{nullptr};
/// The rule of an input in which the op is flat: the gradient is 0 everywhere, whatever the upstream gradient.
inline constexpr Rule<detail::rule_zero, std::nullptr_t> zero_gradient{nullptr};

/// The rule of an input whose gradient is g itself.
inline constexpr Rule<detail::rule_pass, std::nullptr_t> pass_on{nullptr};

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
/// A rule that reads the inputs I... and receives, after g, the sum of the gradients that have reached its input so
/// far: of the shape and dtype of the input, or undefined. It may add its gradient to that sum in place, once, and
/// return that same tensor, as a matrix product does; or leave the sum alone and return a tensor of its own.
template <std::size_t... I, class F>
auto adding(F f) {
  return Rule<((1u << I) | ... | detail::rule_adds), F>{std::move(f)};
}
namespace detail {

/// An adding() rule that is handed the sum where backward is recorded too. There it returns a
/// recorded tensor over the memory of the sum, which takes the place of the sum. For ops of one input with a gradient.
template <std::size_t... I, class F>
auto adding_always(F f) {
  return Rule<((1u << I) | ... | (rule_adds | rule_always)), F>{std::move(f)};
}

}  // namespace detail

namespace detail {

/// A rule and its push.
template <class F, class P>
struct Pushing {
  F f;
  P push;
  template <class... A>
  auto operator()(const A&... a) const {
    return f(a...);
  }
};
template <std::uint32_t Flags, class F, class P>
Rule<Flags | rule_pushes, Pushing<F, P>> pushing(Rule<Flags, F> rule, P push) {
  static_assert((Flags & (rule_joint | rule_each | rule_fused)) == 0, "with_push: the rule is that of one input");
  return {{std::move(rule.f), std::move(push)}};
}
template <class F, class P>
Rule<rule_pushes, Pushing<F, P>> pushing(F f, P push) {
  return {{std::move(f), std::move(push)}};
}

}  // namespace detail

/// A rule with its transpose for forward mode: push(the values that the rule reads..., t) is what the tangent t of the
/// input adds to the tangent of the output. An op that is linear in the input applies itself to t. With a further
/// parameter std::size_t lead it takes many tangents at once: if lead is 1, along a leading axis of t and of its
/// result. A rule without a push is transposed, which is right for every rule that can be recorded, and costs about
/// three times as much.
template <class R, class P>
auto with_push(R rule, P push) {
  return detail::pushing(std::move(rule), std::move(push));
}

/// A joint rule that reads the inputs I...: one function for the gradients of all inputs, which is also handed a Needs
/// and returns std::array<Tensor, N>, in which an undefined Tensor stands for no gradient.
template <std::size_t... I, class F>
auto joint(F f) {
  return Rule<((1u << I) | ... | detail::rule_joint), F>{std::move(f)};
}
/// A rule whose result cannot be differentiated again, so that it may loop over raw numbers. Under create_graph its
/// result is recorded as a node that refuses to be differentiated, by the op's name.
template <std::uint32_t Flags, class F>
auto once_differentiable(Rule<Flags, F> rule) {
  return Rule<Flags | detail::rule_once, F>{std::move(rule.f)};
}
template <class F>
auto once_differentiable(F f) {
  return Rule<detail::rule_once, F>{std::move(f)};
}

namespace detail {

template <class R>
struct RuleTraits {  // a plain function of g: a rule without flags
  static constexpr std::uint32_t flags = 0;
  static const R& function(const R& rule) { return rule; }
};
template <std::uint32_t Flags, class F>
struct RuleTraits<Rule<Flags, F>> {
  static constexpr std::uint32_t flags = Flags;
  static const F& function(const Rule<Flags, F>& rule) { return rule.f; }
};
template <class R>
inline constexpr std::uint32_t flags_of = RuleTraits<R>::flags;

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

template <std::uint32_t Flags, class F, class X, class Y, std::size_t... I, class... G>
auto call_rule_with(const F& f, const X& x, const Y& y, std::index_sequence<I...>, const G&... g) {
  return std::apply(f, std::tuple_cat(argument<(Flags >> I & 1u) != 0, I>(x)...,
                                      output_argument<(Flags & reads_y) != 0>(y), std::tuple<const G&...>(g...)));
}

/// Calls f with the inputs that it reads, the output if it reads that, then g and what follows.
template <std::uint32_t Flags, std::size_t N, class F, class X, class Y, class... G>
auto call_rule(const F& f, const X& x, const Y& y, const G&... g) {
  return call_rule_with<Flags>(f, x, y, std::make_index_sequence<N>{}, g...);
}

template <bool Read, class T>
using ArgumentOf = std::conditional_t<Read, std::tuple<T>, std::tuple<>>;
template <class P, class All>
struct InvocableWith;
template <class P, class... A>
struct InvocableWith<P, std::tuple<A...>> : std::is_invocable<const P&, A...> {};
/// Whether a push with these flags takes the number of leading axes.
template <std::uint32_t Flags, std::size_t N, class P, std::size_t... I>
constexpr bool takes_lead(std::index_sequence<I...>) {
  using All = decltype(std::tuple_cat(ArgumentOf<(Flags >> I & 1u) != 0, Tensor>()...,
                                      ArgumentOf<(Flags & reads_y) != 0, Tensor>(), std::tuple<Tensor, std::size_t>()));
  return InvocableWith<P, All>::value;
}

/// Zeros of the shape and dtype of the input. Where backward is recorded, they depend on the input and on g, and their
/// own gradients are 0 again, so that derivatives of any order exist.
Tensor zeros_for(const Node& input, const Tensor& g);
/// The same for an input given as a tensor; the dtype is that of g.
Tensor zeros_for(const Tensor& x, const Tensor& g);

/// g summed over the axes over which an input of this shape was broadcast: sum_to(), which lies above this room.
Tensor folded(const Tensor& g, const Shape& shape);

/// Attaches the result of a once_differentiable() rule to a node that depends on the inputs of the op and on g, and
/// that throws when its gradient is asked for.
Tensor differentiable_once(const Node& node, Tensor result, const Tensor& g);

/// A node of N inputs; N = 0 means any number, with the edges on the heap.
template <std::size_t N>
class InputsNode : public Node {
 protected:
  InputsNode(const char* name, Source at, const Tensor& y, std::size_t) : Node(name, at, y, edge_, N) {}

 private:
  Edge edge_[N];
};
template <>
class InputsNode<0> : public Node {
 protected:
  InputsNode(const char* name, Source at, const Tensor& y, std::size_t count)
      : InputsNode(name, at, y, std::make_unique<Edge[]>(count), count) {}

 private:
  InputsNode(const char* name, Source at, const Tensor& y, std::unique_ptr<Edge[]> made, std::size_t count)
      : Node(name, at, y, made.get(), count), edge_(std::move(made)) {}

  std::unique_ptr<Edge[]> edge_;
};

/// The node of an op with one rule per input, or one for all of them. Rules and settings are base classes and not
/// members, so that empty ones take no space.
template <std::size_t N, class Settings, class... R>
class RuleNode final : public InputsNode<N>, private std::tuple<R...>, private Settings {
  static constexpr std::uint32_t all_flags = (flags_of<R> | ... | 0u);
  static constexpr bool for_all = (all_flags & (rule_joint | rule_each)) != 0;
  static_assert(!for_all || sizeof...(R) == 1, "a joint rule stands alone");
  static_assert(for_all || sizeof...(R) == N, "one rule for each input, or one joint rule");

 public:
  /// Bit i of `borrowed` is set if input i is a handle that the op borrows from its caller.
  RuleNode(const char* name, Source at, const Tensor& y, const Tensor* inputs, std::size_t count,
           std::uint32_t borrowed, const Settings& settings, R... rules)
      : InputsNode<N>(name, at, y, count), std::tuple<R...>(std::move(rules)...), Settings(settings) {
    static constexpr std::uint32_t flags[] = {flags_of<R>...};
    const std::size_t n = N > 0 ? N : count;  // a compile-time constant where possible
    Edge* edges = this->edges();
    std::uint32_t wanted = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t own = flags[for_all ? 0 : i];
      if ((own & rule_none) != 0 || Raw::node(inputs[i]) == nullptr) continue;
      edges[i].node = Ref<Node>(Raw::node(inputs[i]));
      wanted |= own;
    }
    if constexpr ((all_flags & reads_every_x) != 0)
      for (std::size_t i = 0; i < n && i < most_read; ++i)
        if ((wanted >> i & 1u) != 0) keep_input(edges[i], inputs[i], (borrowed >> i & 1u) == 0);
    if ((wanted & reads_y) != 0) this->keep_output(y);
    this->number_after_inputs();
    if constexpr ((all_flags & rule_adds) != 0) this->takes_sums((all_flags & rule_always) != 0);
  }

  std::vector<Attribute> attributes() const override { return Settings::list(); }

  Push push(std::size_t i, const Tensor* t, std::size_t lead, Tensor* out) override {
    if constexpr ((all_flags & rule_pointwise) != 0)
      return push_joint(i, t, out);
    else if constexpr (for_all)
      return Push::transposed;
    else
      return push_each(i, t, lead, out, std::make_index_sequence<N>{});
  }

  void pull(const Tensor& g, Tensor* out) override {
    if constexpr (for_all)
      pull_all(g, out);
    else
      pull_each(g, out, std::make_index_sequence<N>{});
  }

 private:
  using Rules = std::tuple<R...>;

  /// Saves an input, which a rule reads; `owned` as in Saved::input.
  static void keep_input(Edge& edge, const Tensor& x, bool owned) {
    if constexpr ((all_flags & rule_none) != 0)
      if (!edge.node && Raw::node(x) != nullptr) {  // a recorded value to which this op passes no gradient
        edge.saved = Saved::input(Raw::constant(x), true);
        return;
      }
    edge.saved = Saved::input(x, owned);
  }

  template <std::size_t I>
  const auto& function() const {
    return RuleTraits<std::tuple_element_t<I, Rules>>::function(std::get<I>(static_cast<const Rules&>(*this)));
  }

  template <std::size_t... I>
  void pull_each(const Tensor& g, Tensor* out, std::index_sequence<I...>) {
    (pull_one<I>(g, out[I]), ...);
  }

  template <std::size_t I>
  void pull_one(const Tensor& g, Tensor& out) {
    constexpr std::uint32_t flags = flags_of<std::tuple_element_t<I, Rules>>;
    if constexpr ((flags & rule_none) == 0) {
      if (!this->edges()[I].node) return;
      if constexpr ((flags & rule_zero) != 0) {
        out = zeros_for(*this->edges()[I].node, g);
      } else if constexpr ((flags & rule_pass) != 0) {
        out = g;
      } else if constexpr ((flags & rule_fused) != 0) {
        bool last = true;
        for (std::size_t later = I + 1; later < N; ++later) last = last && !this->edges()[later].node;
        // A constant slope: to fold first, over axes that were broadcast, is less work.
        if constexpr ((flags & (reads_every_x | reads_y)) == 0)
          if (const Shape& shape = this->edges()[I].node->shape(); shape.count() < g.size())
            return pull_fused<flags>(function<I>(), folded(g, shape), true, out);
        pull_fused<flags>(function<I>(), g, last, out);
      } else if constexpr ((flags & rule_adds) != 0) {
        out = this->template run<flags>(g, [&](const auto& x, const auto& y, const Tensor& up) {
          return call_rule<flags, N>(function<I>(), x, y, up, std::as_const(out));
        });
      } else {
        out = this->template run<flags>(g, [&](const auto& x, const auto& y, const Tensor& up) {
          return call_rule<flags, N>(function<I>(), x, y, up);
        });
      }
    }
  }

  template <std::size_t... I>
  Push push_each(std::size_t i, const Tensor* t, std::size_t lead, Tensor* out, std::index_sequence<I...>) {
    Push how = Push::none;
    static_cast<void>(((I == i && (how = push_one<I>(t, lead, out), true)) || ...));
    return how;
  }

  template <std::size_t I>
  Push push_one(const Tensor* t, [[maybe_unused]] std::size_t lead, Tensor* out) {
    constexpr std::uint32_t flags = flags_of<std::tuple_element_t<I, Rules>>;
    if constexpr ((flags & (rule_none | rule_zero)) != 0) {
      return Push::none;
    } else if constexpr ((flags & rule_pass) != 0) {
      return Push::pass;
    } else if constexpr ((flags & rule_fused) != 0) {
      if (t != nullptr) pull_fused<flags>(function<I>(), *t, false, *out);
      return Push::pointwise;
    } else if constexpr ((flags & rule_pushes) != 0) {
      const auto& f = function<I>().push;
      constexpr bool many = takes_lead<flags, N, std::decay_t<decltype(f)>>(std::make_index_sequence<N>{});
      if (t != nullptr)
        *out = this->template run<flags & ~rule_once>(*t, [&](const auto& x, const auto& y, const Tensor& tangent) {
          if constexpr (many)
            return call_rule<flags, N>(f, x, y, tangent, lead);
          else
            return call_rule<flags, N>(f, x, y, tangent);
        });
      return many ? Push::batched : Push::direct;
    } else {
      return Push::transposed;
    }
  }

  Push push_joint(std::size_t i, const Tensor* t, Tensor* out) {
    if (t == nullptr) return Push::pointwise;
    auto all = run<all_flags>(*t, [&](const auto& x, const auto& y, const Tensor& tangent) {
      return call_rule<all_flags, N>(function<0>(), x, y, tangent, Needs(std::uint64_t{1} << i));
    });
    *out = std::move(all[i]);
    return Push::pointwise;
  }

  /// By a kernel where the saved values can be read as they are, else over tensors.
  template <std::uint32_t Flags, class F>
  void pull_fused(const F& f, const Tensor& g, bool last, Tensor& out) {
    if (!grad_enabled() && !this->guarded()) {
      Reading read[FusedPull::most_reads];
      const DType dtype = g.dtype();
      std::size_t count = 0;
      bool same = true;
      const auto add = [&](const Reading& one) {
        same = same && one.dtype == dtype;
        read[count++] = one;
      };
      for (std::size_t i = 0; i < N; ++i)
        if ((Flags >> i & 1u) != 0) add(this->read_input(i));
      if constexpr ((Flags & reads_y) != 0) add(this->read_output());
      if (same) {
        out = F::kernel(&f, read, g, last);
        return;
      }
    }
    static constexpr FusedPull how{Flags & (reads_every_x | reads_y), F::kernel, F::recorded, F::guarded};
    out = this->pull_restored(how, &f, g);
  }

  /// One rule for all inputs.
  void pull_all(const Tensor& g, Tensor* out) {
    constexpr std::uint32_t flags = all_flags;
    if constexpr ((flags & rule_each) != 0) {
      for (std::size_t i = 0; i < this->edge_count(); ++i)
        if (this->edges()[i].node)
          out[i] = run<flags>(g, [&](const auto&, const auto&, const Tensor& up) { return function<0>()(i, up); });
    } else {
      std::array<Tensor, N> all = run<flags>(g, [&](const auto& x, const auto& y, const Tensor& up) {
        return call_rule<flags, N>(function<0>(), x, y, up, this->needs());
      });
      for (std::size_t i = 0; i < N; ++i)
        if (this->edges()[i].node) out[i] = std::move(all[i]);
    }
  }

  /// The result of call(x, y, g), where x(i) and y() restore the saved values. In recorded backward, a rule that is
  /// once_differentiable() runs unrecorded, and any other one is watched.
  template <std::uint32_t Flags, class Call>
  auto run(const Tensor& g, const Call& call) {
    if (!grad_enabled())
      return call([this](std::size_t i) { return this->input(i); }, [this] { return this->output(); }, g);
    if constexpr ((Flags & rule_once) != 0) {
      auto result = [&] {
        const NoGrad off;
        return call([this](std::size_t i) { return this->input(i); }, [this] { return this->output(); }, g);
      }();
      if constexpr (std::is_same_v<decltype(result), Tensor>)
        return differentiable_once(*this, std::move(result), g);
      else {
        for (Tensor& one : result)
          if (one.defined()) one = differentiable_once(*this, std::move(one), g);
        return result;
      }
    } else {
      const RuleWatch watch;
      auto result = call([this](std::size_t i) { return this->input(i); }, [this] { return this->output(); }, g);
      if constexpr (std::is_same_v<decltype(result), Tensor>)
        watch.check(&result, 1, g);
      else
        watch.check(result.data(), result.size(), g);
      return result;
    }
  }
};

/// Whether an op on these inputs must be recorded.
inline bool records(const Tensor* inputs, std::size_t count) {
  if ((thread_state.watch | thread_state.watch_in_op) != 0) note_operands(inputs, count);
  if (!grad_enabled()) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (Raw::node(inputs[i]) != nullptr) return true;
  return false;
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
