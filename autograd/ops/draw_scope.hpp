#pragma once

// For this room's sources only: what an op that fails leaves of a generator.

#include <cstdint>
#include <exception>

#include <xgrad/autograd/graph/random.hpp>

namespace xgrad::detail {

/// The scope of an op's draws: if the op throws, the generator is set back to where it was. A null generator is
/// allowed, and nothing is done.
class DrawScope {
 public:
  [[nodiscard]] explicit DrawScope(Generator& generator) noexcept : DrawScope(&generator) {}
  [[nodiscard]] explicit DrawScope(Generator* generator) noexcept
      : generator_(generator),
        before_(generator != nullptr ? generator->draws() : 0),
        thrown_(std::uncaught_exceptions()) {}
  ~DrawScope() {
    if (generator_ != nullptr && std::uncaught_exceptions() > thrown_) generator_->restore(before_);
  }
  DrawScope(const DrawScope&) = delete;
  DrawScope& operator=(const DrawScope&) = delete;

 private:
  Generator* generator_;
  std::uint64_t before_;
  int thrown_;
};

}  // namespace xgrad::detail
