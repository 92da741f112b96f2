#pragma once

// For this room's sources only: writes in place that belong together.

#include <exception>
#include <vector>

#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::optim::detail {

/// Writes in place that are made all or none. An observer, such as DetectAnomaly, may throw when it is told of one: so
/// they are made unobserved, and told of when all are made.
class ObservedWrites {
 public:
  /// A write that is about to be made from the values of the operands.
  void add(const char* name, Source at, const Tensor& target, const Tensor& operand) {
    if (!xgrad::detail::is_observed()) return;
    const Tensor both[] = {target, operand};
    writes_.emplace_back(name, at, target, both, 2);
  }
  /// Tells of all, then throws what the first of the observers has thrown.
  void done() const {
    std::exception_ptr thrown;
    for (const xgrad::detail::ObservedWrite& write : writes_) {
      try {
        write.done();
      } catch (...) {
        if (!thrown) thrown = std::current_exception();
      }
    }
    if (thrown) std::rethrow_exception(thrown);
  }

 private:
  std::vector<xgrad::detail::ObservedWrite> writes_;  // each refers to its target
};

}  // namespace xgrad::optim::detail
