#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// Into how many parts a product of so many multiplications is cut, by its size alone, where a part of `enough` is
/// worth handing to another thread: 2, 4 or 8, so that as many threads get equal shares.
inline std::int64_t parts_of(std::int64_t multiplications, std::int64_t enough) {
  const std::int64_t share = multiplications / enough;
  return share < 2 ? 1 : share < 8 ? 2 : share < 16 ? 4 : 8;
}

/// The size of each part but the last, of `count` in all, as a multiple of `step`.
inline std::int64_t part_size(std::int64_t count, std::int64_t parts, std::int64_t step) {
  return parts == 1 ? count : ((count - 1) / parts / step + 1) * step;
}

}  // namespace xgrad::kernels
