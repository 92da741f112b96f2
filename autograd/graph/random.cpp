#include <xgrad/autograd/graph/random.hpp>

#include <unistd.h>

#include <atomic>
#include <utility>

namespace xgrad {
namespace {

std::atomic<std::uint64_t> process_seed{0};
std::atomic<bool> seeded{false};
std::atomic<std::uint64_t> next_stream{1};
__thread Generator* in_scope = nullptr;

// Stream 0 is for manual_seed: a thread that has not called it must not draw the same numbers as one that has. The main
// thread begins as if by manual_seed(0).
Generator unseeded() {
  const bool first = ::gettid() == ::getpid() && !seeded.load();
  return Generator(process_seed.load(), first ? 0 : next_stream.fetch_add(1));
}

}  // namespace

// The stream number takes the upper 24 bits, the count of draws the lower 40.
kernels::Philox Generator::next() { return kernels::Philox(seed_, (stream_ << 40) + draws_++); }

GeneratorScope::GeneratorScope(Generator& generator) noexcept : before_(std::exchange(in_scope, &generator)) {}
GeneratorScope::~GeneratorScope() { in_scope = before_; }

Generator& default_generator() {
  if (in_scope != nullptr) return *in_scope;
  thread_local Generator generator = unseeded();
  return generator;
}

void manual_seed(std::uint64_t seed) {
  Generator& generator = default_generator();
  process_seed.store(seed);
  seeded.store(true);
  generator = Generator(seed, 0);
}

}  // namespace xgrad
