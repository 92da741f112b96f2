#include <xgrad/autograd/kernels/reduction/sum.hpp>

#include <algorithm>
#include <cstring>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::int64_t block = 32768;  // the number of elements in a leaf of the tree of sums

std::int64_t grain(std::int64_t work) { return std::max<std::int64_t>(1, block / std::max<std::int64_t>(1, work)); }

// Integers are added as unsigned ones, which wrap around on overflow.
template <class T>
using Sum = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;

// Four sums as a vector, and the conversion of four elements to their type, written so that g++ makes one instruction
// of it.
template <class T>
struct Four {
  typedef Sum<T> Sums __attribute__((vector_size(4 * sizeof(Sum<T>))));

  static Sums widened(const T* from) {
    return Sums{static_cast<Sum<T>>(from[0]), static_cast<Sum<T>>(from[1]), static_cast<Sum<T>>(from[2]),
                static_cast<Sum<T>>(from[3])};
  }
  static Sums load(const Wide<T>* from) {
    Sums sums;
    std::memcpy(&sums, from, sizeof(sums));
    return sums;
  }
  static void store(Sums sums, Wide<T>* to) { std::memcpy(to, &sums, sizeof(sums)); }
};

// With fma(), adds as x * 1 + sum: that instruction runs on the multiplier's ports, while the adder's are busy with the
// conversion of x to double. The 1 is read from a volatile, or the compiler would simplify the expression.
template <class T>
struct Adder {
  using Sums = typename Four<T>::Sums;
#ifdef __FMA__
  static constexpr bool fused = std::is_same_v<T, float>;
#else
  static constexpr bool fused = false;
#endif
  Sum<T> one;

  Adder() {
    volatile Sum<T> unit = 1;
    one = unit;
  }
  Sums operator()(Sums sums, const T* from) const {
    if constexpr (fused)
      return Four<T>::widened(from) * one + sums;
    else
      return Four<T>::widened(from) + sums;
  }
};

template <class T>
Wide<T> plus(Wide<T> sum, T x) {
  return static_cast<Wide<T>>(static_cast<Sum<T>>(sum) + static_cast<Sum<T>>(x));
}

template <class T>
Wide<T> sum_run(const T* x, std::int64_t n) {
  constexpr int lanes = 32;
  typename Four<T>::Sums sums[lanes / 4] = {};
  std::int64_t j = 0;
  if (n >= lanes) {
    const Adder<T> add;
    for (; j + lanes <= n; j += lanes)
      for (int i = 0; i < lanes / 4; ++i) sums[i] = add(sums[i], x + j + 4 * i);
    for (int i = 0; i < 4; ++i) sums[i] += sums[i + 4];
    sums[0] = (sums[0] + sums[2]) + (sums[1] + sums[3]);
  }
  for (; j + 4 <= n; j += 4) sums[0] += Four<T>::widened(x + j);
  Wide<T> part[4];
  Four<T>::store(sums[0], part);
  for (int i = 0; j < n; ++j, ++i) part[i] = plus(part[i], x[j]);
  return plus(plus(part[0], part[2]), plus(part[1], part[3]));
}

template <class T>
Wide<T> sum_line(const T* x, std::int64_t n) {
  if (n <= block) return sum_run(x, n);
  const std::int64_t count = (n + block - 1) / block;
  const detail::Scratch<Wide<T>> parts(count);
  parallel_for(count,
               [&](std::int64_t i) { parts.data()[i] = sum_run(x + i * block, std::min(block, n - i * block)); });
  return sum_line(parts.data(), count);
}

// out_i += x_ji for `rows` rows j.
template <int rows, class T>
void add_rows(const T* x, Wide<T>* out, std::int64_t inner, const Adder<T>& add) {
  std::int64_t i = 0;
  for (; i + 16 <= inner; i += 16) {  // a cache line of floats
    typename Four<T>::Sums sums[4];
    for (int k = 0; k < 4; ++k) sums[k] = Four<T>::load(out + i + 4 * k);
    for (int j = 0; j < rows; ++j)
      for (int k = 0; k < 4; ++k) sums[k] = add(sums[k], x + j * inner + i + 4 * k);
    for (int k = 0; k < 4; ++k) Four<T>::store(sums[k], out + i + 4 * k);
  }
  for (; i + 4 <= inner; i += 4) {
    auto sums = Four<T>::load(out + i);
    for (int j = 0; j < rows; ++j) sums = add(sums, x + j * inner + i);
    Four<T>::store(sums, out + i);
  }
  for (; i < inner; ++i)
    for (int j = 0; j < rows; ++j) out[i] = plus(out[i], x[j * inner + i]);
}

template <class T>
void sum_columns(const T* x, Wide<T>* out, std::int64_t n, std::int64_t inner) {
  const Adder<T> add;
  std::fill_n(out, inner, Wide<T>(0));
  std::int64_t j = 0;
  for (; j + 8 <= n; j += 8) add_rows<8>(x + j * inner, out, inner, add);
  for (; j < n; ++j) add_rows<1>(x + j * inner, out, inner, add);
}

constexpr std::int64_t narrow = 16;

// Where rows are short, several are taken as one longer row.
template <class T>
void sum_narrow(const T* x, Wide<T>* out, std::int64_t n, std::int64_t inner) {
  if (inner >= narrow || n < 16) return sum_columns(x, out, n, inner);
  const std::int64_t rows = 2 * narrow / inner;
  Wide<T> parts[2 * narrow];
  sum_columns(x, parts, n / rows, rows * inner);
  sum_columns(parts, out, rows, inner);
  for (std::int64_t j = n / rows * rows; j < n; ++j) add_rows<1>(x + j * inner, out, inner, Adder<T>());
}

// A matrix of many rows is cut into bands, whose sums are then added.
template <class T>
void sum_tall(const T* x, Wide<T>* out, std::int64_t n, std::int64_t inner) {
  const std::int64_t rows = std::max<std::int64_t>(16, 4 * block / inner);
  if (n <= rows) return sum_narrow(x, out, n, inner);
  const std::int64_t bands = (n + rows - 1) / rows;
  const detail::Scratch<Wide<T>> parts(bands * inner);
  parallel_for(bands, [&](std::int64_t band) {
    sum_narrow(x + band * rows * inner, parts.data() + band * inner, std::min(rows, n - band * rows), inner);
  });
  sum_columns(parts.data(), out, bands, inner);
}

}  // namespace

template <class T>
void sum(const T* x, Wide<T>* out, Along axis) {
  const std::int64_t n = axis.n, inner = axis.inner;
  if (n == 0 || inner == 0) {
    std::fill_n(out, axis.lines(), Wide<T>(0));
    return;
  }
  parallel_ranges(axis.outer, grain(n * inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      if (inner == 1)
        out[o] = sum_line(x + o * n, n);
      else
        sum_tall(x + o * n * inner, out + o * inner, n, inner);
    }
  });
}

template void sum(const float*, double*, Along);
template void sum(const double*, double*, Along);
template void sum(const std::int64_t*, std::int64_t*, Along);

}  // namespace xgrad::kernels
