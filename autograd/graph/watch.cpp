#include <xgrad/autograd/graph/watch.hpp>

#include <algorithm>
#include <stdexcept>

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
    const T* begin = static_cast<const T*>(x.raw());
    return std::all_of(begin, begin + x.size(), [](T element) { return element == T(0); });
  });
}

void mark(const Value& value) noexcept {
  if (!value.watched || value.raw_read) return;
  value.raw_read = true;
  ++thread_state.watched_reads;
}

}  // namespace

RuleWatch::RuleWatch() noexcept
    : watching_before_(thread_state.watching),
      depth_before_(thread_state.watch_depth),
      reads_before_(thread_state.watched_reads) {
  thread_state.watching = true;
  thread_state.watch_depth = thread_state.op_depth;
  thread_state.watched_reads = 0;
}

RuleWatch::~RuleWatch() {
  for (const Tensor& x : handed_) x.value()->watched = x.value()->raw_read = false;
  thread_state.watching = watching_before_;
  thread_state.watch_depth = depth_before_;
  thread_state.watched_reads = reads_before_;
}

Tensor RuleWatch::over(Tensor x) {
  if (x.node() == nullptr) return x;
  handed_.push_back(x);
  x.value()->watched = true;
  return x;
}

Tensor RuleWatch::over_copy(const Tensor& x) {
  if (x.node() == nullptr) return x;
  Tensor same = x.alias(x.shape());
  same.value()->node = Ref<Node>(x.node());
  return over(std::move(same));
}

void RuleWatch::check(const Tensor* results, std::size_t count, const Tensor& g) const {
  if (thread_state.watched_reads > 0)
    throw std::logic_error(
        std::string("its rule read raw numbers of what is being differentiated again, so that second derivatives would "
                    "be wrong") +
        way_out);
  if (g.node() == nullptr) return;
  for (std::size_t i = 0; i < count; ++i)
    if (results[i].defined() && results[i].node() == nullptr &&
        !(is_floating(results[i].dtype()) && all_zero(results[i])))
      throw std::logic_error(
          std::string("its rule gave a gradient that does not depend on the upstream gradient by recorded ops, so that "
                      "second derivatives would be wrong") +
          way_out);
}

void note_raw_read(const Value& value) noexcept {
  if (thread_state.watching && thread_state.op_depth == thread_state.watch_depth) mark(value);
}

void note_operands(const Tensor* inputs, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const Value* value = inputs[i].value();
    if (value == nullptr || !value->watched) continue;
    if (!grad_enabled()) {
      mark(*value);
    } else if (value->raw_read) {
      value->raw_read = false;
      --thread_state.watched_reads;
    }
  }
}

}  // namespace xgrad::detail
