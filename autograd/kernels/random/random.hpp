#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// The counter-based generator Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
/// Equal seed and stream give equal numbers on every machine; different streams are independent.
class Philox {
 public:
  explicit Philox(std::uint64_t seed, std::uint64_t stream = 0);

  std::uint32_t next32();
  std::uint64_t next64();
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform();
  /// Uniform in 0 .. n-1, exactly; n > 0.
  std::uint64_t below(std::uint64_t n);
  /// Standard normal, by the Box-Muller transform.
  double normal();

 private:
  void refill();

  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t block_ = 0;
  std::uint32_t out_[4] = {};
  int used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

/// The four words of block `block` of a stream.
void philox_block(std::uint64_t seed, std::uint64_t stream, std::uint64_t block, std::uint32_t out[4]);

/// to[i] = scale with probability keep, else 0. Each block of the stream, from `block` on, gives four elements.
template <class T>
void bernoulli(T* to, std::int64_t n, double keep, T scale, std::uint64_t seed, std::uint64_t stream,
               std::uint64_t block);

}  // namespace xgrad::kernels
