#include <xgrad/optim/schedule/lambda_lr.hpp>

#include <stdexcept>

namespace xgrad::optim {
namespace {

std::vector<LRLambda> checked(const char* name, std::vector<LRLambda> f, std::size_t groups) {
  if (f.size() != groups)
    throw std::invalid_argument(std::string(name) + ": got " + std::to_string(f.size()) + " functions for " +
                                std::to_string(groups) + " groups: give one for each, or one for all");
  for (const LRLambda& each : f)
    if (!each) throw std::invalid_argument(std::string(name) + ": got an empty function");
  return f;
}

}  // namespace

LambdaLR::LambdaLR(const Optimizer& optimizer, const LRLambda& f)
    : LambdaLR(optimizer, std::vector<LRLambda>(optimizer.param_groups().size(), f)) {}

LambdaLR::LambdaLR(const Optimizer& optimizer, std::vector<LRLambda> f)
    : LRScheduler(MayRefuse(), "LambdaLR", optimizer), f_(checked(name(), std::move(f), group_count())) {
  begin();
}

double LambdaLR::next(std::size_t group, double /*lr*/) const { return base(group) * f_[group](last_epoch_); }

MultiplicativeLR::MultiplicativeLR(const Optimizer& optimizer, const LRLambda& f)
    : MultiplicativeLR(optimizer, std::vector<LRLambda>(optimizer.param_groups().size(), f)) {}

MultiplicativeLR::MultiplicativeLR(const Optimizer& optimizer, std::vector<LRLambda> f)
    : LRScheduler(MayRefuse(), "MultiplicativeLR", optimizer), f_(checked(name(), std::move(f), group_count())) {
  begin();
}

double MultiplicativeLR::next(std::size_t group, double lr) const {
  return is_initial() ? lr : lr * f_[group](last_epoch_);
}

}  // namespace xgrad::optim
