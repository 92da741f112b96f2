#pragma once

namespace xgrad::kernels {

/// The scope of a call of OpenBLAS. At most one call for each CPU is in progress, since each takes megabytes of buffers
/// that OpenBLAS never gives back. None is in progress while the process forks, so that OpenBLAS works in the child;
/// nor when OpenBLAS frees its buffers at the end of the process: from then on allowed() is false.
class BlasCall {
 public:
  /// Throws std::bad_alloc if OpenBLAS would have no memory for its buffer.
  BlasCall();
  ~BlasCall();
  BlasCall(const BlasCall&) = delete;
  BlasCall& operator=(const BlasCall&) = delete;
  bool allowed() const noexcept { return allowed_; }

 private:
  static void leave() noexcept;

  bool allowed_;
};

}  // namespace xgrad::kernels
