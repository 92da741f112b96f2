// The examples of docs/reference/losses.md.

#include "example.hpp"

namespace {

void from_mse_loss() {
  example("mse_loss");
  {
    const Tensor y = Tensor{0.0, 2.0, 5.0}.requires_grad_(), t = {0.5, 2.0, 1.0};
    const Tensor loss = nn::mse_loss(y, t);
    std::cout << loss << '\n' << grad(loss, y) << '\n';
  }
  example("half_squared_error");
  {
    const Tensor y = Tensor{0.0, 2.0, 5.0}.requires_grad_(), t = {0.5, 2.0, 1.0};
    const Tensor loss = nn::half_squared_error(y, t);
    std::cout << loss << '\n' << grad(loss, y) << '\n';
  }
  example("l1_loss");
  {
    const Tensor y = Tensor{0.0, 2.0, 5.0}.requires_grad_(), t = {0.5, 2.0, 1.0};
    const Tensor loss = nn::l1_loss(y, t);
    std::cout << loss << '\n' << grad(loss, y) << '\n';
  }
  example("smooth_l1_loss");
  {
    const Tensor y = Tensor{0.0, 2.0, 5.0}.requires_grad_(), t = {0.5, 2.0, 1.0};
    const Tensor loss = nn::smooth_l1_loss(y, t);
    std::cout << loss << '\n' << grad(loss, y) << '\n';
  }
  example("huber_loss");
  {
    const Tensor y = Tensor{0.0, 2.0, 5.0}.requires_grad_(), t = {0.5, 2.0, 1.0};
    const Tensor loss = nn::huber_loss(y, t, nn::Reduction::sum, 2.0);
    std::cout << loss << '\n' << grad(loss, y) << '\n';
  }
  example("kl_div");
  {
    const Tensor y = log(Tensor{0.25, 0.25, 0.5}), t = {0.5, 0.0, 0.5};
    std::cout << nn::kl_div(y, t, nn::Reduction::sum) << '\n';
  }
  example("binary_cross_entropy");
  {
    const Tensor y = Tensor{0.9, 0.2, 0.5}.requires_grad_(), t = {1.0, 0.0, 1.0};
    const Tensor loss = nn::binary_cross_entropy(y, t);
    std::cout << loss << '\n' << grad(loss, y) << '\n';
  }
  example("binary_cross_entropy_with_logits");
  {
    const Tensor y = Tensor{2.0, -1000.0, 0.0}.requires_grad_(), t = {1.0, 0.0, 1.0};
    const Tensor loss = nn::binary_cross_entropy_with_logits(y, t);
    std::cout << loss << '\n' << grad(loss, y) << '\n';
  }
}

void from_cross_entropy() {
  example("cross_entropy");
  {
    const Tensor y = Tensor({{2.0, 0.0, -1.0}, {0.0, 0.0, 0.0}}).requires_grad_(), t = {0, 2};
    const Tensor loss = nn::cross_entropy(y, t);
    std::cout << loss << '\n' << grad(loss, y) << '\n';
    std::cout << nn::cross_entropy(y, t, nn::CrossEntropyOptions().label_smoothing(0.1)) << '\n';
  }
  example("nll_loss");
  {
    const Tensor y = Tensor({{2.0, 0.0, -1.0}, {0.0, 0.0, 0.0}}).requires_grad_(), t = {0, 2};
    std::cout << nn::nll_loss(log_softmax(y, 1), t) << '\n';
  }
}

}  // namespace

int main() {
  from_mse_loss();
  from_cross_entropy();
  return 0;
}
