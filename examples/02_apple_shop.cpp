// The chain rule, op by op: by how much does the bill change if a price does?

#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

int main() {
  Tensor apple = Tensor(100.0).requires_grad_(), apples = Tensor(2.0).requires_grad_();
  Tensor orange = Tensor(150.0).requires_grad_(), oranges = Tensor(3.0).requires_grad_();
  Tensor tax = Tensor(1.1).requires_grad_();

  // Two apples. The rule of mul gives each input the gradient times the other input.
  Tensor bill = apple * apples * tax;
  bill.backward();
  std::cout << "two apples: " << bill.item() << '\n'
            << "  d/d apple  = " << apple.grad().item() << '\n'
            << "  d/d apples = " << apples.grad().item() << '\n'
            << "  d/d tax    = " << tax.grad().item() << '\n';

  // And three oranges. The rule of add passes the gradient on to both inputs.
  for (const Tensor& x : {apple, apples, tax}) x.set_grad({});
  bill = (apple * apples + orange * oranges) * tax;
  bill.backward();
  std::cout << "two apples and three oranges: " << bill.item() << '\n'
            << "  d/d apple   = " << apple.grad().item() << '\n'
            << "  d/d apples  = " << apples.grad().item() << '\n'
            << "  d/d orange  = " << orange.grad().item() << '\n'
            << "  d/d oranges = " << oranges.grad().item() << '\n'
            << "  d/d tax     = " << tax.grad().item() << '\n';
}
