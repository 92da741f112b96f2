// Compiled without fused multiplication and addition (CMakeLists.txt): equal seeds give equal bits on every processor.

#include <xgrad/autograd/kernels/random/uniform.hpp>

#include <algorithm>
#include <type_traits>

#include <xgrad/autograd/kernels/random/philox_lanes.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

using L = Lanes<>;
constexpr std::int64_t blocks_at_once = L::count;
// The numbers of a block: a float has 24 bits of one word, a double 53 of two.
template <class T>
constexpr std::int64_t per_block = std::is_same_v<T, float> ? 4 : 2;

void draw_numbers(const PhiloxLanes<>& philox, std::uint64_t block, float* to) {
  std::uint32_t words[4 * blocks_at_once];
  philox.draw(block, words);
  for (std::int64_t i = 0; i < 4 * blocks_at_once; ++i)
    to[i] = static_cast<float>(static_cast<std::int32_t>(words[i] >> 8)) * 0x1p-24f;
}

void draw_numbers(const PhiloxLanes<>& philox, std::uint64_t block, double* to) {
  L::Words words[4];
  philox.draw(block, words);
  L::store_pairs(L::whole_of_53_bits(words[1], words[0]) * 0x1p-53, L::whole_of_53_bits(words[3], words[2]) * 0x1p-53,
                 to);
}

template <class T>
void fill(const PhiloxLanes<>& philox, std::uint64_t block, T* to, std::int64_t n) {
  constexpr std::int64_t numbers = per_block<T> * blocks_at_once;
  std::int64_t i = 0;
  for (; i + numbers <= n; i += numbers, block += static_cast<std::uint64_t>(blocks_at_once))
    draw_numbers(philox, block, to + i);
  if (i == n) return;
  T rest[numbers];
  draw_numbers(philox, block, rest);
  std::copy_n(rest, n - i, to + i);
}

// Calls f(begin, end, block of the first number) for ranges of numbers that begin with a block.
template <class T, class F>
void for_ranges(std::int64_t n, const F& f) {
  static_assert(pointwise_grain % 4 == 0, "a range begins with a block of random numbers");
  parallel_ranges(n, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
    f(begin, end, static_cast<std::uint64_t>(begin / per_block<T>));
  });
}

}  // namespace

template <class T>
void uniform(T* to, std::int64_t n, std::uint64_t seed, std::uint64_t stream, std::uint64_t block) {
  const PhiloxLanes<> philox(seed, stream);
  for_ranges<T>(n, [&](std::int64_t begin, std::int64_t end, std::uint64_t blocks) {
    fill(philox, block + blocks, to + begin, end - begin);
  });
}

template <class T>
void uniform(T* to, std::int64_t n, double low, double high, double below, std::uint64_t seed, std::uint64_t stream) {
  const PhiloxLanes<> philox(seed, stream);
  const double least = std::min(low, below);
  for_ranges<double>(n, [&](std::int64_t begin, std::int64_t end, std::uint64_t block) {
    constexpr std::int64_t tile = 512;
    double u[tile];
    for (std::int64_t i = begin; i < end; i += tile, block += tile / per_block<double>) {
      const std::int64_t count = std::min(tile, end - i);
      fill(philox, block, u, count);
      for (std::int64_t j = 0; j < count; ++j) {
        const auto rounded = static_cast<double>(static_cast<T>(low * (1 - u[j]) + high * u[j]));
        to[i + j] = static_cast<T>(std::max(std::min(rounded, below), least));
      }
    }
  });
}

template void uniform(float*, std::int64_t, std::uint64_t, std::uint64_t, std::uint64_t);
template void uniform(double*, std::int64_t, std::uint64_t, std::uint64_t, std::uint64_t);
template void uniform(float*, std::int64_t, double, double, double, std::uint64_t, std::uint64_t);
template void uniform(double*, std::int64_t, double, double, double, std::uint64_t, std::uint64_t);

}  // namespace xgrad::kernels
