#include <xgrad/autograd/graph/observe.hpp>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

std::string (*module_path)() = nullptr;

Observer::~Observer() {
  Observer** link = &thread_state.observer;
  while (*link != nullptr && *link != this) link = &(*link)->outer_;
  if (*link != nullptr) *link = outer_;
}

void tell(const ObservedOp& op, const Tensor& y) {
  const Unobserved own;
  for (Observer* each = own.before(); each != nullptr; each = each->outer()) each->computed(op, y);
}

void tell_step(const char* name, Source at, const std::vector<Tensor>& parameters) {
  const Unobserved own;
  for (Observer* each = own.before(); each != nullptr; each = each->outer()) each->steps(name, at, parameters);
}

void ObservedWrite::begin(const Tensor* operands, std::size_t count) {
  const Unobserved own;
  for (Observer* each = own.before(); each != nullptr; each = each->outer())
    noted_.push_back(each->writes(target_, operands, count));
}

void ObservedWrite::end() const {
  const Unobserved own;
  std::size_t i = 0;
  for (Observer* each = own.before(); each != nullptr && i < noted_.size(); each = each->outer())
    each->wrote(name_, at_, target_, noted_[i++]);
}

}  // namespace xgrad::detail
