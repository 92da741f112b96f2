#include <xgrad/autograd/ops/update.hpp>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/observe.hpp>

namespace xgrad::detail {
namespace {

template <class T>
T* place_of(const Tensor& kept) {
  return kept.defined() ? Raw::write<T>(kept) : nullptr;
}

// Begins a write to the parameter, calls f with the C++ type of its elements, and tells those who observe writes.
template <class F>
void write_in_place(const char* name, const Tensor& parameter, const Tensor& gradient, Source at, const F& f) {
  Raw::begin_write(parameter, name, at);
  if (!is_observed()) return visit_floating(parameter.dtype(), f);
  const Tensor both[] = {parameter, gradient};
  const ObservedWrite observed(name, at, parameter, both, 2);
  visit_floating(parameter.dtype(), f);
  observed.done();
}

}  // namespace

void sgd_update(const char* name, const Tensor& parameter, const Tensor& gradient, const Tensor& buffer, bool is_new,
                const kernels::SgdRule& rule, Source at) {
  write_in_place(name, parameter, gradient, at, [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::sgd(Raw::write<T>(parameter), Raw::data<T>(gradient), place_of<T>(buffer), is_new, parameter.size(), rule);
  });
}

void adam_update(const char* name, const Tensor& parameter, const Tensor& gradient, const AdamMoments& moments,
                 const kernels::AdamRule& rule, Source at) {
  write_in_place(name, parameter, gradient, at, [&](auto type) {
    using T = typename decltype(type)::type;
    const kernels::AdamState<T> state{place_of<T>(moments.mean), place_of<T>(moments.square),
                                      place_of<T>(moments.greatest), moments.is_new};
    kernels::adam(Raw::write<T>(parameter), Raw::data<T>(gradient), state, parameter.size(), rule);
  });
}

template <class Rule>
void update(const char* name, const Tensor& parameter, const Tensor& gradient,
            const std::array<const Tensor*, Rule::slots>& state, const Rule& rule, Source at) {
  write_in_place(name, parameter, gradient, at, [&](auto type) {
    using T = typename decltype(type)::type;
    T* slots[Rule::slots + 1] = {};
    for (std::size_t k = 0; k < state.size(); ++k) slots[k] = place_of<T>(*state[k]);
    kernels::update(Raw::write<T>(parameter), Raw::data<T>(gradient), slots, parameter.size(), rule);
  });
}

template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::PlainRule::slots>&, const kernels::PlainRule&, Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::AdamaxRule::slots>&, const kernels::AdamaxRule&, Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::NAdamRule::slots>&, const kernels::NAdamRule&, Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::RAdamRule::slots>&, const kernels::RAdamRule&, Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::AdagradRule::slots>&, const kernels::AdagradRule&,
                     Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::AdadeltaRule::slots>&, const kernels::AdadeltaRule&,
                     Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::RMSpropRule::slots>&, const kernels::RMSpropRule&,
                     Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::RpropRule::slots>&, const kernels::RpropRule&, Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::ASGDRule::slots>&, const kernels::ASGDRule&, Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::LionRule::slots>&, const kernels::LionRule&, Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::AverageRule::slots>&, const kernels::AverageRule&,
                     Source);
template void update(const char*, const Tensor&, const Tensor&,
                     const std::array<const Tensor*, kernels::ClipRule::slots>&, const kernels::ClipRule&, Source);

}  // namespace xgrad::detail
