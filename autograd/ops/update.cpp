#include <xgrad/autograd/ops/update.hpp>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/observe.hpp>

namespace xgrad::detail {
namespace {

template <class T>
T* place_of(const Tensor& kept) {
  return kept.defined() ? Raw::write<T>(kept) : nullptr;
}

}  // namespace

void sgd_update(const char* name, const Tensor& parameter, const Tensor& gradient, const Tensor& buffer, bool is_new,
                const kernels::SgdRule& rule, Source at) {
  Raw::begin_write(parameter, name, at);
  const Tensor both[] = {parameter, gradient};
  const ObservedWrite observed(name, at, parameter, both, 2);
  visit_floating(parameter.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::sgd(Raw::write<T>(parameter), Raw::data<T>(gradient), place_of<T>(buffer), is_new, parameter.size(), rule);
  });
  observed.done();
}

void adam_update(const char* name, const Tensor& parameter, const Tensor& gradient, const AdamMoments& moments,
                 const kernels::AdamRule& rule, Source at) {
  Raw::begin_write(parameter, name, at);
  const Tensor both[] = {parameter, gradient};
  const ObservedWrite observed(name, at, parameter, both, 2);
  visit_floating(parameter.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const kernels::AdamState<T> state{place_of<T>(moments.mean), place_of<T>(moments.square),
                                      place_of<T>(moments.greatest), moments.is_new};
    kernels::adam(Raw::write<T>(parameter), Raw::data<T>(gradient), state, parameter.size(), rule);
  });
  observed.done();
}

}  // namespace xgrad::detail
