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

kernels::UpdatePass sgd_update(const char* name, const Tensor& parameter, const Tensor& gradient, const Tensor& buffer,
                               bool is_new, const kernels::SgdRule& rule, Source at) {
  Raw::begin_write(parameter, name, at);
  return visit_floating(parameter.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    return kernels::sgd_pass(Raw::write<T>(parameter), Raw::data<T>(gradient), place_of<T>(buffer), is_new,
                             parameter.size(), rule);
  });
}

kernels::UpdatePass adam_update(const char* name, const Tensor& parameter, const Tensor& gradient,
                                const AdamMoments& moments, const kernels::AdamRule& rule, Source at) {
  Raw::begin_write(parameter, name, at);
  return visit_floating(parameter.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const kernels::AdamState<T> state{place_of<T>(moments.mean), place_of<T>(moments.square),
                                      place_of<T>(moments.greatest), moments.is_new};
    return kernels::adam_pass(Raw::write<T>(parameter), Raw::data<T>(gradient), state, parameter.size(), rule);
  });
}

template <class Rule>
kernels::UpdatePass update(const char* name, const Tensor& parameter, const Tensor& gradient,
                           const std::array<const Tensor*, Rule::slots>& state, const Rule& rule, Source at) {
  Raw::begin_write(parameter, name, at);
  return visit_floating(parameter.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* slots[Rule::slots + 1] = {};
    for (std::size_t k = 0; k < state.size(); ++k) slots[k] = place_of<T>(*state[k]);
    return kernels::update_pass(Raw::write<T>(parameter), Raw::data<T>(gradient), slots, parameter.size(), rule);
  });
}

template <class Rule>
void update_now(const char* name, const Tensor& parameter, const Tensor& gradient, const Rule& rule, Source at) {
  const Tensor both[] = {parameter, gradient};
  const ObservedWrite observed(name, at, parameter, both, 2);
  kernels::run(update(name, parameter, gradient, {}, rule, at));
  observed.done();
}

template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::PlainRule::slots>&,
                                    const kernels::PlainRule&, Source);
template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::AdamaxRule::slots>&,
                                    const kernels::AdamaxRule&, Source);
template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::NAdamRule::slots>&,
                                    const kernels::NAdamRule&, Source);
template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::RAdamRule::slots>&,
                                    const kernels::RAdamRule&, Source);
template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::AdagradRule::slots>&,
                                    const kernels::AdagradRule&, Source);
template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::AdadeltaRule::slots>&,
                                    const kernels::AdadeltaRule&, Source);
template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::RMSpropRule::slots>&,
                                    const kernels::RMSpropRule&, Source);
template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::RpropRule::slots>&,
                                    const kernels::RpropRule&, Source);
template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::ASGDRule::slots>&,
                                    const kernels::ASGDRule&, Source);
template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::LionRule::slots>&,
                                    const kernels::LionRule&, Source);
template kernels::UpdatePass update(const char*, const Tensor&, const Tensor&,
                                    const std::array<const Tensor*, kernels::AverageRule::slots>&,
                                    const kernels::AverageRule&, Source);

template void update_now(const char*, const Tensor&, const Tensor&, const kernels::ClipRule&, Source);

}  // namespace xgrad::detail
