#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/optim.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using optim::Adam;
using optim::AdamW;

namespace {

using Rows = std::vector<std::vector<double>>;

Tensor weighted_exponentials(const Tensor& p) { return sum(exp(p) * Tensor{.5, 3., -1.}); }

template <class Optimizer>
void require_path(const Adam::Options& options, const Rows& expected) {
  const Tensor p = Tensor{1., -2., .5}.requires_grad_();
  Optimizer optimizer({p}, .1, options);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    optimizer.zero_grad();
    weighted_exponentials(p).backward();
    optimizer.step();
    for (std::size_t k = 0; k < 3; ++k) REQUIRE(p(k).item() == Approx(expected[i][k]).epsilon(1e-13));
  }
}

struct Scalar {
  double p, m = 0, v = 0, h = 0;
  void step(double g, double lr, double t, double b1, double b2, double eps, double decay, bool decoupled, bool amsgrad,
            bool maximize) {
    if (decoupled) p *= 1 - lr * decay;
    double d = maximize ? -g : g;
    if (!decoupled) d += decay * p;
    m = b1 * m + (1 - b1) * d;
    v = b2 * v + (1 - b2) * d * d;
    h = amsgrad ? std::max(h, v) : v;
    p -= lr / (1 - std::pow(b1, t)) * m / (std::sqrt(h / (1 - std::pow(b2, t))) + eps);
  }
};

}  // namespace

// Recorded from libtorch 1.13 in float64.
TEST_CASE("Adam and AdamW follow another implementation digit for digit", "[adam]") {
  require_path<Adam>({}, {{0.90000000073575892, -2.0999999975369814, 0.59999999939346937},
                          {0.80038468826607967, -2.1996153082110541, 0.70013555497385527},
                          {0.70140350413743857, -2.2985964904863785, 0.80049630915856418},
                          {0.60329580283988016, -2.3967041898841615, 0.90117082465290543},
                          {0.50628754420706845, -2.4937124465822853, 1.0022461759060275}});
  require_path<Adam>(Adam::Options().betas(.8, .95).eps(1e-3).weight_decay(.2).amsgrad(),
                     {{0.90006409677426436, -2.0857262139295432, 0.59993547226724531},
                      {0.80068704096829912, -2.01918604785795, 0.70016540165755548},
                      {0.70223786023202506, -1.9637440548761702, 0.80088288983269462},
                      {0.60507578715769372, -1.9617975414890256, 0.90227543434313429},
                      {0.50954399800177297, -1.9913877256080945, 1.0045214092470514}});
  require_path<AdamW>(AdamW::Options().weight_decay(.3),
                      {{0.87000000073575889, -2.0399999975369814, 0.58499999939346936},
                       {0.74444768569040398, -2.078675777080695, 0.66758114137510638},
                       {0.62353280308858594, -2.1159910818100545, 0.74790104670824087},
                       {0.50740346527611813, -2.1519162991475667, 0.82611024665354948},
                       {0.39616593483212564, -2.1864285151755056, 0.90235201263447518}});
  require_path<AdamW>(AdamW::Options().betas(.5, .9).amsgrad(),
                      {{0.89900000073575881, -2.0979999975369812, 0.59949999939346932},
                       {0.79964668049520671, -2.1944058296100351, 0.70016815544753885},
                       {0.70275284011427874, -2.2884301999638641, 0.80271288768288396},
                       {0.60887462434298678, -2.3795337642325336, 0.90768216742584984},
                       {0.51831005817747655, -2.4674267347880416, 1.0154585516778292}});
}

TEST_CASE("every combination of Adam's options agrees with scalar arithmetic on tensors longer than a register",
          "[adam]") {
  const bool decoupled = GENERATE(false, true), amsgrad = GENERATE(false, true), maximize = GENERATE(false, true);
  const double decay = GENERATE(0.0, 0.05);
  const DType dtype = GENERATE(float32, float64);
  CAPTURE(decoupled, amsgrad, maximize, decay, dtype);
  const Adam::Options options =
      Adam::Options().betas(.7, .9).eps(1e-6).weight_decay(decay).amsgrad(amsgrad).maximize(maximize);
  const std::int64_t n = 37;
  const Tensor p = linspace(-2, 3, n, float64).to(dtype).detach().requires_grad_();
  std::vector<Scalar> expected;
  for (std::int64_t i = 0; i < n; ++i) expected.push_back({p.detach()(i).item()});
  std::unique_ptr<Adam> optimizer;
  if (decoupled)
    optimizer = std::make_unique<AdamW>(std::vector<Tensor>{p}, .03, options);
  else
    optimizer = std::make_unique<Adam>(std::vector<Tensor>{p}, .03, options);
  const double tolerance = dtype == float32 ? 2e-5 : 1e-13;
  for (int t = 1; t <= 4; ++t) {
    Tensor gradient = sin(p.detach() * (1.0 + t));
    for (std::int64_t i = 0; i < n; ++i)
      expected[static_cast<std::size_t>(i)].step(gradient(i).item(), .03, t, .7, .9, 1e-6, decay, decoupled, amsgrad,
                                                 maximize);
    p.set_grad(gradient);
    optimizer->step();
    for (std::int64_t i = 0; i < n; ++i)
      REQUIRE(p.detach()(i).item() ==
              Approx(expected[static_cast<std::size_t>(i)].p).epsilon(tolerance).margin(tolerance));
  }
}

TEST_CASE("an element's step does not depend on its position in the tensor", "[adam]") {
  const Tensor whole = linspace(-1, 1, 40).requires_grad_();
  std::vector<Tensor> parts;
  for (std::int64_t i = 0; i < 40; ++i) parts.push_back(narrow(whole.detach(), 0, i, 1).clone().requires_grad_());
  Adam one({whole}, .1), many(parts, .1);
  for (int t = 0; t < 3; ++t) {
    whole.set_grad(cos(whole.detach()));
    for (const Tensor& part : parts) part.set_grad(cos(part.detach()));
    one.step();
    many.step();
  }
  for (std::int64_t i = 0; i < 40; ++i)
    REQUIRE(whole.detach()(i).item() == parts[static_cast<std::size_t>(i)].detach().item());
}

TEST_CASE("a parameter that had no gradient in some steps counts only the others", "[adam]") {
  const Tensor a = Tensor{1.}.requires_grad_(), b = Tensor{1.}.requires_grad_();
  Adam optimizer({a, b}, .1);
  a.set_grad(Tensor{2.});
  optimizer.step();
  REQUIRE(b.detach().item() == 1);
  a.set_grad(Tensor());
  b.set_grad(Tensor{2.});
  optimizer.step();
  REQUIRE(b.detach().item() == a.detach().item());
}

TEST_CASE("a saved Adam goes on as if it had never stopped", "[adam]") {
  const Tensor p = Tensor{1., -2.}.requires_grad_(), q = Tensor{1., -2.}.requires_grad_();
  const Adam::Options options = Adam::Options().amsgrad();
  Adam whole({p}, .1, options), first({q}, .1, options);
  const auto step = [](Adam& optimizer, const Tensor& t) {
    optimizer.zero_grad();
    sum(square(t)).backward();
    optimizer.step();
  };
  for (int i = 0; i < 3; ++i) step(whole, p), step(first, q);
  StateDict state = first.state_dict();
  std::vector<std::string> keys;
  for (const auto& [key, tensor] : state) keys.push_back(key);
  REQUIRE(keys == std::vector<std::string>{"state.0.step", "state.0.exp_avg", "state.0.exp_avg_sq",
                                           "state.0.max_exp_avg_sq", "param_groups.0.lr", "param_groups.0.betas",
                                           "param_groups.0.eps", "param_groups.0.weight_decay",
                                           "param_groups.0.amsgrad", "param_groups.0.maximize",
                                           "param_groups.0.decoupled_weight_decay", "param_groups.0.params"});
  REQUIRE(state[0].second.item<int>() == 3);
  Adam second({q}, .7, options);
  second.load_state_dict(state);
  for (int i = 0; i < 3; ++i) step(whole, p), step(second, q);
  REQUIRE(difference(p, q) == "");

  state.erase(state.begin());
  REQUIRE_THAT(thrown_by([&] { second.load_state_dict(state); }), Contains("no step"));
  REQUIRE_THAT(thrown_by([&] { second.load_state_dict({{"lr", .1}, {"state.0.step", 3}}); }), Contains("no exp_avg"));
  REQUIRE_THAT(thrown_by([&] {
                 second.load_state_dict({{"lr", .1}, {"state.0.step", -1}});
               }),
               Contains("not negative"));
  step(whole, p);
  step(second, q);
  REQUIRE(difference(p, q) == "");
}

TEST_CASE("options that make no sense for Adam are refused at construction", "[adam]") {
  const Tensor p = Tensor{1.}.requires_grad_();
  REQUIRE_THAT(thrown_by([&] { Adam({p}, .1, Adam::Options().betas(1, .9)); }),
               Contains("Adam: betas must lie within [0, 1)"));
  REQUIRE_THAT(thrown_by([&] { Adam({p}, .1, Adam::Options().betas(.9, -.1)); }), Contains("betas"));
  REQUIRE_THAT(thrown_by([&] { Adam({p}, .1, Adam::Options().eps(-1)); }), Contains("eps"));
  REQUIRE_THAT(thrown_by([&] { AdamW({p}, .1, AdamW::Options().weight_decay(std::nan(""))); }),
               Contains("AdamW: weight_decay"));
  REQUIRE_THAT(thrown_by([&] { Adam({p}, -1); }), Contains("learning rate"));
  REQUIRE_THAT(thrown_by([&] { Adam({}); }), Contains("no parameters"));
}

TEST_CASE("Adam trains a small net", "[adam]") {
  manual_seed(1);
  nn::Sequential model{nn::Linear(2, 8), nn::Tanh(), nn::Linear(8, 1)};
  Adam optimizer(model.parameters(), .03);
  const Tensor x({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}}, float32), y({{0.}, {1.}, {1.}, {0.}}, float32);
  double last = 1;
  for (int i = 0; i < 500; ++i) {
    const Tensor loss = nn::mse_loss(model(x), y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    last = loss.item();
  }
  REQUIRE(last < 1e-3);
}
