// Random numbers: the bits of the generator, on every instruction set and for any number of threads, and that what is
// drawn has the distribution that it is named for.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/kernels/random/normal.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/kernels/random/uniform.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

// FNV-1a of the bytes.
template <class T>
std::uint64_t fingerprint(const std::vector<T>& all) {
  std::uint64_t hash = 0xcbf29ce484222325;
  std::vector<unsigned char> bytes(all.size() * sizeof(T));
  std::memcpy(bytes.data(), all.data(), bytes.size());
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

template <class T>
std::vector<T> normals(std::size_t n, std::uint64_t seed, std::uint64_t stream) {
  std::vector<T> all(n);
  kernels::normal(all.data(), static_cast<std::int64_t>(n), 0, 1, seed, stream, 0);
  return all;
}

// The largest difference of two distribution functions, of the numbers and the normal one, times the root of how many
// there are. A larger one than 1.95 comes by chance once in a thousand (Kolmogorov and Smirnov).
double distance_from_normal(std::vector<double> all) {
  for (const double each : all)
    if (std::isnan(each)) return each;  // it has no place in an order
  std::sort(all.begin(), all.end());
  double largest = 0;
  const auto n = static_cast<double>(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double expected = std::erfc(-all[i] / std::sqrt(2.)) / 2;
    largest = std::max({largest, std::abs(static_cast<double>(i) / n - expected),
                        std::abs(static_cast<double>(i + 1) / n - expected)});
  }
  return largest * std::sqrt(n);
}

}  // namespace

// A program of its own, so that the other thread is the first to draw.
TEST_CASE("a thread that draws before any other shares no numbers with the main one", "[.][first_to_draw]") {
  Numbers there, later;
  std::thread([&] { there = numbers(rand({4}, float64)); }).join();
  manual_seed(0);
  const Numbers here = numbers(rand({4}, float64));
  CHECK(there != here);
  std::thread([&] { later = numbers(rand({4}, float64)); }).join();
  CHECK(later != here);
  CHECK(later != there);
  Generator generator(0);
  CHECK(here == numbers(rand({4}, generator, float64)));
}

TEST_CASE("a thread that has not been seeded shares no numbers with one that has the same seed", "[random]") {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/proc/self/exe", "random_test", "[first_to_draw]", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("Philox gives the numbers that its authors list", "[random]") {
  std::uint32_t out[4];
  kernels::philox_block(0, 0, 0, out);
  CHECK(std::vector<std::uint32_t>(out, out + 4) ==
        std::vector<std::uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  kernels::philox_block(UINT64_MAX, UINT64_MAX, UINT64_MAX, out);
  CHECK(std::vector<std::uint32_t>(out, out + 4) ==
        std::vector<std::uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
}

TEST_CASE("a generator goes through its blocks in order, however many it computes at a time", "[random]") {
  kernels::Philox random(7, std::uint64_t{1} << 35);
  std::uint32_t out[4];
  for (std::uint64_t block = 0; block < 300; ++block) {
    kernels::philox_block(7, std::uint64_t{1} << 35, block, out);
    for (const std::uint32_t word : out) REQUIRE(random.next32() == word);
    if (block == 100) {
      kernels::Philox copy = random;
      std::uint32_t next[4];
      kernels::philox_block(7, std::uint64_t{1} << 35, 101, next);
      CHECK(copy.next32() == next[0]);
    }
  }
}

TEST_CASE("many numbers at once are those of one after another", "[random]") {
  const auto n = static_cast<std::size_t>(GENERATE(0, 1, 2, 3, 15, 16, 17, 31, 255, 256, 257, 1001));
  const auto count = static_cast<std::int64_t>(n);
  kernels::Philox random(3, 9), words(3, 9), uniform(3, 9);
  const std::vector<double> z = normals<double>(n, 3, 9);
  std::vector<double> u(n), expected_z(n), expected_u(n);
  std::vector<float> narrow(n), expected_narrow(n);
  kernels::uniform(u.data(), count, 3, 9, 0);
  kernels::uniform(narrow.data(), count, 3, 9, 0);
  for (std::size_t i = 0; i < n; ++i) {
    expected_z[i] = random.normal();
    expected_u[i] = uniform.uniform();
    expected_narrow[i] = static_cast<float>(words.next32() >> 8) * 0x1p-24f;
  }
  CHECK(z == expected_z);
  CHECK(u == expected_u);
  CHECK(narrow == expected_narrow);
  std::vector<float> rounded(z.begin(), z.end());
  CHECK(normals<float>(n, 3, 9) == rounded);
}

TEST_CASE("normal numbers have the same bits on every instruction set", "[random]") {
  CHECK(fingerprint(normals<double>(10007, 1, 2)) == 0x264ae676397dde4c);
  CHECK(fingerprint(normals<float>(10007, 1, 2)) == 0x3dc5031d24cbd915);
  std::vector<double> ranged(10007);
  kernels::uniform(ranged.data(), 10007, -1.1, 2.3, std::nextafter(2.3, 0), 1, 2);
  CHECK(fingerprint(ranged) == 0xa26f4215da5df16d);
}

TEST_CASE("a normal number is what the formula of Box and Muller gives", "[random]") {
  const double pi = std::acos(-1.0);
  kernels::Philox random(11);
  double pair[2];
  for (int i = 0; i < 20000; ++i) {
    const double u = i < 100 ? 1 - std::ldexp(1.0, -i / 2) : random.uniform(), w = random.uniform();
    kernels::normal_pair(u, w, pair);
    const double radius = std::sqrt(-2 * std::log1p(-u));
    REQUIRE(std::abs(pair[0] - radius * std::cos(2 * pi * w)) <= 4e-16 * (1 + 2 * radius));
    REQUIRE(std::abs(pair[1] - radius * std::sin(2 * pi * w)) <= 4e-16 * (1 + 2 * radius));
  }
  kernels::normal_pair(1 - 0x1p-53, 0, pair);  // the largest
  CHECK(pair[0] == Approx(8.571674348652905).epsilon(1e-15));
  CHECK(pair[1] == 0);
  kernels::normal_pair(0, .3, pair);
  CHECK(pair[0] == 0);
}

TEST_CASE("normal numbers are normal, in the middle and in the tails", "[random]") {
  const auto n = static_cast<std::size_t>(scaled(1 << 22, 1 << 18));
  const std::vector<double> all = normals<double>(n, 2026, 5);
  CHECK(distance_from_normal(all) < 1.95);
  const auto count = static_cast<double>(n);
  double sum[5] = {}, beside = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double power = 1;
    for (double& total : sum) total += power, power *= all[i];
    beside += all[i] * all[(i + 1) % n];
  }
  // Within four standard deviations of the moments 0, 1, 0, 3 and of what is uncorrelated.
  CHECK(std::abs(sum[1] / count) < 4 / std::sqrt(count));
  CHECK(std::abs(sum[2] / count - 1) < 4 * std::sqrt(2 / count));
  CHECK(std::abs(sum[3] / count) < 4 * std::sqrt(15 / count));
  CHECK(std::abs(sum[4] / count - 3) < 4 * std::sqrt(96 / count));
  CHECK(std::abs(beside / count) < 4 / std::sqrt(count));
  for (const double bound : {2., 3., 3.5, 4.}) {
    const double expected = count * std::erfc(bound / std::sqrt(2.)) / 2;
    const auto above = static_cast<double>(std::count_if(all.begin(), all.end(), [&](double z) { return z > bound; }));
    const auto below = static_cast<double>(std::count_if(all.begin(), all.end(), [&](double z) { return z < -bound; }));
    INFO("beyond " << bound);
    CHECK(std::abs(above - expected) < 4 * std::sqrt(expected) + 1);
    CHECK(std::abs(below - expected) < 4 * std::sqrt(expected) + 1);
  }
}

TEST_CASE("a seed means the same numbers for any number of threads", "[random]") {
  const std::int64_t n = scaled(1 << 19, 1 << 17) + 5;
  const auto all = [&] {
    Generator generator(17, 4);
    return std::vector<Tensor>{randn({n}, generator),          randn({n}, generator, float64),
                               rand({n}, generator),           rand({n}, generator, float64),
                               normal(1, 2, {n}, generator),   uniform(-1, 1, {n}, generator),
                               randint(0, 10, {n}, generator), bernoulli(full({n}, .3), generator)};
  };
  const int before = num_threads();
  set_num_threads(1);
  const std::vector<Tensor> one = all();
  for (const int threads : {2, 3, 4}) {
    set_num_threads(threads);
    const std::vector<Tensor> more = all();
    for (std::size_t i = 0; i < one.size(); ++i) {
      INFO("result " << i << ", " << threads << " threads");
      CHECK(difference(more[i], one[i]) == "");
    }
  }
  set_num_threads(before);
}

TEST_CASE("whole numbers are uniform remainders, for every span", "[random]") {
  for (const std::uint64_t span :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{10}, std::uint64_t{1} << 32,
        (std::uint64_t{1} << 33) + 1, (std::uint64_t{1} << 63) + 1, 0xaaaaaaaaaaaaaaab, UINT64_MAX}) {
    kernels::Philox random(2, 1);
    std::vector<std::int64_t> all(300);
    kernels::whole_numbers(all.data(), 300, -5, span, random);
    for (const std::int64_t number : all) REQUIRE(static_cast<std::uint64_t>(number) + 5 == random.below(span));
  }
  const Tensor drawn = randint(0, 8, {80000});
  for (int k = 0; k < 8; ++k) CHECK(std::abs(sum(drawn == k).item() - 10000) < 400);
}
