#include <xgrad/autograd/kernels/softmax.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <xgrad/autograd/kernels/batch.hpp>
#include <xgrad/autograd/kernels/parallel.hpp>
#include <xgrad/autograd/kernels/wide_sum.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
constexpr auto width = static_cast<std::int64_t>(Batch<T>::width);
template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();

// A whole register, and the first `count` elements of one.
struct Full {};
struct Part {
  std::int64_t count;
};

template <class T>
Batch<T> load(const T* from, Full, T) {
  return Batch<T>::load(from);
}
template <class T>
void store(Batch<T> y, T* to, Full) {
  y.store(to);
}

// xsimd has no loads and stores of a part, which processors have for this very purpose.
#if defined(__AVX512F__)
template <class T>
Batch<T> load(const T* from, Part part, T fill) {
  const auto mask = (1u << part.count) - 1;
  if constexpr (std::is_same_v<T, float>)
    return typename Batch<T>::Native(_mm512_mask_loadu_ps(_mm512_set1_ps(fill), static_cast<__mmask16>(mask), from));
  else return typename Batch<T>::Native(_mm512_mask_loadu_pd(_mm512_set1_pd(fill), static_cast<__mmask8>(mask), from));
}
template <class T>
void store(Batch<T> y, T* to, Part part) {
  const auto mask = (1u << part.count) - 1;
  if constexpr (std::is_same_v<T, float>) _mm512_mask_storeu_ps(to, static_cast<__mmask16>(mask), y.v);
  else _mm512_mask_storeu_pd(to, static_cast<__mmask8>(mask), y.v);
}
#elif defined(__AVX__)
// As many lanes of ones as there are elements, then zeros.
template <class T>
__m256i lanes_of(Part part) {
  using Whole = std::conditional_t<std::is_same_v<T, float>, std::int32_t, std::int64_t>;
  static constexpr Whole ones_and_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones_and_zeros + 8 - part.count));
}
template <class T>
Batch<T> load(const T* from, Part part, T fill) {
  const __m256i lanes = lanes_of<T>(part);
  if constexpr (std::is_same_v<T, float>)
    return typename Batch<T>::Native(
        _mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(from, lanes), _mm256_castsi256_ps(lanes)));
  else
    return typename Batch<T>::Native(
        _mm256_blendv_pd(_mm256_set1_pd(fill), _mm256_maskload_pd(from, lanes), _mm256_castsi256_pd(lanes)));
}
template <class T>
void store(Batch<T> y, T* to, Part part) {
  if constexpr (std::is_same_v<T, float>) _mm256_maskstore_ps(to, lanes_of<T>(part), y.v);
  else _mm256_maskstore_pd(to, lanes_of<T>(part), y.v);
}
#else
template <class T>
Batch<T> load(const T* from, Part part, T fill) {
  alignas(64) T lanes[Batch<T>::width];
  for (std::int64_t i = 0; i < width<T>; ++i) lanes[i] = i < part.count ? from[i] : fill;
  return Batch<T>::load(lanes);
}
template <class T>
void store(Batch<T> y, T* to, Part part) {
  alignas(64) T lanes[Batch<T>::width];
  y.store(lanes);
  std::copy_n(lanes, part.count, to);
}
#endif

// The larger of each lane. A NaN in x is lost, but e^(NaN - m) brings it back into the sum.
template <class T>
Batch<T> larger(Batch<T> x, Batch<T> m) {
  return xsimd::max(x.v, m.v);
}

// The kernels below are written once over strips: registers that hold either one line (its elements side by side, to be
// folded across lanes) or as many neighbouring lines as there are lanes.

template <class T>
struct OneLine {
  std::int64_t n;

  template <class F>
  void each(const F& f) const {
    std::int64_t j = 0;
    for (; j + width<T> <= n; j += width<T>) f(j, Full{});
    if (j < n) f(j, Part{n - j});
  }
  // Four registers, so that a comparison need not wait for the one before.
  Batch<T> max(const T* x) const {
    Batch<T> m = -infinity<T>;
    std::int64_t j = 0;
    if (n >= 4 * width<T>) {
      Batch<T> k[4] = {m, m, m, m};
      for (; j + 4 * width<T> <= n; j += 4 * width<T>)
        for (int i = 0; i < 4; ++i) k[i] = larger(Batch<T>::load(x + j + i * width<T>), k[i]);
      m = larger(larger(k[0], k[1]), larger(k[2], k[3]));
    }
    for (; j + width<T> <= n; j += width<T>) m = larger(Batch<T>::load(x + j), m);
    if (j < n) m = larger(load(x + j, Part{n - j}, -infinity<T>), m);
    alignas(64) T lane[Batch<T>::width];
    m.store(lane);
    for (std::size_t half = Batch<T>::width / 2; half > 0; half /= 2)
      for (std::size_t i = 0; i < half; ++i) lane[i] = lane[i + half] > lane[i] ? lane[i + half] : lane[i];
    return lane[0];
  }
  void sums(WideSum<T>& s, double* out) const { out[0] = s.total(); }
  template <class S>
  Batch<T> spread(const S* of_lines) const {
    return of_lines[0];
  }
  std::int64_t lines() const { return 1; }
  std::int64_t stride() const { return 1; }
};

template <class T>
struct ManyLines {
  std::int64_t n, inner, count;
  bool padded;  // whether whole registers may be read and written where there are fewer lines

  template <class F>
  void each(const F& f) const {
    if (padded || count == width<T>)
      for (std::int64_t j = 0; j < n; ++j) f(j * inner, Full{});
    else
      for (std::int64_t j = 0; j < n; ++j) f(j * inner, Part{count});
  }
  Batch<T> max(const T* x) const {
    Batch<T> m = -infinity<T>;
    each([&](std::int64_t at, auto part) { m = larger(load(x + at, part, -infinity<T>), m); });
    return m;
  }
  void sums(WideSum<T>& s, double* out) const { std::copy_n(s.each(), Batch<T>::width, out); }
  template <class S>
  Batch<T> spread(const S* of_lines) const {
    alignas(64) T lane[Batch<T>::width] = {};
    for (std::int64_t i = 0; i < count; ++i) lane[i] = static_cast<T>(of_lines[i]);
    return Batch<T>::load(lane);
  }
  std::int64_t lines() const { return count; }
  std::int64_t stride() const { return inner; }
};

// Lines shorter than this, side by side in memory, are transposed in small blocks: then a register holds one element of
// many lines, instead of the few elements of one.
template <class T>
constexpr std::int64_t short_line = 2 * width<T> < 24 ? 24 : 2 * width<T>;

template <class T, std::size_t N, class F>
void over_short_lines(Along axis, const std::array<const T*, N>& in, T* out, const F& f) {
  const std::int64_t n = axis.n, blocks = (axis.outer + width<T> - 1) / width<T>;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (std::max<std::int64_t>(1, n) * width<T>));
  parallel_ranges(blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) T buffer[N + 1][short_line<T> * Batch<T>::width] = {};
    std::array<const T*, N> from;
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t line = k * width<T>, count = std::min(width<T>, axis.outer - line);
      for (std::size_t a = 0; a < N; ++a) {
        for (std::int64_t i = 0; i < count; ++i)
          for (std::int64_t j = 0; j < n; ++j) buffer[a][j * width<T> + i] = in[a][(line + i) * n + j];
        from[a] = buffer[a];
      }
      f(ManyLines<T>{n, width<T>, count, true}, from, buffer[N], line);
      if (out == nullptr) continue;
      for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t j = 0; j < n; ++j) out[(line + i) * n + j] = buffer[N][j * width<T> + i];
    }
  });
}

/// Calls f(strip, inputs, output, first_line) for strips that cover all lines, side by side where there is enough to
/// do; inputs and output, which may be null, are the places where the strip's elements begin.
template <class T, std::size_t N, class F>
void over_strips(Along axis, const std::array<const T*, N>& in, T* out, const F& f) {
  const std::int64_t n = std::max<std::int64_t>(1, axis.n);
  const auto at = [&](std::int64_t offset) {
    std::array<const T*, N> from;
    for (std::size_t a = 0; a < N; ++a) from[a] = in[a] + offset;
    return from;
  };
  if (axis.inner == 1 && axis.n < short_line<T> && axis.outer > 1) return over_short_lines(axis, in, out, f);
  if (axis.inner == 1) {
    parallel_ranges(axis.outer, std::max<std::int64_t>(1, pointwise_grain / n),
                    [&](std::int64_t begin, std::int64_t end) {
                      for (std::int64_t line = begin; line < end; ++line)
                        f(OneLine<T>{axis.n}, at(line * axis.n), out ? out + line * axis.n : out, line);
                    });
    return;
  }
  const std::int64_t groups = (axis.inner + width<T> - 1) / width<T>;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (n * width<T>));
  parallel_ranges(axis.outer * groups, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t o = k / groups, i = k % groups * width<T>, offset = o * axis.n * axis.inner + i;
      const ManyLines<T> strip{axis.n, axis.inner, std::min(width<T>, axis.inner - i), false};
      f(strip, at(offset), out ? out + offset : out, o * axis.inner + i);
    }
  });
}

// ln of as many sums as the strip has lines; room for a register's worth of them.
template <class T, class Strip>
void take_logs(double* sums, const Strip& strip) {
  using D = Batch<double>;
  if (strip.lines() == 1) {
    sums[0] = std::log(sums[0]);
    return;
  }
  for (std::int64_t i = 0; i < strip.lines(); i += width<double>) log(D::load(sums + i)).store(sums + i);
}

// Σ e^(x - m), one number a line.
template <class T, class Strip>
void sum_exp(const T* x, Batch<T> m, const Strip& strip, double* out) {
  WideSum<T> s;
  strip.each([&](std::int64_t at, auto part) { s.add(exp(load(x + at, part, -infinity<T>) - m)); });
  strip.sums(s, out);
}

template <class T, class Strip>
[[gnu::flatten]] void softmax_strip(const T* x, T* y, const Strip& strip) {
  const Batch<T> m = strip.max(x);
  WideSum<T> s;
  strip.each([&](std::int64_t at, auto part) {
    const Batch<T> e = exp(load(x + at, part, -infinity<T>) - m);
    s.add(e);
    store(e, y + at, part);
  });
  double sums[Batch<T>::width];
  strip.sums(s, sums);
  for (std::int64_t i = 0; i < strip.lines(); ++i) sums[i] = 1 / sums[i];
  const Batch<T> inverse = strip.spread(sums);
  strip.each([&](std::int64_t at, auto part) { store(load(y + at, part, T(0)) * inverse, y + at, part); });
}

template <class T, class Strip>
[[gnu::flatten]] void softmax_backward_strip(const T* y, const T* g, T* gx, const Strip& strip) {
  WideSum<T> s;
  strip.each([&](std::int64_t at, auto part) { s.add(load(y + at, part, T(0)) * load(g + at, part, T(0))); });
  double sums[Batch<T>::width];
  strip.sums(s, sums);
  const Batch<T> mean = strip.spread(sums);
  strip.each([&](std::int64_t at, auto part) {
    store(load(y + at, part, T(0)) * (load(g + at, part, T(0)) - mean), gx + at, part);
  });
}

template <class T, class Strip>
[[gnu::flatten]] void log_softmax_strip(const T* x, T* y, const Strip& strip) {
  const Batch<T> m = strip.max(x);
  double sums[Batch<T>::width];
  sum_exp(x, m, strip, sums);
  take_logs<T>(sums, strip);
  const Batch<T> log_sum = strip.spread(sums);
  strip.each([&](std::int64_t at, auto part) { store(load(x + at, part, T(0)) - m - log_sum, y + at, part); });
}

template <class T, class Strip>
[[gnu::flatten]] void log_softmax_backward_strip(const T* y, const T* g, T* gx, const Strip& strip) {
  WideSum<T> s;
  strip.each([&](std::int64_t at, auto part) { s.add(load(g + at, part, T(0))); });
  double sums[Batch<T>::width];
  strip.sums(s, sums);
  const Batch<T> total = strip.spread(sums);
  strip.each([&](std::int64_t at, auto part) {
    store(load(g + at, part, T(0)) - exp(load(y + at, part, T(0))) * total, gx + at, part);
  });
}

template <class T, class Strip>
[[gnu::flatten]] void logsumexp_strip(const T* x, T* y, const Strip& strip) {
  Batch<T> m = strip.max(x);
  // An infinite maximum is the answer, and no shift: inf - inf would make it NaN.
  m = where(abs(m) < infinity<T>, m, 0);
  double sums[Batch<T>::width];
  sum_exp(x, m, strip, sums);
  alignas(64) T shift[Batch<T>::width];
  m.store(shift);
  take_logs<T>(sums, strip);
  for (std::int64_t i = 0; i < strip.lines(); ++i) y[i] = static_cast<T>(static_cast<double>(shift[i]) + sums[i]);
}

template <class T, class Strip>
[[gnu::flatten]] void logsumexp_backward_strip(const T* x, const T* y, const T* g, T* gx, const Strip& strip) {
  const Batch<T> total = strip.spread(y), scale = strip.spread(g);
  strip.each([&](std::int64_t at, auto part) { store(exp(load(x + at, part, T(0)) - total) * scale, gx + at, part); });
}

template <class T, class Strip>
[[gnu::flatten]] void cross_entropy_strip(const T* x, const std::int64_t* labels, std::int64_t ignored, T* shift,
                                          T* inverse, double* loss, const Strip& strip) {
  const Batch<T> m = strip.max(x);
  alignas(64) T shifts[Batch<T>::width];
  m.store(shifts);
  double sums[Batch<T>::width];
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
  const Batch<T> m = strip.spread(shift), r = strip.spread(inverse), s = strip.spread(scale);
  strip.each([&](std::int64_t at, auto part) { store(exp(load(x + at, part, T(0)) - m) * r * s, gx + at, part); });
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
  over_strips<T, 1>(axis, {x}, y,
                    [](const auto& strip, const auto& in, T* out, std::int64_t) { softmax_strip(in[0], out, strip); });
}

template <class T>
void softmax_backward(const T* y, const T* g, T* gx, Along axis) {
  over_strips<T, 2>(axis, {y, g}, gx, [](const auto& strip, const auto& in, T* out, std::int64_t) {
    softmax_backward_strip(in[0], in[1], out, strip);
  });
}

template <class T>
void log_softmax(const T* x, T* y, Along axis) {
  over_strips<T, 1>(axis, {x}, y, [](const auto& strip, const auto& in, T* out, std::int64_t) {
    log_softmax_strip(in[0], out, strip);
  });
}

template <class T>
void log_softmax_backward(const T* y, const T* g, T* gx, Along axis) {
  over_strips<T, 2>(axis, {y, g}, gx, [](const auto& strip, const auto& in, T* out, std::int64_t) {
    log_softmax_backward_strip(in[0], in[1], out, strip);
  });
}

template <class T>
void logsumexp(const T* x, T* y, Along axis) {
  over_strips<T, 1>(axis, {x}, nullptr, [=](const auto& strip, const auto& in, T*, std::int64_t line) {
    logsumexp_strip(in[0], y + line, strip);
  });
}

template <class T>
void logsumexp_backward(const T* x, const T* y, const T* g, T* gx, Along axis) {
  over_strips<T, 1>(axis, {x}, gx, [=](const auto& strip, const auto& in, T* out, std::int64_t line) {
    logsumexp_backward_strip(in[0], y + line, g + line, out, strip);
  });
}

template <class T>
void cross_entropy(const T* x, const std::int64_t* labels, std::int64_t ignored, T* shift, T* inverse, double* loss,
                   Along axis) {
  over_strips<T, 1>(axis, {x}, nullptr, [=](const auto& strip, const auto& in, T*, std::int64_t line) {
    cross_entropy_strip(in[0], labels + line, ignored, shift + line, inverse + line, loss + line, strip);
  });
}

template <class T>
void cross_entropy_backward(const T* x, const std::int64_t* labels, std::int64_t ignored, const T* shift,
                            const T* inverse, const T* weight, const T* g, std::int64_t g_step, T* gx, Along axis) {
  over_strips<T, 1>(axis, {x}, gx, [=](const auto& strip, const auto& in, T* out, std::int64_t line) {
    T scale[Batch<T>::width];
    for (std::int64_t i = 0; i < strip.lines(); ++i) scale[i] = weight[line + i] * g[(line + i) * g_step];
    cross_entropy_backward_strip(in[0], labels + line, ignored, shift + line, inverse + line, scale, out, strip);
  });
}

#define XGRAD_SOFTMAX(T)                                                                                          \
  template void softmax(const T*, T*, Along);                                                                     \
  template void softmax_backward(const T*, const T*, T*, Along);                                                  \
  template void log_softmax(const T*, T*, Along);                                                                 \
  template void log_softmax_backward(const T*, const T*, T*, Along);                                              \
  template void logsumexp(const T*, T*, Along);                                                                   \
  template void logsumexp_backward(const T*, const T*, const T*, T*, Along);                                      \
  template void cross_entropy(const T*, const std::int64_t*, std::int64_t, T*, T*, double*, Along);               \
  template void cross_entropy_backward(const T*, const std::int64_t*, std::int64_t, const T*, const T*, const T*, \
                                       const T*, std::int64_t, T*, Along);
XGRAD_SOFTMAX(float)
XGRAD_SOFTMAX(double)
#undef XGRAD_SOFTMAX

}  // namespace xgrad::kernels
