#include <xgrad/nn/batch_statistics.hpp>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn::detail {
namespace {

thread_local bool cumulative = false;

}  // namespace

CumulativeStatistics::CumulativeStatistics() noexcept : before_(cumulative) { cumulative = true; }
CumulativeStatistics::~CumulativeStatistics() { cumulative = before_; }
bool CumulativeStatistics::active() noexcept { return cumulative; }

int reset_batch_statistics(const ModuleBase& module) {
  const NoGrad no_grad;
  int count = 0;
  for (const ModuleBase& part : module.modules()) {
    const StatePtr& state = Access::state(part);
    if (!state->is_batch_norm) continue;
    for (const RegisteredTensor& buffer : state->buffers)  // a derived class may have others
      if (buffer.name == "running_var")
        buffer.tensor.fill_(1);
      else if (buffer.name == "running_mean" || buffer.name == "num_batches_tracked")
        buffer.tensor.fill_(0);
    ++count;
  }
  return count;
}

}  // namespace xgrad::nn::detail
