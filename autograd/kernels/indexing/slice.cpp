#include <xgrad/autograd/kernels/indexing/slice.hpp>

#include <algorithm>

namespace xgrad::kernels {

template <class T>
void take_range(const T* in, T* out, Along axis, std::int64_t start, std::int64_t step, std::int64_t count) {
  for (std::int64_t o = 0; o < axis.outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      std::copy_n(in + (o * axis.n + start + j * step) * axis.inner, axis.inner, out + (o * count + j) * axis.inner);
}

template <class T>
void put_range(const T* in, T* out, Along axis, std::int64_t start, std::int64_t step, std::int64_t count) {
  for (std::int64_t o = 0; o < axis.outer; ++o)
    for (std::int64_t j = 0; j < count; ++j)
      std::copy_n(in + (o * count + j) * axis.inner, axis.inner, out + (o * axis.n + start + j * step) * axis.inner);
}

template <class T>
void add_range(const T* in, T* out, Along axis, std::int64_t start, std::int64_t step, std::int64_t count) {
  for (std::int64_t o = 0; o < axis.outer; ++o)
    for (std::int64_t j = 0; j < count; ++j) {
      const T* from = in + (o * count + j) * axis.inner;
      T* to = out + (o * axis.n + start + j * step) * axis.inner;
      for (std::int64_t i = 0; i < axis.inner; ++i) to[i] += from[i];
    }
}
template void add_range(const float*, float*, Along, std::int64_t, std::int64_t, std::int64_t);
template void add_range(const double*, double*, Along, std::int64_t, std::int64_t, std::int64_t);

#define XGRAD_SLICE(T)                                                                     \
  template void take_range(const T*, T*, Along, std::int64_t, std::int64_t, std::int64_t); \
  template void put_range(const T*, T*, Along, std::int64_t, std::int64_t, std::int64_t);
XGRAD_SLICE(bool)
XGRAD_SLICE(std::int64_t)
XGRAD_SLICE(float)
XGRAD_SLICE(double)
#undef XGRAD_SLICE

}  // namespace xgrad::kernels
