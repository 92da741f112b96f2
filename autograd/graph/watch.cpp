#include <xgrad/autograd/graph/watch.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>

namespace xgrad::detail {
namespace {

constexpr const char* way_out =
    ": write the rule over tensors, or wrap it in once_differentiable() if it needs no second derivative";

bool all_zero(const Tensor& x) {
  return visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* begin = static_cast<const T*>(Raw::bytes(x));
    return std::all_of(begin, begin + x.size(), [](T element) { return element == T(0); });
  });
}

// The number of the active watch, while the rule's own code or an op that it calls is running.
std::uint32_t current() noexcept { return thread_state.watch != 0 ? thread_state.watch : thread_state.watch_in_op; }

void mark(const Value& value) noexcept {
  if (!value.node || value.read_by.exchange(current(), std::memory_order_relaxed) == current()) return;
  ++thread_state.watched_reads;
}

// A new watch number: never 0, and unique until the 32-bit counter wraps around.
std::uint32_t next_watch() noexcept {
  static std::atomic<std::uint32_t> last{0};
  const std::uint32_t next = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return next != 0 ? next : last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

RuleWatch::RuleWatch() noexcept
    : before_(std::exchange(thread_state.watch, next_watch())),
      in_op_before_(std::exchange(thread_state.watch_in_op, 0)),
      reads_before_(std::exchange(thread_state.watched_reads, 0)) {}

RuleWatch::~RuleWatch() {
  thread_state.watch = before_;
  thread_state.watch_in_op = in_op_before_;
  thread_state.watched_reads = reads_before_;
}

void RuleWatch::check(const Tensor* results, std::size_t count, const Tensor& g) const {
  if (thread_state.watched_reads > 0)
    throw std::logic_error(std::string("its rule read raw numbers of what is being differentiated again, or computed "
                                       "with them under NoGrad, so that second derivatives would "
                                       "be wrong") +
                           way_out);
  if (Raw::node(g) == nullptr) return;
  for (std::size_t i = 0; i < count; ++i)
    if (results[i].defined() && Raw::node(results[i]) == nullptr && is_floating(results[i].dtype()) &&
        !all_zero(results[i]))  // the engine refuses other dtypes
      throw std::logic_error(
          std::string("its rule gave a gradient that does not depend on the upstream gradient by recorded ops, so that "
                      "second derivatives would be wrong") +
          way_out);
}

void note_raw_read(const Value& value) noexcept { mark(value); }

void note_operands(const Tensor* inputs, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const Value* value = Raw::value(inputs[i]);
    if (value == nullptr) continue;
    if (!grad_enabled()) {
      // What an op of the library does under a NoGrad scope of its own is its own affair.
      if (thread_state.watch != 0 || thread_state.entered_paused) mark(*value);
    } else if (thread_state.watch != 0 && value->read_by.load(std::memory_order_relaxed) == thread_state.watch) {
      // An op of the rule's own, by record(), accounts for what it read. An op of the library has read nothing before.
      value->read_by.store(0, std::memory_order_relaxed);
      --thread_state.watched_reads;
    }
  }
}

ReadsBefore::ReadsBefore(const Tensor* inputs, std::size_t count) {
  if (thread_state.watch == 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    const Value* value = Raw::value(inputs[i]);
    if (value != nullptr && value->read_by.load(std::memory_order_relaxed) == thread_state.watch)
      values_.push_back(value);
  }
}

void ReadsBefore::restore() const noexcept {
  for (const Value* value : values_) mark(*value);
}

}  // namespace xgrad::detail
