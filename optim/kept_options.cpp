#include <xgrad/optim/kept_options.hpp>

#include <algorithm>
#include <exception>

#include <xgrad/optim/group_list.hpp>

namespace xgrad::optim::detail {

void KeptOptions::keep(const ParamGroup& group) {
  list_ = group.list_;
  values_.clear();
  initial_.clear();
  for (const GroupList::Entry& each : list_->groups) {
    values_.insert(values_.end(), each.values.begin(), each.values.end());
    initial_.push_back(each.initial_lr);
  }
}

void KeptOptions::restore() const noexcept {
  const double* from = values_.data();
  for (std::size_t g = 0; g < initial_.size(); ++g) {
    GroupList::Entry& group = list_->groups[g];
    std::copy_n(from, group.values.size(), group.values.begin());  // in place, as set_option()
    from += group.values.size();
    group.initial_lr = initial_[g];
  }
}

RestoredOptions::RestoredOptions(const ParamGroup& group) : kept_(group), exceptions_(std::uncaught_exceptions()) {}

RestoredOptions::~RestoredOptions() {
  if (std::uncaught_exceptions() > exceptions_) kept_.restore();
}

}  // namespace xgrad::optim::detail
