#pragma once

namespace xgrad::train {

/// While an object exists, the first Ctrl-C (SIGINT) asks for an end instead of ending the process: requested() is then
/// true, and a loop can finish its batch and save. A second Ctrl-C acts as if this object did not exist: as the action
/// that was there before it.
///
///     const train::InterruptScope interrupt;
///     for (auto [x, t] : loader) {
///       if (interrupt.requested()) break;
///
/// The destructor restores the former action too, unless somebody has installed another meanwhile. Where SIGINT is
/// ignored, as in a background job of a shell, it stays ignored. Objects may overlap, in several threads too: the
/// process has one handler, the first object installs it and the last removes it, and each sees the first Ctrl-C that
/// came during its own life, also one that is the second for an older object.
class InterruptScope {
 public:
  [[nodiscard]] InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

  bool requested() const;

 private:
  long before_;  // the number of signals that had come before
};

}  // namespace xgrad::train
