#pragma once

#include <cstdint>
#include <type_traits>

#include <xtensor/xslice.hpp>

namespace xgrad::detail {

/// One index of operator(): an integer, or one of xtensor's all(), range(), newaxis() and ellipsis().
struct Slice {
  enum class Kind : std::uint8_t { index, range, newaxis, ellipsis };

  template <class I, std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>, int> = 0>
  Slice(I i) : kind(Kind::index), start(static_cast<std::int64_t>(i)) {}
  Slice(xt::xall_tag) {}
  Slice(xt::xnewaxis_tag) : kind(Kind::newaxis) {}
  Slice(xt::xellipsis_tag) : kind(Kind::ellipsis) {}
  template <class A, class B, class C>
  Slice(const xt::xrange_adaptor<A, B, C>& range)
      : start(range.start()), stop(range.stop()), step(Bound(range.step()).or_else(1)) {}

  /// A bound of a range: a number, or absent (an xtensor placeholder).
  struct Bound {
    Bound() = default;
    template <class T>
    Bound(T number) {
      if constexpr (std::is_integral_v<T>) {
        given = true;
        value = static_cast<std::int64_t>(number);
      }
    }
    std::int64_t or_else(std::int64_t other) const { return given ? value : other; }

    bool given = false;
    std::int64_t value = 0;
  };

  Kind kind = Kind::range;
  Bound start, stop;
  std::int64_t step = 1;
};

}  // namespace xgrad::detail
