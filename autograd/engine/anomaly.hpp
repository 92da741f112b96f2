#pragma once

#include <stdexcept>

#include <xgrad/autograd/graph/owned.hpp>

namespace xgrad {

/// Thrown by DetectAnomaly: an op turned finite numbers into a NaN or an infinity, or infinities into a NaN.
class Anomaly : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// While an object exists, the first op of this thread that turns finite numbers into a NaN or an infinity, or
/// infinities into a NaN (a softmax over a row that a mask of -inf excludes throughout), throws an Anomaly: forward,
/// recorded or not, in place or in an optimiser's step, and backward. It names the op, the line of the program that
/// called it (in backward, that of the op that is being differentiated), the shapes, dtypes and ranges of what went in
/// and came out, and the usual cause.
///
/// An op is not blamed for an infinity that comes from an infinite operand, for a NaN that comes from a NaN, nor for
/// what is one of its settings. Where the forward pass ran outside of the scope, a saved value may be infinite or NaN
/// already, and backward does not blame the op that reads it for the same: open the scope around both. Numbers written
/// through a mutable_view are seen by the next op only. The gradients of a backward that throws are not handed out.
///
/// It reads every result once more, and operands are never overwritten by results: for debugging. While none exists,
/// the cost to an op is one test of a pointer.
class DetectAnomaly {
 public:
  [[nodiscard]] DetectAnomaly();
  /// Throws the Anomaly of the last op, if nothing followed that could: keep the object in a local variable.
  ~DetectAnomaly() noexcept(false);
  DetectAnomaly(const DetectAnomaly&) = delete;
  DetectAnomaly& operator=(const DetectAnomaly&) = delete;

 private:
  class Detector;
  detail::Owned<Detector> detector_;
};

}  // namespace xgrad
