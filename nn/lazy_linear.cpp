#include <xgrad/nn/lazy_linear.hpp>

#include <vector>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/leaf.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/nn/module_state.hpp>

namespace xgrad::nn {

// The weight has no columns: it is there so that the handles of the module have a tensor that the first call fills.
Linear::Values LazyLinear::placeholders(Dim out_features, Bias bias_wanted) {
  const xgrad::detail::Calling calling("LazyLinear");
  if (out_features < 0)
    throw xgrad::detail::argument_error("LazyLinear: a layer cannot lead to " + std::to_string(out_features) +
                                        " features: they may not be negative");
  return {zeros({out_features, 0}), bias_wanted.on() ? zeros({out_features}) : Tensor()};
}

LazyLinear::LazyLinear(Dim out_features, Bias bias_wanted) : Linear(placeholders(out_features, bias_wanted)) {
  rename("LazyLinear");
  detail::Access::state(*this)->is_lazy = true;
}

void LazyLinear::take_shape(const Tensor& x) {
  if (x.rank() == 0) throw xgrad::detail::argument_error("expected features on the last axis, got input of shape ()");
  xgrad::detail::require_same_floating("linear", x, "input", weight, "weight");
  const std::int64_t in = x.shape(-1);
  std::vector<xgrad::detail::LeafChange> changes;
  for (Parameter* each : {&weight, &bias}) {
    if (!each->defined()) continue;
    const Shape shape = each == &weight ? Shape{out_features(), in} : each->shape();
    const Tensor values = xgrad::detail::converted(drawn(shape, in, default_generator()), each->dtype());
    changes.push_back(xgrad::detail::LeafChange::data("LazyLinear", *each, values));
  }
  for (xgrad::detail::LeafChange& change : changes) change.commit();
  detail::Access::state(*this)->is_lazy = false;
  rename("Linear");
  describe_sizes();
}

Tensor LazyLinear::forward(const Tensor& x) {
  if (detail::Access::state(*this)->is_lazy) take_shape(x);
  return Linear::forward(x);
}

}  // namespace xgrad::nn
