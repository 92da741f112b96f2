// Sums of float32 numbers inside of losses and gradients are as accurate as sum() and mean().

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using nn::Reduction;

namespace {

/// 2^24, 1, 1, -2^24 at every 16th place of 64 zeros: float sums of any order that adds one number after another to
/// 2^24 lose the ones.
Tensor cancelling() {
  Tensor x = zeros({64});
  x.put(0, 0x1p24).put(16, 1).put(32, 1).put(48, -0x1p24);
  return x;
}

}  // namespace

TEST_CASE("losses of float32 are summed as sum() sums, also where large terms cancel", "[losses]") {
  const Tensor x = cancelling(), one = ones({64});
  CHECK(nn::kl_div(x, one, Reduction::sum).item() == -2);
  CHECK(nn::kl_div(x, one, Reduction::mean).item() == -2. / 64);
  CHECK(nn::l1_loss(full({1000}, .1f), zeros({1000})).item() == mean(full({1000}, .1f)).item());
  CHECK(nn::mse_loss(full({1000}, .1f), zeros({1000})).item() == mean(square(full({1000}, .1f))).item());
  for (const std::int64_t n : {1, 31, 33, 1000, 100'000}) {
    Generator own(3);
    const Tensor z = randn({n}, own), t = rand({n}, own);
    const Tensor each = nn::binary_cross_entropy_with_logits(z, t, {}, {}, Reduction::none);
    INFO(n);
    CHECK(nn::binary_cross_entropy_with_logits(z, t).item() == mean(each).item());
    CHECK(nn::l1_loss(z, t, Reduction::sum).item() == sum(nn::l1_loss(z, t, Reduction::none)).item());
    CHECK(nn::smooth_l1_loss(z, t).item() == mean(nn::smooth_l1_loss(z, t, Reduction::none)).item());
    CHECK(nn::huber_loss(z, t).item() == mean(nn::huber_loss(z, t, Reduction::none)).item());
  }
}

TEST_CASE("the gradient of log_softmax sums the upstream gradient wide", "[softmax]") {
  // gx = g - e^y Σ g, here with e^y = 1 / 64 and Σ g = 2.
  for (const bool lanes : {false, true}) {
    const Tensor x = zeros(lanes ? Shape{64, 16} : Shape{1, 64}).requires_grad_();
    const Tensor g = lanes ? broadcast_to(unsqueeze(cancelling(), 1), {64, 16}) : unsqueeze(cancelling(), 0);
    const Tensor gx = grad({log_softmax(x, lanes ? 0 : 1)}, {x}, {g})[0];
    CHECK((lanes ? gx(1, 3) : gx(0, 1)).item() == -2. / 64);
  }
}
