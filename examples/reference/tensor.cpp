// The examples of docs/reference/tensor.md.

#include "example.hpp"

namespace {

void values() {
  example("Tensor");
  {
    Tensor x = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    std::cout << x(1, xt::range(0, 2)) << '\n' << x.sum(0) << '\n' << x.shape() << ' ' << x.dtype() << '\n';
  }
  example("DType", "boolean", "int64", "float32", "float64");
  {
    for (const DType dtype : {boolean, int64, float32, float64}) std::cout << Tensor{0.0, 2.0}.to(dtype) << '\n';
  }
  example("is_floating");
  std::cout << std::boolalpha << is_floating(float32) << ' ' << is_floating(int64) << '\n';
  example("size_of");
  std::cout << size_of(float32) << " bytes" << '\n';
  example("name_of");
  std::cout << name_of(Tensor(2).dtype()) << '\n';
}

void sizes() {
  example("Shape", "Dim");
  {
    const Shape shape = {2, 3, 4};
    std::cout << shape << ' ' << shape.rank() << ' ' << shape.count() << ' ' << shape.at(-1) << '\n'
              << shape.with(0, 5) << ' ' << shape.without(1) << ' ' << std::boolalpha << (shape == Shape{2, 3, 4})
              << '\n';
  }
  example("NewShape");
  {
    const NewShape rows = {2, -1};
    std::cout << arange(6).reshape(rows) << '\n';
  }
  example("Dims");
  {
    const Dims shifts = {0, 1}, axes = {0, 1};
    std::cout << roll(Tensor{{1, 2, 3}, {4, 5, 6}}, shifts, axes) << '\n';
  }
  example("Axes", "KeepDims", "keepdims");
  {
    const Axes axes = {0, -1};
    std::cout << sum(ones({2, 3, 4}), axes) << '\n' << sum(ones({2, 3, 4}), axes, keepdims).shape() << '\n';
  }
  example("to_string");
  std::cout << to_string(zeros({2, 3}).shape()) << '\n';
  example("broadcast_shapes");
  std::cout << broadcast_shapes("a pair", {4, 1, 2}, {3, 1}) << '\n';
}

void gradients() {
  example("Graph", "retain_graph", "create_graph");
  {
    const Tensor x = Tensor{1.0, 2.0}.requires_grad_();
    const Tensor y = sum(x * x * x);
    y.backward(retain_graph);
    std::cout << x.grad() << '\n' << grad(sum(grad(y, x, create_graph)), x) << '\n';
  }
  example("Hook", "HookHandle");
  {
    const Tensor x = Tensor{1.0, 2.0}.requires_grad_();
    const Hook halved = [](const Tensor& g) { return 0.5 * g; };
    HookHandle handle = x.register_hook(halved);
    std::cout << grad(sum(x * x), x) << '\n';
    handle.remove();
    std::cout << grad(sum(x * x), x) << '\n';
  }
}

}  // namespace

int main() {
  values();
  sizes();
  gradients();
  return 0;
}
