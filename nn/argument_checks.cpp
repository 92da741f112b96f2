#include <xgrad/nn/argument_checks.hpp>

#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>

namespace xgrad::nn::detail {

void require_given(const char* op, std::initializer_list<Named> all) {
  for (const Named& one : all)
    if (!one.tensor.defined())
      throw xgrad::detail::argument_error(std::string(op) + ": " + one.name +
                                          " is an empty tensor: it was default-constructed or moved from");
}

void require_same_floating(const char* op, Named argument, Named with) {
  const DType dtype = argument.tensor.dtype(), wanted = with.tensor.dtype();
  if (dtype != wanted && is_floating(dtype) && !argument.tensor.weak())
    throw xgrad::detail::argument_error(std::string(op) + ": " + with.name + " is " + name_of(wanted) + ", " +
                                        argument.name + " is " + name_of(dtype) +
                                        ": write 1.0f, x.to(float32) or model.to(float64)");
}

Tensor follow(const char* op, Named argument, Named with, Source at) {
  require_same_floating(op, argument, with);
  return to(argument.tensor, with.tensor.dtype(), at);
}

void to_one_dtype(const char* op, const std::vector<Argument>& all, Source at) {
  const Argument* lead = nullptr;
  for (const Argument& one : all) {
    const bool floating = is_floating(one.tensor->dtype());
    if (floating && (lead == nullptr || (lead->tensor->weak() && !one.tensor->weak()))) lead = &one;
  }
  const DType dtype = lead != nullptr ? lead->tensor->dtype() : float32;
  for (const Argument& one : all) {
    if (lead != nullptr) require_same_floating(op, {*one.tensor, one.name}, {*lead->tensor, lead->name});
    if (one.tensor->dtype() != dtype) *one.tensor = to(*one.tensor, dtype, at);
  }
}

}  // namespace xgrad::nn::detail
