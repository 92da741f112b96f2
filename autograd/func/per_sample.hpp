#pragma once

#include <utility>

#include <xgrad/autograd/func/calls.hpp>
#include <xgrad/autograd/func/core.hpp>

namespace xgrad::func {

namespace detail {

Tensors per_sample_gradients(const Function& loss, const Tensors& all, std::size_t params);

template <class F>
class PerSample {
 public:
  explicit PerSample(F f) : f_(to_differentiate("per_sample_grad", std::move(f))) {}

  template <class P, class... X, IfArguments<P, X...> = 0>
  auto operator()(const P& params, const X&... batch) const {
    static_assert(sizeof...(X) > 0, "per_sample_grad: after the parameters come the tensors of the batch");
    using C = Call<P, X...>;
    const Tensors all = C::flat(params, batch...);
    const Function f = [&](const Tensors& in) { return as_list(C::apply(f_, in)); };
    return unpacked<!C::list>(per_sample_gradients(f, all, all.size() - sizeof...(X)));
  }

 private:
  F f_;
};

}  // namespace detail

/// The function that computes the gradient of each sample's loss: per_sample_grad(loss)(params, x, y, ...)[n] is the
/// gradient of loss(params, x[n], y[n], ...), one element, with respect to the parameters: one tensor of shape
/// (N, params.shape), or a list of them for a list. x, y, ... have N samples along axis 0; as in torch.func's
/// vmap(grad(loss)), the function sees a sample without that axis. It is called once for each sample.
template <class F>
[[nodiscard]] auto per_sample_grad(F loss) {
  return detail::PerSample<F>(std::move(loss));
}

}  // namespace xgrad::func
