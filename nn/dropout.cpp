#include <xgrad/nn/dropout.hpp>

#include <xgrad/nn/functional.hpp>
#include <xgrad/nn/generators.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {

Dropout::Dropout(double p) : p_(p) {
  if (!(p >= 0 && p <= 1))
    throw xgrad::detail::argument_error("Dropout: p must lie in [0, 1], got " + detail::python(p));
  describe("p=" + detail::python(p) + ", inplace=False");
  register_generator(*this, generator_);
}

Dropout::Dropout(double p, const Generator& generator) : Dropout(p) { *generator_ = generator; }

Tensor Dropout::forward(const Tensor& x) {
  std::optional<Generator>& own = *generator_;
  return dropout(x, p_, is_training(), own ? &*own : nullptr, call_site());
}

}  // namespace xgrad::nn
