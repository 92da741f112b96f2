#include <xgrad/nn/loss_reduction.hpp>

#include <string>
#include <utility>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/reduction.hpp>

namespace xgrad::nn::detail {

void require_plain(const char* op, Reduction reduction) {
  if (reduction == Reduction::batchmean)
    throw xgrad::detail::argument_error(std::string(op) +
                                        ": the reduction is batchmean, which only kl_div has: use mean, sum or none");
}

Tensor reduce(Tensor losses, Reduction reduction, Source at) {
  if (reduction == Reduction::mean) return mean(std::move(losses), {}, KeepDims::no, at);
  return reduction == Reduction::sum ? sum(std::move(losses), {}, KeepDims::no, at) : losses;
}

}  // namespace xgrad::nn::detail
