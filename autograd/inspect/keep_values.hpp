#pragma once

#include <memory>

namespace xgrad {

/// While an object exists, the nodes that this thread records keep copies of their results, refer to the inputs that
/// need no gradient, and note the module in which they were made, so that explain() and paths() can show them all.
/// Without it they show what the rules have saved for backward. An input that is written later is shown as it is then.
/// A freed graph gives the copies back.
class KeepValues {
 public:
  [[nodiscard]] KeepValues();
  ~KeepValues();
  KeepValues(const KeepValues&) = delete;
  KeepValues& operator=(const KeepValues&) = delete;

 private:
  class Keeper;
  std::unique_ptr<Keeper> keeper_;
};

}  // namespace xgrad
