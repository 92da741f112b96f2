// Losses over classes: rows that are ignored do not affect values or derivatives of any order, whatever they hold.

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/func.hpp>
#include <xgrad/nn/likelihood_losses.hpp>
#include <xgrad/nn/losses.hpp>
#include <xgrad/nn/margin_losses.hpp>

#include "both_bodies.hpp"

using namespace xgrad;
using nn::Reduction;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();
constexpr std::int64_t ignored = 2;

/// A loss of logits and labels, of which 2 is to be ignored.
struct Loss {
  std::string name;
  std::function<Tensor(const Tensor& x, const Tensor& labels, Reduction)> f;
};

std::vector<Loss> losses(DType dtype) {
  const Tensor weight = Tensor{.5, 2., 7., 1.25}.to(dtype);
  const auto cross = [](double smoothing, const Tensor& w) {
    return [=](const Tensor& x, const Tensor& labels, Reduction how) {
      nn::CrossEntropyOptions options(how);
      if (w.defined()) options.weight(w);
      return nn::cross_entropy(x, labels, options.ignore_index(ignored).label_smoothing(smoothing));
    };
  };
  const auto likelihood = [](const Tensor& w) {
    return [=](const Tensor& x, const Tensor& labels, Reduction how) {
      nn::ClassOptions options(how);
      if (w.defined()) options.weight(w);
      return nn::nll_loss(x, labels, options.ignore_index(ignored));
    };
  };
  return {{"cross_entropy", cross(0, {})},
          {"weighted", cross(0, weight)},
          {"smoothed", cross(.1, {})},
          {"smoothed and weighted", cross(.1, weight)},
          {"smoothed altogether", cross(1, weight)},
          {"nll_loss", likelihood({})},
          {"weighted nll_loss", likelihood(weight)}};
}

/// Values, first derivatives by the ordinary and by the recorded backward, and second derivatives with respect to the
/// logits and to the seed.
std::vector<Tensor> everything(const Loss& loss, const Tensor& logits, const Tensor& labels, Reduction how,
                               const Tensor& seed) {
  const Tensor x = logits.detach().clone().requires_grad_(), s = seed.detach().clone().requires_grad_();
  const Tensor y = loss.f(x, labels, how);
  const Tensor fast = grad({y}, {x}, {seed}, retain_graph)[0];
  const Tensor slow = grad({y}, {x}, {s}, create_graph)[0];
  const auto second = grad({slow}, {x, s}, {normal(x.shape(), 3, x.dtype())}, retain_graph, allow_unused);
  return {y.detach(), fast, slow.detach(), second[0].defined() ? second[0] : zeros_like(x),
          second[1].defined() ? second[1] : zeros_like(s)};
}

/// The rows of a mask (N) or (N, d...) with the class axis put in.
Tensor spread(const Tensor& rows, const Shape& shape) { return broadcast_to(unsqueeze(rows, 1), shape); }

}  // namespace

TEST_CASE("what an ignored row holds changes no bit of a value or of a slope", "[losses]") {
  for (DType dtype : {float32, float64})
    for (const Shape& shape : std::vector<Shape>{{5, 4}, {3, 4, 2}, {2, 4, 3, 2}})
      for (const Loss& loss : losses(dtype))
        for (Reduction how : {Reduction::none, Reduction::mean, Reduction::sum}) {
          manual_seed(7);
          const Shape rows = shape.without(1);
          const Tensor labels = randint(0, 4, rows), skip = spread(labels == ignored, shape);
          const Tensor clean = log_softmax(normal(shape, 8, dtype), 1);
          const Tensor seed = normal(how == Reduction::none ? rows : Shape(), 9, dtype);
          const auto expected = everything(loss, clean, labels, how, seed);
          for (double held : {not_a_number, inf, -inf, 3e38}) {
            INFO(loss.name << " of " << shape << ", " << dtype << ", holding " << held);
            const auto got = everything(loss, where(skip, held, clean), labels, how, seed);
            for (std::size_t i = 0; i < got.size(); ++i) {
              INFO("result " << i);
              CHECK(difference(got[i], expected[i]) == "");
            }
            for (std::size_t i : {1u, 2u, 3u}) CHECK(sum((got[i] != 0) & skip).item() == 0);
          }
        }
}

TEST_CASE("the upstream gradient of an ignored row is not read", "[losses]") {
  const Tensor labels{0, ignored, 3, ignored}, skip = labels == ignored, all = spread(skip, {4, 4});
  for (const Loss& loss : losses(float64))
    for (double upstream : {not_a_number, inf}) {
      INFO(loss.name << ", " << upstream);
      const Tensor x = log_softmax(normal({4, 4}, 10), 1), seed = where(skip, upstream, normal({4}, 11));
      const auto got = everything(loss, x, labels, Reduction::none, seed);
      const auto expected = everything(loss, x, labels, Reduction::none, where(skip, 1., seed));
      for (std::size_t i = 0; i < got.size(); ++i) CHECK(difference(got[i], expected[i]) == "");
      for (std::size_t i : {1u, 2u, 3u}) CHECK(sum((got[i] != 0) & all).item() == 0);
    }
}

TEST_CASE("a mean over ignored rows alone is NaN and has slope 0", "[losses]") {
  for (DType dtype : {float32, float64})
    for (const Shape& shape : std::vector<Shape>{{3, 4}, {2, 4, 3}})
      for (const Loss& loss : losses(dtype))
        for (double held : {1., inf, not_a_number}) {
          INFO(loss.name << " of " << shape << ", " << dtype << ", holding " << held);
          const Tensor labels = full(shape.without(1), ignored, int64), x = full(shape, held, dtype);
          const auto of_mean = everything(loss, x, labels, Reduction::mean, full({}, 1., dtype));
          CHECK(std::isnan(of_mean[0].item()));
          for (std::size_t i : {1u, 2u, 3u}) CHECK(difference(of_mean[i], zeros_like(x)) == "");
          CHECK(of_mean[4].item() == 0);
          const auto of_sum = everything(loss, x, labels, Reduction::sum, full({}, 1., dtype));
          CHECK(of_sum[0].item() == 0);
          for (std::size_t i : {1u, 2u, 3u}) CHECK(difference(of_sum[i], zeros_like(x)) == "");
        }
}

TEST_CASE("a single ignored row without a batch has slope 0", "[losses]") {
  for (const Loss& loss : losses(float64)) {
    INFO(loss.name);
    const auto got = everything(loss, Tensor{inf, not_a_number, 1., 0.}, full({}, ignored, int64), Reduction::sum,
                                full({}, 1., float64));
    CHECK(got[0].item() == 0);
    for (std::size_t i : {1u, 2u, 3u}) CHECK(difference(got[i], {0., 0., 0., 0.}) == "");
  }
}

TEST_CASE("nll_loss depends on the labelled classes alone, for any upstream gradient", "[losses]") {
  const Tensor x = Tensor({{-1., -2., not_a_number}, {inf, -1., -inf}}).requires_grad_(), labels{0, 1};
  for (Graph graph : {retain_graph, create_graph}) {
    const Tensor g = grad({nn::nll_loss(x, labels, Reduction::none)}, {x}, {Tensor{inf, not_a_number}}, graph)[0];
    CHECK(difference(g.detach(), {{-inf, 0., 0.}, {0., not_a_number, 0.}}) == "");
  }
}

TEST_CASE("a class with logit -inf and target 0 does not affect the loss", "[losses]") {
  const Tensor x = Tensor({{-inf, 1., 2.}, {0., -inf, 1.}}).requires_grad_();
  const Tensor soft = Tensor({{0., .25, .75}, {1., 0., 0.}}).requires_grad_(), hard{2, 0};
  const double expected = .75 * std::log1p(std::exp(-1.)) + .25 * (std::log1p(std::exp(-1.)) + 1);
  const double other = std::log1p(std::exp(1.));
  const Tensor y = nn::cross_entropy(x, soft, Reduction::none);
  CHECK(difference(y.detach(), {expected, other}, 1e-15) == "");
  const double share = 1 / (1 + std::exp(1.));
  const Tensor slopes({{0., share - .25, .25 - share}, {share - 1, 0., 1 - share}});
  for (Graph graph : {retain_graph, create_graph})
    CHECK(difference(grad({y}, {x}, {ones({2}, float64)}, graph)[0].detach(), slopes, 1e-14) == "");
  const Tensor g = grad({y}, {x}, {ones({2}, float64)}, create_graph)[0];
  CHECK_FALSE(std::isnan(sum(grad({g}, {x}, {normal({2, 3}, 12)})[0]).item()));
  const Tensor z = nn::cross_entropy(x, hard);
  const Tensor first = grad(z, x, create_graph);
  CHECK_FALSE(std::isnan(sum(grad({first}, {x}, {normal({2, 3}, 13)})[0]).item()));
}

namespace {

// Logits whose forward and backward sums exceed e^88 in frames past the length of the input.
Tensor sure_of_blanks() {
  Tensor x = zeros({12, 1, 4});
  for (std::int64_t t = 0; t < 5; ++t) Raw::write<float>(x)[t * 4] = 35;
  return x;
}

Tensor ctc_of(const Tensor& x, std::int64_t length, const Tensor& target, bool zero_infinity = false) {
  return nn::ctc_loss(log_softmax(x, 2), target, Tensor({length}), Tensor({target.shape(1)}),
                      nn::CTCLossOptions(Reduction::sum).zero_infinity(zero_infinity));
}

double greatest(const Tensor& x) { return max(abs(x)).item(); }

}  // namespace

TEST_CASE("ctc_loss has finite derivatives of every kind where frames past the length would overflow") {
  const Tensor x = sure_of_blanks(), target = Tensor({{1, 2, 3}});
  const auto of = [&](const Tensor& logits) { return ctc_of(logits, 5, target); };
  const Tensor leaf = x.clone().requires_grad_();
  const Tensor kernel = grad({of(leaf)}, {leaf}, {})[0];
  const Tensor recorded = grad({of(leaf)}, {leaf}, {}, create_graph)[0];
  require_close(recorded.detach(), kernel, 1e-6);
  const Tensor along = normal(x.shape(), 7, float32);
  const double slope = func::jvp(of, x, along).second.item();
  CHECK(std::abs(slope - sum(kernel * along).item()) < 1e-4);
  const Tensor second = grad({sum(recorded * along)}, {leaf}, {})[0];
  CHECK(std::isfinite(greatest(second)));
  const double step = 1e-3;
  const auto slope_at = [&](double shift) {
    const Tensor at = (x.to(float64) + shift * along.to(float64)).requires_grad_();
    return grad({of(at)}, {at}, {})[0];
  };
  require_close(second.to(float64), (slope_at(step) - slope_at(-step)) / (2 * step), 1e-4);
}

TEST_CASE("ctc_loss of a sample that cannot be has slopes 0 with zero_infinity, in every mode") {
  const Tensor x = sure_of_blanks().to(float64).requires_grad_(), target = Tensor({{1, 1, 3}});
  const auto of = [&](const Tensor& logits) { return ctc_of(logits, 2, target, true); };
  CHECK(of(x).item() == 0);
  CHECK(func::jvp(of, x.detach(), ones(x.shape(), float64)).second.item() == 0);
  const Tensor recorded = grad({of(x)}, {x}, {}, create_graph)[0];
  CHECK(greatest(recorded) == 0);
  CHECK(greatest(grad({sum(recorded * recorded)}, {x}, {})[0]) == 0);
}

TEST_CASE("the recorded gradient of ctc_loss keeps its digits over many frames") {
  const Tensor x = normal({1500, 1, 5}, 3, float32).requires_grad_(), target = Tensor({{1, 2, 3, 4, 1}});
  const Tensor loss = ctc_of(x, 1500, target);
  const Tensor kernel = grad({loss}, {x}, {}, retain_graph)[0], recorded = grad({loss}, {x}, {}, create_graph)[0];
  CHECK(greatest(recorded.detach() - kernel) < 1e-6);
}

TEST_CASE("cosine_embedding_loss is right where squares overflow, and so is its gradient") {
  for (const auto& [dtype, size] : {std::pair(float32, 1e20), {float32, 1e38}, {float64, 1e200}}) {
    const Tensor x = full({2}, size, dtype).requires_grad_(), one = ones(Shape(), dtype);
    CHECK(std::abs(nn::cosine_embedding_loss(x, x, one).item()) < 1e-6);
    CHECK(std::abs(nn::cosine_embedding_loss(x, -x, one).item() - 2) < 1e-6);
    const Tensor other = (Tensor({3., -4.}) * size / 4.).to(dtype);
    const Tensor small = ones({2}, float64).requires_grad_();
    const Tensor expected = grad({nn::cosine_embedding_loss(small, Tensor({3., -4.}), Tensor(1.))}, {small}, {})[0];
    const Tensor got = grad({nn::cosine_embedding_loss(x, other, one)}, {x}, {})[0];
    require_close(got.to(float64) * size, expected, 1e-6);
  }
  const Tensor zero = zeros({3}, float64).requires_grad_();
  CHECK(greatest(grad({nn::cosine_embedding_loss(zero, Tensor({1., 0., 0.}), Tensor(1.))}, {zero}, {})[0] -
                 Tensor({-1e6, 0., 0.})) < 1e-3);
}
