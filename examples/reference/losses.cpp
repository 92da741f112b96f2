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
  example("kl_div", "LogTarget", "log_target");
  {
    const Tensor y = log(Tensor{0.25, 0.25, 0.5}), t = {0.5, 0.0, 0.5};
    std::cout << nn::kl_div(y, t, nn::Reduction::sum) << '\n';
    std::cout << nn::kl_div(y, log(t), nn::Reduction::sum, nn::log_target) << '\n';
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

void from_poisson_nll_loss() {
  example("poisson_nll_loss");
  std::cout << nn::poisson_nll_loss(Tensor{0.0, 1.0}, Tensor{1.0, 3.0}) << '\n';
  example("gaussian_nll_loss");
  std::cout << nn::gaussian_nll_loss(Tensor{0.0, 1.0}, Tensor{1.0, 3.0}, Tensor{1.0, 4.0}) << '\n';
  example("ctc_loss");
  {
    const Tensor y = log_softmax(zeros({3, 1, 3}, float64), -1);
    std::cout << nn::ctc_loss(y, Tensor{{1, 2}}, Tensor{3}, Tensor{2}, nn::Reduction::sum) << '\n';
  }
  example("margin_ranking_loss");
  std::cout << nn::margin_ranking_loss(Tensor{1.0, 2.0}, Tensor{3.0, 0.0}, Tensor{1.0, 1.0}) << '\n';
  example("hinge_embedding_loss");
  std::cout << nn::hinge_embedding_loss(Tensor{0.5, 0.25}, Tensor{1.0, -1.0}, nn::Reduction::none) << '\n';
  example("soft_margin_loss");
  std::cout << nn::soft_margin_loss(Tensor{1000.0, 0.0}, Tensor{-1.0, 1.0}, nn::Reduction::none) << '\n';
  example("cosine_embedding_loss");
  {
    const Tensor a = {{1.0, 0.0}, {1.0, 0.0}}, b = {{3.0, 4.0}, {3.0, 4.0}};
    std::cout << nn::cosine_embedding_loss(a, b, Tensor{1.0, -1.0}, nn::Reduction::none) << '\n';
  }
}

void from_multi_margin_loss() {
  example("multi_margin_loss");
  std::cout << nn::multi_margin_loss(Tensor{{0.5, 0.25, 2.0}}, Tensor{2}) << '\n';
  example("multilabel_margin_loss");
  std::cout << nn::multilabel_margin_loss(Tensor{0.1, 0.2, 0.4, 0.8}, Tensor{3, 0, -1, 1}) << '\n';
  example("multilabel_soft_margin_loss");
  std::cout << nn::multilabel_soft_margin_loss(Tensor{{2.0, -1.0}}, Tensor{{1.0, 0.0}}) << '\n';
  example("triplet_margin_loss");
  {
    const Tensor a = {{0.0, 0.0}}, p = {{3.0, 4.0}}, n = {{6.0, 8.0}};
    std::cout << nn::triplet_margin_loss(a, p, n, nn::TripletMarginLossOptions().margin(7).eps(0)) << '\n';
  }
  example("triplet_margin_with_distance_loss");
  {
    const auto distance = [](const Tensor& a, const Tensor& b) { return sum(abs(a - b), -1); };
    const auto options = nn::TripletMarginWithDistanceLossOptions().distance_function(distance);
    const Tensor a = {{0.0, 0.0}}, p = {{3.0, 4.0}}, n = {{4.0, 3.5}};
    std::cout << nn::triplet_margin_with_distance_loss(a, p, n, options) << '\n';
  }
}

void from_adaptive_softmax() {
  example("AdaptiveLogSoftmaxWithLoss", "AdaptiveLogSoftmaxOptions");
  {
    nn::AdaptiveLogSoftmaxWithLoss model(8, 1000, {10, 100}, nn::AdaptiveLogSoftmaxWithLoss::Options().div_value(2));
    for (const Tensor& weight : model.parameters()) nn::init::zeros_(weight);  // so that all choices are even
    const auto [output, loss] = model(ones({2, 8}), Tensor{3, 500});
    std::cout << output << '\n' << loss << '\n' << model.log_prob(ones(8)).shape() << '\n';
  }
}

}  // namespace

int main() {
  from_mse_loss();
  from_cross_entropy();
  from_poisson_nll_loss();
  from_multi_margin_loss();
  from_adaptive_softmax();
  return 0;
}
