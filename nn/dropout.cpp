#include <xgrad/nn/dropout.hpp>

#include <string>

#include <xgrad/nn/functional.hpp>
#include <xgrad/nn/generators.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {

RandomDropout::RandomDropout(const char* name, Function function, double p, const Generator* generator)
    : function_(function), p_(p) {
  if (!(p >= 0 && p <= 1))
    throw xgrad::detail::argument_error(std::string(name) + ": p must lie in [0, 1], got " + detail::python(p));
  if (generator != nullptr) *generator_ = *generator;
  describe("p=" + detail::python(p) + ", inplace=False");
  register_generator(*this, generator_);
}

Tensor RandomDropout::forward(const Tensor& x) {
  std::optional<Generator>& own = *generator_;
  return function_(x, p_, is_training(), own ? &*own : nullptr, call_site());
}

Dropout::Dropout(double p) : RandomDropout("Dropout", dropout, p) {}
Dropout::Dropout(double p, const Generator& generator) : RandomDropout("Dropout", dropout, p, &generator) {}

Dropout1d::Dropout1d(double p) : RandomDropout("Dropout1d", dropout1d, p) {}
Dropout1d::Dropout1d(double p, const Generator& generator) : RandomDropout("Dropout1d", dropout1d, p, &generator) {}

Dropout2d::Dropout2d(double p) : RandomDropout("Dropout2d", dropout2d, p) {}
Dropout2d::Dropout2d(double p, const Generator& generator) : RandomDropout("Dropout2d", dropout2d, p, &generator) {}

Dropout3d::Dropout3d(double p) : RandomDropout("Dropout3d", dropout3d, p) {}
Dropout3d::Dropout3d(double p, const Generator& generator) : RandomDropout("Dropout3d", dropout3d, p, &generator) {}

AlphaDropout::AlphaDropout(double p) : RandomDropout("AlphaDropout", alpha_dropout, p) {}
AlphaDropout::AlphaDropout(double p, const Generator& generator)
    : RandomDropout("AlphaDropout", alpha_dropout, p, &generator) {}

FeatureAlphaDropout::FeatureAlphaDropout(double p) : RandomDropout("FeatureAlphaDropout", feature_alpha_dropout, p) {}
FeatureAlphaDropout::FeatureAlphaDropout(double p, const Generator& generator)
    : RandomDropout("FeatureAlphaDropout", feature_alpha_dropout, p, &generator) {}

}  // namespace xgrad::nn
