// Bad calls of Tensor and of the engine.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

Tensor leaf() { return matrix(float64).clone().requires_grad_(); }

void making(Catalogue& all) {
  refused(all, "shape", "a negative size", [] { Shape({2, -1}); });
  refused(all, "shape", "33 axes", [] { Shape(std::vector<int>(33, 1)); });
  refused(all, "shape", "33 sizes to reshape to",
          [] { static_cast<void>(NewShape(std::vector<std::int64_t>(33, 1))); });
  all.functions.emplace_back("Tensor");
  refused(all, "tensor", "NaN as int64", [] { Tensor({1.0, nan}, int64); });
  refused(all, "tensor", "a ragged list", [] { Tensor({{1, 2}, {3}}); });
  refused(all, "tensor", "2^64 - 1", [] { Tensor x(~std::uint64_t{0}); });
  refused(all, "tensor", "a vector with 2^64 - 1", [] { Tensor x(std::vector<std::uint64_t>{~std::uint64_t{0}}); });
}

void members(Catalogue& all) {
  probe(
      all, "shape", [](auto x, auto a) { return x.shape(a); }, matrix(), Axis{1});
#define XGRAD_BAD(name) \
  probe(                \
      all, #name, [](auto x) { return x.name(); }, matrix())
  XGRAD_BAD(rank);
  XGRAD_BAD(size);
  XGRAD_BAD(dtype);
  XGRAD_BAD(weak);
  XGRAD_BAD(requires_grad);
  XGRAD_BAD(is_leaf);
  XGRAD_BAD(detach);
  XGRAD_BAD(transpose);
  XGRAD_BAD(clone);
  XGRAD_BAD(exp);
  XGRAD_BAD(log);
  XGRAD_BAD(requires_grad_);
#undef XGRAD_BAD
  probe(
      all, "item", [](auto x) { return x.item(); }, Tensor(1.5));
  probe(
      all, "item", [](auto x) { return x.template item<int>(); }, Tensor(1.5));
  probe(
      all, "view", [](auto x) { return x.template view<float>().size(); }, matrix());
  probe(
      all, "mutable_view", [](auto x) { return x.template mutable_view<float>().size(); }, matrix());
  probe(
      all, "to_xarray", [](auto x) { return x.template to_xarray<double>().size(); }, matrix());
  probe(
      all, "to_xarray", [](auto x) { return x.template to_xarray<int>().size(); }, matrix());
  probe(
      all, "sum", [](auto x, auto a) { return x.sum(a); }, matrix(), Axes{0});
  probe(
      all, "mean", [](auto x, auto a) { return x.mean(a); }, matrix(), Axes{0});
  probe(
      all, "reshape", [](auto x, auto s) { return x.reshape(s); }, matrix(), Sizes{{6}});
  probe(
      all, "to", [](auto x, auto d) { return x.to(d); }, matrix(), float64);
  probe(
      all, "select", [](auto x, auto a, auto i) { return x.select(a, i); }, matrix(), Axis{0}, Index{1});
  probe(
      all, "matmul", [](auto a, auto b) { return a.matmul(b); }, matrix(), ones({3, 2}));
  probe_as(
      all, "operator[]", "select", [](auto x, auto i) { return x[i.value]; }, matrix(), Index{1});
  probe_as(
      all, "operator[]", "index_select", [](auto x, auto i) { return x[i]; }, matrix(), Tensor{1, 0});
  probe_as(
      all, "operator()", "slice", [](auto x, auto i) { return x(xt::all(), i.value); }, matrix(), Index{1});
  probe_as(
      all, "slice", "slice", [](auto x) { return x(xt::range(0, 2), xt::newaxis()); }, matrix());
  probe(
      all, "put", [](auto x, auto y) { return x.defined() ? x.clone().put(0, y) : x.put(0, y); }, matrix(),
      Tensor{1.f, 2.f, 3.f});
  refused(all, "item", "NaN as an int", [] { static_cast<void>(Tensor(nan).item<int>()); });
  refused(all, "item", "3e9 as an int", [] { static_cast<void>(Tensor(3e9).item<int>()); });
  refused(all, "to_xarray", "-1 as unsigned", [] { static_cast<void>(Tensor{-1}.to_xarray<unsigned>()); });
  refused(all, "data", "float32 as float64", [] { Raw::data<double>(ones({2})); });
  refused(all, "write", "float32 as int64", [] { Raw::write<std::int64_t>(ones({2})); });
}

void writes(Catalogue& all) {
  const auto copy = [](const Tensor& x) { return x.defined() ? x.clone() : x; };
  probe(
      all, "copy_", [=](auto x, auto y) { return copy(x).copy_(y); }, matrix(), matrix());
  probe(
      all, "fill_", [=](auto x, auto n) { return copy(x).fill_(n); }, matrix(), Amount{1});
  probe(
      all, "zero_", [=](auto x) { return copy(x).zero_(); }, matrix());
  probe(
      all, "add_", [=](auto x, auto y, auto s) { return copy(x).add_(y, s); }, matrix(), matrix(), Amount{2});
  probe(
      all, "mul_", [=](auto x, auto y) { return copy(x).mul_(y); }, matrix(), matrix());
  probe(
      all, "set_data",
      [=](auto x, auto y) {
        const Tensor named = copy(x);
        named.set_data(y);
      },
      matrix(), matrix());
  refused(all, "fill_", "NaN into int64", [] { Tensor({1, 2}).fill_(nan); });
  refused(all, "copy_", "1e300 into int64", [] { Tensor({1, 2}).copy_(Tensor{1e300, 0.}); });
  refused(all, "mul_", "2.5 into int64", [] { Tensor({1, 2}).mul_(2.5); });
  refused(all, "add_", ".1 into int64", [] { Tensor({1, 2}).add_(Tensor{.1, .2}); });
}

void gradients(Catalogue& all) {
  probe(
      all, "grad", [](auto x) { return x.grad().defined(); }, matrix());
  probe(
      all, "set_grad", [](auto x, auto g) { return x.set_grad(g); }, leaf(), Optional{leaf().detach()});
  probe(
      all, "retain_grad", [](auto x) { return x.retain_grad(); }, leaf());
  probe(
      all, "register_hook", [](auto x) { return x.register_hook([](const Tensor& g) { return g; }); }, leaf());
  probe(
      all, "backward", [](auto y, auto s) { return y.backward(s, retain_graph); }, leaf() * 2, matrix(float64));
  probe(
      all, "backward", [](auto y) { return y.backward(retain_graph); }, sum(leaf()));
  probe(
      all, "backward", [](auto y, auto s) { return backward(y, s, retain_graph); }, std::vector<Tensor>{leaf() * 2},
      std::vector<Tensor>{matrix(float64)});
  const Tensor x = leaf(), y = sum(x * x);
  probe(
      all, "grad", [](auto output, auto input) { return grad(output, input, retain_graph); }, y, x);
  probe(
      all, "grad", [](auto outputs, auto inputs) { return grad(outputs, inputs, {}, retain_graph); },
      std::vector<Tensor>{y}, std::vector<Tensor>{x});
  probe(
      all, "grad", [](auto output, auto input, auto seed) { return grad(output, input, seed, retain_graph); }, y, x,
      Optional{Tensor(1.0)});
  refused(all, "register_hook", "an empty hook", [] { leaf().register_hook(Hook()); });
  refused(all, "backward", "an int64 gradient from a hook", [] {
    const Tensor z = leaf() * 2;
    z.register_hook([](const Tensor& g) { return ones(g.shape(), int64); });
    sum(z).backward();
  });
}

void checks(Catalogue& all) {
  const auto check = [](const Tensor& x, double rtol) {
    const auto f = [](const std::vector<Tensor>& in) { return in[0] * in[0]; };
    static_cast<void>(gradcheck(f, {x}, GradcheckOptions().rtol(rtol)));
  };
  probe(all, "gradcheck", check, leaf(), Setting{1e-7});
  const auto check_twice = [](const Tensor& x, double atol) {
    const auto f = [](const std::vector<Tensor>& in) { return in[0] * in[0]; };
    static_cast<void>(gradgradcheck(f, {x}, GradcheckOptions().atol(atol)));
  };
  probe(all, "gradgradcheck", check_twice, leaf(), Setting{1e-7});
  const auto total = [](const Tensor& x) { return sum(x); };
  probe(
      all, "numerical_gradient", [=](auto x, auto h) { return numerical_gradient(total, x, h); }, matrix(float64),
      Setting{1e-4});
  refused(all, "gradcheck", "an empty function", [] { static_cast<void>(gradcheck({}, {leaf()})); });
  const auto nothing = [](const std::vector<Tensor>&) { return Tensor(); };
  refused(all, "gradcheck", "an empty result", [=] { static_cast<void>(gradcheck(nothing, {leaf()})); });
  refused(all, "gradgradcheck", "an empty result", [=] { static_cast<void>(gradgradcheck(nothing, {leaf()})); });
  refused(all, "numerical_gradient", "an empty result",
          [] { static_cast<void>(numerical_gradient([](const Tensor&) { return Tensor(); }, matrix(float64))); });
}

}  // namespace

void tensor_calls(Catalogue& all) {
  making(all);
  members(all);
  writes(all);
  gradients(all);
  checks(all);
}

}  // namespace bad_calls
