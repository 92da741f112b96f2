// Common mistakes, and what to write instead. docs/traps.md explains them.

#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

/// Prints what is thrown.
template <class F>
void refused(F&& f) {
  try {
    f();
    std::cout << "nothing was thrown\n";
  } catch (const std::exception& error) {
    std::cout << error.what() << '\n';
  }
}

void equality() {
  Tensor a = {1.0, 2.0, 3.0}, b = {1.0, 2.0, 4.0};
  std::cout << (a == b) << '\n';
  const bool same = a.shape() == b.shape() && sum(a != b).item() == 0;
  std::cout << std::boolalpha << same << '\n';
}

void dtypes() {
  Tensor x = ones({2, 3});                                   // float32, as from zeros, eye, rand ...
  std::cout << (x * 2.0).dtype() << '\n';                    // float32: a C++ number takes it from the tensor
  std::cout << (x * Tensor{2.0, 2.0, 2.0}).dtype() << '\n';  // float64: a tensor of doubles does not
  Tensor whole = {1, 2, 3};                                  // int64: the elements are ints
  refused([&] { whole.requires_grad_(); });
  refused([&] { return matmul(x, Tensor{1.0, 2.0, 3.0}); });
  std::cout << matmul(x, Tensor{1.f, 2.f, 3.f}) << '\n';
}

void handles() {
  Tensor a = {1.0, 2.0};
  Tensor b = a;          // another handle of the same numbers
  Tensor c = a.clone();  // numbers of its own
  b += 10;
  std::cout << a << ' ' << c << '\n';
}

void writing() {
  Tensor w = Tensor({1.0, 2.0}).requires_grad_();
  refused([&] { w.fill_(0); });
  {
    NoGrad off;
    w -= 0.5;  // in place: w is still the leaf that it was
  }
  std::cout << w << '\n';

  Tensor x = {3.0, 4.0};
  Tensor y = sum(w * x);
  x += 1;
  refused([&] { y.backward(); });
}

void graphs() {
  Tensor w = Tensor({1.0, 2.0}).requires_grad_();
  Tensor loss = sum(square(w));
  loss.backward(retain_graph);
  loss.backward();
  std::cout << w.grad() << '\n';  // twice the gradient: gradients add up
  refused([&] { loss.backward(); });
  refused([&] { square(w).backward(); });
}

void infinite_slope() {
  Tensor x = Tensor({0.0, 4.0}).requires_grad_();
  sum(where(x > 0, sqrt(x), 0)).backward();
  std::cout << "over tensors:     d/dx at 0 is finite: " << (x.grad()[0].item() == 0) << '\n';
  x.set_grad({});
  sum(where(x > 0, sqrt(where(x > 0, x, 1)), 0)).backward();
  std::cout << "guarded within:   d/dx at 0 is finite: " << (x.grad()[0].item() == 0) << '\n';
  x.set_grad({});
  sum(elementwise([](auto v) { return where(v > 0, sqrt(v), 0); }, x)).backward();
  std::cout << "in one lambda:    d/dx at 0 is finite: " << (x.grad()[0].item() == 0) << '\n';
}

void shapes() {
  Tensor prediction = zeros({4, 1}), target = zeros(4);
  refused([&] { return nn::mse_loss(prediction, target); });
  refused([&] { nn::Linear(784, 50)(zeros({100, 783})); });
  refused([&] { return matmul(ones({2, 3}), ones({4, 5})); });
}

void names() {
  Tensor x = {1.0, 2.0, 3.0, 4.0};
  Tensor deviation = xgrad::std(x);
  xt::xarray<double> values = xt::exp(x.view<double>()) + 1.0;  // evaluated here, not when it is read
  std::cout << deviation << '\n' << Tensor(values) << '\n';
}

void wrong_rule() {
  Tensor x = Tensor({1.0, 2.0}).requires_grad_();
  Tensor twice = record("twice", Source::here(), 2 * x.detach(), {x}, [](Tensor g) { return concat({g, g}); });
  refused([&] { sum(twice).backward(); });
}

void parts() {
  Tensor c = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
  c[1].fill_(7);  // a row shares the memory of c
  c[0] += 1;
  refused([&] { c(xt::all(), 1).fill_(0); });  // a column is a copy
  c.put({xt::all(), 1}, 0);
  c.put({0, xt::range(0, 3, 2)}, Tensor{10.0, 20.0});
  std::cout << c << '\n';
  Tensor column = c(xt::all(), 0);  // a copy with a name
  column.fill_(-1);
  std::cout << column << ' ' << c(0, 0).item() << '\n';

  Tensor x = Tensor({1.0, 2.0}).requires_grad_();
  Tensor y = 3 * x;
  y.put(0, x[1]);  // recorded
  std::cout << y << ' ' << grad(sum(y), x) << '\n';
}

void integers() {
  Tensor counts = {1, 2};
  refused([&] { counts *= 2.5; });
  refused([&] { return Tensor({1.5, 1e300}).to(int64); });
  refused([&] { return Tensor(3e9).item<int>(); });
}

void memory() {
  const Tensor column = zeros({std::int64_t{1} << 31, 0}), row = zeros({0, std::int64_t{1} << 31});
  try {
    std::cout << matmul(column, row) << '\n';
  } catch (const OutOfMemory& error) {  // a kind of std::bad_alloc
    std::cout << error.what() << '\n';
  }
}

int main() {
  equality();
  dtypes();
  handles();
  writing();
  graphs();
  infinite_slope();
  shapes();
  names();
  wrong_rule();
  parts();
  integers();
  memory();
}
