#include <torch/torch.h>

int main() {
  torch::manual_seed(1);
  torch::nn::Sequential model(torch::nn::Linear(2, 16), torch::nn::ReLU(), torch::nn::Linear(16, 2));
  torch::optim::SGD optimizer(model->parameters(), 0.1);
  const torch::Tensor x = torch::randn({32, 2}), t = torch::randint(0, 2, {32}, torch::kInt64);
  double last = 0;
  for (int i = 0; i < 100; ++i) {
    const torch::Tensor loss = torch::nn::functional::cross_entropy(model->forward(x), t);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    last = loss.item<double>();
  }
  return last < 1 ? 0 : 1;
}
