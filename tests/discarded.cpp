// Lines that do nothing, since their result is discarded. must_not_compile.cmake compiles this file with warnings: each
// line marked "// warns" must have one, and no other line may.

#include <vector>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

void guards() {
  NoGrad();         // warns
  EnableGrad();     // warns
  Profiler();       // warns
  DetectAnomaly();  // warns
  DetectWrites();   // warns
  const NoGrad off;
}

void results(Tensor x, const Tensor& y) {
  exp(x);                // warns
  x.exp();               // warns
  x + y;                 // warns
  x == y;                // warns
  maximum(x, y);         // warns
  sum(x, 0);             // warns
  transpose(x, {0, 1});  // warns
  zeros({3});            // warns
  nn::mse_loss(x, y);    // warns
  x.to(float64);         // warns
  x.reshape({2});        // warns
  x.detach();            // warns
  x.grad();              // warns
  x.item();              // warns
  grad(sum(x), y);       // warns
  to(x, float64);        // warns
  data::two_spirals(3);  // warns
  x.fill_(1);
  x.requires_grad_();
  x += 1;
  nn::init::normal_(x);
}

void modules(const nn::Linear& model, const Tensor& x) {
  model.parameters();  // warns
  model.state_dict();  // warns
  nn::clone(model);    // warns
  const auto f = [](const std::vector<Tensor>& in) { return in[0]; };
  gradcheck(f, {x});  // warns
  model(x);
}
