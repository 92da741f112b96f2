#include <xgrad/autograd/kernels/pointwise/adam.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/pointwise/choose.hpp>
#include <xgrad/autograd/kernels/simd/partial.hpp>

namespace xgrad::kernels {
namespace {

template <bool First, bool Greatest, class T>
class AdamPass {
 public:
  using B = Vec<T>;

  explicit AdamPass(const AdamRule& rule)
      : rate_(rule.rate),
        root_(rule.root),
        beta1_(rule.beta1),
        rest1_(1 - rule.beta1),
        beta2_(rule.beta2),
        rest2_(1 - rule.beta2),
        eps_(rule.eps),
        decay_(rule.decay),
        shrink_(rule.shrink),
        sign_(rule.maximize ? -1 : 1),
        decays_(rule.decay != 0),
        shrinks_(rule.shrink != 1) {}

  void run(T* p, const T* g, const AdamState<T>& state, std::int64_t n) const {
    constexpr auto width = static_cast<std::int64_t>(B::width);
    T* greatest = state.greatest;
    std::int64_t i = 0;
    for (; i + width <= n; i += width)
      step(p + i, g + i, state.mean + i, state.square + i, Greatest ? greatest + i : nullptr);
    if (i == n) return;
    // The remaining elements go through the same vector code, so that the bits of an element do not depend on its
    // position. Unused lanes repeat the last element, and so raise no floating-point exception of their own.
    T last[5][B::width] = {};
    T* const rows[] = {p + i, const_cast<T*>(g) + i, state.mean + i, state.square + i,
                       Greatest ? greatest + i : nullptr};
    for (int row = 0; row < (Greatest ? 5 : 4); ++row) repeat_last(rows[row], n - i, last[row]);
    step(last[0], last[1], last[2], last[3], last[4]);
    for (int row : {0, 2, 3, 4})
      if (row < 4 || Greatest) std::copy_n(last[row], n - i, rows[row]);
  }

 private:
  void step(T* p, const T* g, T* mean, T* square, T* greatest) const {
    B x = B::load(p), d = B::load(g) * sign_;
    if (shrinks_) x = x * shrink_;
    if (decays_) d = d + decay_ * x;
    B m = rest1_ * d, v = rest2_ * d * d;
    if constexpr (!First) {
      m = beta1_ * B::load(mean) + m;
      v = beta2_ * B::load(square) + v;
    }
    m.store(mean);
    v.store(square);
    if constexpr (Greatest) {
      if constexpr (!First) v = maximum(B::load(greatest), v);
      v.store(greatest);
    }
    (x - rate_ * m / (root_ * sqrt(v) + eps_)).store(p);
  }

  B rate_, root_, beta1_, rest1_, beta2_, rest2_, eps_, decay_, shrink_, sign_;
  bool decays_, shrinks_;
};

template <class T>
void run_adam(const UpdatePass& each, std::int64_t begin, std::int64_t end) {
  choose(each.is_new, [&](auto first) {
    choose(each.state[2] != nullptr, [&](auto greatest) {
      const AdamState<T> part{static_cast<T*>(each.state[0]) + begin, static_cast<T*>(each.state[1]) + begin,
                              greatest.value ? static_cast<T*>(each.state[2]) + begin : nullptr, first.value};
      const AdamPass<first.value, greatest.value, T> pass(each.rule<AdamRule>());
      pass.run(static_cast<T*>(each.parameter) + begin, static_cast<const T*>(each.gradient) + begin, part,
               end - begin);
    });
  });
}

}  // namespace

template <class T>
UpdatePass adam_pass(T* p, const T* g, const AdamState<T>& state, std::int64_t n, const AdamRule& rule) {
  UpdatePass result(run_adam<T>, p, g, n, rule);
  result.state[0] = state.mean;
  result.state[1] = state.square;
  result.state[2] = state.greatest;
  result.is_new = state.is_new;
  return result;
}

template UpdatePass adam_pass(float*, const float*, const AdamState<float>&, std::int64_t, const AdamRule&);
template UpdatePass adam_pass(double*, const double*, const AdamState<double>&, std::int64_t, const AdamRule&);

}  // namespace xgrad::kernels
