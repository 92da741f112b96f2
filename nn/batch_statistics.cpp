#include <xgrad/nn/batch_statistics.hpp>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/nn/module.hpp>

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
  for (const auto& [path, part] : module.named_modules()) {
    if (part.type_name().rfind("BatchNorm", 0) != 0) continue;
    for (const auto& [name, buffer] : part.named_buffers()) buffer.fill_(name == "running_var" ? 1 : 0);
    ++count;
  }
  return count;
}

}  // namespace xgrad::nn::detail
