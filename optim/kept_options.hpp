#pragma once

// For the library's sources only: the options of optimisers, kept to be brought back.

#include <memory>
#include <optional>
#include <vector>

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim::detail {

/// The options of all groups of an optimiser as they are now, with their initial learning rates, to be brought back.
class KeptOptions {
 public:
  KeptOptions() = default;
  /// Of the optimiser that this is a group of.
  explicit KeptOptions(const ParamGroup& group) { keep(group); }
  /// Keeps what there is now, in the memory that it has.
  void keep(const ParamGroup& group);
  /// Groups that have come since are left alone.
  void restore() const noexcept;

 private:
  std::shared_ptr<GroupList> list_;
  std::vector<double> values_;  // of one group after the other
  std::vector<std::optional<double>> initial_;
};

/// Brings the options back if an exception destroys it.
class RestoredOptions {
 public:
  explicit RestoredOptions(const ParamGroup& group);
  ~RestoredOptions();
  RestoredOptions(const RestoredOptions&) = delete;
  RestoredOptions& operator=(const RestoredOptions&) = delete;

 private:
  KeptOptions kept_;
  int exceptions_;
};

}  // namespace xgrad::optim::detail
