#include <xgrad/autograd/kernels/pointwise/update_pass.hpp>

#include <atomic>
#include <vector>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace {

struct Counts {
  std::vector<std::vector<int>>* times;  // of each element of each parameter
  std::atomic<int>* calls;
  std::size_t which;
};

void count(const kernels::UpdatePass& pass, std::int64_t begin, std::int64_t end) {
  const auto counts = pass.rule<Counts>();
  ++*counts.calls;
  for (std::int64_t i = begin; i < end; ++i) ++(*counts.times)[counts.which][static_cast<std::size_t>(i)];
}

// Runs passes over parameters of these sizes; the number of calls.
int run_once(const std::vector<std::int64_t>& sizes) {
  std::vector<std::vector<int>> times;
  std::vector<std::vector<float>> memory;
  std::vector<kernels::UpdatePass> passes;
  std::atomic<int> calls{0};
  for (const std::int64_t n : sizes) {
    times.emplace_back(static_cast<std::size_t>(n));
    memory.emplace_back(static_cast<std::size_t>(2 * n));
  }
  for (std::size_t i = 0; i < sizes.size(); ++i)
    passes.emplace_back(count, memory[i].data(), memory[i].data() + sizes[i], sizes[i], Counts{&times, &calls, i});
  kernels::run(passes.data(), passes.size());
  for (const std::vector<int>& each : times) CHECK(each == std::vector<int>(each.size(), 1));
  return calls;
}

}  // namespace

TEST_CASE("a step's passes visit each element once, small parameters together and large ones in parts") {
  for (const int threads : {1, 2, 4}) {
    kernels::set_threads(threads);
    CHECK(run_once({}) == 0);
    CHECK(run_once({0}) == 0);
    CHECK(run_once({5, 0, 0, 1, 17}) == 3);
    CHECK(run_once({300'000}) == 3);
    CHECK(run_once({0, 300'000, 0}) == 3);
    CHECK(run_once({7, 131'065, 0, 40, 0, 131'072 - 48, 9, 200'000}) == 9);
    // 100 parameters of 4000 elements are 3.05 chunks, so three of them are cut.
    CHECK(run_once(std::vector<std::int64_t>(100, 4000)) == 103);
  }
  kernels::set_threads(kernels::usable_cpus());
}

TEST_CASE("passes of which one reads or writes what another writes run in their order") {
  // A step of p and of q, which is p's gradient or shares its memory, as if each were stepped alone.
  constexpr std::int64_t n = 200'000;
  for (const bool shares_memory : {false, true}) {
    CAPTURE(shares_memory);
    const auto leaves = [&] {
      std::vector<Tensor> result{linspace(-2, 3, n).clone().requires_grad_()};
      result.push_back(shares_memory ? result[0].detach().requires_grad_()
                                     : linspace(5, -1, n).clone().requires_grad_());
      result[0].set_grad(shares_memory ? full({n}, 2.0f) : result[1].detach());
      result[1].set_grad(full({n}, 3.0f));
      return result;
    };
    const std::vector<Tensor> together = leaves(), alone = leaves();
    optim::SGD(together, .5).step();
    optim::SGD({alone[0]}, .5).step();
    optim::SGD({alone[1]}, .5).step();
    for (std::size_t i : {0u, 1u}) CHECK(difference(together[i], alone[i]) == "");
  }
}
