// Why is this gradient what it is? The gradient as a sum over paths, and the graph with its numbers.

#include <iostream>

#include <xgrad/inspect.hpp>
#include <xgrad/xgrad.hpp>

using namespace xgrad;

Tensor number(double value) { return Tensor(value).detach().requires_grad_(); }

int main() {
  // Two apples at 100 each, and 10 % tax.
  Tensor apple = number(100), count = number(2), tax = number(1.1);
  Tensor bill = apple * count * tax;
  const TensorNames shop = {{"apple", apple}, {"count", count}, {"tax", tax}, {"bill", bill}};
  for (const Tensor& x : {apple, count, tax}) std::cout << paths(bill, x, shop);

  // A net of two inputs, three hidden units and two outputs, every weight a tensor of its own.
  std::vector<Tensor> w;
  for (double value : {0.1, 0.2, 0.3, -0.4, 0.5, 0.6, 0.7, -0.8, 0.9, 1.0, -1.1, 1.2}) w.push_back(number(value));
  const Tensor x1 = Tensor(0.5).detach(), x2 = Tensor(-0.3).detach();
  const Tensor t1 = Tensor(0.2).detach(), t2 = Tensor(0.9).detach();

  KeepValues keep;  // the targets too, which no rule reads
  std::vector<Tensor> h;
  for (std::size_t i = 0; i < 3; ++i) h.push_back(sigmoid(w[2 * i] * x1 + w[2 * i + 1] * x2));
  const Tensor o1 = w[6] * h[0] + w[7] * h[1] + w[8] * h[2], o2 = w[9] * h[0] + w[10] * h[1] + w[11] * h[2];
  const Tensor loss = 0.5 * square(o1 - t1) + 0.5 * square(o2 - t2);

  TensorNames net = {{"L", loss}, {"x1", x1},     {"x2", x2},   {"t1", t1},
                     {"t2", t2},  {"z_h1", h[0]}, {"z_o1", o1}, {"z_o2", o2}};
  for (std::size_t i = 0; i < w.size(); ++i) net.emplace_back("w" + std::to_string(i + 1), w[i]);
  std::cout << paths(loss, w[0], net);
  std::cout << "backward gives the same: " << grad(loss, w[0], retain_graph).item() << '\n';

  std::cout << explain(bill, shop);
  // The same as a page to step through: explain(loss, net).save_html("net.html");
}
