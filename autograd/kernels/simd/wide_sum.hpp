#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

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
    std::memcpy(out, &wide_, sizeof wide_);
  }
  /// The sum of all lanes.
  double total() {
    double part[width];
    lane_sums(part);
    for (std::size_t half = width / 2; half > 0; half /= 2)
      for (std::size_t i = 0; i < half; ++i) part[i] += part[i + half];
    return part[0];
  }

 private:
  static constexpr int spill_after = std::is_same_v<T, float> ? static_cast<int>(narrow) : 1 << 30;

  // Vectors of the compiler, since it would make a loop over an array of doubles into one scalar register for each
  // lane, and then has none left for the loop that adds.
  typedef T Lanes __attribute__((vector_size(width * sizeof(T))));
  typedef double WideLanes __attribute__((vector_size(width * sizeof(double))));

  void spill(B x) {
    Lanes now;
    x.store(reinterpret_cast<T*>(&now));
    wide_ += __builtin_convertvector(now, WideLanes);
  }
  void spill() {
    spill(lanes_);
    lanes_ = B(T(0));
    count_ = 0;
  }

  B lanes_ = B(T(0));
  int count_ = 0;
  WideLanes wide_ = {};
};

}  // namespace xgrad::kernels
