#include <xgrad/autograd/kernels/pointwise/sgd.hpp>

#include <xgrad/autograd/kernels/pointwise/choose.hpp>

namespace xgrad::kernels {
namespace {

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

template <class T>
void run_sgd(const UpdatePass& each, std::int64_t begin, std::int64_t end) {
  const auto rule = each.rule<SgdRule>();
  const T lr = static_cast<T>(rule.lr), decay = static_cast<T>(rule.weight_decay), sign = rule.maximize ? T(-1) : T(1);
  const T momentum = static_cast<T>(rule.momentum), keep = static_cast<T>(1 - rule.dampening);
  T* const p = static_cast<T*>(each.parameter) + begin;
  const T* const g = static_cast<const T*>(each.gradient) + begin;
  choose(rule.weight_decay != 0, [&](auto decays) {
    if (each.state[0] == nullptr) return plain<decays.value>(p, g, end - begin, lr, decay, sign);
    T* const buffer = static_cast<T*>(each.state[0]) + begin;
    choose(each.is_new, [&](auto is_first) {
      choose(rule.nesterov, [&](auto looks_ahead) {
        with_momentum<decays.value, is_first.value, looks_ahead.value>(p, g, buffer, end - begin, lr, decay, sign,
                                                                       momentum, keep);
      });
    });
  });
}

}  // namespace

template <class T>
UpdatePass sgd_pass(T* p, const T* g, T* buffer, bool first, std::int64_t n, const SgdRule& rule) {
  UpdatePass result(run_sgd<T>, p, g, n, rule);
  result.state[0] = buffer;
  result.is_new = first;
  return result;
}

template UpdatePass sgd_pass(float*, const float*, float*, bool, std::int64_t, const SgdRule&);
template UpdatePass sgd_pass(double*, const double*, double*, bool, std::int64_t, const SgdRule&);

}  // namespace xgrad::kernels
