#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include <xtensor/xslice.hpp>

namespace xgrad::detail {

/// One index of operator(): an integer, or one of xtensor's words.
struct Slice {
  enum class Kind : std::uint8_t { index, range, newaxis, ellipsis };

  template <class I, std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>, int> = 0>
  Slice(I i) : kind(Kind::index), start(static_cast<std::int64_t>(i)) {}
  Slice(xt::xall_tag) {}
  Slice(xt::xnewaxis_tag) : kind(Kind::newaxis) {}
  Slice(xt::xellipsis_tag) : kind(Kind::ellipsis) {}
  template <class A, class B, class C>
  Slice(const xt::xrange_adaptor<A, B, C>& range)
      : start(number(range.start())), stop(number(range.stop())), step(number(range.step()).value_or(1)) {}

  Kind kind = Kind::range;
  std::optional<std::int64_t> start, stop;
  std::int64_t step = 1;

 private:
  template <class T>
  static std::optional<std::int64_t> number(T value) {
    if constexpr (std::is_integral_v<T>) return static_cast<std::int64_t>(value);
    else return std::nullopt;
  }
};

}  // namespace xgrad::detail
