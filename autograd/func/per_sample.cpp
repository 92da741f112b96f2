#include <xgrad/autograd/func/per_sample.hpp>

#include <stdexcept>
#include <string>

#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::func::detail {

Tensors per_sample_gradients(const Function& loss, const Tensors& all, std::size_t params) {
  std::int64_t samples = -1;
  for (std::size_t i = params; i < all.size(); ++i) {
    const std::string which = "per_sample_grad: tensor " + std::to_string(i - params) + " of the batch";
    if (!all[i].defined()) throw std::invalid_argument(which + " is empty");
    if (all[i].rank() == 0) throw std::invalid_argument(which + " is a scalar: its axis 0 counts the samples");
    if (samples >= 0 && all[i].shape()[0] != samples)
      throw std::invalid_argument(which + " holds " + std::to_string(all[i].shape()[0]) + " samples, the first " +
                                  std::to_string(samples) + ": they must agree");
    samples = all[i].shape()[0];
  }
  std::vector<Tensors> rows(params);
  Tensors one = all;
  for (std::int64_t n = 0; n < samples; ++n) {
    for (std::size_t i = params; i < all.size(); ++i) one[i] = select(all[i], 0, n);
    const Tensors found = gradients("per_sample_grad", loss, one, all_of(params), Tensor(), nullptr, nullptr);
    for (std::size_t i = 0; i < params; ++i) rows[i].push_back(found[i]);
  }
  Tensors result;
  for (std::size_t i = 0; i < params; ++i)
    result.push_back(rows[i].empty() ? zeros(all[i].shape().inserted(0, 0), all[i].dtype()) : stack(rows[i], 0));
  return result;
}

}  // namespace xgrad::func::detail
