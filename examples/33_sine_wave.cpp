// An LSTM learns a sine wave: from forty points of it, it says the next one; and then goes on from its own answers.

#include <cmath>
#include <cstdio>
#include <vector>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

namespace {

constexpr std::int64_t steps = 40;

class Net : public nn::ModuleOf<Net> {
 public:
  Net() {
    add("lstm", lstm);
    add("out", out);
  }
  /// The next value after each step, (T, B, 1), and the state to go on from.
  std::pair<Tensor, nn::LSTMState> forward(const Tensor& x, const nn::LSTMState& state = {}) {
    const auto [h, last] = lstm(x, state);
    return {out(h), last};
  }

 private:
  nn::LSTM lstm{1, 24};
  nn::Linear out{24, 1};
};

// One wave for each beginning, (T, B, 1).
Tensor waves(const Tensor& begins, std::int64_t length) {
  const Tensor t = unsqueeze(arange(length).to(float32), 1) * 0.25;
  return unsqueeze(sin(t + begins), 2);
}

}  // namespace

int main() {
  manual_seed(1);
  Net net;
  optim::Adam optimizer(net.parameters(), 0.01);
  const Tensor data = waves(linspace(0, 6.0, 16).to(float32), steps + 1);
  const Tensor inputs = data(xt::range(0, steps)), targets = data(xt::range(1, steps + 1));
  for (int i = 0; i < 300; ++i) {
    const Tensor loss = nn::mse_loss(net(inputs).first, targets);
    optimizer.zero_grad();
    loss.backward();
    optim::clip_grad_norm_(net.parameters(), 1);
    optimizer.step();
    if (i == 0) std::printf("at first the error is more than a tenth: %s\n", loss.item() > 0.1 ? "yes" : "no");
    if (i == 299) std::printf("after 300 steps less than a hundredth: %s\n", loss.item() < 0.01 ? "yes" : "no");
  }

  // On from a wave that it has not seen, twenty steps of its own answers.
  const NoGrad off;
  const Tensor wave = waves(Tensor({1.23f}), steps + 20);
  auto [y, state] = net(wave(xt::range(0, steps)));
  Tensor next = y(xt::range(steps - 1, steps));
  double worst = 0;
  for (std::int64_t t = steps; t < steps + 20; ++t) {
    const double error = std::fabs(next.item() - wave[t].item());
    if (!(error <= worst)) worst = error;  // NaN too
    const auto [answer, after] = net(next, state);
    next = answer;
    state = after;
  }
  std::printf("twenty steps ahead it errs by less than 0.2: %s\n", worst < 0.2 ? "yes" : "no");
}
