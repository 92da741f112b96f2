// Three ways to an op of your own: composing, elementwise(), record().

#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

// Composed of ops that exist: there is no derivative to write.
Tensor rms(const Tensor& x) { return sqrt(mean(square(x), -1, keepdims)); }

// y[i,j] = x[i,j] s[i]: a value, and a local rule for each input. from<k> names the inputs that a rule reads.
Tensor scale_rows(Tensor input, Tensor scales, Source at = Source::here()) {
  Tensor y;
  {
    NoGrad off;  // the value alone; what is recorded is the rules below
    y = input * unsqueeze(scales, -1);
  }
  return record("scale_rows", at, y, {input, scales}, from<1>([](Tensor s, Tensor g) { return g * unsqueeze(s, -1); }),
                from<0>([](Tensor x, Tensor g) { return sum(g * x, -1); }));
}

int main() {
  Tensor a = Tensor({{3.0, 4.0}, {6.0, 8.0}}).requires_grad_();
  std::cout << rms(a) << '\n';

  // Pointwise, from one lambda: the compiler makes the derivative, and each way is one pass over memory.
  auto swish = [](auto x) { return x / (1.0 + exp(-x)); };
  Tensor y = elementwise(swish, a);
  sum(y).backward();
  std::cout << a.grad() << '\n';

  // where() chooses; the branch not taken adds exactly 0 to the gradient, whatever its slope.
  auto half_root = [](auto x) { return where(x > 0, sqrt(x), 0); };
  Tensor z = Tensor({0.0, 4.0}).requires_grad_();
  sum(elementwise(half_root, z)).backward();
  std::cout << z.grad() << '\n';

  Tensor s = Tensor({10.0, 100.0}).requires_grad_();
  a.set_grad({});
  Tensor scaled = scale_rows(a, s);
  sum(scaled).backward();
  std::cout << scaled << '\n' << a.grad() << '\n' << s.grad() << '\n';

  // The rule is written over tensors, so it can be differentiated in its turn. Both orders hold against differences:
  auto f = [](const std::vector<Tensor>& in) { return scale_rows(in[0], in[1]); };
  std::cout << std::boolalpha << gradcheck(f, {a, s}).passed << ' ' << gradgradcheck(f, {a, s}).passed << '\n';
}
