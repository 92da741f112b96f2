#include <xgrad/autograd/kernels/matrix/spread.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/matrix/strided.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::size_t max_rank = 32;

// A part as spread() works with it: axes that are taken whole are joined with the one before them, every step is
// positive, and `in` is walked with distances of its own.
struct Spread {
  std::size_t rank = 0;
  std::int64_t in_start = 0;
  std::int64_t size[max_rank + 1], start[max_rank + 1], step[max_rank + 1], count[max_rank + 1], in[max_rank + 1];

  explicit Spread(const Part& part) {
    std::int64_t distance[max_rank];
    std::int64_t running = 1;
    for (std::size_t k = part.rank; k-- > 0; running *= part.count[k]) distance[k] = running;
    for (std::size_t k = 0; k < part.rank; ++k) {
      const std::int64_t n = part.size[k], c = part.count[k];
      const bool whole = c == n && part.step[k] == 1;
      if (whole && rank > 0 && step[rank - 1] == 1 && in[rank - 1] == distance[k] * n) {
        size[rank - 1] *= n;
        start[rank - 1] *= n;
        count[rank - 1] *= n;
        in[rank - 1] = distance[k];
        continue;
      }
      const bool back = part.step[k] < 0 && c > 0;
      size[rank] = n;
      count[rank] = c;
      start[rank] = back ? part.start[k] + (c - 1) * part.step[k] : part.start[k];
      step[rank] = c == 1 ? 1 : back ? -part.step[k] : part.step[k];
      in_start += back ? (c - 1) * distance[k] : 0;
      in[rank++] = back ? -distance[k] : distance[k];
    }
    if (rank == 0) {
      size[0] = count[0] = step[0] = in[0] = 1;
      start[0] = 0;
      rank = 1;
    }
  }
};

constexpr std::int64_t near_bytes = 1 << 15;  // a block of this size is still in L1 when the part is written

}  // namespace

// The output is written in blocks of indices along the first axis whose slices are small: the fill, then what of the
// part lies in the block.
template <class T>
void spread(const T* in, T* out, const Part& part, T fill) {
  const Spread p(part);
  std::int64_t inner[max_rank + 1];  // elements for one index of each axis
  std::int64_t running = 1;
  bool any = true;
  for (std::size_t k = p.rank; k-- > 0; running *= p.size[k]) {
    inner[k] = running;
    any = any && p.count[k] > 0;
  }
  if (running == 0) return;
  std::size_t level = 0;
  constexpr std::int64_t near = near_bytes / static_cast<std::int64_t>(sizeof(T));
  while (level + 1 < p.rank && inner[level] > near) ++level;
  const std::int64_t n = p.size[level], width = inner[level];
  const std::int64_t block = std::max<std::int64_t>(1, near / width), blocks = (n + block - 1) / block;
  const std::int64_t outer = running / (n * width);
  const std::int64_t grain = std::max<std::int64_t>(1, pointwise_grain / (std::min(block, n) * width));
  parallel_ranges(outer * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t size[max_rank + 1], to[max_rank + 1];
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t first = unit % blocks * block, past = std::min(n, first + block);
      T* const here = out + unit / blocks * n * width;
      std::fill_n(here + first * width, (past - first) * width, fill);
      bool inside = any;
      std::int64_t rest = unit / blocks, from = p.in_start;
      for (std::size_t k = level; k-- > 0;) {
        const std::int64_t away = rest % p.size[k] - p.start[k];
        rest /= p.size[k];
        inside = inside && away >= 0 && away % p.step[k] == 0 && away / p.step[k] < p.count[k];
        from += away / p.step[k] * p.in[k];
      }
      if (!inside) continue;
      const std::int64_t step = p.step[level], start = p.start[level];
      const std::int64_t j0 = first <= start ? 0 : (first - start + step - 1) / step;
      const std::int64_t j1 = past <= start ? 0 : std::min(p.count[level], (past - start + step - 1) / step);
      if (j0 >= j1) continue;
      std::int64_t offset = (start + j0 * step) * width;
      for (std::size_t k = level; k < p.rank; ++k) {
        size[k - level] = k == level ? j1 - j0 : p.count[k];
        to[k - level] = p.step[k] * inner[k];
        if (k > level) offset += p.start[k] * inner[k];
      }
      copy_strided(in + from + j0 * p.in[level], here + offset, {p.rank - level, size, p.in + level, to});
    }
  });
}

template void spread(const bool*, bool*, const Part&, bool);
template void spread(const std::int64_t*, std::int64_t*, const Part&, std::int64_t);
template void spread(const float*, float*, const Part&, float);
template void spread(const double*, double*, const Part&, double);

}  // namespace xgrad::kernels
