#pragma once

#include <functional>

#include <xgrad/optim/schedule/lr_scheduler.hpp>

namespace xgrad::optim {

/// A factor for each t.
using LRLambda = std::function<double(std::int64_t t)>;

/// lr = base f(t), with one f for all groups or one for each.
class LambdaLR : public LRScheduler {
 public:
  LambdaLR(const Optimizer& optimizer, const LRLambda& f);
  LambdaLR(const Optimizer& optimizer, std::vector<LRLambda> f);

 protected:
  double next(std::size_t group, double lr) const override;

 private:
  std::vector<LRLambda> f_;
};

/// lr = base f(1) f(2) ... f(t), with one f for all groups or one for each.
class MultiplicativeLR : public LRScheduler {
 public:
  MultiplicativeLR(const Optimizer& optimizer, const LRLambda& f);
  MultiplicativeLR(const Optimizer& optimizer, std::vector<LRLambda> f);

 protected:
  double next(std::size_t group, double lr) const override;

 private:
  std::vector<LRLambda> f_;
};

}  // namespace xgrad::optim
