#pragma once

// For the library's sources only: threads that make the batches of an epoch ahead of the program.

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::data::detail {

using Columns = std::vector<Tensor>;

/// Makes batches `first` .. `end` - 1 in this order, at most `ahead` more than were taken.
class Prefetch {
 public:
  /// Called by several threads at once.
  using Make = std::function<Columns(std::int64_t batch)>;

  Prefetch(std::int64_t first, std::int64_t end, std::int64_t workers, std::int64_t ahead, Make make);
  /// Waits for the batches that are being made.
  ~Prefetch();
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  /// The batch, or the exception that came instead of it. Batches before it are then forgotten: one that is asked for
  /// again is made by the calling thread, and so is one that no worker has begun.
  Columns take(std::int64_t batch);

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared);
  bool forked() const noexcept;

  std::shared_ptr<Shared> shared_;
  std::unique_ptr<std::vector<std::thread>> threads_;
  std::uint32_t generation_;  // of the process whose threads these are
};

}  // namespace xgrad::data::detail
