#pragma once

#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// Watches a rule whose result is to be differentiated again (create_graph). What the rule reads must reach its result
/// by recorded ops: a loop over raw numbers, or ops under NoGrad, would give second derivatives that lack a part,
/// without a word. So raw reads, outside of ops, of values with a place in the graph are counted, until these values
/// become inputs of record(). Lives on the stack for one call of a rule.
class RuleWatch {
 public:
  RuleWatch() noexcept;
  ~RuleWatch();
  RuleWatch(const RuleWatch&) = delete;
  RuleWatch& operator=(const RuleWatch&) = delete;

  /// Refuses results that have lost their history: with std::logic_error.
  void check(const Tensor* results, std::size_t count, const Tensor& g) const;

 private:
  std::uint32_t before_, in_op_before_, reads_before_;
};

/// Called where the raw numbers of a value are read while a rule is watched.
void note_raw_read(const Value& value) noexcept;
/// Called with the operands of an op while a rule is watched: recorded, they are accounted for; under NoGrad they are
/// read without a record.
void note_operands(const Tensor* inputs, std::size_t count) noexcept;

}  // namespace xgrad::detail
