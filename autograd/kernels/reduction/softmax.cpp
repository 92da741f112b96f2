#include <xgrad/autograd/kernels/reduction/softmax.hpp>

#include <cmath>

#include <xgrad/autograd/kernels/reduction/lines.hpp>

namespace xgrad::kernels {
namespace {

using namespace lines;

// The logarithm of the sum of each line. The array holds a multiple of the lanes of Vec<double>.
template <class T, class Block>
void take_logs(double* sums, const Block& block) {
  using D = Vec<double>;
  if (block.lines() == 1) {
    sums[0] = sums[0] == 0 ? -infinity<double> : std::log(sums[0]);  // ln 0 would raise FE_DIVBYZERO
    return;
  }
  std::fill(sums + block.lines(), sums + width<T>, 1.0);
  for (std::int64_t i = 0; i < block.lines(); i += width<double>) log(D::load(sums + i)).store(sums + i);
}

// Σ e^(x - m) of each line.
template <class T, class Block>
void sum_exp(const T* x, Vec<T> m, const Block& block, double* out) {
  WideSum<T> s;
  block.each([&](std::int64_t at, auto part) {
    block.prefetch_next(x + at);
    s.add(bounded_exp(load(x + at, part, Block::filler) - m));
  });
  block.sums(s, out);
}

template <class T, class Block>
[[gnu::flatten]] void softmax_block(const T* x, T* y, const Block& block) {
  const Vec<T> m = block.max(x);
  WideSum<T> s;
  block.each([&](std::int64_t at, auto part) {
    const Vec<T> e = bounded_exp(load(x + at, part, Block::filler) - m);
    block.prefetch_next(x + at);
    s.add(e);
    store(e, y + at, part);
  });
  double sums[Vec<T>::width];
  block.sums(s, sums);
  for (std::int64_t i = 0; i < block.lines(); ++i) sums[i] = 1 / sums[i];
  const Vec<T> inverse = block.to_lanes(sums);
  block.each([&](std::int64_t at, auto part) { store(load(y + at, part, T(0)) * inverse, y + at, part); });
}

template <class T, class Block>
[[gnu::flatten]] void softmax_backward_block(const T* y, const T* g, T* gx, const Block& block) {
  WideSum<T, Narrow::none> s;
  block.each([&](std::int64_t at, auto part) { s.add(load(y + at, part, T(0)) * load(g + at, part, T(0))); });
  double sums[Vec<T>::width];
  block.sums(s, sums);
  const Vec<T> mean = block.to_lanes(sums);
  block.each([&](std::int64_t at, auto part) {
    store(load(y + at, part, T(0)) * (load(g + at, part, T(0)) - mean), gx + at, part);
  });
}

template <class T, class Block>
[[gnu::flatten]] void log_softmax_block(const T* x, T* y, const Block& block) {
  const Vec<T> m = block.max(x);
  double sums[Vec<T>::width];
  sum_exp(x, m, block, sums);
  take_logs<T>(sums, block);
  const Vec<T> log_sum = block.to_lanes(sums);
  block.each([&](std::int64_t at, auto part) { store(load(x + at, part, T(0)) - m - log_sum, y + at, part); });
}

template <class T, class Block>
[[gnu::flatten]] void log_softmax_backward_block(const T* y, const T* g, T* gx, const Block& block) {
  WideSum<T, Narrow::none> s;
  block.each([&](std::int64_t at, auto part) { s.add(load(g + at, part, T(0))); });
  double sums[Vec<T>::width];
  block.sums(s, sums);
  const Vec<T> total = block.to_lanes(sums);
  block.each([&](std::int64_t at, auto part) {
    store(load(g + at, part, T(0)) - bounded_exp(load(y + at, part, T(0))) * total, gx + at, part);
  });
}

template <class T, class Block>
[[gnu::flatten]] void logsumexp_block(const T* x, T* y, T* shift, T* inverse, const Block& block) {
  Vec<T> m = block.max(x);
  // An infinite maximum is not subtracted: inf - inf is NaN. Then the differences have no bound, and bounded_exp would
  // not do.
  m = where(abs(m) < infinity<T>, m, 0);
  WideSum<T> s;
  block.each([&](std::int64_t at, auto part) { s.add(exp(load(x + at, part, Block::filler) - m)); });
  double sums[Vec<T>::width];
  block.sums(s, sums);
  alignas(64) T shifts[Vec<T>::width];
  m.store(shifts);
  for (std::int64_t i = 0; shift != nullptr && i < block.lines(); ++i) {
    const bool beyond = std::isinf(sums[i]);  // a line with +inf: its finite elements have slope 0
    shift[i] = beyond ? infinity<T> : shifts[i];
    inverse[i] = beyond ? T(1) : sums[i] == 0 ? infinity<T> : static_cast<T>(1 / sums[i]);
  }
  take_logs<T>(sums, block);
  for (std::int64_t i = 0; i < block.lines(); ++i) y[i] = static_cast<T>(static_cast<double>(shifts[i]) + sums[i]);
}

template <class T, class Block>
[[gnu::flatten]] void logsumexp_backward_block(const T* x, const T* shift, const T* inverse, const T* g, T* gx,
                                               const Block& block) {
  const Vec<T> m = block.to_lanes(shift), scale = block.to_lanes(inverse) * block.to_lanes(g);
  block.each(
      [&](std::int64_t at, auto part) { store(exp(load(x + at, part, Block::filler) - m) * scale, gx + at, part); });
}

template <class T, class Block>
[[gnu::flatten]] void cross_entropy_block(const T* x, const std::int64_t* labels, std::int64_t ignored, T* shift,
                                          T* inverse, double* loss, const Block& block) {
  const Vec<T> m = block.max(x);
  alignas(64) T shifts[Vec<T>::width];
  m.store(shifts);
  double sums[Vec<T>::width];
  sum_exp(x, m, block, sums);
  for (std::int64_t i = 0; i < block.lines(); ++i) {
    shift[i] = shifts[i];
    inverse[i] = static_cast<T>(1 / sums[i]);
  }
  take_logs<T>(sums, block);
  // ln Σ e^x - x_label, from which the shift cancels.
  for (std::int64_t i = 0; i < block.lines(); ++i)
    loss[i] = labels[i] == ignored ? 0 : sums[i] - static_cast<double>(x[labels[i] * block.stride() + i] - shifts[i]);
}

template <class T, class Block>
[[gnu::flatten]] void cross_entropy_backward_block(const T* x, const std::int64_t* labels, std::int64_t ignored,
                                                   const T* shift, const T* inverse, const T* scale, T* gx,
                                                   const Block& block) {
  const Vec<T> m = block.to_lanes(shift), r = block.to_lanes(inverse) * block.to_lanes(scale);
  block.each([&](std::int64_t at, auto part) {
    store(bounded_exp(load(x + at, part, Block::filler) - m) * r, gx + at, part);
  });
  for (std::int64_t i = 0; i < block.lines(); ++i) {
    if (labels[i] != ignored) {
      gx[labels[i] * block.stride() + i] -= scale[i];
      continue;
    }
    for (std::int64_t j = 0; j < block.n; ++j) gx[j * block.stride() + i] = 0;
  }
}

}  // namespace

template <class T>
void softmax(const T* x, T* y, Along axis) {
  for_each_block<T, 1>(
      axis, {x}, y, [](const auto& block, const auto& in, T* out, std::int64_t) { softmax_block(in[0], out, block); });
}

template <class T>
void softmax_backward(const T* y, const T* g, T* gx, Along axis) {
  for_each_block<T, 2>(axis, {y, g}, gx, [](const auto& block, const auto& in, T* out, std::int64_t) {
    softmax_backward_block(in[0], in[1], out, block);
  });
}

template <class T>
void log_softmax(const T* x, T* y, Along axis) {
  for_each_block<T, 1>(axis, {x}, y, [](const auto& block, const auto& in, T* out, std::int64_t) {
    log_softmax_block(in[0], out, block);
  });
}

template <class T>
void log_softmax_backward(const T* y, const T* g, T* gx, Along axis) {
  for_each_block<T, 2>(axis, {y, g}, gx, [](const auto& block, const auto& in, T* out, std::int64_t) {
    log_softmax_backward_block(in[0], in[1], out, block);
  });
}

template <class T>
void logsumexp(const T* x, T* y, T* shift, T* inverse, Along axis) {
  for_each_block<T, 1>(axis, {x}, nullptr, [=](const auto& block, const auto& in, T*, std::int64_t line) {
    T* const shifts = shift == nullptr ? nullptr : shift + line;
    logsumexp_block(in[0], y + line, shifts, inverse + (shift == nullptr ? 0 : line), block);
  });
}

template <class T>
void logsumexp_backward(const T* x, const T* shift, const T* inverse, const T* g, T* gx, Along axis) {
  for_each_block<T, 1>(axis, {x}, gx, [=](const auto& block, const auto& in, T* out, std::int64_t line) {
    logsumexp_backward_block(in[0], shift + line, inverse + line, g + line, out, block);
  });
}

template <class T>
void cross_entropy(const T* x, const std::int64_t* labels, std::int64_t ignored, T* shift, T* inverse, double* loss,
                   Along axis) {
  for_each_block<T, 1>(axis, {x}, nullptr, [=](const auto& block, const auto& in, T*, std::int64_t line) {
    cross_entropy_block(in[0], labels + line, ignored, shift + line, inverse + line, loss + line, block);
  });
}

template <class T>
void cross_entropy_backward(const T* x, const std::int64_t* labels, std::int64_t ignored, const T* shift,
                            const T* inverse, const T* weight, const T* g, std::int64_t g_step, T* gx, Along axis) {
  for_each_block<T, 1>(axis, {x}, gx, [=](const auto& block, const auto& in, T* out, std::int64_t line) {
    T scale[Vec<T>::width];
    for (std::int64_t i = 0; i < block.lines(); ++i) scale[i] = weight[line + i] * g[(line + i) * g_step];
    cross_entropy_backward_block(in[0], labels + line, ignored, shift + line, inverse + line, scale, out, block);
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
