#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {

/// How many vectors of float are added in float before their sum goes to double: `some` suits numbers of one sign, as
/// of e^x, where that costs a few roundings; `none` is for those that may cancel.
enum class Narrow : int { none = 1, some = 32 };

/// A sum of vectors, lane by lane, in double, so that the sum of 2^25 ones is 2^25. The order of additions depends on
/// their number alone.
template <class T, Narrow narrow = Narrow::some, int Isa = native_isa>
class WideSum {
 public:
  using B = Vec<T, Isa>;
  static constexpr std::size_t width = B::width;

  void add(B x) {
    if constexpr (narrow == Narrow::none && std::is_same_v<T, float>) {
      spill(x);
    } else {
      lanes_ = lanes_ + x;
      if (++count_ == spill_after) spill();
    }
  }
  /// The sum of each lane.
  void lane_sums(double* out) {
    spill();
    std::memcpy(out, &low_, sizeof low_);
    if constexpr (parts == 2) std::memcpy(out + width / 2, &high_, sizeof high_);
  }
  /// The sum of all lanes.
  double total() {
    spill();
    return parts == 2 ? folded(low_ + high_) : folded(low_);
  }

 private:
  static constexpr int spill_after = std::is_same_v<T, float> ? static_cast<int>(narrow) : 1 << 30;
  static constexpr std::size_t parts = std::is_same_v<T, float> ? 2 : 1;

  // Vectors of the compiler, since it would make a loop over an array of doubles into one scalar register for each
  // lane, and then has none left for the loop that adds; of the processor's size, since it keeps larger ones in memory.
  typedef T Lanes __attribute__((vector_size(width * sizeof(T))));
  typedef double Part __attribute__((vector_size(width * sizeof(T))));

  // Adds the upper half of the lanes to the lower one, until one is left.
  static double folded(Part lanes) { return fold(lanes, std::make_index_sequence<width / parts / 2>{}); }
  template <class V, std::size_t... I>
  static double fold(V lanes, std::index_sequence<I...>) {
    if constexpr (sizeof...(I) == 1) {
      return lanes[0] + lanes[1];
    } else {
      const auto half = __builtin_shufflevector(lanes, lanes, static_cast<int>(I)...) +
                        __builtin_shufflevector(lanes, lanes, static_cast<int>(I + sizeof...(I))...);
      return fold(half, std::make_index_sequence<sizeof...(I) / 2>{});
    }
  }
  // Converted as a whole, for which compilers have better code than for the halves.
  template <std::size_t... I>
  void spill_halves(Lanes now, std::index_sequence<I...>) {
    typedef double Both __attribute__((vector_size(width * sizeof(double))));
    const Both both = __builtin_convertvector(now, Both);
    low_ += __builtin_shufflevector(both, both, static_cast<int>(I)...);
    high_ += __builtin_shufflevector(both, both, static_cast<int>(I + sizeof...(I))...);
  }

  void spill(B x) {
    Lanes now;
    x.store(reinterpret_cast<T*>(&now));
    if constexpr (parts == 2)
      spill_halves(now, std::make_index_sequence<width / 2>{});
    else
      low_ += now;
  }
  void spill() {
    spill(lanes_);
    lanes_ = B(T(0));
    count_ = 0;
  }

  B lanes_ = B(T(0));
  int count_ = 0;
  Part low_ = {}, high_ = {};
};

}  // namespace xgrad::kernels
