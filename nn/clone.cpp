#include <xgrad/nn/clone.hpp>

#include <unordered_map>

namespace xgrad::nn::detail {
namespace {

thread_local CloneScope* innermost = nullptr;

}  // namespace

struct CloneScope::Memo {
  std::unordered_map<const void*, std::shared_ptr<void>> copies;
};

CloneScope::CloneScope() noexcept : outermost_(innermost == nullptr) {
  if (outermost_) innermost = this;
}

CloneScope::~CloneScope() {
  if (outermost_) innermost = nullptr;
  delete memo_;
}

std::shared_ptr<void> CloneScope::find_any(const void* original) const {
  if (memo_ == nullptr) return nullptr;
  const auto found = memo_->copies.find(original);
  return found == memo_->copies.end() ? nullptr : found->second;
}

void CloneScope::remember(const void* original, std::shared_ptr<void> copy) {
  if (memo_ == nullptr) memo_ = new Memo;
  memo_->copies[original] = std::move(copy);
}

CloneScope* CloneScope::current() noexcept { return innermost; }

}  // namespace xgrad::nn::detail
