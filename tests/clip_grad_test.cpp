// Clipping of huge gradients, and of parameters that are given twice or share a gradient.

#include <cmath>
#include <vector>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::optim;
using Catch::Matchers::Contains;

namespace {

Tensor with_gradient(const Tensor& gradient) {
  Tensor p = zeros(gradient.shape(), gradient.dtype()).requires_grad_();
  p.set_grad(gradient);
  return p;
}

}  // namespace

TEST_CASE("finite float32 gradients have a finite norm, and are clipped to it", "[clip]") {
  for (const double most : {1.0, 1e-6, 1e30}) {
    const Tensor a = with_gradient(full({300}, 3e38, float32)), b = with_gradient(full({100}, -1e38, float32));
    const double norm = std::sqrt(300 * 9e76 + 100 * 1e76);
    CHECK(clip_grad_norm_({a, b}, most) == Approx(norm).epsilon(1e-6));
    CHECK(a.grad().to(float64)[0].item() == Approx(most * 3e38 / norm).epsilon(1e-5));
    CHECK(b.grad().to(float64)[0].item() == Approx(-most * 1e38 / norm).epsilon(1e-5));
  }
  CHECK(get_total_norm({full({4}, 3e38, float32)}) == Approx(6e38));
  CHECK(get_total_norm({full({4}, 3e38, float32)}, 1) == Approx(12e38));
  CHECK(get_total_norm({full({8}, 3e38, float32)}, 3) == Approx(6e38));
  CHECK(get_total_norm({full({4}, 1e-30, float32)}) == Approx(2e-30));
}

TEST_CASE("a gradient that begins where an empty one lies is scaled", "[clip]") {
  const Tensor flat = full({3}, 2.0, float32);
  const Tensor empty = with_gradient(flat(xt::range(0, 0))), p = with_gradient(flat);
  CHECK(clip_grad_norm_({empty, p}, 1.0) == Approx(std::sqrt(12.0)));
  CHECK(p.grad()[0].item() == Approx(2 / std::sqrt(12.0)).epsilon(1e-5));
}

TEST_CASE("a parameter that is given twice is refused, and a shared gradient is scaled once", "[clip]") {
  const Tensor p = with_gradient(full({4}, 2.0, float32)), q = with_gradient(full({4}, 2.0, float32));
  CHECK_THAT(thrown_by([&] {
               clip_grad_norm_({q, p, p}, 1);
             }),
             Contains("clip_grad_norm_: parameter 2 is parameter 1 again: each may be given once"));
  CHECK_THAT(thrown_by([&] {
               clip_grad_value_({p, p}, 1);
             }),
             Contains("clip_grad_value_: parameter 1 is parameter 0 again: each may be given once"));
  CHECK(p.grad()[0].item() == 2);
  q.set_grad(p.grad());
  const double norm = clip_grad_norm_({p, q}, 1);
  CHECK(norm == Approx(std::sqrt(32.)));
  CHECK(p.grad()[0].item() == Approx(2 / norm));
}
