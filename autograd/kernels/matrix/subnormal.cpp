#include <xgrad/autograd/kernels/matrix/subnormal.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

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

// The greatest magnitude, or infinity if an element is not finite.
template <class T>
T greatest(const T* x, std::int64_t size) {
  T most = 0;
  bool finite = true;
  for (std::int64_t i = 0; i < size; ++i) {
    const T here = std::abs(x[i]);
    finite &= here <= std::numeric_limits<T>::max();
    most = here > most ? here : most;
  }
  return finite ? most : std::numeric_limits<T>::infinity();
}

template <class T>
const T* scaled(const T* x, std::int64_t size, T by, detail::Scratch<T>& to) {
  detail::Scratch<T> made(size);
  parallel_ranges(size, std::int64_t{1} << 15, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) made.data()[i] = x[i] * by;
  });
  to.swap(made);
  return to.data();
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
  const double bits = std::log2(static_cast<double>(greatest(a, a_size))) +
                      std::log2(static_cast<double>(greatest(b, b_size))) + std::log2(static_cast<double>(k)) +
                      (in_a + in_b) * (Limits::digits - 1);
  if (!(bits < limit)) return;
  if (in_a) a_ = scaled(a, a_size, by, scaled_a_);
  if (in_b) b_ = scaled(b, b_size, by, scaled_b_);
  factor_ = 1 / ((in_a ? by : 1) * (in_b ? by : 1));
}

template class WithoutSubnormals<float>;
template class WithoutSubnormals<double>;

}  // namespace xgrad::kernels
