#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/kernels/parallel.hpp>

namespace xgrad::kernels {

/// How the elements of N contiguous inputs meet those of a contiguous output: rows of `inner` elements, along each of
/// which an input either advances by one (step 1) or stands still (step 0).
template <std::size_t N>
struct Plan {
  static constexpr std::size_t max_rank = 32;
  std::int64_t count = 1;             // elements of the output
  std::int64_t inner = 1;             // elements of a row
  std::array<std::int64_t, N> step{};
  std::size_t outer_rank = 0;         // the axes over rows, outermost first
  std::int64_t extent[max_rank];
  std::int64_t stride[N][max_rank];

  /// All inputs have the shape of the output.
  explicit Plan(std::int64_t elements) : count(elements), inner(elements) { step.fill(1); }

  /// Sizes of the output, and for each input its sizes and rank.
  Plan(const std::int64_t* out, std::size_t rank, const std::array<const std::int64_t*, N>& sizes,
       const std::array<std::size_t, N>& ranks) {
    std::size_t axes = 0;
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

  /// Calls row(out_offset, offsets, n) for every row, or part of one, side by side where there is enough to do.
  template <class Row>
  void run(const Row& row) const {
    if (count == 0) return;
    if (outer_rank == 0) {
      parallel_ranges(inner, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
        std::array<std::int64_t, N> offsets;
        for (std::size_t i = 0; i < N; ++i) offsets[i] = step[i] * begin;
        row(begin, offsets, end - begin);
      });
      return;
    }
    const std::int64_t rows = count / inner;
    const std::int64_t grain = pointwise_grain / inner > 0 ? pointwise_grain / inner : 1;
    parallel_ranges(rows, grain, [&](std::int64_t begin, std::int64_t end) { run_rows(row, begin, end); });
  }

 private:
  static std::int64_t stride_of(const std::int64_t* sizes, std::size_t input_rank, std::size_t rank, std::size_t k) {
    if (k + input_rank < rank) return 0;
    const std::size_t own = k + input_rank - rank;
    if (sizes[own] == 1) return 0;
    std::int64_t product = 1;
    for (std::size_t j = own + 1; j < input_rank; ++j) product *= sizes[j];
    return product;
  }

  bool mergeable(std::size_t axes) const {
    for (std::size_t i = 0; i < N; ++i)
      if (stride[i][axes - 2] != stride[i][axes - 1] * extent[axes - 1]) return false;
    return true;
  }

  void merge(std::size_t& axes) {
    extent[axes - 2] *= extent[axes - 1];
    for (std::size_t i = 0; i < N; ++i) stride[i][axes - 2] = stride[i][axes - 1];
    axes -= 1;
  }

  template <class Row>
  void run_rows(const Row& row, std::int64_t begin, std::int64_t end) const {
    std::int64_t index[max_rank];
    std::array<std::int64_t, N> offsets{};
    std::int64_t rest = begin;
    for (std::size_t k = outer_rank; k-- > 0;) {
      index[k] = rest % extent[k];
      rest /= extent[k];
      for (std::size_t i = 0; i < N; ++i) offsets[i] += index[k] * stride[i][k];
    }
    for (std::int64_t r = begin; r < end; ++r) {
      row(r * inner, offsets, inner);
      for (std::size_t k = outer_rank; k-- > 0;) {
        for (std::size_t i = 0; i < N; ++i) offsets[i] += stride[i][k];
        if (++index[k] < extent[k]) break;
        for (std::size_t i = 0; i < N; ++i) offsets[i] -= extent[k] * stride[i][k];
        index[k] = 0;
      }
    }
  }
};

}  // namespace xgrad::kernels
