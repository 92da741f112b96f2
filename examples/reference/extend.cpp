// The examples of docs/reference/extend.md.

#include <array>
#include <cmath>
#include <vector>

#include <xgrad/extend.hpp>
#include <xgrad/func.hpp>

#include "example.hpp"

namespace {

void ops() {
  const Tensor x = Tensor{1.0, 2.0}.requires_grad_(), s = Tensor{3.0, 4.0}.requires_grad_();
  example("record", "from");
  {
    const Tensor y = record("product", Source::here(), x.detach() * s.detach(), {x, s},
                            from<1>([](Tensor second, Tensor g) { return g * second; }),  // the gradient of x
                            from<0>([](Tensor first, Tensor g) { return g * first; }));   // and that of s
    sum(y).backward();
    std::cout << x.grad() << ' ' << s.grad() << '\n';
  }
  example("record_each");
  {
    const std::vector<Tensor> parts = {x, s};
    const Tensor y = record_each("difference", Source::here(), x.detach() - s.detach(), parts,
                                 [](std::size_t i, Tensor g) { return i == 0 ? g : -g; });
    std::cout << grad(sum(y), s) << '\n';
  }
  example("attributes");
  {
    const Tensor y =
        record("scale", Source::here(), 3 * x.detach(), {x}, attributes("factor", 3.0), [](Tensor g) { return 3 * g; });
    for (const Attribute& each : Raw::node(y)->attributes()) std::cout << to_string(each) << '\n';
  }
  example("Attribute", "to_string");
  {
    const Attribute axis("axis", 1), axes("axes", Shape{0, 2}), how("approximate", "tanh");
    std::cout << to_string(axis) << ' ' << to_string(axes) << ' ' << to_string(how) << '\n';
  }
}

void rules_without_a_function() {
  const Tensor x = Tensor{1.5, 2.5}.requires_grad_();
  example("no_gradient");
  {
    const Tensor places = {1, 0};
    const Tensor y = record("swapped", Source::here(), index_select(x.detach(), 0, places), {x, places},
                            from<1>([](Tensor i, Tensor g) { return index_select(g, 0, i); }), no_gradient);
    std::cout << y << ' ' << grad(sum(y * y), x) << '\n';
  }
  example("zero_gradient");
  {
    const Tensor y = record("steps", Source::here(), floor(x.detach()), {x}, zero_gradient);
    std::cout << grad(sum(y), x) << '\n';
  }
  example("pass_on");
  {
    const Tensor y =
        record("rounded", Source::here(), floor(x.detach()), {x}, pass_on);  // the straight-through estimator
    std::cout << grad(sum(y), x) << '\n';
  }
}

void rules() {
  const Tensor x = Tensor{1.0, 2.0}.requires_grad_(), s = Tensor{3.0, 4.0}.requires_grad_();
  example("from_x", "Rule");
  {
    const auto rule = from_x([](Tensor v, Tensor g) { return 2 * v * g; });  // a Rule
    const Tensor y = record("square", Source::here(), x.detach() * x.detach(), {x}, rule);
    std::cout << grad(sum(y), x) << '\n';
  }
  example("from_y");
  {
    const Tensor y = record("exponential", Source::here(), exp(x.detach()), {x},
                            from_y([](Tensor result, Tensor g) { return g * result; }));
    std::cout << grad(sum(y), x) << '\n';
  }
  example("from_xy");
  {
    const Tensor y = record("x_exp_x", Source::here(), x.detach() * exp(x.detach()), {x},
                            from_xy([](Tensor v, Tensor result, Tensor g) { return g * (result + result / v); }));
    std::cout << grad(sum(y), x) << '\n';
  }
  example("adding");
  {
    // The gradient is added to the sum of those that came before, in its memory.
    const auto rule = adding<>([](Tensor g, Tensor sum) { return sum.defined() ? sum.add_(3 * g) : 3 * g; });
    const auto thrice = [&](const Tensor& v) { return record("thrice", Source::here(), 3 * v.detach(), {v}, rule); };
    const Tensor v = x * x;
    std::cout << grad(sum(thrice(v) + thrice(v)), x) << '\n';
  }
  example("joint");
  {
    const auto slopes = [](Tensor first, Tensor second, Tensor g, Needs needs) {
      return std::array{needs[0] ? g * second : Tensor(), needs[1] ? g * first : Tensor()};
    };
    const Tensor y = record("product", Source::here(), x.detach() * s.detach(), {x, s}, joint<0, 1>(slopes));
    std::cout << grad(sum(y), x) << '\n';
  }
}

void forward_and_twice() {
  const Tensor x = Tensor{1.0, 2.0}.requires_grad_();
  example("with_push");
  {
    const auto thrice = [](const Tensor& v) {
      const auto scale = [](Tensor g) { return 3 * g; };
      return record("thrice", Source::here(), 3 * v.detach(), {v}, with_push(scale, scale));
    };
    const auto [y, tangent] = func::jvp(thrice, x, Tensor{1.0, 10.0});
    std::cout << tangent << '\n';
  }
  example("once_differentiable");
  {
    Tensor value = Raw::uninitialized(x.shape(), x.dtype());
    for (std::int64_t i = 0; i < x.size(); ++i) Raw::write<double>(value)[i] = std::exp(Raw::data<double>(x)[i]);
    const Tensor y =
        record("exponential", Source::here(), value, {x}, once_differentiable(from_y([](Tensor result, Tensor g) {
                 Tensor slope = Raw::uninitialized(g.shape(), g.dtype());  // computed from plain numbers
                 for (std::int64_t i = 0; i < g.size(); ++i)
                   Raw::write<double>(slope)[i] = Raw::data<double>(result)[i] * Raw::data<double>(g)[i];
                 return slope;
               })));
    std::cout << grad(sum(y), x) << '\n';
  }
}

}  // namespace

int main() {
  ops();
  rules_without_a_function();
  rules();
  forward_and_twice();
  return 0;
}
