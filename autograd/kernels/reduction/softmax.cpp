#include <xgrad/autograd/kernels/reduction/softmax.hpp>

#include <cmath>

#include <xgrad/autograd/kernels/reduction/lines.hpp>

namespace xgrad::kernels {
namespace {

using namespace lines;

// ln of as many sums as the strip has lines; room for a register's worth of them.
template <class T, class Strip>
void take_logs(double* sums, const Strip& strip) {
  using D = Vec<double>;
  if (strip.lines() == 1) {
    sums[0] = std::log(sums[0]);
    return;
  }
  for (std::int64_t i = 0; i < strip.lines(); i += width<double>) log(D::load(sums + i)).store(sums + i);
}

// Σ e^(x - m), one number a line.
template <class T, class Strip>
void sum_exp(const T* x, Vec<T> m, const Strip& strip, double* out) {
  WideSum<T> s;
  strip.each([&](std::int64_t at, auto part) {
    strip.expect(x + at);
    s.add(bounded_exp(load(x + at, part, -infinity<T>) - m));
  });
  strip.sums(s, out);
}

template <class T, class Strip>
[[gnu::flatten]] void softmax_strip(const T* x, T* y, const Strip& strip) {
  const Vec<T> m = strip.max(x);
  WideSum<T> s;
  strip.each([&](std::int64_t at, auto part) {
    const Vec<T> e = bounded_exp(load(x + at, part, -infinity<T>) - m);
    strip.expect(x + at);
    s.add(e);
    store(e, y + at, part);
  });
  double sums[Vec<T>::width];
  strip.sums(s, sums);
  for (std::int64_t i = 0; i < strip.lines(); ++i) sums[i] = 1 / sums[i];
  const Vec<T> inverse = strip.spread(sums);
  strip.each([&](std::int64_t at, auto part) { store(load(y + at, part, T(0)) * inverse, y + at, part); });
}

template <class T, class Strip>
[[gnu::flatten]] void softmax_backward_strip(const T* y, const T* g, T* gx, const Strip& strip) {
  WideSum<T> s;
  strip.each([&](std::int64_t at, auto part) { s.add(load(y + at, part, T(0)) * load(g + at, part, T(0))); });
  double sums[Vec<T>::width];
  strip.sums(s, sums);
  const Vec<T> mean = strip.spread(sums);
  strip.each([&](std::int64_t at, auto part) {
    store(load(y + at, part, T(0)) * (load(g + at, part, T(0)) - mean), gx + at, part);
  });
}

template <class T, class Strip>
[[gnu::flatten]] void log_softmax_strip(const T* x, T* y, const Strip& strip) {
  const Vec<T> m = strip.max(x);
  double sums[Vec<T>::width];
  sum_exp(x, m, strip, sums);
  take_logs<T>(sums, strip);
  const Vec<T> log_sum = strip.spread(sums);
  strip.each([&](std::int64_t at, auto part) { store(load(x + at, part, T(0)) - m - log_sum, y + at, part); });
}

template <class T, class Strip>
[[gnu::flatten]] void log_softmax_backward_strip(const T* y, const T* g, T* gx, const Strip& strip) {
  WideSum<T> s;
  strip.each([&](std::int64_t at, auto part) { s.add(load(g + at, part, T(0))); });
  double sums[Vec<T>::width];
  strip.sums(s, sums);
  const Vec<T> total = strip.spread(sums);
  strip.each([&](std::int64_t at, auto part) {
    store(load(g + at, part, T(0)) - bounded_exp(load(y + at, part, T(0))) * total, gx + at, part);
  });
}

template <class T, class Strip>
[[gnu::flatten]] void logsumexp_strip(const T* x, T* y, T* shift, T* inverse, const Strip& strip) {
  Vec<T> m = strip.max(x);
  // An infinite maximum is the answer, and no shift: inf - inf would make it NaN. What it leaves may be beyond all
  // bounds.
  m = where(abs(m) < infinity<T>, m, 0);
  WideSum<T> s;
  strip.each([&](std::int64_t at, auto part) { s.add(exp(load(x + at, part, -infinity<T>) - m)); });
  double sums[Vec<T>::width];
  strip.sums(s, sums);
  alignas(64) T shifts[Vec<T>::width];
  m.store(shifts);
  for (std::int64_t i = 0; shift != nullptr && i < strip.lines(); ++i) {
    shift[i] = shifts[i];
    inverse[i] = static_cast<T>(1 / sums[i]);
  }
  take_logs<T>(sums, strip);
  for (std::int64_t i = 0; i < strip.lines(); ++i) y[i] = static_cast<T>(static_cast<double>(shifts[i]) + sums[i]);
}

template <class T, class Strip>
[[gnu::flatten]] void logsumexp_backward_strip(const T* x, const T* shift, const T* inverse, const T* g, T* gx,
                                               const Strip& strip) {
  const Vec<T> m = strip.spread(shift), scale = strip.spread(inverse) * strip.spread(g);
  strip.each([&](std::int64_t at, auto part) { store(exp(load(x + at, part, T(0)) - m) * scale, gx + at, part); });
}

template <class T, class Strip>
[[gnu::flatten]] void cross_entropy_strip(const T* x, const std::int64_t* labels, std::int64_t ignored, T* shift,
                                          T* inverse, double* loss, const Strip& strip) {
  const Vec<T> m = strip.max(x);
  alignas(64) T shifts[Vec<T>::width];
  m.store(shifts);
  double sums[Vec<T>::width];
  sum_exp(x, m, strip, sums);
  for (std::int64_t i = 0; i < strip.lines(); ++i) {
    shift[i] = shifts[i];
    inverse[i] = static_cast<T>(1 / sums[i]);
  }
  take_logs<T>(sums, strip);
  // ln Σ e^x - x_label, of which the shift cancels.
  for (std::int64_t i = 0; i < strip.lines(); ++i)
    loss[i] = labels[i] == ignored ? 0 : sums[i] - static_cast<double>(x[labels[i] * strip.stride() + i] - shifts[i]);
}

template <class T, class Strip>
[[gnu::flatten]] void cross_entropy_backward_strip(const T* x, const std::int64_t* labels, std::int64_t ignored,
                                                   const T* shift, const T* inverse, const T* scale, T* gx,
                                                   const Strip& strip) {
  const Vec<T> m = strip.spread(shift), r = strip.spread(inverse) * strip.spread(scale);
  strip.each([&](std::int64_t at, auto part) { store(bounded_exp(load(x + at, part, T(0)) - m) * r, gx + at, part); });
  for (std::int64_t i = 0; i < strip.lines(); ++i) {
    if (labels[i] != ignored) {
      gx[labels[i] * strip.stride() + i] -= scale[i];
      continue;
    }
    for (std::int64_t j = 0; j < strip.n; ++j) gx[j * strip.stride() + i] = 0;
  }
}

}  // namespace

template <class T>
void softmax(const T* x, T* y, Along axis) {
  over_lines<T, 1>(axis, {x}, y,
                   [](const auto& strip, const auto& in, T* out, std::int64_t) { softmax_strip(in[0], out, strip); });
}

template <class T>
void softmax_backward(const T* y, const T* g, T* gx, Along axis) {
  over_lines<T, 2>(axis, {y, g}, gx, [](const auto& strip, const auto& in, T* out, std::int64_t) {
    softmax_backward_strip(in[0], in[1], out, strip);
  });
}

template <class T>
void log_softmax(const T* x, T* y, Along axis) {
  over_lines<T, 1>(axis, {x}, y, [](const auto& strip, const auto& in, T* out, std::int64_t) {
    log_softmax_strip(in[0], out, strip);
  });
}

template <class T>
void log_softmax_backward(const T* y, const T* g, T* gx, Along axis) {
  over_lines<T, 2>(axis, {y, g}, gx, [](const auto& strip, const auto& in, T* out, std::int64_t) {
    log_softmax_backward_strip(in[0], in[1], out, strip);
  });
}

template <class T>
void logsumexp(const T* x, T* y, T* shift, T* inverse, Along axis) {
  over_lines<T, 1>(axis, {x}, nullptr, [=](const auto& strip, const auto& in, T*, std::int64_t line) {
    T* const shifts = shift == nullptr ? nullptr : shift + line;
    logsumexp_strip(in[0], y + line, shifts, inverse + (shift == nullptr ? 0 : line), strip);
  });
}

template <class T>
void logsumexp_backward(const T* x, const T* shift, const T* inverse, const T* g, T* gx, Along axis) {
  over_lines<T, 1>(axis, {x}, gx, [=](const auto& strip, const auto& in, T* out, std::int64_t line) {
    logsumexp_backward_strip(in[0], shift + line, inverse + line, g + line, out, strip);
  });
}

template <class T>
void cross_entropy(const T* x, const std::int64_t* labels, std::int64_t ignored, T* shift, T* inverse, double* loss,
                   Along axis) {
  over_lines<T, 1>(axis, {x}, nullptr, [=](const auto& strip, const auto& in, T*, std::int64_t line) {
    cross_entropy_strip(in[0], labels + line, ignored, shift + line, inverse + line, loss + line, strip);
  });
}

template <class T>
void cross_entropy_backward(const T* x, const std::int64_t* labels, std::int64_t ignored, const T* shift,
                            const T* inverse, const T* weight, const T* g, std::int64_t g_step, T* gx, Along axis) {
  over_lines<T, 1>(axis, {x}, gx, [=](const auto& strip, const auto& in, T* out, std::int64_t line) {
    T scale[Vec<T>::width];
    for (std::int64_t i = 0; i < strip.lines(); ++i) scale[i] = weight[line + i] * g[(line + i) * g_step];
    cross_entropy_backward_strip(in[0], labels + line, ignored, shift + line, inverse + line, scale, out, strip);
  });
}

#define XGRAD_SOFTMAX(T)                                                                                          \
  template void softmax(const T*, T*, Along);                                                                     \
  template void softmax_backward(const T*, const T*, T*, Along);                                                  \
  template void log_softmax(const T*, T*, Along);                                                                 \
  template void log_softmax_backward(const T*, const T*, T*, Along);                                              \
  template void logsumexp(const T*, T*, T*, T*, Along);                                                           \
  template void logsumexp_backward(const T*, const T*, const T*, const T*, T*, Along);                            \
  template void cross_entropy(const T*, const std::int64_t*, std::int64_t, T*, T*, double*, Along);               \
  template void cross_entropy_backward(const T*, const std::int64_t*, std::int64_t, const T*, const T*, const T*, \
                                       const T*, std::int64_t, T*, Along);
XGRAD_SOFTMAX(float)
XGRAD_SOFTMAX(double)
#undef XGRAD_SOFTMAX

}  // namespace xgrad::kernels
