#include <xgrad/autograd/graph/random.hpp>

#include <atomic>
#include <utility>

namespace xgrad {
namespace {

std::atomic<std::uint64_t> process_seed{0};
std::atomic<std::uint64_t> next_stream{0};
__thread Generator* in_scope = nullptr;

}  // namespace

// The stream number takes the upper 24 bits, the count of draws the lower 40.
kernels::Philox Generator::next() { return kernels::Philox(seed_, (stream_ << 40) + draws_++); }

GeneratorScope::GeneratorScope(Generator& generator) noexcept : before_(std::exchange(in_scope, &generator)) {}
GeneratorScope::~GeneratorScope() { in_scope = before_; }

Generator& default_generator() {
  if (in_scope != nullptr) return *in_scope;
  thread_local Generator generator(process_seed.load(), next_stream.fetch_add(1));
  return generator;
}

void manual_seed(std::uint64_t seed) {
  Generator& generator = default_generator();
  process_seed.store(seed);
  generator = Generator(seed, 0);
}

}  // namespace xgrad
