#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace xgrad::nn {

class ModuleBase;

namespace detail {

struct ModuleState;

/// While an object exists, a model may be in other modes: at its end every module is in the one that it was in.
class KeptModes {
 public:
  [[nodiscard]] explicit KeptModes(const ModuleBase& model);
  ~KeptModes();
  KeptModes(const KeptModes&) = delete;
  KeptModes& operator=(const KeptModes&) = delete;

  /// Sets the mode of all modules for the while.
  void train(bool on) const noexcept;

 private:
  std::vector<std::pair<std::shared_ptr<ModuleState>, bool>> modes_;
};

}  // namespace detail
}  // namespace xgrad::nn
