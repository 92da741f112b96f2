#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/random/normal.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>

namespace xgrad {

/// A source of random numbers: a seed, a stream, and a count of the draws made. Counter-based, so that draw k of a
/// (seed, stream) is the same on every machine.
class Generator {
 public:
  explicit Generator(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  std::uint64_t seed() const { return seed_; }
  std::uint64_t stream() const { return stream_; }
  std::uint64_t draws() const { return draws_; }
  void restore(std::uint64_t draws) { draws_ = draws; }

  /// An independent generator for the random numbers of one tensor; counts as one draw.
  kernels::Philox next();

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t draws_ = 0;
};

/// The calling thread's generator: as manual_seed has set it, which is stream 0 of the seed. A thread that has not
/// called it has the last seed of any thread, or 0, and a stream of its own; but the main thread begins as if by
/// manual_seed(0).
Generator& default_generator();

/// While an object exists, default_generator() of this thread is the given one, which must outlive it.
class GeneratorScope {
 public:
  [[nodiscard]] explicit GeneratorScope(Generator& generator) noexcept;
  ~GeneratorScope();
  GeneratorScope(const GeneratorScope&) = delete;
  GeneratorScope& operator=(const GeneratorScope&) = delete;

 private:
  Generator* before_;
};

/// Seeds the calling thread's generator.
void manual_seed(std::uint64_t seed);

namespace detail {

/// At its end, the calling thread's generator is as it was at its beginning.
class KeptGenerator {
 public:
  [[nodiscard]] KeptGenerator() : here_(default_generator()), before_(here_) {}
  ~KeptGenerator() { here_ = before_; }
  KeptGenerator(const KeptGenerator&) = delete;
  KeptGenerator& operator=(const KeptGenerator&) = delete;

 private:
  Generator& here_;
  Generator before_;
};

}  // namespace detail

}  // namespace xgrad
