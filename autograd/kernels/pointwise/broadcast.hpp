#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {

/// Maps the elements of a contiguous output to those of N contiguous inputs that broadcast to it: by rows of `inner`
/// elements, along which an input either advances by one (step 1) or repeats one element (step 0). Compiled in
/// broadcast.cpp for up to ten inputs, and not again for each function that is run.
template <std::size_t N>
struct Plan {
  static constexpr std::size_t max_rank = 32;
  std::int64_t count = 1;  // elements of the output
  std::int64_t inner = 1;  // elements of a row
  std::array<std::int64_t, N> step{};
  std::size_t outer_rank = 0;  // the axes over rows, outermost first
  std::int64_t extent[max_rank];
  std::int64_t stride[N][max_rank];

  /// All inputs have the shape of the output.
  explicit Plan(std::int64_t elements) : count(elements), inner(elements) { step.fill(1); }

  /// Sizes of the output, and for each input its sizes and rank.
  Plan(const std::int64_t* out, std::size_t rank, const std::array<const std::int64_t*, N>& sizes,
       const std::array<std::size_t, N>& ranks);

  /// Calls row(out_offset, offsets, n) for every row, or part of one, on several threads if there is enough work.
  template <class Row>
  void run(const Row& row) const {
    if (count == 0) return;
    if (outer_rank == 0 && inner <= pointwise_grain) return row(std::int64_t{0}, Offsets{}, inner);
    run_rows([](const void* body, std::int64_t to, const Offsets& offsets,
                std::int64_t n) { (*static_cast<const Row*>(body))(to, offsets, n); },
             &row);
  }

 private:
  using Offsets = std::array<std::int64_t, N>;
  using AnyRow = void (*)(const void* row, std::int64_t to, const Offsets& offsets, std::int64_t n);

  void run_rows(AnyRow row, const void* context) const;
  void run_rows(AnyRow row, const void* context, std::int64_t begin, std::int64_t end) const;
  bool mergeable(std::size_t axes) const;
  void merge(std::size_t& axes);
};

}  // namespace xgrad::kernels
