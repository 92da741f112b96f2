// Linear algebra in a loop: a Kalman filter whose noises and friction are learnt by maximising the likelihood of what
// was measured.

#include <cmath>
#include <cstdio>

#include <xgrad/linalg.hpp>
#include <xgrad/xgrad.hpp>

using namespace xgrad;

// A point moves with a velocity that friction slows and kicks change; its position is measured with an error.
struct Model {
  Tensor log_kick = Tensor(0.0).requires_grad_(), log_error = Tensor(0.0).requires_grad_();
  Tensor friction = Tensor(0.5).requires_grad_();

  // The state (position, velocity) one step later: (1, 1; 0, 1 - friction).
  Tensor transition() const { return Tensor{{1.0, 1.0}, {0.0, 1.0}} - friction * Tensor{{0.0, 0.0}, {0.0, 1.0}}; }
};

// -log p of the measurements, by the filter: each step predicts, compares, and corrects.
Tensor negative_log_likelihood(const Model& model, const Tensor& measured) {
  const Tensor a = model.transition(), h = Tensor{{1.0, 0.0}};  // what is measured of the state
  const Tensor kicks = exp(2 * model.log_kick) * Tensor{{0.25, 0.5}, {0.5, 1.0}};
  const Tensor errors = exp(2 * model.log_error) * eye(1, float64);
  Tensor state = zeros({2, 1}, float64), spread = 10 * eye(2, float64), total = 0.0;
  for (std::int64_t t = 0; t < measured.size(); ++t) {
    state = matmul(a, state);
    spread = einsum("ij,jk,lk->il", {a, spread, a}) + kicks;
    const Tensor surprise = measured(t) - matmul(h, state);
    const Tensor s = einsum("ij,jk,lk->il", {h, spread, h}) + errors;
    const Tensor gain = transpose(linalg::solve(s, matmul(h, spread)));
    total = total + 0.5 * (sum(surprise * linalg::solve(s, surprise)) + linalg::logdet(s) + std::log(2 * M_PI));
    state = state + matmul(gain, surprise);
    spread = spread - einsum("ij,jk,lk->il", {gain, s, gain});
  }
  return total;
}

int main() {
  Generator generator(7);
  std::vector<double> positions;
  double position = 0, velocity = 0;
  const Tensor noise = randn({200, 2}, generator, float64);
  for (int t = 0; t < 200; ++t) {
    const double kick = 0.3 * noise(t, 0).item();
    position += velocity + 0.5 * kick;
    velocity = 0.9 * velocity + kick;
    positions.push_back(position + 0.8 * noise(t, 1).item());
  }
  const Tensor measured(positions);

  Model model;
  const auto loss_at = [&](const std::vector<Tensor>& in) {
    Model other{in[0], in[1], in[2]};
    return negative_log_likelihood(other, measured(xt::range(0, 10)));
  };
  std::printf("gradient agrees with differences: %s\n",
              gradcheck(loss_at, {model.log_kick, model.log_error, model.friction}).passed ? "yes" : "no");

  optim::Adam optimizer({model.log_kick, model.log_error, model.friction}, 0.05);
  for (int step = 0; step <= 120; ++step) {
    const Tensor loss = negative_log_likelihood(model, measured);
    if (step % 40 == 0) std::printf("step %d: -log p = %.3f\n", step, loss.item());
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  std::printf("kicks %.2f, errors %.2f, friction %.2f (0.30, 0.80 and 0.10 made the data)\n",
              std::exp(model.log_kick.item()), std::exp(model.log_error.item()), model.friction.item());
}
