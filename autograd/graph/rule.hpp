#pragma once

// Local rules: what a rule reads, of which kind it is, and how it is called. graph/record.hpp tells how to write them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/graph/node.hpp>

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
namespace detail {

/// A joint() rule that reads the output too, and is handed it after the inputs.
template <std::size_t... I, class F>
auto joint_with_y(F f) {
  return Rule<((1u << I) | ... | (rule_joint | reads_y)), F>{std::move(f)};
}

}  // namespace detail
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

template <std::size_t>
using TensorAt = Tensor;
template <class P, std::size_t... I>
constexpr bool takes_tensors_and_lead(std::index_sequence<I...>) {
  return std::is_invocable_v<const P&, TensorAt<I>..., std::size_t>;
}
/// Whether a push with these flags takes the number of leading axes.
template <std::uint32_t Flags, std::size_t N, class P, std::size_t... I>
constexpr bool takes_lead(std::index_sequence<I...>) {
  constexpr std::size_t values = ((Flags >> I & 1u) + ... + 0u) + ((Flags & reads_y) != 0 ? 1u : 0u);
  return takes_tensors_and_lead<P>(std::make_index_sequence<values + 1>{});
}

}  // namespace detail
}  // namespace xgrad
