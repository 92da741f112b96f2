#include <xgrad/autograd/kernels/pointwise/broadcast.hpp>

namespace xgrad::kernels {
namespace {

std::int64_t stride_of(const std::int64_t* sizes, std::size_t input_rank, std::size_t rank, std::size_t k) {
  if (k + input_rank < rank) return 0;
  const std::size_t own = k + input_rank - rank;
  if (sizes[own] == 1) return 0;
  std::int64_t product = 1;
  for (std::size_t j = own + 1; j < input_rank; ++j) product *= sizes[j];
  return product;
}

}  // namespace

template <std::size_t N>
Plan<N>::Plan(const std::int64_t* out, std::size_t rank, const std::array<const std::int64_t*, N>& sizes,
              const std::array<std::size_t, N>& ranks) {
  std::size_t axes = 0;
  for (std::size_t k = 0; k < rank; ++k)
    if (out[k] == 0) count = 0;
  if (count == 0) return;  // the other sizes may have products that overflow
  for (std::size_t k = 0; k < rank; ++k) {
    count *= out[k];
    if (out[k] != 1) {
      extent[axes] = out[k];
      for (std::size_t i = 0; i < N; ++i) stride[i][axes] = stride_of(sizes[i], ranks[i], rank, k);
      axes += 1;
      if (axes > 1 && mergeable(axes)) merge(axes);
    }
  }
  if (axes == 0) return;
  outer_rank = axes - 1;
  inner = extent[outer_rank];
  for (std::size_t i = 0; i < N; ++i) step[i] = stride[i][outer_rank];
}

template <std::size_t N>
bool Plan<N>::mergeable(std::size_t axes) const {
  for (std::size_t i = 0; i < N; ++i)
    if (stride[i][axes - 2] != stride[i][axes - 1] * extent[axes - 1]) return false;
  return true;
}

template <std::size_t N>
void Plan<N>::merge(std::size_t& axes) {
  extent[axes - 2] *= extent[axes - 1];
  for (std::size_t i = 0; i < N; ++i) stride[i][axes - 2] = stride[i][axes - 1];
  axes -= 1;
}

template <std::size_t N>
void Plan<N>::run_rows(AnyRow row, const void* context) const {
  if (outer_rank == 0) {
    parallel_ranges(inner, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
      Offsets offsets;
      for (std::size_t i = 0; i < N; ++i) offsets[i] = step[i] * begin;
      row(context, begin, offsets, end - begin);
    });
    return;
  }
  const std::int64_t rows = count / inner;
  const std::int64_t grain = pointwise_grain / inner > 0 ? pointwise_grain / inner : 1;
  parallel_ranges(rows, grain, [&](std::int64_t begin, std::int64_t end) { run_rows(row, context, begin, end); });
}

template <std::size_t N>
void Plan<N>::run_rows(AnyRow row, const void* context, std::int64_t begin, std::int64_t end) const {
  std::int64_t index[max_rank];
  Offsets offsets{};
  std::int64_t rest = begin;
  for (std::size_t k = outer_rank; k-- > 0;) {
    index[k] = rest % extent[k];
    rest /= extent[k];
    for (std::size_t i = 0; i < N; ++i) offsets[i] += index[k] * stride[i][k];
  }
  for (std::int64_t r = begin; r < end; ++r) {
    row(context, r * inner, offsets, inner);
    for (std::size_t k = outer_rank; k-- > 0;) {
      for (std::size_t i = 0; i < N; ++i) offsets[i] += stride[i][k];
      if (++index[k] < extent[k]) break;
      for (std::size_t i = 0; i < N; ++i) offsets[i] -= extent[k] * stride[i][k];
      index[k] = 0;
    }
  }
}

template struct Plan<1>;
template struct Plan<2>;
template struct Plan<3>;
template struct Plan<4>;
template struct Plan<5>;
template struct Plan<6>;
template struct Plan<7>;
template struct Plan<8>;
template struct Plan<9>;
template struct Plan<10>;

}  // namespace xgrad::kernels
