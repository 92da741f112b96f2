// Bad calls of modules, losses and initialisers.

#include <sstream>

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

template <class M>
Tensor apply(const M& module, const Tensor& x) {
  return module(x);
}

void layers(Catalogue& all) {
  probe(
      all, "Linear", [](auto in, auto out) { return nn::Linear(in, out).weight; }, Size{3}, Size{2});
  probe(
      all, "Linear",
      [](auto in, auto out) {
        Generator own(1);
        return nn::Linear(in, out, nn::no_bias, own).weight;
      },
      Size{3}, Size{2});
  probe(
      all, "Linear", [](auto x) { return apply(nn::Linear(3, 2), x); }, matrix());
  probe(
      all, "BatchNorm1d",
      [](auto n, auto eps, auto m) {
        return nn::BatchNorm1d(n, nn::BatchNorm1d::Options().eps(eps).momentum(m.value)).weight;
      },
      Size{3}, Setting{1e-5}, Setting{.1});
  probe(
      all, "BatchNorm1d", [](auto x) { return apply(nn::BatchNorm1d(3), x); }, matrix());
  probe(
      all, "Dropout", [](auto p) { return apply(nn::Dropout(p), matrix()); }, Setting{.5});
  probe(
      all, "Dropout", [](auto p) { return apply(nn::Dropout(p, Generator(1)), matrix()); }, Setting{.5});
  probe(
      all, "Dropout", [](auto x) { return apply(nn::Dropout(), x); }, matrix());
  probe(
      all, "Flatten", [](auto x, auto a, auto b) { return apply(nn::Flatten(a, b), x); }, matrix(), Axis{0}, Axis{1});
  probe(
      all, "Softplus", [](auto x, auto b, auto t) { return apply(nn::Softplus(b, t), x); }, matrix(), Setting{1},
      Setting{20});
  probe(
      all, "LeakyReLU", [](auto x, auto a) { return apply(nn::LeakyReLU(a), x); }, matrix(), Setting{.1});
  probe(
      all, "ELU", [](auto x, auto a) { return apply(nn::ELU(a), x); }, matrix(), Setting{1});
  probe(
      all, "GELU", [](auto x) { return apply(nn::GELU(Gelu::tanh), x); }, matrix());
  probe(
      all, "Softmax", [](auto x, auto a) { return apply(nn::Softmax(a), x); }, matrix(), Axis{1});
  probe(
      all, "LogSoftmax", [](auto x, auto a) { return apply(nn::LogSoftmax(a), x); }, matrix(), Axis{1});
  probe(
      all, "CELU", [](auto x, auto a) { return apply(nn::CELU(a), x); }, matrix(), Setting{1});
  probe(
      all, "Hardtanh", [](auto x, auto a, auto b) { return apply(nn::Hardtanh(a, b), x); }, matrix(), Setting{-1},
      Setting{1});
  probe(
      all, "Hardshrink", [](auto x, auto a) { return apply(nn::Hardshrink(a), x); }, matrix(), Setting{.5});
  probe(
      all, "Softshrink", [](auto x, auto a) { return apply(nn::Softshrink(a), x); }, matrix(), Setting{.5});
  probe(
      all, "Threshold", [](auto x, auto a, auto v) { return apply(nn::Threshold(a, v), x); }, matrix(), Setting{.5},
      Setting{1});
  probe(
      all, "GLU", [](auto x, auto a) { return apply(nn::GLU(a), x); }, ones({2, 4}), Axis{1});
  probe(
      all, "Softmin", [](auto x, auto a) { return apply(nn::Softmin(a), x); }, matrix(), Axis{1});
  probe(
      all, "PReLU", [](auto n, auto a) { return nn::PReLU(n, a).weight; }, Size{3}, Setting{.25});
  probe(
      all, "PReLU", [](auto x) { return apply(nn::PReLU(3), x); }, matrix());
  probe(
      all, "RReLU", [](auto x, auto a, auto b) { return apply(nn::RReLU(a, b), x); }, matrix(), Setting{.1},
      Setting{.3});
  probe(
      all, "RReLU", [](auto a, auto b) { return apply(nn::RReLU(a, b, Generator(1)), matrix()); }, Setting{.1},
      Setting{.3});
#define XGRAD_BAD(Name) \
  probe(                \
      all, #Name, [](auto x) { return apply(nn::Name(), x); }, matrix())
  XGRAD_BAD(ReLU);
  XGRAD_BAD(Sigmoid);
  XGRAD_BAD(LogSigmoid);
  XGRAD_BAD(Tanh);
  XGRAD_BAD(SiLU);
  XGRAD_BAD(ReLU6);
  XGRAD_BAD(SELU);
  XGRAD_BAD(Mish);
  XGRAD_BAD(Softsign);
  XGRAD_BAD(Tanhshrink);
  XGRAD_BAD(Hardsigmoid);
  XGRAD_BAD(Hardswish);
#undef XGRAD_BAD
}

void containers(Catalogue& all) {
  probe(
      all, "Identity", [](auto x) { static_cast<void>(nn::Identity()(x)); }, Optional{matrix()});
  all.functions.insert(all.functions.end(), {"operator()", "add"});
  for (const Shape& sizes : {Shape{two_to_31, two_to_31}, Shape{3, two_to_61}, Shape{most, most}, Shape{3}, Shape{}})
    refused(all, "MLP", to_string(sizes), [=] { nn::MLP{sizes}; });
  refused(all, "MLP", "a great layer", [] { nn::MLP({3, two_to_61}, nn::Tanh(), nn::no_bias); });
  refused(all, "MLP", "one size", [] { nn::MLP({3}); });
  refused(all, "Sequential", "an index beyond its layers", [] { nn::Sequential{relu}[2]; });
  probe_as(
      all, "Sequential", "0 (Linear)", [](auto x) { return apply(nn::Sequential(nn::Linear(3, 2), nn::ReLU()), x); },
      matrix());
  probe(
      all, "Parameter", [](auto x) { return nn::Parameter(x); }, matrix());
  probe(
      all, "Buffer", [](auto x) { return nn::Buffer(x); }, matrix());
  nn::Linear model(3, 2);
  probe(
      all, "to", [model](auto d) { nn::Linear(model).to(d); }, float32);
  refused(all, "Linear", "an unknown name", [=] { static_cast<void>(model.parameter("nothing")); });
  refused(all, "Linear", "an unknown buffer", [=] { static_cast<void>(model.buffer("nothing")); });
  refused(all, "Linear", "an undefined weight", [=]() mutable {
    model.load_state_dict({{"weight", Tensor()}, {"bias", zeros({2})}});
  });
  refused(all, "Linear", "another state", [=]() mutable { model.load_state_dict({{"weight", zeros({2, 2})}}); });
  refused(all, "Layer", "another class", [] { nn::Layer(nn::ReLU()).as<nn::Linear>(); });
  for (const char* name : {"parameter", "buffer", "load_state_dict", "Layer", "push_back"})
    all.functions.emplace_back(name);
  probe_as(
      all, "summary", "summary", [](auto s) { static_cast<void>(nn::summary(nn::Identity(), s)); }, Shape{2, 3});
}

void losses(Catalogue& all) {
  using nn::Reduction;
#define XGRAD_BAD(name) \
  probe(                \
      all, #name, [](auto x, auto t) { return nn::name(x, t); }, matrix(), matrix())
  XGRAD_BAD(mse_loss);
  XGRAD_BAD(half_squared_error);
  XGRAD_BAD(l1_loss);
  XGRAD_BAD(kl_div);
  XGRAD_BAD(binary_cross_entropy);
  XGRAD_BAD(binary_cross_entropy_with_logits);
#undef XGRAD_BAD
  probe(
      all, "smooth_l1_loss", [](auto x, auto t, auto b) { return nn::smooth_l1_loss(x, t, Reduction::mean, b); },
      matrix(), matrix(), Setting{1});
  probe(
      all, "huber_loss", [](auto x, auto t, auto d) { return nn::huber_loss(x, t, Reduction::sum, d); }, matrix(),
      matrix(), Setting{1});
  probe(
      all, "kl_div", [](auto x, auto t) { return nn::kl_div(x, t, Reduction::batchmean, nn::log_target); }, matrix(),
      matrix());
  probe(
      all, "binary_cross_entropy",
      [](auto x, auto t, auto w) { return nn::binary_cross_entropy(x, t, Tensor(w), Reduction::none); }, matrix(),
      matrix(), Optional{ones({3})});
  probe(
      all, "binary_cross_entropy_with_logits",
      [](auto x, auto t, auto w, auto p) {
        return nn::binary_cross_entropy_with_logits(x, t, Tensor(w), Tensor(p), Reduction::none);
      },
      matrix(), matrix(), Optional{ones({3})}, Optional{ones({3})});
  const Tensor labels = {0, 2};
  probe(
      all, "cross_entropy",
      [](auto x, auto t, auto w, auto e) {
        return nn::cross_entropy(x, t, nn::CrossEntropyOptions().weight(w).label_smoothing(e));
      },
      matrix(), labels, Optional{Tensor()}, Setting{0});
  probe(
      all, "cross_entropy",
      [](auto x, auto t, auto w, auto i) {
        return nn::cross_entropy(x, t, nn::CrossEntropyOptions().weight(w).ignore_index(i).label_smoothing(.1));
      },
      matrix(), labels, Optional{ones({3})}, Index{-100});
  probe(
      all, "cross_entropy", [](auto x, auto t) { return nn::cross_entropy(x, t); }, matrix(), matrix());
  probe(
      all, "nll_loss", [](auto x, auto t, auto w) { return nn::nll_loss(x, t, nn::ClassOptions().weight(w)); },
      matrix(), labels, Optional{ones({3})});
  refused(all, "binary_cross_entropy", "an input of NaN",
          [] { static_cast<void>(nn::binary_cross_entropy(Tensor{nan}, Tensor{1.})); });
  refused(all, "binary_cross_entropy", "a target of 1.5",
          [] { static_cast<void>(nn::binary_cross_entropy(Tensor{.5}, Tensor{1.5})); });
  refused(all, "binary_cross_entropy", "a target of NaN",
          [] { static_cast<void>(nn::binary_cross_entropy(Tensor{.5}, Tensor{nan})); });
  refused(all, "mse_loss", "batchmean",
          [] { static_cast<void>(nn::mse_loss(matrix(), matrix(), Reduction::batchmean)); });
}

void initialisers(Catalogue& all) {
  using namespace nn::init;
  const Tensor x = matrix();
#define XGRAD_BAD(name) \
  probe(                \
      all, #name, [](auto t) { return name(t.defined() ? t.clone() : t); }, x)
  XGRAD_BAD(uniform_);
  XGRAD_BAD(normal_);
  XGRAD_BAD(zeros_);
  XGRAD_BAD(ones_);
  XGRAD_BAD(eye_);
  XGRAD_BAD(xavier_uniform_);
  XGRAD_BAD(xavier_normal_);
  XGRAD_BAD(kaiming_uniform_);
  XGRAD_BAD(kaiming_normal_);
#undef XGRAD_BAD
  probe(
      all, "uniform_", [=](auto a, auto b) { return uniform_(x.clone(), a, b); }, Setting{-1}, Setting{1});
  probe(
      all, "normal_", [=](auto m, auto s) { return normal_(x.clone(), m, s); }, Setting{0}, Setting{1});
  probe(
      all, "constant_", [](auto t, auto v) { return constant_(t.defined() ? t.clone() : t, v); }, x, Amount{1});
  probe(
      all, "xavier_uniform_", [=](auto g) { return xavier_uniform_(x.clone(), g); }, Setting{1});
  probe(
      all, "xavier_normal_", [=](auto g) { return xavier_normal_(x.clone(), g); }, Setting{1});
  probe(
      all, "kaiming_uniform_", [=](auto a) { return kaiming_uniform_(x.clone(), a); }, Setting{1});
  probe(
      all, "kaiming_normal_", [=](auto a) { return kaiming_normal_(x.clone(), a); }, Setting{1});
  probe(
      all, "calculate_gain", [](auto s) { return calculate_gain(Nonlinearity::leaky_relu, s); }, Setting{.1});
  refused(all, "constant_", "NaN into int64", [] { constant_(Tensor{1, 2}, nan); });
}

}  // namespace

void module_calls(Catalogue& all) {
  layers(all);
  containers(all);
  losses(all);
  initialisers(all);
}

}  // namespace bad_calls
