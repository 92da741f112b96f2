#include <xgrad/autograd/kernels/matrix/subnormal.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
bool is_subnormal(T x) {
  return x != 0 && std::abs(x) < std::numeric_limits<T>::min();
}

// Whether one of 256 elements, evenly spread, is subnormal. Fewer subnormal numbers than that find cost little.
template <class T>
bool likely_subnormal(const T* x, std::int64_t size) {
  constexpr std::int64_t looks = 256;
  const std::int64_t step = size / looks | 1;  // odd, so that it visits all columns of a matrix
  bool found = false;
  for (std::int64_t i = 0, at = 0; i < looks && at < size; ++i, at += step) found |= is_subnormal(x[at]);
  return found;
}

// The bits of |x|, which compare as the magnitudes do; those of infinity and NaN are the greatest.
template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
template <class T>
Bits<T> magnitude(T x) {
  Bits<T> bits;
  std::memcpy(&bits, &x, sizeof(T));
  return bits & std::numeric_limits<Bits<T>>::max();
}

template <class T>
Bits<T> greatest(const T* x, std::int64_t size) {
  Bits<T> most = 0;
  for (std::int64_t i = 0; i < size; ++i) most = std::max(most, magnitude(x[i]));
  return most;
}

// log2 of a magnitude, or infinity.
template <class T>
double log2_of(Bits<T> magnitude) {
  T x;
  std::memcpy(&x, &magnitude, sizeof(T));
  return std::isfinite(x) ? std::log2(static_cast<double>(x)) : std::numeric_limits<double>::infinity();
}

// Multiplies x by a power of two into `to`, and returns greatest(x).
template <class T>
Bits<T> scale(const T* x, std::int64_t size, T by, detail::Scratch<T>& to) {
  constexpr std::int64_t chunk = std::int64_t{1} << 13;
  const std::int64_t chunks = (size + chunk - 1) / chunk;
  detail::Scratch<T> made(size);
  detail::Scratch<Bits<T>> most(chunks);
  parallel_for(chunks, [&](std::int64_t c) {
    const std::int64_t begin = c * chunk, count = std::min(chunk, size - begin);
    most.data()[c] = greatest(x + begin, count);
    for (std::int64_t i = begin; i < begin + count; ++i) made.data()[i] = x[i] * by;
  });
  to.swap(made);
  return *std::max_element(most.data(), most.data() + chunks);
}

}  // namespace

template <class T>
WithoutSubnormals<T>::WithoutSubnormals(const T* a, std::int64_t a_size, const T* b, std::int64_t b_size,
                                        std::int64_t k)
    : a_(a), b_(b) {
  constexpr std::int64_t large = std::int64_t{1} << 15;
  const bool in_a = a_size >= large && likely_subnormal(a, a_size),
             in_b = b_size >= large && likely_subnormal(b, b_size);
  if (!in_a && !in_b) return;
  using Limits = std::numeric_limits<T>;
  const T by = std::ldexp(T(1), Limits::digits - 1);  // makes the least subnormal number normal
  // No sum of k products may overflow by the scaling.
  const double limit = std::log2(static_cast<double>(Limits::max())) - 2;
  const double total = log2_of<T>(in_a ? scale(a, a_size, by, scaled_a_) : greatest(a, a_size)) +
                       log2_of<T>(in_b ? scale(b, b_size, by, scaled_b_) : greatest(b, b_size)) +
                       std::log2(static_cast<double>(k)) + (in_a + in_b) * (Limits::digits - 1);
  if (!(total < limit)) return;
  if (in_a) a_ = scaled_a_.data();
  if (in_b) b_ = scaled_b_.data();
  factor_ = 1 / ((in_a ? by : 1) * (in_b ? by : 1));
}

template class WithoutSubnormals<float>;
template class WithoutSubnormals<double>;

}  // namespace xgrad::kernels
