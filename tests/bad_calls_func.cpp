// Bad calls of transforms, checkpoints, custom functions and hooks of modules.

#include <xgrad/func.hpp>

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

Tensor total(const Tensor& x) { return sum(x * x); }

/// A function that has no body.
const std::function<Tensor(const Tensor&)> empty;
const std::function<Tensor(const func::Tensors&)> empty_of_list;

/// A function with a backward and a jvp of its own.
struct Twice : func::Function<Twice> {
  static constexpr const char* name = "twice";
  static Tensor forward(func::Context& context, const Tensor& x, double factor) {
    context.save_for_backward({x, Tensor()});
    return factor * x;
  }
  static func::Tensors backward(func::Context&, const Tensor& g) { return {2.0 * g}; }
  static Tensor jvp(func::Context&, const func::Tensors& t) { return 2.0 * t[0]; }
};

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

/// Transforms of unusual tensors.
void tensors(Catalogue& all) {
  const auto each = [](const Tensor& x) { return x * x; };
  const Tensor good = matrix(float64);
  probe(
      all, "grad", [](auto x) { return func::grad(total)(x); }, good);
  probe(
      all, "grad", [=](auto x, auto seed) { return func::grad(each).seed(seed)(x); }, good, Optional{good});
  const auto first = [](const func::Tensors& in) { return total(in[0]); };
  probe(
      all, "grad",
      [=](auto x, auto y) {
        return func::grad(first)(func::Tensors{x, y});
      },
      good, good);
  probe(
      all, "value_and_grad", [](auto x) { return func::value_and_grad(total)(x).grad; }, good);
  probe(
      all, "vjp", [=](auto x, auto v) { return func::vjp(each, x).second(v); }, good, good);
  probe(
      all, "linearize", [=](auto x, auto t) { return func::linearize(each, x).second(t); }, good, Optional{good});
  probe(
      all, "jvp", [=](auto x, auto t) { return func::jvp(each, x, t).second; }, good, Optional{good});
  for (const func::Mode mode : {func::Mode::automatic, func::Mode::forward, func::Mode::reverse})
    probe(
        all, "jacobian", [=](auto x) { return func::jacobian(each, mode)(x); }, good);
  probe(
      all, "hessian", [](auto x) { return func::hessian(total)(x); }, good);
  probe(
      all, "hvp", [](auto x, auto v) { return func::hvp(total, x, v); }, good, Optional{good});
  probe(
      all, "check", [=](auto x) { static_cast<void>(func::check(each, x)); }, good);
  const auto loss = [](const Tensor& w, const Tensor& x) { return sum(w) * sum(x); };
  probe(
      all, "per_sample_grad", [=](auto w) { return func::per_sample_grad(loss)(w, matrix(float64)); }, good);
  probe(
      all, "per_sample_grad",
      [=](auto w) {
        return func::per_sample_grad(loss)(w, zeros({0, 3}));
      },
      good);
  for (const std::int64_t samples : {most, two_to_61})
    for (const Tensor& w : {good, zeros({0})})
      refused(all, "per_sample_grad", std::to_string(samples) + " samples without elements", [=] {
        func::per_sample_grad(loss)(w, zeros({samples, 0}));
      });
  refused(all, "per_sample_grad", "batches of different sizes", [] {
    func::per_sample_grad([](const Tensor& w, const Tensor& x, const Tensor& y) { return sum(w * x * y); })(
        Tensor(1.), ones({2}), ones({3}));
  });
  const auto deep = [](std::size_t rank) { return ones(Shape(std::vector<int>(rank, 1))); };
  for (const auto transform : {func::Mode::forward, func::Mode::reverse})
    refused(all, "jacobian", "a result of 34 axes", [=] { func::jacobian(each, transform)(deep(17)); });
  refused(all, "hessian", "a result of 34 axes", [=] { func::hessian(total)(deep(17)); });
  refused(all, "per_sample_grad", "a result of 33 axes", [=] { func::per_sample_grad(loss)(deep(32), ones({2})); });
}

void empty_functions(Catalogue& all) {
  const Tensor x{1.0, 2.0};
  refused(all, "grad", "an empty function", [] { func::grad(empty); });
  refused(all, "grad", "a null pointer", [] { func::grad(static_cast<Tensor (*)(const Tensor&)>(nullptr)); });
  refused(all, "value_and_grad", "an empty function", [] { func::value_and_grad(empty, 0); });
  refused(all, "vjp", "an empty function", [=] { func::vjp(empty, x); });
  refused(all, "linearize", "an empty function", [=] { func::linearize(empty, x); });
  refused(all, "jvp", "an empty function", [=] { func::jvp(empty, x, x); });
  refused(all, "jvp", "an empty function of a list",
          [=] { func::jvp(empty_of_list, func::Tensors{x}, func::Tensors{x}); });
  refused(all, "jacobian", "an empty function", [] { func::jacobian(empty); });
  refused(all, "jacobian", "an empty function in forward mode", [] { func::jacfwd(empty); });
  refused(all, "jacobian", "an empty function in reverse mode", [] { func::jacrev(empty); });
  refused(all, "hessian", "an empty function", [] { func::hessian(empty); });
  refused(all, "hvp", "an empty function", [=] { func::hvp(empty, x, x); });
  refused(all, "hvp", "an empty function of a list",
          [=] { func::hvp(empty_of_list, func::Tensors{x}, func::Tensors{x}); });
  refused(all, "per_sample_grad", "an empty function", [] { func::per_sample_grad(empty); });
  refused(all, "checkpoint", "an empty function", [=] { func::checkpoint(empty, x); });
  refused(all, "check", "an empty function", [=] { static_cast<void>(func::check(empty, x)); });
  refused(all, "check", "an empty function of a list",
          [=] { static_cast<void>(func::check(empty_of_list, func::Tensors{x})); });
}

/// Functions that return what cannot be differentiated, and argument numbers.
void functions(Catalogue& all) {
  const Tensor x{1.0, 2.0};
  const auto two = [](const Tensor& in) { return func::Tensors{in, in}; };
  const auto no_result = [](const Tensor&) { return func::Tensors(); };
  const auto whole = [](const Tensor& in) { return argmax(in); };
  refused(all, "grad", "a function of two results", [=] { func::grad(two)(x); });
  refused(all, "grad", "a function without a result", [=] { func::grad(no_result)(x); });
  refused(all, "grad", "an int64 result", [=] { func::grad(whole)(x); });
  refused(all, "vjp", "two results and one seed", [=] { func::vjp(two, x).second(x); });
  refused(all, "vjp", "no seed for a result of two elements", [=] { func::vjp(two, x).second({x, Tensor()}); });
  refused(all, "jacobian", "a function of two results", [=] { func::jacobian(two)(x); });
  refused(all, "hessian", "a function of two results", [=] { func::hessian(two)(x); });
  refused(all, "hvp", "a function of two results", [=] { func::hvp(two, x, x); });
  refused(all, "hvp", "one vector for two arguments", [=] {
    func::hvp([](const func::Tensors& in) { return total(in[0]); }, func::Tensors{x, x}, func::Tensors{x});
  });
  refused(all, "check", "a function of two results", [=] { static_cast<void>(func::check(two, x)); });
  refused(all, "check", "a float32 result",
          [=] { static_cast<void>(func::check([](const Tensor& in) { return in.to(float32); }, x)); });
  refused(all, "check", "a function that returns nothing",
          [=] { static_cast<void>(func::check([](const Tensor&) { return Tensor(); }, x)); });
  refused(all, "check", "no inputs",
          [=] { static_cast<void>(func::check([](const func::Tensors&) { return Tensor(1.); }, func::Tensors())); });
  refused(all, "check", "NaN as a tolerance",
          [=] { static_cast<void>(func::check(total, x, GradcheckOptions().rtol(nan))); });
  const auto numbered = [&](const char* name, const auto& transform) {
    for (const std::int64_t number : {std::int64_t{1}, std::int64_t{-2}, least, most}) {
      refused(all, name, "argument number " + std::to_string(number) + " of 1", [=] { transform(number)(x); });
      refused(all, name, "argument numbers 0 and " + std::to_string(number) + " of 1", [=] {
        transform(std::vector<std::int64_t>{0, number})(x);
      });
    }
    refused(all, name, "no argument numbers", [=] { transform(std::vector<std::int64_t>()); });
    refused(all, name, "an argument number twice", [=] { transform(std::vector<std::int64_t>{0, -1})(x); });
  };
  numbered("grad", [](const auto& number) { return func::grad(total, number); });
  numbered("value_and_grad", [](const auto& number) { return func::value_and_grad(total, number); });
  numbered("jacobian", [](const auto& number) { return func::jacobian(total, number); });
  all.functions.insert(all.functions.end(), {"jacfwd", "jacrev"});
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
  refused(all, "custom", "an empty tangent", [=] { func::custom("f", forward, backward).jvp(nullptr); });
  const func::Custom half = func::custom(
      "half", [](const func::Tensors& in) { return .5 * in[0]; },
      [](const func::Tensors&, const Tensor&, const Tensor& g) { return func::Tensors{.5 * g}; });
  probe_as(
      all, "operator()", "half", [=](auto x) { return half(x); }, matrix());
  probe_as(
      all, "operator()", "half", [=](auto x) { return half(func::Tensors{x}); }, matrix().requires_grad_());
  probe_as(
      all, "apply", "twice", [](auto x, auto factor) { return Twice::apply(x, factor.value); },
      matrix().requires_grad_(), Amount{2});
  probe(
      all, "jvp", [](auto x) { return func::jvp([](const Tensor& in) { return Twice::apply(in, 2.); }, x, x).second; },
      matrix());
  const auto nothing = [](const func::Tensors&) { return Tensor(); };
  const auto whole = [](const func::Tensors& in) { return argmax(in[0]); };
  const Tensor leaf = Tensor{1.0}.requires_grad_();
  refused(all, "f", "a forward that returns nothing", [=] { func::custom("f", nothing, backward)(leaf); });
  refused(all, "f", "a forward that returns int64", [=] { func::custom("f", whole, backward)(leaf); });
  probe(
      all, "checkpoint", [](auto x) { return func::checkpoint(total, x); }, matrix());
  probe(
      all, "checkpoint",
      [](auto x, auto y) {
        return func::checkpoint([](const auto& a, const auto& b) { return sum(a) * sum(b); }, x, y);
      },
      matrix().requires_grad_(), matrix());
  refused(all, "checkpoint", "a function that returns nothing while nothing is recorded", [=] {
    const NoGrad off;
    func::checkpoint([=](const Tensor&) { return none; }, Tensor{1.0});
  });
  all.functions.insert(all.functions.end(), {"Custom", "save_for_backward"});
}

}  // namespace

void func_calls(Catalogue& all) {
  transforms(all);
  tensors(all);
  empty_functions(all);
  functions(all);
  of_modules(all);
  custom(all);
}

}  // namespace bad_calls
