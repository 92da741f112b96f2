// Linear algebra of matrices that are tiny, singular, triangular or far from normal.

#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/func.hpp>
#include <xgrad/linalg.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::linalg;
using Catch::Matchers::StartsWith;

namespace {

const double infinity = std::numeric_limits<double>::infinity();

Tensor random(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return randn(shape, generator, float64);
}

}  // namespace

TEST_CASE("tiny matrices have finite solutions and conditions", "[linalg]") {
  const Tensor tiny({{1e-310, 0.0}, {0.0, 2e-310}});
  CHECK(difference(lstsq(tiny, Tensor{1e-310, 4e-310}).solution, Tensor{1.0, 2.0}, 1e-9) == "");
  CHECK(difference(lstsq(Tensor({{1e-40f}, {0.0f}}), Tensor{2e-40f, 0.0f}).solution, Tensor{2.0f}, 1e-4) == "");
  for (const MatrixNorm& order :
       {MatrixNorm(1), MatrixNorm(-1), MatrixNorm(infinity), MatrixNorm("fro"), MatrixNorm("nuc")}) {
    const double expected = cond(Tensor({{1.0, 0.0}, {0.0, 2.0}}), order).item();
    CHECK(cond(tiny, order).item() == Approx(expected));
    CHECK(cond(Tensor({{5e307, 0.0}, {0.0, 1e308}}), order).item() == Approx(expected));
    CHECK(cond(Tensor({{1e-40f, 0.0f}, {0.0f, 2e-40f}}), order).item() == Approx(expected));
  }
  const Tensor a = Tensor({{3.0, 1.0}, {1.0, 2.0}}).requires_grad_(), scaled = (a.detach() * 0x1p600).requires_grad_();
  CHECK(difference(grad(cond(scaled, 1), scaled) * 0x1p600, grad(cond(a, 1), a), 1e-12) == "");
}

TEST_CASE("the second derivatives of small determinants are right for every matrix", "[linalg]") {
  const auto f = [](const Tensor& y) { return det(y); };
  const Tensor antisymmetric(
      {{{{0., 0.}, {0., 1.}}, {{0., 0.}, {-1., 0.}}}, {{{0., -1.}, {0., 0.}}, {{1., 0.}, {0., 0.}}}});
  for (const Tensor& a : {Tensor{{1., 0.}, {0., 1e-200}}, zeros({2, 2}, float64), Tensor{{1., 2.}, {2., 4.}}})
    CHECK(difference(func::hessian(f)(a), antisymmetric) == "");
  for (const std::int64_t n : {1, 2, 3, 4})
    for (const int kind : {0, 1, 2}) {
      INFO(n << " by " << n << ", kind " << kind);
      const Tensor any = random({2, n, n}, 15);
      const Tensor nearly = any.clone();
      if (kind > 0 && n > 1)
        nearly.put({xt::all(), n - 1}, narrow(any, 1, 0, 1).reshape({2, n}) * (kind == 1 ? 1 : 1 + 1e-12));
      const Tensor x = nearly.clone().requires_grad_();
      const Tensor recorded = grad({sum(det(x))}, {x}, {}, create_graph)[0];
      CHECK(difference(recorded.detach(), grad(sum(det(x)), x), 1e-10, 1e-12) == "");
      const auto both = [](const std::vector<Tensor>& in) { return det(in[0]); };
      CHECK(gradgradcheck(both, {x}, GradcheckOptions().rtol(1e-6).atol(1e-6)).message == "");
    }
  // The third derivative of a sum of products of three is constant.
  const Tensor zero = zeros({3, 3}, float64);
  const Tensor third = func::jacobian(func::hessian(f))(zero);
  CHECK(third.shape() == Shape{3, 3, 3, 3, 3, 3});
  CHECK(sum(abs(third)).item() == 36);
  CHECK(third(0, 0, 1, 1, 2, 2).item() == 1);
  CHECK(third(0, 0, 1, 2, 2, 1).item() == -1);
}

TEST_CASE("expm of triangular and of far from normal matrices is accurate", "[linalg]") {
  CHECK(difference(expm(Tensor{{0., 1e16}, {0., 0.}}), Tensor{{1., 1e16}, {0., 1.}}) == "");
  CHECK(difference(expm(Tensor{{0., 0.}, {1e16, 0.}}), Tensor{{1., 0.}, {1e16, 1.}}) == "");
  const double e = std::exp(1.0), beside = 1e6 * std::sinh(1.0);
  CHECK(difference(expm(Tensor{{1., 1e6}, {0., -1.}}), Tensor{{e, beside}, {0., 1 / e}}, 1e-15) == "");
  CHECK(difference(expm(Tensor{{1., 0.}, {1e6, -1.}}), Tensor{{e, 0.}, {beside, 1 / e}}, 1e-15) == "");
  const Tensor far_from_normal = Tensor{{1e3 + 1, -1.}, {1e6, -1e3 + 1}};  // 1 + a nilpotent matrix
  CHECK(difference(expm(far_from_normal), e * Tensor{{1e3 + 1, -1.}, {1e6, -1e3 + 1}}, 1e-8) == "");
  // The nilpotent matrix of one row of 1e5 above the diagonal: a sum of four terms.
  const Tensor n{{0., 1e5, 0., 0.}, {0., 0., 1e5, 0.}, {0., 0., 0., 1e5}, {0., 0., 0., 0.}};
  CHECK(difference(expm(n), Tensor{{1., 1e5, 5e9, 1e15 / 6}, {0., 1., 1e5, 5e9}, {0., 0., 1., 1e5}, {0., 0., 0., 1.}},
                   1e-14) == "");
  CHECK(difference(expm(Tensor{{-800., 1.}, {0., -800.}}), zeros({2, 2}, float64)) == "");
  CHECK(difference(expm(Tensor{{700., 1.}, {0., -700.}}),
                   Tensor{{std::exp(700.), std::exp(700.) / 1400}, {0., std::exp(-700.)}}, 1e-13) == "");
  const Tensor x = Tensor{{0., 1e8}, {0., 0.}}.requires_grad_();
  CHECK(difference(grad(expm(x)(0, 1), x)(0, 1), Tensor(1.0).to(float64), 1e-12) == "");
}

TEST_CASE("the gradient of pinv is right for matrices of any scale", "[linalg]") {
  const Tensor a{{1.0, 2.0}, {3.0, 5.0}, {1.0, 1.0}};
  for (const bool turned : {false, true}) {
    const Tensor m = (turned ? transpose(a) : a).clone().requires_grad_();
    const Tensor expected = grad(sum(pinv(m)), m);
    for (const double scale : {0x1p-360, 0x1p-40, 0x1p50, 0x1p360})
      for (const DType dtype : {float32, float64}) {
        if (dtype == float32 && (scale > 1e30 || scale < 1e-30)) continue;
        const Tensor x = (m.detach() * scale).to(dtype).requires_grad_();
        const Tensor found = grad(sum(pinv(x)), x).to(float64) * scale * scale;
        INFO(scale << ", " << name_of(dtype));
        CHECK(difference(found, expected, dtype == float32 ? 1e-4 : 1e-12, dtype == float32 ? 1e-5 : 1e-12) == "");
      }
  }
}

TEST_CASE("the gradient of det is finite where the cofactors are, also if the inverse is not", "[linalg]") {
  const auto gradient = [](const Tensor& a) {
    const Tensor x = a.clone().requires_grad_();
    return grad(det(x), x);
  };
  const Tensor graded = Tensor({{1e-18, 1e12, 0.0}, {0.0, 1e-9, 1e3}, {0.0, 0.0, 1.0}}).to(float32);
  const Tensor found = gradient(graded).to(float64);
  CHECK(found(0, 0).item() == Approx(1e-9));
  CHECK(found(1, 0).item() == Approx(-1e12));
  CHECK(found(2, 0).item() == Approx(1e15));
  CHECK(largest(found(0, xt::range(1, 3))) < 1e-30);
  CHECK(gradient(diag(Tensor{1e-310, 1e10}))(0, 0).item() == Approx(1e10));
  CHECK(gradient(diag(Tensor{1e-39, 1e5, 1.0, 1.0, 1.0}).to(float32))(0, 0).item() == Approx(1e5));
  // Singular, with products of some singular values beyond the range.
  const Tensor singular = gradient(diag(Tensor{1e200, 1e200, 1e-200, 0.0}));
  CHECK(singular(3, 3).item() == Approx(1e200));
  CHECK(sum(singular != 0).item<int>() == 1);
}

TEST_CASE("solve and inverse give NaN for NaN that the search for pivots passes over", "[linalg]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor a{{0.0, nan}, {nan, 0.0}};
  CHECK(all(isnan(inverse(a))).item<bool>());
  CHECK(all(isnan(solve(a, ones({2}, float64)))).item<bool>());
  CHECK(std::isnan(cond(Tensor{{0.0, nan}, {0.0, 1.0}}, "fro").item()));
  CHECK_THAT(thrown_by<std::invalid_argument>([] {
               static_cast<void>(matrix_power(zeros({2, 2}, float64), -1));
             }),
             StartsWith("matrix_power: the matrix is singular"));
}
