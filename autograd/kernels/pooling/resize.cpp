#include <xgrad/autograd/kernels/pooling/resize.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>

namespace xgrad::kernels {
namespace {

// Element o of `count` is Σ_k weight[k count + o] x[index[k count + o]]. Weights of 0 take nothing, whatever x is.
template <class T>
struct Taps {
  std::int64_t count = 0, width = 0;
  detail::ScratchVector<std::int64_t> index;
  detail::ScratchVector<T> weight;

  Taps(std::int64_t outputs, std::int64_t most)
      : count(outputs), width(most), index(static_cast<std::size_t>(outputs * most)), weight(index.size()) {}

  std::size_t at(std::int64_t k, std::int64_t o) const { return static_cast<std::size_t>(k * count + o); }
  void set(std::int64_t k, std::int64_t o, std::int64_t element, T value) {
    index[at(k, o)] = element;
    weight[at(k, o)] = value;
  }
};

// Positions are computed in the dtype of the elements, as PyTorch does, since rounding decides what is nearest.
template <class T>
T scale_of(const ResizedAxis& axis, bool align_corners) {
  const auto n = static_cast<T>(axis.n), count = static_cast<T>(axis.count);
  if (align_corners) return axis.count > 1 ? (n - 1) / (count - 1) : T(0);
  return axis.factor > 0 ? static_cast<T>(1 / axis.factor) : n / count;
}

// The weights at distances 1 + t, t, 1 - t and 2 - t of Keys' kernel with a = -3/4 (R. Keys, "Cubic convolution
// interpolation for digital image processing", 1981).
template <class T>
void cubic_weights(T t, T (&weights)[4]) {
  constexpr T a = T(-0.75);
  const auto near = [](T x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  const auto far = [](T x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  weights[0] = far(t + 1);
  weights[1] = near(t);
  weights[2] = near(1 - t);
  weights[3] = far(2 - t);
}

template <class T>
Taps<T> nearest_taps(const ResizedAxis& axis, bool exact) {
  Taps<T> taps(axis.count, 1);
  const T scale = scale_of<T>(axis, false);
  for (std::int64_t o = 0; o < axis.count; ++o) {
    const T place = exact ? (static_cast<T>(o) + T(0.5)) * scale : static_cast<T>(o) * scale;
    taps.set(0, o, std::min(static_cast<std::int64_t>(std::floor(place)), axis.n - 1), 1);
  }
  return taps;
}

template <class T>
Taps<T> forward_taps(const ResizedAxis& axis, Sampling how, bool align_corners) {
  if (how == Sampling::nearest || how == Sampling::nearest_exact)
    return nearest_taps<T>(axis, how == Sampling::nearest_exact);
  const bool cubic = how == Sampling::cubic;
  Taps<T> taps(axis.count, cubic ? 4 : 2);
  const T scale = scale_of<T>(axis, align_corners);
  const auto within = [&](std::int64_t i) { return std::clamp<std::int64_t>(i, 0, axis.n - 1); };
  for (std::int64_t o = 0; o < axis.count; ++o) {
    T place = align_corners ? scale * static_cast<T>(o) : scale * (static_cast<T>(o) + T(0.5)) - T(0.5);
    if (!cubic) place = std::max(place, T(0));
    const auto first = static_cast<std::int64_t>(std::floor(place));
    const T t = std::clamp(place - static_cast<T>(first), T(0), T(1));
    if (cubic) {
      T weights[4];
      cubic_weights(t, weights);
      for (std::int64_t k = 0; k < 4; ++k) taps.set(k, o, within(first - 1 + k), weights[k]);
    } else {
      const bool at_end = first + 1 >= axis.n;
      taps.set(0, o, within(first), at_end ? T(1) : 1 - t);
      taps.set(1, o, within(first + 1), at_end ? T(0) : t);
    }
  }
  return taps;
}

// The taps of the adjoint: for each of n elements, the outputs that it goes to.
template <class T>
Taps<T> transposed(const Taps<T>& taps, std::int64_t n) {
  detail::ScratchVector<std::int64_t> used(static_cast<std::size_t>(n));
  const auto for_each = [&](const auto& f) {
    for (std::int64_t o = 0; o < taps.count; ++o)
      for (std::int64_t k = 0; k < taps.width; ++k)
        if (const std::size_t i = taps.at(k, o); taps.weight[i] != 0) f(o, taps.index[i], taps.weight[i]);
  };
  for_each([&](std::int64_t, std::int64_t element, T) { ++used[static_cast<std::size_t>(element)]; });
  Taps<T> result(n, n == 0 ? 0 : *std::max_element(used.begin(), used.end()));
  std::fill(used.begin(), used.end(), 0);
  for_each([&](std::int64_t o, std::int64_t element, T weight) {
    result.set(used[static_cast<std::size_t>(element)]++, element, o, weight);
  });
  return result;
}

template <class T>
void add_line(const T* from, T weight, T* sums, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) sums[i] += weight * from[i];
}

template <class T>
void sample_line(const T* from, const Taps<T>& taps, T* out) {
  if (taps.width == 0) std::fill_n(out, taps.count, T(0));
  for (std::int64_t k = 0; k < taps.width; ++k) {
    const std::int64_t* const index = taps.index.data() + k * taps.count;
    const T* const weight = taps.weight.data() + k * taps.count;
    for (std::int64_t o = 0; o < taps.count; ++o) {
      const T term = weight[o] == 0 ? T(0) : weight[o] * from[index[o]];
      out[o] = k == 0 ? term : out[o] + term;
    }
  }
}

// From planes of the sizes `n` to planes of the taps' counts: the lines of a row are added up, weighted, and then
// sampled.
template <class T>
void apply(const T* in, T* out, std::int64_t planes, const std::int64_t (&n)[3], const Taps<T> (&taps)[3]) {
  const Taps<T>&deep = taps[0], &high = taps[1], &wide = taps[2];
  const std::int64_t rows = deep.count * high.count, elements = n[0] * n[1] * n[2];
  const std::int64_t work = n[2] * std::max<std::int64_t>(1, deep.width * high.width) + wide.count * wide.width + 1;
  parallel_ranges(planes * rows, std::max<std::int64_t>(1, pointwise_grain / work),
                  [&](std::int64_t begin, std::int64_t end) {
                    const detail::Scratch<T> room(n[2]);
                    for (std::int64_t r = begin; r < end; ++r) {
                      const std::int64_t d = r % rows / high.count, h = r % high.count;
                      std::fill_n(room.data(), n[2], T(0));
                      for (std::int64_t i = 0; i < deep.width; ++i)
                        for (std::int64_t j = 0; j < high.width; ++j) {
                          const T weight = deep.weight[deep.at(i, d)] * high.weight[high.at(j, h)];
                          const std::int64_t line = deep.index[deep.at(i, d)] * n[1] + high.index[high.at(j, h)];
                          if (weight != 0) add_line(in + r / rows * elements + line * n[2], weight, room.data(), n[2]);
                        }
                      sample_line(room.data(), wide, out + r * wide.count);
                    }
                  });
}

template <class T>
Taps<T> taps_of(const Resizing& by, int axis) {
  const ResizedAxis& a = by.axis[axis];
  const bool missing = a.n == 1 && a.count == 1;
  return forward_taps<T>(a, missing ? Sampling::nearest : by.how, by.align_corners);
}

}  // namespace

template <class T>
void resize(const T* in, T* out, const Resizing& by) {
  if (by.planes == 0) return;  // whose axes may be too long for lists of taps
  const Taps<T> taps[3] = {taps_of<T>(by, 0), taps_of<T>(by, 1), taps_of<T>(by, 2)};
  apply(in, out, by.planes, {by.axis[0].n, by.axis[1].n, by.axis[2].n}, taps);
}

template <class T>
void resize_adjoint(const T* in, T* out, const Resizing& by) {
  if (by.planes == 0) return;
  const Taps<T> taps[3] = {transposed(taps_of<T>(by, 0), by.axis[0].n), transposed(taps_of<T>(by, 1), by.axis[1].n),
                           transposed(taps_of<T>(by, 2), by.axis[2].n)};
  apply(in, out, by.planes, {by.axis[0].count, by.axis[1].count, by.axis[2].count}, taps);
}

template void resize(const float*, float*, const Resizing&);
template void resize(const double*, double*, const Resizing&);
template void resize_adjoint(const float*, float*, const Resizing&);
template void resize_adjoint(const double*, double*, const Resizing&);

}  // namespace xgrad::kernels
