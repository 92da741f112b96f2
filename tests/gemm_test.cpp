#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <xgrad/autograd/kernels/matrix/gemm.hpp>
#include <xgrad/autograd/kernels/matrix/packed_gemm.hpp>
#include <xgrad/autograd/kernels/matrix/small_gemm.hpp>
#include <xgrad/autograd/kernels/matrix/subnormal.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

struct Sizes {
  std::int64_t m, n, k;
};

template <class T>
std::vector<T> some_numbers(std::int64_t count, double seed) {
  std::vector<T> all(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<T>(std::sin(seed + 1.7 * static_cast<double>(i)));
  return all;
}

// The greatest difference between `multiply` and sums in double, relative to the error bound of k + 1 rounded
// additions.
template <class T, class F>
double worst(const F& multiply, bool ta, bool tb, Sizes s, bool accumulate) {
  const auto a = some_numbers<T>(s.m * s.k, 1), b = some_numbers<T>(s.k * s.n, 2),
             before = some_numbers<T>(s.m * s.n, 3);
  std::vector<T> c = before;
  const kernels::Onto<T> onto = accumulate ? kernels::Onto<T>{c.data(), s.n} : kernels::Onto<T>{};
  multiply(ta, tb, s.m, s.n, s.k, a.data(), b.data(), c.data(), onto);
  double result = 0;
  for (std::int64_t i = 0; i < s.m; ++i)
    for (std::int64_t j = 0; j < s.n; ++j) {
      const auto at = static_cast<std::size_t>(i * s.n + j);
      double sum = accumulate ? static_cast<double>(before[at]) : 0, size = std::abs(sum);
      for (std::int64_t p = 0; p < s.k; ++p) {
        const double term = static_cast<double>(a[static_cast<std::size_t>(ta ? p * s.m + i : i * s.k + p)]) *
                            static_cast<double>(b[static_cast<std::size_t>(tb ? j * s.k + p : p * s.n + j)]);
        sum += term;
        size += std::abs(term);
      }
      const double unit =
          static_cast<double>(s.k + 1) * size * static_cast<double>(std::numeric_limits<T>::epsilon()) + 1e-300;
      const double difference = std::abs(static_cast<double>(c[at]) - sum) / unit;
      result = difference <= result ? result : difference;  // a NaN stays
    }
  return result;
}

const Sizes every_size[] = {{1, 1, 1},      {1, 16, 1},   {2, 3, 5},    {7, 13, 5},    {5, 5, 300},
                            {6, 64, 33},    {13, 80, 17}, {8, 16, 2},   {11, 11, 256}, {100, 50, 784},
                            {50, 784, 100}, {3, 1, 1000}, {17, 96, 31}, {64, 128, 64}};

// Products that are cut into two and four parts, of rows and of columns; the last for the BLAS, and the one before it
// for packed operands.
const Sizes cut_sizes[] = {{100, 50, 784},  {50, 784, 100},  {130, 70, 400},  {77, 129, 320},
                           {121, 331, 318}, {331, 121, 318}, {300, 210, 300}, {20, 1000, 900}};

}  // namespace

TEMPLATE_TEST_CASE("a product has the same bits on any number of threads, and in parts", "[gemm]", float, double) {
  const bool ta = GENERATE(false, true), tb = GENERATE(false, true), accumulate = GENERATE(false, true);
  for (const Sizes& s : cut_sizes) {
    CAPTURE(s.m, s.n, s.k, ta, tb, accumulate);
    const auto a = some_numbers<TestType>(s.m * s.k, 1), b = some_numbers<TestType>(s.k * s.n, 2),
               before = some_numbers<TestType>(s.m * s.n, 3);
    const auto computed = [&](int threads) {
      std::vector<TestType> c = before;
      const kernels::Onto<TestType> onto =
          accumulate ? kernels::Onto<TestType>{c.data(), s.n} : kernels::Onto<TestType>{};
      kernels::set_threads(threads);
      kernels::gemm<TestType>(ta, tb, s.m, s.n, s.k, a.data(), b.data(), c.data(), onto);
      kernels::set_threads(kernels::usable_cpus());
      return c;
    };
    const std::vector<TestType> alone = computed(1);
    for (const int threads : {2, 3, 8}) CHECK((computed(threads) == alone));
  }
}

TEMPLATE_TEST_CASE("a product in parts agrees with plain sums", "[gemm]", float, double) {
  const bool ta = GENERATE(false, true), tb = GENERATE(false, true);
  for (const Sizes& s : cut_sizes) {
    if (s.m * s.n * s.k > 8'000'000 && (ta || !tb)) continue;  // these take long, and all kernels have smaller ones
    CAPTURE(s.m, s.n, s.k, ta, tb);
    CHECK(worst<TestType>([](auto... all) { kernels::small_gemm<TestType>(all...); }, ta, tb, s, true) < 1);
  }
}

TEMPLATE_TEST_CASE("a product agrees with plain sums for sizes of every code path", "[gemm]", float, double) {
  const bool ta = GENERATE(false, true), tb = GENERATE(false, true), accumulate = GENERATE(false, true);
  for (const Sizes& s : every_size) {
    CAPTURE(s.m, s.n, s.k, ta, tb, accumulate);
    CHECK(worst<TestType>([](auto... all) { kernels::gemm<TestType>(all...); }, ta, tb, s, accumulate) < 1);
    CHECK(worst<TestType>([](auto... all) { kernels::small_gemm<TestType>(all...); }, ta, tb, s, accumulate) < 1);
  }
}

TEMPLATE_TEST_CASE("a product with a packed operand agrees with plain sums", "[gemm]", float, double) {
  // Several blocks of rows and of columns of B, the last ones not full, and an A of more rows than are packed together.
  const Sizes sizes[] = {{25, 70, 385},  {24, 17, 1},   {97, 300, 20},  {31, 1100, 1000},
                         {1600, 18, 20}, {7, 129, 801}, {13, 515, 400}, {1, 1, 2}};
  const bool ta = GENERATE(false, true), tb = GENERATE(false, true), accumulate = GENERATE(false, true);
  const auto check = [&](const Sizes& s) {
    CAPTURE(s.m, s.n, s.k, ta, tb, accumulate);
    CHECK(worst<TestType>([](auto... all) { kernels::packed_gemm<TestType>(all...); }, ta, tb, s, accumulate) < 1);
  };
  for (const Sizes& s : every_size) check(s);
  for (const Sizes& s : sizes) check(s);
  check({130, 70, 400});
  check({77, 129, 320});
}

TEMPLATE_TEST_CASE("a product with a packed operand has the same bits on any number of threads", "[gemm]", float,
                   double) {
  const bool ta = GENERATE(false, true), tb = GENERATE(false, true);
  for (const Sizes& s : {Sizes{100, 1000, 390}, Sizes{1700, 96, 100}, Sizes{40, 1100, 1000}}) {
    CAPTURE(s.m, s.n, s.k, ta, tb);
    const auto a = some_numbers<TestType>(s.m * s.k, 1), b = some_numbers<TestType>(s.k * s.n, 2);
    const auto computed = [&](int threads) {
      std::vector<TestType> c(static_cast<std::size_t>(s.m * s.n));
      kernels::set_threads(threads);
      kernels::packed_gemm<TestType>(ta, tb, s.m, s.n, s.k, a.data(), b.data(), c.data(), {}, TestType(0.5));
      kernels::set_threads(kernels::usable_cpus());
      return c;
    };
    const std::vector<TestType> alone = computed(1);
    for (const int threads : {2, 3, 8}) CHECK((computed(threads) == alone));
    // Half the product, and a row has the bits that it has alone.
    std::vector<TestType> whole(alone.size()), row(static_cast<std::size_t>(s.n));
    kernels::packed_gemm<TestType>(ta, tb, s.m, s.n, s.k, a.data(), b.data(), whole.data(), {});
    for (std::size_t i = 0; i < whole.size(); ++i) whole[i] *= TestType(0.5);
    CHECK((whole == alone));
    if (ta) continue;
    kernels::packed_gemm<TestType>(false, tb, 1, s.n, s.k, a.data() + 5 * s.k, b.data(), row.data(), {}, TestType(0.5));
    CHECK(std::equal(row.begin(), row.end(), alone.begin() + 5 * s.n));
  }
}

TEST_CASE("columns that fill up a panel raise no floating-point exception", "[gemm]") {
  constexpr std::int64_t m = 25, n = 17, k = 30;
  const std::vector<float> a(m * k, std::numeric_limits<float>::infinity()), b(k * n, 2);
  std::vector<float> c(m * n);
  for (const bool tb : {false, true}) {
    std::feclearexcept(FE_ALL_EXCEPT);
    kernels::packed_gemm<float>(false, tb, m, n, k, a.data(), b.data(), c.data(), {});
    CHECK(std::fetestexcept(FE_INVALID) == 0);
    CHECK((c == std::vector<float>(m * n, std::numeric_limits<float>::infinity())));
  }
}

TEMPLATE_TEST_CASE("a product is added to one row for all", "[gemm]", float, double) {
  const bool tb = GENERATE(false, true);
  for (const Sizes& s : every_size) {
    CAPTURE(s.m, s.n, s.k, tb);
    const auto a = some_numbers<TestType>(s.m * s.k, 1), b = some_numbers<TestType>(s.k * s.n, 2),
               row = some_numbers<TestType>(s.n, 3);
    std::vector<TestType> expected(static_cast<std::size_t>(s.m * s.n)), got(expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = row[i % static_cast<std::size_t>(s.n)];
    kernels::gemm<TestType>(false, tb, s.m, s.n, s.k, a.data(), b.data(), expected.data(), {expected.data(), s.n});
    kernels::gemm<TestType>(false, tb, s.m, s.n, s.k, a.data(), b.data(), got.data(), {row.data(), 0});
    CHECK(got == expected);
  }
}

TEST_CASE("sizes whose product overflows do not suit the own kernels", "[gemm]") {
  const std::int64_t huge = std::int64_t{1} << 40;
  CHECK_FALSE(kernels::suits_small_gemm<float>(false, false, huge, huge, huge));
}

namespace {

// Numbers of which every third is subnormal, and those of column 5 all.
template <class T>
std::vector<T> with_subnormals(std::int64_t rows, std::int64_t columns) {
  auto all = some_numbers<T>(rows * columns, 4);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i % 3 == 0 || static_cast<std::int64_t>(i) % columns == 5) all[i] *= std::numeric_limits<T>::min() / 64;
  return all;
}

}  // namespace

TEMPLATE_TEST_CASE("a large product of subnormal numbers is scaled, and right", "[gemm]", float, double) {
  using T = TestType;
  const std::int64_t m = 96, n = 400, k = 512;
  const std::vector<T> a = with_subnormals<T>(m, k);
  std::vector<T> b = some_numbers<T>(k * n, 5), c(static_cast<std::size_t>(m * n)), before = some_numbers<T>(m * n, 6);
  const auto scale = static_cast<T>(GENERATE(1.0, 1e20));
  for (T& each : b) each *= scale;
  REQUIRE(kernels::WithoutSubnormals<T>(a.data(), m * k, b.data(), k * n, k).factor() < 1);
  const bool accumulate = GENERATE(false, true);
  if (accumulate) c = before;
  kernels::gemm(false, false, m, n, k, a.data(), b.data(), c.data(),
                accumulate ? kernels::Onto<T>{c.data(), n} : kernels::Onto<T>{});
  for (std::int64_t i = 0; i < m; i += 5)
    for (std::int64_t j = 0; j < n; j += 3) {
      const auto at = static_cast<std::size_t>(i * n + j);
      long double sum = accumulate ? static_cast<long double>(before[at]) : 0, size = std::abs(sum);
      for (std::int64_t p = 0; p < k; ++p) {
        const long double term = static_cast<long double>(a[static_cast<std::size_t>(i * k + p)]) *
                                 static_cast<long double>(b[static_cast<std::size_t>(p * n + j)]);
        sum += term;
        size += std::abs(term);
      }
      const long double bound = 2 * size * static_cast<long double>(k) * std::numeric_limits<T>::epsilon();
      REQUIRE(std::abs(static_cast<long double>(c[at]) - sum) <= bound);
    }
}

TEMPLATE_TEST_CASE("a row of subnormal numbers alone keeps its accuracy in a large product", "[gemm]", float, double) {
  using T = TestType;
  const std::int64_t m = 96, n = 400, k = 512;
  std::vector<T> a = some_numbers<T>(m * k, 4), b(static_cast<std::size_t>(k * n), T(1)),
                 c(static_cast<std::size_t>(m * n));
  const T least = std::numeric_limits<T>::denorm_min();
  for (std::int64_t p = 0; p < k; ++p) a[static_cast<std::size_t>(p)] = 3 * least;
  for (std::int64_t i = 7; i < m; ++i)
    for (std::int64_t p = 0; p < k; p += 2) a[static_cast<std::size_t>(i * k + p)] = least;
  REQUIRE(kernels::WithoutSubnormals<T>(a.data(), m * k, b.data(), k * n, k).factor() < 1);
  kernels::gemm(false, false, m, n, k, a.data(), b.data(), c.data());
  for (std::int64_t j = 0; j < n; ++j) REQUIRE(c[static_cast<std::size_t>(j)] == static_cast<T>(3 * k) * least);
}

TEMPLATE_TEST_CASE("subnormal numbers are left as they are where scaling could overflow", "[gemm]", float, double) {
  using T = TestType;
  const std::int64_t m = 96, n = 400, k = 512;
  std::vector<T> a = with_subnormals<T>(m, k), b = some_numbers<T>(k * n, 5), c(static_cast<std::size_t>(m * n));
  const auto factor = [&] { return kernels::WithoutSubnormals<T>(a.data(), m * k, b.data(), k * n, k).factor(); };
  const T huge = GENERATE(std::numeric_limits<T>::max() / 1024, std::numeric_limits<T>::infinity(),
                          std::numeric_limits<T>::quiet_NaN());
  (GENERATE(true, false) ? a : b)[77] = huge;
  CHECK(factor() == 1);
  kernels::gemm(false, false, m, n, k, a.data(), b.data(), c.data());
  CHECK(std::isfinite(c[static_cast<std::size_t>(50 * n + 50)]));
}

TEMPLATE_TEST_CASE("subnormal numbers beside large ones give a finite product, and no exception", "[gemm]", float,
                   double) {
  using T = TestType;
  using Limits = std::numeric_limits<T>;
  // For packed operands, and of few rows for the BLAS.
  const auto [m, n, k] = GENERATE(Sizes{96, 400, 512}, Sizes{20, 1000, 2000});
  std::vector<T> a(static_cast<std::size_t>(m * k), T(1)), c(static_cast<std::size_t>(m * n));
  a[0] = Limits::denorm_min();
  a[1] = std::ldexp(T(1), Limits::max_exponent - 10);
  const T factor = GENERATE(T(0), std::ldexp(T(1), -Limits::digits - 8));
  const std::vector<T> b(static_cast<std::size_t>(k * n), factor);
  std::feclearexcept(FE_ALL_EXCEPT);
  kernels::gemm(false, false, m, n, k, a.data(), b.data(), c.data());
  CHECK(std::fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW) == 0);
  for (std::int64_t j = 0; j < n; ++j) {
    REQUIRE(c[static_cast<std::size_t>(j)] == Approx(a[1] * factor));
    REQUIRE(c[static_cast<std::size_t>(n + j)] == Approx(static_cast<T>(k) * factor));
  }
}
