#include <xgrad/autograd/kernels/matrix/permute.hpp>

#include <algorithm>
#include <type_traits>

#include <xgrad/autograd/kernels/matrix/transpose.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::size_t max_rank = 32;

// Sizes and strides without axes of size 1, and with neighbouring axes joined where they can be walked as one.
struct Axes {
  std::size_t rank = 0;
  std::int64_t size[max_rank];
  std::int64_t stride[max_rank];

  Axes(std::size_t full_rank, const std::int64_t* sizes, const std::int64_t* strides) {
    for (std::size_t k = 0; k < full_rank; ++k) {
      if (sizes[k] == 1) continue;
      if (rank > 0 && stride[rank - 1] == strides[k] * sizes[k]) {
        size[rank - 1] *= sizes[k];
        stride[rank - 1] = strides[k];
      } else {
        size[rank] = sizes[k];
        stride[rank++] = strides[k];
      }
    }
  }
};

// out[r, c] = in[r, c] for strides (out_row, 1) of out and (in_row, in_column) of in.
template <class T>
void copy_plane(const T* in, T* out, std::int64_t rows, std::int64_t columns, std::int64_t out_row, std::int64_t in_row,
                std::int64_t in_column, bool streaming) {
  if (in_column == 1) {
    for (std::int64_t r = 0; r < rows; ++r) std::copy_n(in + r * in_row, columns, out + r * out_row);
    return;
  }
  if (in_row == 1) {
    using Element = std::conditional_t<std::is_same_v<T, bool>, unsigned char, T>;
    return transpose_band(reinterpret_cast<const Element*>(in), reinterpret_cast<Element*>(out), rows, columns, out_row,
                          in_column, streaming);
  }
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c) out[r * out_row + c] = in[r * in_row + c * in_column];
}

constexpr std::int64_t max_rows = 32;  // of a plane at a time, so that what is read and written stays in L1
constexpr std::int64_t streaming_bytes = std::int64_t{16} << 20;  // an output of this size is written past the caches

}  // namespace

template <class T>
void permute(const T* in, T* out, std::size_t rank, const std::int64_t* sizes, const std::int64_t* strides) {
  const Axes axes(rank, sizes, strides);
  for (std::size_t k = 0; k < axes.rank; ++k)
    if (axes.size[k] == 0) return;
  if (axes.rank == 0) {
    *out = *in;
    return;
  }
  const std::size_t last = axes.rank - 1;
  // The array is copied in planes of two axes: the last one, which is contiguous in `out`, and the one that is
  // contiguous in `in`.
  std::size_t fast = last;
  for (std::size_t k = 0; k < axes.rank; ++k)
    if (axes.stride[k] == 1) fast = k;
  if (fast == last && last > 0) fast = last - 1;
  std::int64_t out_stride[max_rank];
  std::int64_t planes = 1, running = 1;
  for (std::size_t k = axes.rank; k-- > 0;) {
    out_stride[k] = running;
    running *= axes.size[k];
    if (k != last && k != fast) planes *= axes.size[k];
  }
  const std::int64_t columns = axes.size[last];
  const std::int64_t rows = fast == last ? 1 : axes.size[fast];
  const std::int64_t out_row = fast == last ? 0 : out_stride[fast], in_row = fast == last ? 0 : axes.stride[fast];
  const std::int64_t band = in_row == 1 ? band_rows<T> : max_rows, bands = (rows + band - 1) / band;
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (std::min(rows, band) * columns));
  const bool streaming = running * static_cast<std::int64_t>(sizeof(T)) >= streaming_bytes;
  parallel_ranges(planes * bands, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t row = unit % bands * band;
      std::int64_t rest = unit / bands, from = row * in_row, to = row * out_row;
      for (std::size_t k = last; k-- > 0;) {
        if (k == fast) continue;
        const std::int64_t j = rest % axes.size[k];
        rest /= axes.size[k];
        from += j * axes.stride[k];
        to += j * out_stride[k];
      }
      copy_plane(in + from, out + to, std::min(band, rows - row), columns, out_row, in_row, axes.stride[last],
                 streaming);
    }
  });
}

template void permute(const bool*, bool*, std::size_t, const std::int64_t*, const std::int64_t*);
template void permute(const std::int64_t*, std::int64_t*, std::size_t, const std::int64_t*, const std::int64_t*);
template void permute(const float*, float*, std::size_t, const std::int64_t*, const std::int64_t*);
template void permute(const double*, double*, std::size_t, const std::int64_t*, const std::int64_t*);

}  // namespace xgrad::kernels
