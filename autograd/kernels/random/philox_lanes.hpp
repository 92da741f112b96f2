#pragma once

// For this room's sources only: as many blocks of Philox 4x32-10 side by side as there are lanes.

#include <xgrad/autograd/kernels/random/lanes.hpp>

namespace xgrad::kernels {

template <int Isa = native_isa>
struct PhiloxLanes {
  using L = Lanes<Isa>;
  using Words = typename L::Words;

  PhiloxLanes(std::uint64_t seed, std::uint64_t stream)
      : stream_low_(L::all(stream)), stream_high_(L::all(stream >> 32)) {
    for (std::uint64_t round = 0; round < rounds; ++round) {
      key_low_[round] = L::all(static_cast<std::uint32_t>(seed + round * 0x9E3779B9));
      key_high_[round] = L::all(static_cast<std::uint32_t>((seed >> 32) + round * 0xBB67AE85));
    }
  }

  /// Words 0 to 3 of the blocks from `block` on, each in the lower half of a lane; the upper halves hold anything.
  void draw(std::uint64_t block, Words out[4]) const {
    const Words number = L::all(block) + L::numbers();
    Words a = number, b = number >> 32, c = stream_low_, d = stream_high_;
    for (std::size_t round = 0; round < rounds; ++round) {
      const Words p = L::product(a, L::all(0xD2511F53)), q = L::product(c, L::all(0xCD9E8D57));
      a = (q >> 32) ^ b ^ key_low_[round];
      c = (p >> 32) ^ d ^ key_high_[round];
      b = q;
      d = p;
    }
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
  }

  /// Writes the words of as many blocks, in order.
  void draw(std::uint64_t block, std::uint32_t* out) const {
    constexpr std::uint64_t lower = 0xffffffff;
    Words w[4];
    draw(block, w);
    L::store_pairs((w[0] & lower) | w[1] << 32, (w[2] & lower) | w[3] << 32, out);
  }

 private:
  static constexpr std::size_t rounds = 10;
  Words stream_low_, stream_high_, key_low_[rounds], key_high_[rounds];
};

}  // namespace xgrad::kernels
