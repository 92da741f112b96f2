#include <xgrad/autograd/kernels/optimizer.hpp>

#include <xgrad/autograd/kernels/parallel.hpp>

namespace xgrad::kernels {
namespace {

// A pass of this length takes about as long as waking another thread.
constexpr std::int64_t grain = 4 * pointwise_grain;

// Without decay the product 0 p is not formed: it would turn an infinite p into NaN.
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

}  // namespace

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
