#include <xgrad/autograd/func/jacobian.hpp>
#include <xgrad/xgrad.hpp>

#include "workloads.hpp"
#include "xgrad_side.hpp"

using namespace xgrad;

namespace bench {
namespace {

// W13: the posterior of a Gaussian mixture, without the terms that are constant.
struct Posterior {
  Tensor alpha, mu, packed, points, places;

  Posterior() {
    using M = Mixture;
    const auto leaf = [](const std::vector<double>& values, const Shape& shape) {
      return Tensor(values).reshape(shape).detach().requires_grad_();
    };
    alpha = leaf(M::alpha(), {M::k});
    mu = leaf(M::mu(), {M::k, M::d});
    packed = leaf(M::packed(), {M::k, M::d + M::lower});
    points = Tensor(M::points()).reshape({M::n, M::d});
    places = Tensor(M::places());
  }

  Tensor value() const {
    using M = Mixture;
    const Tensor logs = packed(xt::all(), xt::range(0, M::d)),
                 lower = packed(xt::all(), xt::range(M::d, M::d + M::lower));
    const Tensor diagonal = exp(logs);
    const Tensor q = index_select(concat({diagonal, lower, zeros({M::k, 1}, float64)}, 1), 1, places);
    const Tensor centres = matmul(q.reshape({M::k, M::d, M::d}), unsqueeze(mu, 2)).reshape({M::k, M::d});
    const Tensor distances =
        sum(square(linear(points, q.reshape({M::k * M::d, M::d})).reshape({M::n, M::k, M::d}) - centres), 2);
    const Tensor inside = alpha + sum(logs, 1) - 0.5 * distances;
    return sum(logsumexp(inside, 1)) - static_cast<double>(M::n) * logsumexp(alpha, 0) +
           0.5 * M::gamma * M::gamma * (sum(square(diagonal)) + sum(square(lower))) - M::m * sum(logs);
  }

  double step() const {
    for (const Tensor& each : {alpha, mu, packed}) each.set_grad({});
    const Tensor f = value();
    f.backward();
    return f.item();
  }
};

Task mixture_task() {
  const auto posterior = std::make_shared<Posterior>();
  const auto check = [=] {
    Checked checked;
    checked.values.push_back(posterior->step());
    for (const Tensor& each : {posterior->alpha, posterior->mu, posterior->packed})
      for (std::int64_t i = 0; i < 5; ++i) checked.values.push_back(each.grad().reshape({-1})[i].item());
    return checked;
  };
  return {check, repeat([=] { posterior->step(); })};
}

// W14: the product of the Hessian of a network's loss with a vector.
Task hessian_task() {
  const Mlp mlp = w14();
  std::vector<Tensor> weights, vectors;
  for (std::size_t i = 0; i + 1 < mlp.sizes.size(); ++i) {
    const std::int64_t in = mlp.sizes[i], out = mlp.sizes[i + 1];
    weights.push_back(Tensor(layer_weights(i, in, in * out)).reshape({out, in}).detach().requires_grad_());
    weights.push_back(Tensor(layer_bias(i, in, out)).requires_grad_());
    vectors.push_back(Tensor(layer_weights(i + 5, in, in * out)).reshape({out, in}));
    vectors.push_back(Tensor(layer_bias(i + 5, in, out)));
  }
  const Tensor inputs = Tensor(mlp.inputs()).reshape({mlp.batch, mlp.sizes.front()}), targets(mlp.labels());
  const auto product = [=] {
    const Tensor hidden = tanh(linear(inputs, weights[0], weights[1]));
    const Tensor loss = nn::cross_entropy(linear(hidden, weights[2], weights[3]), targets);
    const std::vector<Tensor> slopes = grad(std::vector<Tensor>{loss}, weights, {}, create_graph);
    return grad(slopes, weights, vectors);
  };
  const auto check = [=] {
    Checked checked;
    for (const Tensor& each : product())
      for (std::int64_t i = 0; i < 4; ++i) checked.values.push_back(each.reshape({-1})[i].item());
    return checked;
  };
  return {check, repeat([=] { product(); })};
}

Task rosenbrock_task() {
  const Tensor x(Rosenbrock::point());
  const auto f = [](const Tensor& at) {
    const Tensor from = narrow(at, 0, 0, Rosenbrock::n - 1), to = narrow(at, 0, 1, Rosenbrock::n - 1);
    return sum(100 * square(to - square(from)) + square(1 - from));
  };
  const auto second = [=] { return func::hessian(f)(x); };
  const auto check = [=] {
    Checked checked;
    const Tensor h = second();
    for (const auto& [i, j] : Rosenbrock::checked) checked.values.push_back(h[i][j].item());
    return checked;
  };
  return {check, repeat([=] { second(); })};
}

}  // namespace

void add_gradient_tasks(Tasks& tasks) {
  tasks["W13"] = mixture_task;
  tasks["W14"] = hessian_task;
  tasks["W16"] = rosenbrock_task;
}

}  // namespace bench
