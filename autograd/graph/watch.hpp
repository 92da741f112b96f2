#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// Watches a rule whose result is to be differentiated again (create_graph). What the rule reads must reach its result
/// by recorded ops: a loop over raw numbers, or ops under NoGrad, would give second derivatives that lack a part,
/// without a word. So reads of the raw numbers of the values handed to the rule are noticed, unless these values then
/// become inputs of record(). Lives on the stack of one call of a rule.
class RuleWatch {
 public:
  RuleWatch() noexcept;
  ~RuleWatch();
  RuleWatch(const RuleWatch&) = delete;
  RuleWatch& operator=(const RuleWatch&) = delete;

  /// The value, watched, if it has a place in the graph. It is a handle that nobody else holds.
  Tensor over(Tensor x);
  /// The same for a value that others may hold: a handle of its own.
  Tensor over_copy(const Tensor& x);
  /// Refuses what has lost its history: with std::logic_error.
  void check(const Tensor* results, std::size_t count, const Tensor& g) const;

 private:
  std::vector<Tensor> handed_;
  bool watching_before_;
  std::uint32_t depth_before_, reads_before_;
};

/// Called where the raw numbers of a watched value are read.
void note_raw_read(const Value& value) noexcept;
/// Called with the operands of an op while a rule is watched: recorded, they are accounted for; under NoGrad they are
/// read without a record.
void note_operands(const Tensor* inputs, std::size_t count) noexcept;

}  // namespace xgrad::detail
