#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {

/// An update of one parameter that has still to be run: what it reads and writes, and the function that runs it on a
/// range of elements. Each element is updated by itself, with bits that do not depend on the range.
struct UpdatePass {
  using Run = void (*)(const UpdatePass& pass, std::int64_t begin, std::int64_t end);
  static constexpr std::size_t most_slots = 3;

  Run run;
  void* parameter;
  const void* gradient;              ///< may be the parameter
  void* state[most_slots] = {};      ///< null where a slot is absent
  std::int64_t size;                 ///< the number of elements
  std::int64_t first;                ///< the position of its first element among those of all passes; set by run()
  std::uint32_t element;             ///< the bytes of one
  bool is_new = false;               ///< the state is written without being read
  alignas(double) char numbers[72];  ///< the rule; written by the constructor as far as they are read

  template <class T, class Rule>
  UpdatePass(Run function, T* p, const T* g, std::int64_t n, const Rule& rule)
      : run(function), parameter(p), gradient(g), size(n), element(sizeof(T)) {
    static_assert(std::is_trivially_copyable_v<Rule> && sizeof(Rule) <= sizeof(numbers));
    std::memcpy(numbers, &rule, sizeof(Rule));
  }

  template <class Rule>
  [[nodiscard]] Rule rule() const {
    Rule result;
    std::memcpy(&result, numbers, sizeof(Rule));
    return result;
  }
};

/// Updates of no more elements than this are run by one thread: they take about as long as waking another.
inline constexpr std::int64_t update_grain = 4 * pointwise_grain;

/// Runs one pass.
inline void run(const UpdatePass& pass) {
  parallel_ranges(pass.size, update_grain, [&](std::int64_t begin, std::int64_t end) { pass.run(pass, begin, end); });
}

/// Runs the passes of a step as one parallel pass over the elements of all: small parameters share a thread's chunk,
/// and large ones are cut. Passes of which one writes what another reads or writes run in their order.
void run(UpdatePass* passes, std::size_t count);

}  // namespace xgrad::kernels
