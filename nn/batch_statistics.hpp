#pragma once

namespace xgrad::nn {

class ModuleBase;

namespace detail {

/// While an object exists, batch normalisation on this thread weighs all batches of its running statistics alike,
/// whatever its momentum. Used by optim::update_bn.
class CumulativeStatistics {
 public:
  [[nodiscard]] CumulativeStatistics() noexcept;
  ~CumulativeStatistics();
  CumulativeStatistics(const CumulativeStatistics&) = delete;
  CumulativeStatistics& operator=(const CumulativeStatistics&) = delete;

  static bool active() noexcept;

 private:
  bool before_;
};

/// Sets the running statistics of all batch normalisations below the module to those before the first batch; returns
/// how many there are.
int reset_batch_statistics(const ModuleBase& module);

}  // namespace detail
}  // namespace xgrad::nn
