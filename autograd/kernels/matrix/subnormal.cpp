#include <xgrad/autograd/kernels/matrix/subnormal.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

// The bits of |x|, which compare as the magnitudes do; those of infinity and NaN are the greatest.
template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
template <class T>
Bits<T> magnitude(T x) {
  Bits<T> bits;
  std::memcpy(&bits, &x, sizeof(T));
  return bits & std::numeric_limits<Bits<T>>::max();
}

// By its bits: clang compares single numbers in whole registers of AVX-512, whose other lanes may raise exceptions.
template <class T>
bool is_subnormal(T x) {
  const Bits<T> bits = magnitude(x);
  return bits != 0 && bits < magnitude(std::numeric_limits<T>::min());
}

// Whether one of 256 elements, evenly spread, is subnormal. If there are too few subnormal
// numbers for this sample to find one, they cost little time.
template <class T>
bool likely_subnormal(const T* x, std::int64_t size) {
  constexpr std::int64_t looks = 256;
  const std::int64_t step = size / looks | 1;  // odd, so that it visits all columns of a matrix
  bool found = false;
  for (std::int64_t i = 0, at = 0; i < looks && at < size; ++i, at += step) found |= is_subnormal(x[at]);
  return found;
}

constexpr std::int64_t chunk = std::int64_t{1} << 13;
std::int64_t chunks(std::int64_t size) { return (size + chunk - 1) / chunk; }

// The greatest magnitude of all elements.
template <class T>
Bits<T> greatest(const T* x, std::int64_t size) {
  if (size == 0) return 0;
  detail::Scratch<Bits<T>> most(chunks(size));
  parallel_for(chunks(size), [&](std::int64_t c) {
    Bits<T> here = 0;
    for (std::int64_t i = c * chunk; i < std::min(size, (c + 1) * chunk); ++i) here = std::max(here, magnitude(x[i]));
    most.data()[c] = here;
  });
  return *std::max_element(most.data(), most.data() + chunks(size));
}

// log2 of a magnitude; infinity for those of infinity and NaN.
template <class T>
double log2_of(Bits<T> magnitude) {
  if (magnitude == 0) return -std::numeric_limits<double>::infinity();  // without the exception that log2 raises
  T x;
  std::memcpy(&x, &magnitude, sizeof(T));
  return std::isfinite(x) ? std::log2(static_cast<double>(x)) : std::numeric_limits<double>::infinity();
}

template <class T>
const T* scaled(const T* x, std::int64_t size, T by, detail::Scratch<T>& to) {
  detail::Scratch<T> made(size);
  parallel_for(chunks(size), [&](std::int64_t c) {
    for (std::int64_t i = c * chunk; i < std::min(size, (c + 1) * chunk); ++i) made.data()[i] = x[i] * by;
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
  constexpr int shift = Limits::digits - 1;  // makes the least subnormal number normal
  const T by = std::ldexp(T(1), shift);
  // Neither a scaled operand nor a sum of k products may overflow.
  const double limit = std::log2(static_cast<double>(Limits::max())) - 2;
  const double most_a = log2_of<T>(greatest(a, a_size)) + in_a * shift,
               most_b = log2_of<T>(greatest(b, b_size)) + in_b * shift;
  if (!(most_a < limit && most_b < limit && most_a + most_b + std::log2(static_cast<double>(k)) < limit)) return;
  if (in_a) a_ = scaled(a, a_size, by, scaled_a_);
  if (in_b) b_ = scaled(b, b_size, by, scaled_b_);
  factor_ = 1 / ((in_a ? by : 1) * (in_b ? by : 1));
}

template class WithoutSubnormals<float>;
template class WithoutSubnormals<double>;

}  // namespace xgrad::kernels
