#include <xgrad/nn/clone.hpp>

namespace xgrad::nn::detail {
namespace {

thread_local CloneScope* innermost = nullptr;

}  // namespace

CloneScope::CloneScope() noexcept : outermost_(innermost == nullptr) {
  if (outermost_) innermost = this;
}

CloneScope::~CloneScope() {
  if (outermost_) innermost = nullptr;
}

CloneScope* CloneScope::current() noexcept { return innermost; }

}  // namespace xgrad::nn::detail
