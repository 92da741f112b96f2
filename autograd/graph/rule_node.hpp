#pragma once

// The nodes that record() makes: the inputs of an op, what its rules read, and the calls of the rules.

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/attribute.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/rule.hpp>
#include <xgrad/autograd/graph/watch.hpp>

namespace xgrad::detail {

/// Zeros of the shape and dtype of the input. Where backward is recorded, they depend on the input and on g, and their
/// own gradients are 0 again, so that derivatives of any order exist.
Tensor zeros_for(const Node& input, const Tensor& g);
/// The same for an input given as a tensor; the dtype is that of g.
Tensor zeros_for(const Tensor& x, const Tensor& g);

/// g summed over the axes over which an input of this shape was broadcast: sum_to(), which lies above this room.
Tensor folded(const Tensor& g, const Shape& shape);

/// How the error begins of a gradient that a once_differentiable() rule has made, when it is differentiated.
inline constexpr const char* refusal_of_once =
    "its gradient cannot be differentiated: its rule is once_differentiable()";

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
/// Edges on the heap.
struct EdgeArray {
  explicit EdgeArray(std::size_t count) : first(new Edge[count]) {}
  EdgeArray(const EdgeArray&) = delete;
  EdgeArray& operator=(const EdgeArray&) = delete;
  ~EdgeArray() { delete[] first; }

  Edge* first;
};
template <>
class InputsNode<0> : private EdgeArray, public Node {
 protected:
  InputsNode(const char* name, Source at, const Tensor& y, std::size_t count)
      : EdgeArray(count), Node(name, at, y, first, count) {}
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
    std::uint32_t wanted = 0;
    if constexpr (N > 0) {
      constexpr auto each = std::make_index_sequence<N>{};
      wanted = connect_each(inputs, each);
      keep_each(inputs, wanted, borrowed, each);
    } else {
      for (std::size_t i = 0; i < count; ++i) wanted |= connect<all_flags>(i, inputs[i]);
      for (std::size_t i = 0; i < count; ++i) keep(i, inputs[i], wanted, borrowed);
    }
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

  void pull(const Tensor& g, Needs needs, Tensor* out) override {
    if constexpr (for_all)
      pull_all(g, needs, out);
    else
      pull_each(g, needs, out, std::make_index_sequence<N>{});
  }

 private:
  using Rules = std::tuple<R...>;

  /// Makes input i an edge if its rule passes a gradient on. Returns what the rule reads and is, or 0.
  template <std::uint32_t own>
  std::uint32_t connect(std::size_t i, const Tensor& x) {
    if constexpr ((own & rule_none) != 0) return 0;
    Node* const node = Raw::node(x);
    if (node == nullptr) return 0;
    this->edges()[i].node = Ref<Node>(node);
    return own;
  }
  template <std::size_t... I>
  std::uint32_t connect_each(const Tensor* inputs, std::index_sequence<I...>) {
    constexpr std::uint32_t flags[] = {flags_of<R>...};
    return (connect<flags[for_all ? 0 : I]>(I, inputs[I]) | ... | 0u);
  }

  /// Saves input i if a rule reads it.
  void keep(std::size_t i, const Tensor& x, std::uint32_t wanted, std::uint32_t borrowed) {
    if constexpr ((all_flags & reads_every_x) != 0) {
      if (i >= most_read || (wanted >> i & 1u) == 0) return;
      Edge& edge = this->edges()[i];
      if constexpr ((all_flags & rule_none) != 0)
        if (!edge.node && Raw::node(x) != nullptr)  // a recorded value to which this op passes no gradient
          return edge.saved.keep_input(Raw::constant(x), true);
      edge.saved.keep_input(x, (borrowed >> i & 1u) == 0);
    }
  }
  template <std::size_t... I>
  void keep_each(const Tensor* inputs, std::uint32_t wanted, std::uint32_t borrowed, std::index_sequence<I...>) {
    (keep(I, inputs[I], wanted, borrowed), ...);
  }

  template <std::size_t I>
  const auto& function() const {
    return RuleTraits<std::tuple_element_t<I, Rules>>::function(std::get<I>(static_cast<const Rules&>(*this)));
  }

  template <std::size_t... I>
  void pull_each(const Tensor& g, Needs needs, Tensor* out, std::index_sequence<I...>) {
    (pull_one<I>(g, needs, out[I]), ...);
  }

  template <std::size_t I>
  void pull_one(const Tensor& g, Needs needs, Tensor& out) {
    constexpr std::uint32_t flags = flags_of<std::tuple_element_t<I, Rules>>;
    if constexpr ((flags & rule_none) == 0) {
      if (!this->edges()[I].node || !needs[I]) return;
      if constexpr ((flags & rule_zero) != 0) {
        out = zeros_for(*this->edges()[I].node, g);
      } else if constexpr ((flags & rule_pass) != 0) {
        out = g;
      } else if constexpr ((flags & rule_fused) != 0) {
        bool last = true;
        for (std::size_t later = I + 1; later < N; ++later) last = last && !(this->edges()[later].node && needs[later]);
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

  template <std::uint32_t Flags, class F>
  void pull_fused(const F& f, const Tensor& g, bool last, Tensor& out) {
    if constexpr (std::is_same_v<F, SharedPull>) {
      out = Node::pull_fused(*f.how, f.how->shared, g, last);
    } else {
      static constexpr FusedPull how{Flags & (reads_every_x | reads_y), F::kernel, F::recorded, F::guarded};
      out = Node::pull_fused(how, &f, g, last);
    }
  }

  /// One rule for all inputs.
  void pull_all(const Tensor& g, Needs needs, Tensor* out) {
    constexpr std::uint32_t flags = all_flags;
    if constexpr ((flags & rule_each) != 0) {
      for (std::size_t i = 0; i < this->edge_count(); ++i)
        if (this->edges()[i].node && needs[i])
          out[i] = run<flags>(g, [&](const auto&, const auto&, const Tensor& up) { return function<0>()(i, up); });
    } else {
      std::array<Tensor, N> all = run<flags>(g, [&](const auto& x, const auto& y, const Tensor& up) {
        return call_rule<flags, N>(function<0>(), x, y, up, this->needs() & needs);
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

}  // namespace xgrad::detail
