// Tensors, and the gradients of functions of them.

#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

int main() {
  // A tensor is made from braces, from xtensor, from a std::vector, or by a factory. The C++ type decides the dtype.
  Tensor matrix = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
  Tensor row = xt::xarray<double>{10.0, 20.0, 30.0};
  Tensor labels = std::vector<int>{2, 0, 1};
  std::cout << matrix << '\n' << labels << '\n' << zeros({2, 2}) << '\n';

  // Shapes broadcast as in NumPy. operator() takes integers and xtensor's slices.
  std::cout << matrix + row << '\n';
  std::cout << matrix(xt::all(), 1) << '\n' << matrix(0, xt::range(1, 3)) << '\n' << matrix[1] << '\n';
  std::cout << sum(matrix, 0) << '\n' << mean(matrix, 1, keepdims) << '\n';

  // And back to xtensor: a view shares the memory, to_xarray copies it.
  auto view = matrix.view<double>();
  xt::xarray<float> copy = matrix.to_xarray<float>();
  Tensor squares = zeros({2, 3}, float64);
  auto out = squares.mutable_view<double>();
  out = view * view;  // writes the tensor's memory
  out *= xt::xarray<double>{1.0, 10.0, 100.0};
  std::cout << squares << '\n';
  std::cout << "view(1, 2) = " << view(1, 2) << ", copy(0, 0) = " << copy(0, 0) << '\n';

  // A leaf that requires a gradient gets one from backward(). It has the leaf's shape, also where the leaf was
  // broadcast.
  Tensor weight = Tensor({0.5, -1.0, 2.0}).requires_grad_();
  Tensor loss = sum(square(matrix * weight));
  loss.backward();
  std::cout << loss << '\n' << weight.grad() << '\n';

  // Gradients add up until they are dropped.
  sum(weight).backward();
  std::cout << weight.grad() << '\n';
  weight.set_grad({});

  // Inside a NoGrad scope nothing is recorded, and leaves may be written.
  {
    NoGrad off;
    weight -= 0.1;
  }
  std::cout << weight << '\n';
}
