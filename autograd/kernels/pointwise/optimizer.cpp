#include <xgrad/autograd/kernels/pointwise/optimizer.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/simd/partial.hpp>

namespace xgrad::kernels {
namespace {

// A pass of this length takes about as long as waking another thread.
constexpr std::int64_t grain = 4 * pointwise_grain;

// Without decay, 0 p is not computed: it would turn an infinite p into NaN.
template <bool Decay, class T>
void plain(T* __restrict p, const T* __restrict g, std::int64_t n, T lr, T decay, T sign) {
  for (std::int64_t i = 0; i < n; ++i) {
    T d = sign * g[i];
    if constexpr (Decay) d += decay * p[i];
    p[i] -= lr * d;
  }
}

template <bool Decay, bool First, bool Nesterov, class T>
void with_momentum(T* __restrict p, const T* __restrict g, T* __restrict b, std::int64_t n, T lr, T decay, T sign,
                   T momentum, T keep) {
  for (std::int64_t i = 0; i < n; ++i) {
    T d = sign * g[i];
    if constexpr (Decay) d += decay * p[i];
    T v = d;
    if constexpr (!First) v = momentum * b[i] + keep * d;
    b[i] = v;
    if constexpr (Nesterov) v = d + momentum * v;
    p[i] -= lr * v;
  }
}

template <bool On>
struct Flag {
  static constexpr bool value = On;
};

template <class F>
void choose(bool on, const F& f) {
  if (on)
    f(Flag<true>{});
  else
    f(Flag<false>{});
}

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

}  // namespace

template <class T>
void adam(T* p, const T* g, const AdamState<T>& state, std::int64_t n, const AdamRule& rule) {
  choose(state.is_new, [&](auto first) {
    choose(state.greatest != nullptr, [&](auto greatest) {
      const AdamPass<first.value, greatest.value, T> pass(rule);
      parallel_ranges(n, grain, [&](std::int64_t begin, std::int64_t end) {
        const AdamState<T> part{state.mean + begin, state.square + begin,
                                greatest.value ? state.greatest + begin : nullptr, first.value};
        pass.run(p + begin, g + begin, part, end - begin);
      });
    });
  });
}

template void adam(float*, const float*, const AdamState<float>&, std::int64_t, const AdamRule&);
template void adam(double*, const double*, const AdamState<double>&, std::int64_t, const AdamRule&);

template <class T>
void sgd(T* p, const T* g, T* buffer, bool first, std::int64_t n, const SgdRule& rule) {
  const T lr = static_cast<T>(rule.lr), decay = static_cast<T>(rule.weight_decay), sign = rule.maximize ? T(-1) : T(1);
  const T momentum = static_cast<T>(rule.momentum), keep = static_cast<T>(1 - rule.dampening);
  parallel_ranges(n, grain, [&](std::int64_t begin, std::int64_t end) {
    choose(rule.weight_decay != 0, [&](auto decays) {
      if (buffer == nullptr) return plain<decays.value>(p + begin, g + begin, end - begin, lr, decay, sign);
      choose(first, [&](auto is_first) {
        choose(rule.nesterov, [&](auto looks_ahead) {
          with_momentum<decays.value, is_first.value, looks_ahead.value>(p + begin, g + begin, buffer + begin,
                                                                         end - begin, lr, decay, sign, momentum, keep);
        });
      });
    });
  });
}

template void sgd(float*, const float*, float*, bool, std::int64_t, const SgdRule&);
template void sgd(double*, const double*, double*, bool, std::int64_t, const SgdRule&);

}  // namespace xgrad::kernels
