// The largest errors of the elementary functions over all floats, in units in the last place, with libm in double as
// the reference; and their time per element, compared with xsimd's functions and libm's. Arguments are names of
// functions; without any, it measures all.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace {

using Register = xgrad::Vec<float>;
using Native = Register::Native;
constexpr std::size_t block = 1 << 14;

struct Function {
  const char* name;
  void (*ours)(const float*, float*);
  void (*theirs)(const float*, float*);
  double (*exact)(double);
  double low;  // the time is measured for inputs from here to 6
};

template <class R, class F>
[[gnu::flatten]] void run(const float* x, float* y, F f) {
  for (std::size_t i = 0; i < block; i += Native::size) {
    const Native result = f(R(Native::load_unaligned(x + i)));
    result.store_unaligned(y + i);
  }
}

#define BOTH(ours, theirs)                                                                            \
  [](const float* x, float* y) { run<Register>(x, y, [](Register v) { return Native((ours).v); }); }, \
      [](const float* x, float* y) { run<Native>(x, y, [](Native v) { return Native(theirs); }); }

double logistic(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
// Keeps the formulas below from 0 times infinity at -inf, where their limit is 0.
double without_infinity(double x) { return std::max(x, -1e4); }

const Function functions[] = {
    {"exp", BOTH(exp(v), xsimd::exp(v)), [](double x) { return std::exp(x); }, -6},
    {"expm1", BOTH(expm1(v), xsimd::expm1(v)), [](double x) { return std::expm1(x); }, -6},
    {"log", BOTH(log(v), xsimd::log(v)), [](double x) { return std::log(x); }, 0.01},
    {"log1p", BOTH(log1p(v), xsimd::log1p(v)), [](double x) { return std::log1p(x); }, 0.01},
    {"tanh", BOTH(tanh(v), xsimd::tanh(v)), [](double x) { return std::tanh(x); }, -6},
    {"sigmoid", BOTH(sigmoid(v), 1.0f / (1.0f + xsimd::exp(-v))), logistic, -6},
    {"silu", BOTH(silu(v), v / (1.0f + xsimd::exp(-v))),
     [](double x) { return without_infinity(x) * logistic(without_infinity(x)); }, -6},
    {"erf", BOTH(erf(v), xsimd::erf(v)), [](double x) { return std::erf(x); }, -6},
    {"gelu", BOTH(gelu(v), 0.5f * v * (1.0f + xsimd::erf(0.70710678f * v))),
     [](double x) { return without_infinity(x) * std::erfc(-without_infinity(x) * 0.70710678118654752) / 2; }, -6},
    {"sin", BOTH(sin(v), xsimd::sin(v)), [](double x) { return std::sin(x); }, -6},
    {"cos", BOTH(cos(v), xsimd::cos(v)), [](double x) { return std::cos(x); }, -6},
};

double ulps(float got, double exact) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  const auto rounded = static_cast<float>(exact);
  if (std::isnan(got) || std::isnan(rounded)) return std::isnan(got) == std::isnan(rounded) ? 0 : wrong;
  if (got == rounded && got != 0) return 0.5;
  if (std::isinf(exact)) return got == rounded ? 0 : wrong;
  if (got == 0 && exact == 0 && std::signbit(got) != std::signbit(exact)) return wrong;
  int exponent = -125;
  if (exact != 0) std::frexp(exact, &exponent);
  exponent = std::clamp(exponent, -125, 128);
  const double value = std::isinf(got) ? std::copysign(std::ldexp(1.0, 128), got) : static_cast<double>(got);
  return std::abs(value - exact) / std::ldexp(1.0, exponent - 24);
}

struct Worst {
  double error = 0;
  float at = 0;
};

Worst sweep(const Function& f) {
  const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<Worst> worst(threads);
  std::vector<std::thread> workers;
  std::atomic<std::uint64_t> next{0};
  for (unsigned t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      std::vector<float> x(block), y(block);
      Worst mine;
      for (std::uint64_t start; (start = next.fetch_add(block)) < (std::uint64_t{1} << 32);) {
        for (std::size_t i = 0; i < block; ++i) {
          const auto bits = static_cast<std::uint32_t>(start + i);
          std::memcpy(&x[i], &bits, sizeof(float));
        }
        f.ours(x.data(), y.data());
        for (std::size_t i = 0; i < block; ++i) {
          const double error = ulps(y[i], f.exact(static_cast<double>(x[i])));
          if (error > mine.error) mine = {error, x[i]};
        }
      }
      worst[t] = mine;
    });
  for (std::thread& each : workers) each.join();
  return *std::max_element(worst.begin(), worst.end(),
                           [](const Worst& a, const Worst& b) { return a.error < b.error; });
}

/// The shortest of many runs, in nanoseconds per element.
template <class F>
double time(const Function& function, F f) {
  std::vector<float> x(block), y(block);
  for (std::size_t i = 0; i < block; ++i)
    x[i] = static_cast<float>(function.low +
                              (6 - function.low) * std::fmod(0.6180339887498949 * static_cast<double>(i), 1));
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 300; ++i) {
    const auto start = std::chrono::steady_clock::now();
    f(x.data(), y.data());
    const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
    best = std::min(best, passed.count() / static_cast<double>(block));
  }
  return best;
}

}  // namespace

int main(int count, char** names) {
  std::printf("%-8s %10s %16s %10s %10s %10s  ns per element, %zu lanes\n", "", "max ulp", "at", "xgrad", "xsimd",
              "libm double", Native::size);
  for (const Function& f : functions) {
    if (count > 1 && std::find(names + 1, names + count, std::string(f.name)) == names + count) continue;
    const Worst worst = sweep(f);
    const double libm = time(f, [&](const float* x, float* y) {
      for (std::size_t i = 0; i < block; ++i) y[i] = static_cast<float>(f.exact(static_cast<double>(x[i])));
    });
    std::printf("%-8s %10.4f %16a %10.3f %10.3f %10.3f\n", f.name, worst.error, static_cast<double>(worst.at),
                time(f, f.ours), time(f, f.theirs), libm);
    std::fflush(stdout);
  }
}
