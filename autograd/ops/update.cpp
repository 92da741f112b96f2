#include <xgrad/autograd/ops/update.hpp>

#include <xgrad/autograd/graph/dispatch.hpp>

namespace xgrad::detail {
namespace {

template <class T>
T* place_of(const Tensor& kept) {
  return kept.defined() ? kept.write<T>() : nullptr;
}

}  // namespace

void sgd_update(const char* name, const Tensor& parameter, const Tensor& gradient, const Tensor& buffer, bool is_new,
                const kernels::SgdRule& rule, Source at) {
  parameter.begin_write(name, at);
  visit_floating(parameter.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::sgd(parameter.write<T>(), gradient.data<T>(), place_of<T>(buffer), is_new, parameter.size(), rule);
  });
}

void adam_update(const char* name, const Tensor& parameter, const Tensor& gradient, const AdamMoments& moments,
                 const kernels::AdamRule& rule, Source at) {
  parameter.begin_write(name, at);
  visit_floating(parameter.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const kernels::AdamState<T> state{place_of<T>(moments.mean), place_of<T>(moments.square),
                                      place_of<T>(moments.greatest), moments.is_new};
    kernels::adam(parameter.write<T>(), gradient.data<T>(), state, parameter.size(), rule);
  });
}

}  // namespace xgrad::detail
