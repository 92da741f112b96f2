// Bad calls of transforms, checkpoints, custom functions and hooks of modules.

#include <xgrad/func.hpp>

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

Tensor total(const Tensor& x) { return sum(x * x); }

void transforms(Catalogue& all) {
  const Tensor x{1.0, 2.0};
  const Tensor none;
  const auto each = [](const Tensor& in) { return in * in; };
  refused(all, "grad", "an empty argument", [=] { func::grad(total)(none); });
  refused(all, "grad", "an int64 argument", [] { func::grad(total)(Tensor{1, 2}); });
  refused(all, "grad", "a result of two elements", [=] { func::grad(each)(x); });
  refused(all, "grad", "a seed of another shape", [=] { func::grad(each).seed(Tensor{1.0})(x); });
  refused(all, "grad", "an int64 seed", [=] { func::grad(each).seed(Tensor{1, 2})(x); });
  refused(all, "grad", "argument number 1 of 1", [=] { func::grad(total, 1)(x); });
  refused(all, "grad", "argument number -2 of 1", [=] { func::grad(total, -2)(x); });
  refused(all, "grad", "an argument number twice", [=] { func::grad(total, {0, 0})(x); });
  refused(all, "grad", "a function that returns nothing", [=] { func::grad([=](const Tensor&) { return none; })(x); });
  refused(all, "value_and_grad", "a result of two elements", [=] { func::value_and_grad(each)(x); });
  refused(all, "vjp", "an empty argument", [=] { func::vjp(each, none); });
  refused(all, "vjp", "a seed of another shape", [=] { func::vjp(each, x).second(Tensor{1.0}); });
  refused(all, "jvp", "an empty argument", [=] { func::jvp(each, none, x); });
  refused(all, "jvp", "an int64 argument", [=] { func::jvp(each, Tensor{1, 2}, x); });
  refused(all, "jvp", "a tangent of another shape", [=] { func::jvp(each, x, Tensor{1.0}); });
  refused(all, "jvp", "an int64 tangent", [=] { func::jvp(each, x, Tensor{1, 2}); });
  refused(all, "jvp", "one tangent for two arguments", [=] {
    func::jvp([](const func::Tensors& in) { return in[0]; }, func::Tensors{x, x}, func::Tensors{x});
  });
  refused(all, "linearize", "a tangent of another shape", [=] { func::linearize(each, x).second(Tensor{1.0}); });
  refused(all, "jacobian", "an empty argument", [=] { func::jacobian(each)(none); });
  refused(all, "jacobian", "an int64 result", [=] { func::jacobian([](const Tensor& in) { return argmax(in); })(x); });
  refused(all, "hessian", "a result of two elements", [=] { func::hessian(each)(x); });
  refused(all, "hvp", "a vector of another shape", [=] { func::hvp(total, x, Tensor{1.0}); });
  refused(all, "hvp", "a result of two elements", [=] { func::hvp(each, x, x); });
  const auto loss = [](const Tensor& w, const Tensor& in) { return sum(w * in); };
  refused(all, "per_sample_grad", "a scalar batch", [=] { func::per_sample_grad(loss)(x, Tensor(1.0)); });
  refused(all, "per_sample_grad", "an empty batch", [=] { func::per_sample_grad(loss)(x, none); });
}

void of_modules(Catalogue& all) {
  nn::Sequential model{nn::Linear(3, 2)};
  const Tensor x = ones({4, 3}), none;
  const auto with = [=](const std::string& name, const Tensor& value) {
    return func::functional_call(model, StateDict{{name, value}}, x);
  };
  refused(all, "functional_call", "an unknown name", [=] { with("1.bias", ones({2})); });
  refused(all, "functional_call", "an empty tensor", [=] { with("0.bias", none); });
  refused(all, "functional_call", "another shape", [=] { with("0.bias", ones({3})); });
  refused(all, "functional_call", "an int64 bias", [=] { with("0.bias", Tensor{1, 2}); });
  refused(all, "functional_call", "one tensor for two parameters",
          [=] { func::functional_call(model, func::Tensors{x}, x); });
  refused(all, "checkpoint_plan", "negative bytes", [=] { func::checkpoint_plan(model, x, -1); });
  refused(all, "checkpoint_plan", "an empty input", [=] { func::checkpoint_plan(model, none, 1); });
  refused(all, "register_forward_hook", "an empty hook", [=]() mutable { model.register_forward_hook({}); });
  refused(all, "register_forward_pre_hook", "an empty hook", [=]() mutable { model.register_forward_pre_hook({}); });
  refused(all, "register_full_backward_hook", "an empty hook",
          [=]() mutable { model.register_full_backward_hook({}); });
  refused(all, "register_full_backward_pre_hook", "an empty hook",
          [=]() mutable { model.register_full_backward_pre_hook({}); });
}

void custom(Catalogue& all) {
  const Tensor none;
  const auto same = [](const Tensor& in) { return in; };
  refused(all, "checkpoint", "an empty argument", [=] { func::checkpoint(same, none); });
  refused(all, "checkpoint", "a function that returns nothing",
          [=] { func::checkpoint([=](const Tensor&) { return none; }, Tensor{1.0}.requires_grad_()); });
  const auto backward = [](const func::Tensors&, const Tensor&, const Tensor& g) { return func::Tensors{g}; };
  const auto forward = [](const func::Tensors& in) { return in[0]; };
  refused(all, "custom", "an empty name", [=] { func::custom("", forward, backward); });
  refused(all, "custom", "no forward", [=] { func::custom("f", nullptr, backward); });
  refused(all, "custom", "no backward", [=] { func::custom("f", forward, nullptr); });
}

}  // namespace

void func_calls(Catalogue& all) {
  transforms(all);
  of_modules(all);
  custom(all);
}

}  // namespace bad_calls
