#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// The counter-based generator Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
/// Equal seed and stream give equal numbers on every machine; different streams are independent.
class Philox {
 public:
  explicit Philox(std::uint64_t seed, std::uint64_t stream = 0);

  std::uint64_t seed() const { return seed_; }
  std::uint64_t stream() const { return stream_; }
  std::uint32_t next32() {
    if (used_ == ready_) refill();
    return out_[used_++];
  }
  std::uint64_t next64() {
    const std::uint64_t low = next32();
    return low | std::uint64_t{next32()} << 32;
  }
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next64() >> 11) * 0x1p-53; }
  /// Uniform in 0 .. n-1, exactly; n > 0.
  std::uint64_t below(std::uint64_t n);
  /// Standard normal, by the Box-Muller transform: pairs from two uniform numbers each.
  double normal();

 private:
  void refill();

  static constexpr int most_blocks = 32;

  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t block_ = 0;  // the next to be computed
  int ahead_ = 0;            // blocks of the last refill; doubled by each, as most generators give few numbers
  int used_ = 0, ready_ = 0;
  double spare_ = 0;
  bool has_spare_ = false;
  std::uint32_t out_[4 * most_blocks];  // those before ready_ have been computed
};

/// The four words of block `block` of a stream.
void philox_block(std::uint64_t seed, std::uint64_t stream, std::uint64_t block, std::uint32_t out[4]);

/// to[i] = first + random.below(span), drawn in order.
void whole_numbers(std::int64_t* to, std::int64_t n, std::int64_t first, std::uint64_t span, Philox random);

/// to[i] = scale with probability keep, else 0. Each block of the stream, from `block` on, gives four elements.
template <class T>
void bernoulli(T* to, std::int64_t n, double keep, T scale, std::uint64_t seed, std::uint64_t stream,
               std::uint64_t block);

}  // namespace xgrad::kernels
