#include <xgrad/autograd/kernels/pointwise/update_rules.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/simd/partial.hpp>

namespace xgrad::kernels {
namespace {

template <class T, class Rule>
void step(T* p, const T* g, T* const* state, const Rule& rule) {
  using V = Vec<T>;
  V x = V::load(p), d = V::load(g);
  if (rule.maximize) d = -d;
  if (rule.decay != 0) d = d + rule.decay * x;
  if (rule.shrink != 1) x = x * rule.shrink;
  V kept[Rule::slots + 1];
  for (int k = 0; k < Rule::slots; ++k) kept[k] = state[k] == nullptr ? V(0) : V::load(state[k]);
  rule(x, d, kept);
  for (int k = 0; k < Rule::slots; ++k)
    if (state[k] != nullptr) kept[k].store(state[k]);
  x.store(p);
}

// The rule is a copy, which writes to memory cannot change, so that its numbers stay in registers.
template <class T, class Rule>
[[gnu::flatten]] void pass(T* p, const T* g, T* const* state, std::int64_t n, const Rule rule) {
  constexpr auto width = static_cast<std::int64_t>(Vec<T>::width);
  T* at[Rule::slots + 1] = {};
  std::int64_t i = 0;
  for (; i + width <= n; i += width) {
    for (int k = 0; k < Rule::slots; ++k) at[k] = state[k] == nullptr ? nullptr : state[k] + i;
    step(p + i, g + i, at, rule);
  }
  if (i == n) return;
  // The remaining elements go through the same vector code, so that the bits of an element do not depend on its
  // position. Unused lanes repeat the last element, and so raise no floating-point exception of their own.
  T last[Rule::slots + 2][Vec<T>::width] = {};
  repeat_last(p + i, n - i, last[0]);
  repeat_last(g + i, n - i, last[1]);
  for (int k = 0; k < Rule::slots; ++k)
    if ((at[k] = state[k] == nullptr ? nullptr : last[k + 2]) != nullptr) repeat_last(state[k] + i, n - i, last[k + 2]);
  step(last[0], last[1], at, rule);
  std::copy_n(last[0], n - i, p + i);
  for (int k = 0; k < Rule::slots; ++k)
    if (state[k] != nullptr) std::copy_n(last[k + 2], n - i, state[k] + i);
}

template <class T, class Rule>
void run_rule(const UpdatePass& each, std::int64_t begin, std::int64_t end) {
  T* state[Rule::slots + 1] = {};
  for (int k = 0; k < Rule::slots; ++k)
    state[k] = each.state[k] == nullptr ? nullptr : static_cast<T*>(each.state[k]) + begin;
  pass(static_cast<T*>(each.parameter) + begin, static_cast<const T*>(each.gradient) + begin, state, end - begin,
       each.rule<Rule>());
}

}  // namespace

template <class T, class Rule>
UpdatePass update_pass(T* p, const T* g, T* const* state, std::int64_t n, const Rule& rule) {
  static_assert(Rule::slots <= UpdatePass::most_slots);
  UpdatePass result(run_rule<T, Rule>, p, g, n, rule);
  for (int k = 0; k < Rule::slots; ++k) result.state[k] = state[k];
  return result;
}

template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const PlainRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const PlainRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const AdamaxRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const AdamaxRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const NAdamRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const NAdamRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const RAdamRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const RAdamRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const AdagradRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const AdagradRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const AdadeltaRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const AdadeltaRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const RMSpropRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const RMSpropRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const RpropRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const RpropRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const ASGDRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const ASGDRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const LionRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const LionRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const AverageRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const AverageRule&);
template UpdatePass update_pass(float*, const float*, float* const*, std::int64_t, const ClipRule&);
template UpdatePass update_pass(double*, const double*, double* const*, std::int64_t, const ClipRule&);

}  // namespace xgrad::kernels
