#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// Watches a rule whose result will be differentiated again (create_graph). Whatever the rule reads must reach its
/// result through recorded ops: a loop over raw numbers, or ops under NoGrad, would silently make second derivatives
/// incomplete. So the watch counts the recorded values whose raw numbers the rule reads outside of ops, until they
/// become inputs of record(). Lives on the stack for one call of a rule.
class RuleWatch {
 public:
  RuleWatch() noexcept;
  ~RuleWatch();
  RuleWatch(const RuleWatch&) = delete;
  RuleWatch& operator=(const RuleWatch&) = delete;

  /// Throws std::logic_error if raw reads remain, or if a nonzero result does not depend on g by recorded ops.
  void check(const Tensor* results, std::size_t count, const Tensor& g) const;

 private:
  std::uint32_t before_, in_op_before_, reads_before_;
};

/// Called with the operands of an op while a rule is watched. A recorded op accounts for raw reads of its operands; an
/// op under NoGrad counts as a raw read of them.
void note_operands(const Tensor* inputs, std::size_t count) noexcept;

/// The raw reads that the watched rule has made of operands before it calls a function whose own raw reads of them a
/// recorded op accounts for. restore() counts the former again.
class ReadsBefore {
 public:
  ReadsBefore(const Tensor* inputs, std::size_t count);
  void restore() const noexcept;

 private:
  std::vector<const Value*> values_;
};

}  // namespace xgrad::detail
