#include <xgrad/autograd/kernels/random/normal.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/random/philox_lanes.hpp>

namespace xgrad::kernels {
namespace {

constexpr std::uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;
constexpr std::uint32_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;

inline void ten_rounds(std::uint32_t c[4], std::uint32_t k0, std::uint32_t k1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{multiplier0} * c[0];
    const std::uint64_t p1 = std::uint64_t{multiplier1} * c[2];
    const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k0;
    const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k1;
    c[1] = static_cast<std::uint32_t>(p1);
    c[3] = static_cast<std::uint32_t>(p0);
    c[0] = n0;
    c[2] = n2;
    k0 += weyl0;
    k1 += weyl1;
  }
}

}  // namespace

void philox_block(std::uint64_t seed, std::uint64_t stream, std::uint64_t block, std::uint32_t out[4]) {
  out[0] = static_cast<std::uint32_t>(block);
  out[1] = static_cast<std::uint32_t>(block >> 32);
  out[2] = static_cast<std::uint32_t>(stream);
  out[3] = static_cast<std::uint32_t>(stream >> 32);
  ten_rounds(out, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

Philox::Philox(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

void Philox::refill() {
  ahead_ = std::min(most_blocks, 2 * ahead_ + (ahead_ == 0));
  constexpr int together = Lanes<>::count;
  static_assert(most_blocks % together == 0, "blocks are computed in whole vectors");
  if (ahead_ < 8) {
    for (int i = 0; i < ahead_; ++i) philox_block(seed_, stream_, block_++, out_ + 4 * i);
  } else {
    const PhiloxLanes<> lanes(seed_, stream_);
    for (int i = 0; i < ahead_; i += together, block_ += static_cast<std::uint64_t>(together))
      lanes.draw(block_, out_ + 4 * i);
  }
  used_ = 0;
  ready_ = 4 * ahead_;
}

std::uint64_t Philox::below(std::uint64_t n) {
  // Numbers at or above the largest multiple of n would favour small remainders: they are rejected and drawn again.
  std::uint64_t drawn = next64();
  if (drawn > UINT64_MAX - n) {  // else it is below that multiple
    const std::uint64_t tail = (UINT64_MAX % n + 1) % n;
    while (drawn > UINT64_MAX - tail) drawn = next64();
  }
  return drawn % n;
}

// Division by a multiplication (Granlund and Montgomery, "Division by invariant integers using multiplication", 1994):
// x / span = (t + (x - t) / 2) >> (l - 1), where l is the number of bits of span - 1, t the upper half of x m, and m
// the whole part of 2^64 (2^l - span) / span, plus 1.
void whole_numbers(std::int64_t* to, std::int64_t n, std::int64_t first, std::uint64_t span, Philox random) {
  __extension__ using Wide = unsigned __int128;
  const auto at = [first](std::uint64_t drawn) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + drawn);
  };
  if (span < 2) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = at(random.below(1));
    return;
  }
  const int bits = 64 - __builtin_clzll(span - 1);
  const auto m = static_cast<std::uint64_t>(((((Wide{1} << bits) - span) << 64) / span) + 1);
  const std::uint64_t tail = (UINT64_MAX % span + 1) % span;
  for (std::int64_t i = 0; i < n; ++i) {
    std::uint64_t drawn = random.next64();
    while (drawn > UINT64_MAX - tail) drawn = random.next64();
    const auto t = static_cast<std::uint64_t>((Wide{drawn} * m) >> 64);
    const std::uint64_t quotient = (t + ((drawn - t) >> 1)) >> (bits - 1);
    to[i] = at(drawn - quotient * span);
  }
}

double Philox::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double u = uniform(), w = uniform();
  double pair[2];
  normal_pair(u, w, pair);
  spare_ = pair[1];
  has_spare_ = true;
  return pair[0];
}

template <class T>
void bernoulli(T* to, std::int64_t n, double keep, T scale, std::uint64_t seed, std::uint64_t stream,
               std::uint64_t block) {
  const auto threshold = static_cast<std::uint64_t>(keep * 0x1p32);
  // Many blocks at a time, in arrays that the compiler vectorises.
  constexpr int lanes = 64;
  const auto k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
  for (std::int64_t begin = 0; begin < n; begin += 4 * lanes) {
    std::uint32_t a[lanes], b[lanes], c[lanes], d[lanes];
    const std::uint64_t first = block + static_cast<std::uint64_t>(begin) / 4;
    for (int i = 0; i < lanes; ++i) {
      const std::uint64_t number = first + static_cast<std::uint64_t>(i);
      a[i] = static_cast<std::uint32_t>(number);
      b[i] = static_cast<std::uint32_t>(number >> 32);
      c[i] = static_cast<std::uint32_t>(stream);
      d[i] = static_cast<std::uint32_t>(stream >> 32);
    }
    std::uint32_t r0 = k0, r1 = k1;
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < lanes; ++i) {
        const std::uint64_t p0 = std::uint64_t{multiplier0} * a[i];
        const std::uint64_t p1 = std::uint64_t{multiplier1} * c[i];
        a[i] = static_cast<std::uint32_t>(p1 >> 32) ^ b[i] ^ r0;
        c[i] = static_cast<std::uint32_t>(p0 >> 32) ^ d[i] ^ r1;
        b[i] = static_cast<std::uint32_t>(p1);
        d[i] = static_cast<std::uint32_t>(p0);
      }
      r0 += weyl0;
      r1 += weyl1;
    }
    T row[4 * lanes];
    for (int i = 0; i < lanes; ++i) {
      row[4 * i] = a[i] < threshold ? scale : T(0);
      row[4 * i + 1] = b[i] < threshold ? scale : T(0);
      row[4 * i + 2] = c[i] < threshold ? scale : T(0);
      row[4 * i + 3] = d[i] < threshold ? scale : T(0);
    }
    const std::int64_t count = n - begin < 4 * lanes ? n - begin : 4 * lanes;
    for (std::int64_t i = 0; i < count; ++i) to[begin + i] = row[i];
  }
}

template void bernoulli(float*, std::int64_t, double, float, std::uint64_t, std::uint64_t, std::uint64_t);
template void bernoulli(double*, std::int64_t, double, double, std::uint64_t, std::uint64_t, std::uint64_t);

}  // namespace xgrad::kernels
