// What holds of factorisations and systems of equations, and their edges.

#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <thread>

#include <xgrad/linalg.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;
using namespace xgrad::linalg;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN(),
             infinity = std::numeric_limits<double>::infinity();

Tensor random(const Shape& shape, std::uint64_t seed, DType dtype = float64) {
  Generator generator(seed);
  return randn(shape, generator, dtype);
}
Tensor turned(const Tensor& x) { return swapaxes(x, -2, -1); }
Tensor identity(std::int64_t n, DType dtype = float64) { return eye(n, dtype); }
Tensor positive_definite(const Tensor& x) { return matmul(x, turned(x)) + identity(x.shape().at(-2), x.dtype()); }
double tolerance(DType dtype) { return dtype == float32 ? 2e-4 : 1e-11; }
/// How far a is from b, of the shape of a.
std::string far(const Tensor& a, const Tensor& b) {
  return difference(a, broadcast_to(b, a.shape()), tolerance(a.dtype()), tolerance(a.dtype()));
}
bool same_bits(const Tensor& a, const Tensor& b) { return difference(a, b) == ""; }

/// Sizes on both sides of the blocks of LAPACK, where other code runs.
constexpr std::int64_t sides[] = {1, 2, 3, 5, 17, 40, 129, 200};

}  // namespace

TEST_CASE("solutions solve their systems, in float32 and float64 and of every size", "[linalg]") {
  for (const DType dtype : {float32, float64})
    for (const std::int64_t n : sides) {
      INFO(n << " " << name_of(dtype));
      const Tensor a = random({n, n}, 1, dtype) + identity(n, dtype) * (3 * std::sqrt(static_cast<double>(n)));
      const Tensor b = random({n, 3}, 2, dtype);
      CHECK(far(matmul(a, solve(a, b)), b) == "");
      CHECK(far(matmul(inverse(a), a), identity(n, dtype)) == "");
      const Tensor factor = cholesky(positive_definite(a));
      CHECK(far(matmul(factor, turned(factor)) / (10. * static_cast<double>(n)),
                positive_definite(a) / (10. * static_cast<double>(n))) == "");
      CHECK(far(matmul(positive_definite(a), cholesky_solve(b, factor)), b) == "");
      const Tensor logs = log(amax(factor * identity(n, dtype), -1));
      CHECK(logdet(positive_definite(a)).item() == Approx(2 * sum(logs).item()).epsilon(1e-5));
    }
}

TEST_CASE("triangular systems of every kind agree with systems that are not said to be triangular", "[linalg]") {
  for (const std::int64_t n : sides)
    for (unsigned bits = 0; bits < 16; ++bits) {
      const bool upper = bits & 1u, transpose = bits & 2u, unit = bits & 4u, right = bits & 8u;
      const Tensor a = random({n, n}, 3) / static_cast<double>(n) + 2 * identity(n);
      const Tensor rows = arange(n).reshape({n, 1}), columns = arange(n);
      Tensor whole = where(upper ? columns >= rows : columns <= rows, a, 0.0);
      if (unit) whole = where(columns == rows, 1.0, whole);
      if (transpose) whole = turned(whole);
      const Tensor b = random(right ? Shape{3, n} : Shape{n, 3}, 4);
      const Tensor x = triangular_solve(a, b, upper ? Triangle::upper : Triangle::lower,
                                        TriangularOptions().transpose(transpose).unit_diagonal(unit).from_right(right));
      INFO(n << ", case " << bits);
      CHECK(far(right ? matmul(x, whole) : matmul(whole, x), b) == "");
    }
}

TEST_CASE("what triangular_solve and cholesky do not read may be NaN", "[linalg]") {
  const Tensor upper{{2., not_a_number}, {1., 4.}}, lower{{2., 1.}, {not_a_number, 4.}};
  CHECK(far(triangular_solve(upper, Tensor{{2.}, {5.}}, Triangle::lower), Tensor{{1.}, {1.}}) == "");
  CHECK(far(triangular_solve(lower, Tensor{{3.}, {4.}}, Triangle::upper), Tensor{{1.}, {1.}}) == "");
  CHECK(far(cholesky(Tensor{{4., not_a_number}, {2., 5.}}), Tensor{{2., 0.}, {1., 2.}}) == "");
  CHECK(far(cholesky(Tensor{{4., 2.}, {not_a_number, 5.}}, Triangle::upper), Tensor{{2., 1.}, {0., 2.}}) == "");
  CHECK(far(eigvalsh(Tensor{{2., not_a_number}, {0., 5.}}), Tensor{2., 5.}) == "");
}

TEST_CASE("factors are orthogonal or triangular, and give the matrix back", "[linalg]") {
  for (const DType dtype : {float32, float64})
    for (const auto& [m, n] : std::vector<std::pair<std::int64_t, std::int64_t>>{
             {1, 1}, {1, 4}, {4, 1}, {3, 3}, {17, 5}, {5, 17}, {70, 70}, {130, 40}, {40, 130}}) {
      INFO(m << " x " << n << " " << name_of(dtype));
      const std::int64_t k = std::min(m, n);
      const Tensor a = random({m, n}, 5, dtype);
      for (const QRMode mode : {QRMode::reduced, QRMode::complete}) {
        const auto [q, r] = qr(a, mode);
        const std::int64_t columns = mode == QRMode::complete ? m : k;
        CHECK(q.shape() == Shape{m, columns});
        CHECK(r.shape() == Shape{columns, n});
        CHECK(far(matmul(turned(q), q), identity(columns, dtype)) == "");
        CHECK(far(matmul(q, r), a) == "");
        CHECK(sum(where(arange(n) < arange(columns).reshape({columns, 1}), abs(r), 0.f)).item() == 0);
      }
      for (const SingularVectors vectors : {full_matrices, reduced_matrices}) {
        const auto [u, s, vh] = svd(a, vectors);
        CHECK(u.shape() == Shape{m, vectors == full_matrices ? m : k});
        CHECK(vh.shape() == Shape{vectors == full_matrices ? n : k, n});
        CHECK(far(matmul(turned(u), u), identity(u.shape(1), dtype)) == "");
        CHECK(far(matmul(vh, turned(vh)), identity(vh.shape(0), dtype)) == "");
        CHECK(far(matmul(narrow(u, 1, 0, k) * s, narrow(vh, 0, 0, k)), a) == "");
        CHECK(far(svdvals(a), s) == "");
      }
      const Tensor p = pinv(a);
      CHECK(far(matmul(matmul(a, p), a), a) == "");
      CHECK(far(turned(matmul(p, a)), matmul(p, a)) == "");
      const Tensor symmetric = matmul(a, turned(a));
      const auto [w, v] = eigh(symmetric);
      CHECK(far(matmul(turned(v), v), identity(m, dtype)) == "");
      CHECK(far(matmul(v * w, turned(v)) / 100., symmetric / 100.) == "");
      CHECK(far(eigvalsh(symmetric) / 100., w / 100.) == "");
    }
}

TEST_CASE("each matrix of a batch gives what it gives alone, and batches broadcast", "[linalg]") {
  const Tensor a = random({2, 3, 4, 4}, 6) + 4 * identity(4), b = random({3, 4, 2}, 7);
  const Tensor x = solve(a, b), y = inverse(a), d = det(a), e = expm(a * 0.3);
  const SVD parts = svd(a);
  const Eigh symmetric = eigh(a + turned(a));
  REQUIRE(x.shape() == Shape{2, 3, 4, 2});
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < 3; ++j) {
      const Tensor one = a(i, j);
      CHECK(same_bits(x(i, j), solve(one, b(j))));
      CHECK(same_bits(y(i, j), inverse(one)));
      CHECK(same_bits(d(i, j), det(one)));
      CHECK(same_bits(e(i, j), expm(one * 0.3)));
      CHECK(same_bits(parts.s(i, j), svd(one).s));
      CHECK(same_bits(symmetric.eigenvectors(i, j), eigh(one + turned(one)).eigenvectors));
    }
}

TEST_CASE("matrices without rows or columns have the results that the empty product and sum give", "[linalg]") {
  const Tensor none = zeros({0, 0}, float64);
  CHECK(det(none).item() == 1);
  CHECK(same_bits(det(zeros({2, 0, 0}, float64)), ones({2}, float64)));
  CHECK(slogdet(none).sign.item() == 1);
  CHECK(slogdet(none).logabsdet.item() == 0);
  CHECK(inverse(none).shape() == Shape{0, 0});
  CHECK(solve(zeros({3, 0, 0}, float64), zeros({0, 2}, float64)).shape() == Shape{3, 0, 2});
  CHECK(solve(zeros({0, 2, 2}, float64), ones({2, 1}, float64)).shape() == Shape{0, 2, 1});
  CHECK(same_bits(qr(zeros({2, 0}, float64), QRMode::complete).q, identity(2)));
  CHECK(qr(zeros({2, 0}, float64)).q.shape() == Shape{2, 0});
  CHECK(qr(zeros({0, 3}, float64)).r.shape() == Shape{0, 3});
  CHECK(same_bits(svd(zeros({0, 3}, float64)).vh, identity(3)));
  CHECK(same_bits(svd(zeros({2, 0}, float64)).u, identity(2)));
  CHECK(pinv(zeros({0, 3}, float64)).shape() == Shape{3, 0});
  CHECK(same_bits(lstsq(zeros({0, 3}, float64), zeros({0, 2}, float64)).solution, zeros({3, 2}, float64)));
  CHECK(cond(none).item() == 0);
  CHECK(matrix_norm(zeros({0, 3}, float64), "nuc").item() == 0);
  CHECK(same_bits(matrix_norm(zeros({2, 3, 0}, float64), 1), zeros({2}, float64)));
  CHECK(expm(none).shape() == Shape{0, 0});
}

TEST_CASE("NaN and infinity give NaN, or an error where LAPACK might not end", "[linalg]") {
  for (const double bad : {not_a_number, infinity}) {
    Tensor a = random({3, 3}, 8) + 3 * identity(3);
    a.put({1, 1}, bad);
    CHECK(std::isnan(sum(qr(a).q).item()));
    CHECK(std::isnan(sum(eigh(a).eigenvalues).item()));
    CHECK(std::isnan(eigvalsh(a)(0).item()));
    CHECK(std::isnan(sum(expm(a)).item()));
    CHECK_THROWS_WITH(svd(a), Catch::Contains("svd: the matrix has elements that are NaN or infinite"));
    CHECK_THROWS_WITH(pinv(a), Catch::StartsWith("pinv: "));
    CHECK_THROWS_WITH(lstsq(a, ones({3}, float64)), Catch::StartsWith("lstsq: "));
  }
  CHECK(std::isnan(det(full({2, 2}, not_a_number)).item()));
  CHECK(std::isnan(sum(solve(full({2, 2}, not_a_number), ones({2, 1}, float64))).item()));
  CHECK(std::isnan(sum(inverse(full({2, 2}, not_a_number))).item()));
  CHECK_THROWS_WITH(cholesky(Tensor{{1., 0.}, {not_a_number, 1.}}),
                    Catch::Contains("its leading minor of order 2 is not"));
  CHECK_THROWS_WITH(cholesky(full({150, 150}, not_a_number)), Catch::Contains("its leading minor of order 1 is not"));
}

TEST_CASE("determinants do not lose their sign, and logarithms do not overflow", "[linalg]") {
  const Tensor exchange{{0., 1.}, {1., 0.}};
  CHECK(det(exchange).item() == -1);
  CHECK(slogdet(exchange).sign.item() == -1);
  CHECK(std::isnan(logdet(exchange).item()));
  CHECK(logdet(identity(300) * 1e-3).item() == Approx(300 * std::log(1e-3)));
  CHECK(det(identity(300) * 1e-3).item() == 0);
  CHECK(logdet(zeros({2, 2}, float64)).item() == -infinity);
  CHECK(slogdet(zeros({2, 2}, float64)).sign.item() == 0);
}

TEST_CASE("the gradient of a determinant is the cofactors, also where the matrix is singular", "[linalg]") {
  for (const Tensor& a : {Tensor{{1., 2., 3.}, {2., 4., 6.}, {1., 0., 1.}}, Tensor{{1., 1.}, {1., 1.}},
                          Tensor{{0., 0.}, {0., 0.}}, Tensor{{1., 2., 3.}, {1., 2., 3.}, {1., 2., 3.}}}) {
    const Tensor x = a.clone().requires_grad_();
    const auto f = [](const Tensor& y) { return det(y); };
    CHECK(difference(grad(det(x), x), numerical_gradient(f, a.clone()), 0, 1e-7) == "");
  }
  // A batch with a singular and a regular matrix.
  const Tensor x = Tensor{{{1., 1.}, {1., 1.}}, {{2., 0.}, {0., 3.}}}.requires_grad_();
  CHECK(far(grad(sum(det(x)), x), Tensor{{{1., -1.}, {-1., 1.}}, {{3., 0.}, {0., 2.}}}) == "");
}

TEST_CASE("the second derivative of a determinant at a singular matrix agrees with differences", "[linalg]") {
  const Tensor a = Tensor{{1., 2., 3.}, {2., 4., 6.}, {1., 0., 1.}}.requires_grad_();
  const auto f = [](const std::vector<Tensor>& x) { return det(x[0]); };
  CHECK(gradgradcheck(f, {a}, GradcheckOptions().rtol(1e-6).atol(1e-6)).message == "");
}

TEST_CASE("beside any other matrix of its batch, each has the gradients of its determinant that it has alone",
          "[linalg]") {
  const std::function<Tensor(const Tensor&)> functions[] = {[](const Tensor& x) { return det(x); },
                                                            [](const Tensor& x) { return slogdet(x).logabsdet; },
                                                            [](const Tensor& x) { return logdet(x); }};
  const Tensor batch =
      Tensor{{{1., 2.}, {2., 4.}}, {{2., 1.}, {0.5, 3.}}, {{not_a_number, 1.}, {1., 2.}}, {{1., infinity}, {0., 0.}},
             {{0., 0.}, {0., 0.}}, {{3., -1.}, {2., 1.}}, {{0., 0.}, {0., not_a_number}}, {{1., 1.}, {1., 1.}}};
  const Tensor w{{0.3, -0.7}, {1.1, 0.4}};
  for (const auto& f : functions) {
    const Tensor x = batch.clone().requires_grad_();
    const Tensor g = grad({sum(f(x))}, {x}, {}, create_graph)[0];
    for (std::int64_t i = 0; i < batch.shape(0); ++i) {
      INFO("matrix " << i);
      const Tensor one = batch(i).clone().requires_grad_();
      const Tensor alone = grad({f(one)}, {one}, {}, create_graph)[0];
      CHECK(far(g(i), alone) == "");
      CHECK(far(grad(sum(f(x)), x)(i), alone) == "");
      const Tensor second = grad({sum(alone * w)}, {one})[0];
      if (std::isfinite(sum(second).item()))
        CHECK(far(grad({sum(g(i) * w)}, {x}, {}, retain_graph)[0](i), second) == "");
    }
  }
  const Tensor x = stack({zeros({100, 100}), random({100, 100}, 13, float32)}).requires_grad_();
  const Tensor g = grad(sum(slogdet(x).logabsdet), x);
  CHECK(same_bits(g(1), turned(inverse(x.detach()(1)))));
  const Tensor y = stack({Tensor{{1., 2., 3.}, {2., 4., 6.}, {1., 0., 1.}}, random({3, 3}, 14)}).requires_grad_();
  const auto f = [](const std::vector<Tensor>& in) { return det(in[0]); };
  CHECK(gradgradcheck(f, {y}, GradcheckOptions().rtol(1e-6).atol(1e-6)).message == "");
}

TEST_CASE("gradients through eigenvalues and singular values alone are finite where several are equal", "[linalg]") {
  const Tensor x = identity(3).clone().requires_grad_();
  CHECK(far(grad(sum(eigh(x).eigenvalues), x), identity(3)) == "");
  CHECK(far(grad(sum(eigvalsh(x)), x), identity(3)) == "");
  CHECK(far(grad(sum(svd(x).s), x), identity(3)) == "");
  CHECK(far(grad(matrix_norm(x, "nuc"), x), identity(3)) == "");
}

TEST_CASE("singular matrices are conditioned infinitely badly by every norm, the matrix of zeros too", "[linalg]") {
  const Tensor a = Tensor{{{0., 0.}, {0., 0.}}, {{1., 0.}, {0., 0.}}, {{0., 0.}, {0., 5.}}, {{4., 0.}, {0., 2.}}};
  const std::pair<MatrixNorm, double> regular[] = {{"fro", std::sqrt(20.0) * std::sqrt(0.3125)},
                                                   {"nuc", 6 * 0.75},
                                                   {2, 2},
                                                   {-2, 0.5},
                                                   {1, 2},
                                                   {-1, 0.5},
                                                   {infinity, 2},
                                                   {-infinity, 0.5}};
  for (const auto& [order, expected] : regular) {
    const double singular = order.order() == -2 ? 0 : infinity;
    const Tensor x = a.clone().requires_grad_();
    const Tensor y = cond(x, order);
    INFO("order " << order.name() << order.order());
    CHECK(difference(y, Tensor{singular, singular, singular, expected}, 1e-14) == "");
    // Beside them the regular one has its own gradient.
    const Tensor alone = a(3).clone().requires_grad_();
    CHECK(far(grad({y}, {x}, {Tensor{0., 0., 0., 1.}})[0](3), grad(cond(alone, order), alone)) == "");
    CHECK(std::isfinite(sum(grad(cond(x, order)(0), x)(0)).item()));
  }
  CHECK(cond(zeros({3, 2})).item() == infinity);
  CHECK(cond(zeros({3, 2}), -2).item() == 0);
}

TEST_CASE("a matrix with a pivot of 0 is singular beside infinities too", "[linalg]") {
  const Tensor x = Tensor{{{infinity, 0.0}, {0.0, 0.0}}, {{2.0, 0.0}, {0.0, 1.0}}};
  const Tensor y = cond(x, 1);
  CHECK(y[0].item() == infinity);
  CHECK(y[1].item() == 2);
  CHECK(std::isnan(cond(Tensor{{not_a_number, 0.0}, {0.0, 1.0}}, 1).item()));
  CHECK(matrix_norm(zeros({0, std::int64_t{1} << 32, std::int64_t{1} << 32})).shape() == Shape{0});
}

TEST_CASE("gradients of singular vectors are finite for matrices of any size", "[linalg]") {
  for (const DType dtype : {float32, float64})
    for (const double size : dtype == float32 ? std::vector<double>{1e-23, 1e19} : std::vector<double>{1e-165, 1e160}) {
      INFO(name_of(dtype) << ", size " << size);
      const auto gradient = [&](double scale) {
        const Tensor a = (Tensor{{2.0, 1.0}, {0.0, 1.0}} * scale).to(dtype).requires_grad_();
        const SVD parts = svd(a);
        return grad(sum(abs(parts.u)) + 2 * sum(abs(parts.vh)), a).to(float64);
      };
      CHECK(difference(gradient(size) * size, gradient(1), 1e-5, 1e-6) == "");
    }
}

TEST_CASE("equal singular values share the gradient of a spectral norm", "[linalg]") {
  for (const double order : {2.0, -2.0}) {
    const Tensor x = identity(4).clone().requires_grad_();
    CHECK(far(grad(matrix_norm(x, order), x), identity(4) / 4.0) == "");
  }
}

TEST_CASE("a complete q with more rows than columns has no gradient, and says so", "[linalg]") {
  const Tensor x = random({4, 2}, 9).requires_grad_();
  CHECK_THROWS_WITH(sum(qr(x, QRMode::complete).q).backward(), Catch::Contains("use QRMode::reduced"));
}

TEST_CASE("least squares of a matrix of lower rank is the solution of least norm", "[linalg]") {
  const Tensor a = matmul(random({6, 2}, 10), random({2, 4}, 11)), b = random({6, 3}, 12);
  const LeastSquares y = lstsq(a, b);
  CHECK(y.rank.item<int>() == 2);
  CHECK(y.residuals.shape() == Shape{0});
  CHECK(far(y.solution, matmul(pinv(a), b)) == "");
  CHECK(far(matmul(turned(a), matmul(a, y.solution) - b), zeros({4, 3}, float64)) == "");
  const LeastSquares full = lstsq(random({6, 2}, 10), b);
  CHECK(full.rank.item<int>() == 2);
  CHECK(full.residuals.shape() == Shape{3});
}

TEST_CASE("exponentials of sums and multiples are products and powers", "[linalg]") {
  for (const double scale : {1e-6, 0.01, 0.2, 1.0, 3.0, 20.0}) {
    const Tensor a = random({5, 5}, 13) * (scale / 5);
    INFO(scale);
    const Tensor e = expm(a), size = amax(abs(e));
    CHECK(far(matmul(e, expm(-a)) / amax(abs(expm(-a))) / size, identity(5) / amax(abs(expm(-a))) / size) == "");
    CHECK(far(expm(2 * a) / square(size), matmul(e, e) / square(size)) == "");
  }
  CHECK(same_bits(expm(zeros({3, 3}, float64)), identity(3)));
  CHECK(far(expm(Tensor{{0., -2.}, {2., 0.}}), Tensor{{std::cos(2.), -std::sin(2.)}, {std::sin(2.), std::cos(2.)}}) ==
        "");
}

TEST_CASE("norms neither overflow nor underflow, and that of 0 has the gradient 0", "[linalg]") {
  CHECK(linalg::norm(Tensor{3e200, 4e200}).item() == Approx(5e200));
  CHECK(linalg::norm(Tensor{3e-200, 4e-200}).item() == Approx(5e-200));
  CHECK(linalg::norm(Tensor{3e30f, 4e30f}).item() == Approx(5e30f));
  CHECK(linalg::norm(Tensor{1., infinity}).item() == infinity);
  CHECK(std::isnan(linalg::norm(Tensor{not_a_number, infinity}).item()));
  const Tensor x = zeros({2, 2}, float64).requires_grad_();
  CHECK(same_bits(grad(matrix_norm(x), x), zeros({2, 2}, float64)));
  CHECK(cond(ones({2, 2}, float64), 1).item() == infinity);
}

TEST_CASE("threads that factorise at once get the same bits as one", "[linalg]") {
  const Tensor a = random({6, 40, 40}, 14), b = random({6, 40, 2}, 15);
  const auto all = [&] {
    const SVD parts = svd(a);
    const Eigh pairs = eigh(a);
    return concat({flatten(solve(a, b)), flatten(inverse(a)), flatten(parts.u), flatten(parts.s), flatten(qr(a).r),
                   flatten(pairs.eigenvectors), flatten(cholesky(positive_definite(a))), det(a),
                   flatten(expm(a * 0.1))});
  };
  const Tensor expected = all();
  std::atomic<int> different{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 5; ++repeat)
        if (!same_bits(all(), expected)) ++different;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(different == 0);
}

TEST_CASE("pivots whose reciprocals overflow are divided by", "[linalg]") {
  for (const DType dtype : {float32, float64}) {
    INFO(name_of(dtype));
    const double tiny = dtype == float32 ? 0x1p-140 : 0x1p-1060;  // subnormal; its reciprocal is no number
    const Tensor a = Tensor({{tiny, 0.}, {0., 1.}}).to(dtype), b = Tensor({tiny, 1.}).to(dtype);
    const Tensor swapped = Tensor({{0., 2.}, {tiny, 1.}}).to(dtype);
    CHECK(det(a).item() == tiny);
    CHECK(det(swapped).item() == -2 * tiny);
    CHECK(slogdet(a).logabsdet.item() == Approx(std::log(tiny)));
    CHECK(slogdet(swapped).sign.item() == -1);
    CHECK(logdet(a).item() == Approx(std::log(tiny)));
    CHECK(same_bits(solve(a, b), Tensor({1., 1.}).to(dtype)));
    CHECK(same_bits(solve(swapped, Tensor({0., tiny}).to(dtype)), Tensor({1., 0.}).to(dtype)));
    CHECK(same_bits(inverse(a), Tensor({{infinity, 0.}, {0., 1.}}).to(dtype)));
    CHECK(same_bits(inverse(Tensor({{1., 0.}, {0., tiny}}).to(dtype)), Tensor({{1., 0.}, {0., infinity}}).to(dtype)));
    CHECK(same_bits(triangular_solve(a, unsqueeze(b, -1), Triangle::lower), ones({2, 1}, dtype)));
  }
}

TEST_CASE("a matrix of subnormal numbers is solved as the same one in ordinary size", "[linalg]") {
  // Whole numbers scaled to 2^34 times the smallest number that there is, so that little is rounded.
  const Tensor whole = round(random({5, 5}, 16) * 1000), x = random({5, 2}, 17);
  const double scale = 0x1p-1040;
  CHECK(difference(solve(whole * scale, matmul(whole, x) * scale), x, 1e-3, 1e-3) == "");
  CHECK(slogdet(whole * scale).logabsdet.item() == Approx(slogdet(whole).logabsdet.item() - 5 * 1040 * std::log(2.)));
}

TEST_CASE("determinants do not depend on products of some pivots that leave the range of numbers", "[linalg]") {
  CHECK(det(diag(Tensor({1e200, 1e200, 1e-300}))).item() == Approx(1e100));
  CHECK(det(diag(Tensor({1e-200, 1e-200, 1e300}))).item() == Approx(1e-100));
  CHECK(det(diag(Tensor({1e200, 1e200, 0.}))).item() == 0);
}

TEST_CASE("a determinant has all digits of subnormal pivots", "[linalg]") {
  const auto diagonal_of = [](std::initializer_list<double> pivots) {
    return diag(Tensor(std::vector<double>(pivots)));
  };
  CHECK(det(diagonal_of({0.5, 5e-324, 1e300})).item() == Approx(0.5 * (5e-324 * 1e300)));
  CHECK(det(diagonal_of({1e300, 5e-324, 0.5})).item() == Approx(0.5 * (5e-324 * 1e300)));
  CHECK(det(diagonal_of({0.5, infinity, 2.0})).item() == infinity);
  CHECK(std::isnan(det(diagonal_of({0.0, infinity, 2.0})).item()));
}

TEST_CASE("the gradient of a determinant outside of the range of numbers is that of its cofactors", "[linalg]") {
  const auto slope = [](const Tensor& a) {
    const Tensor x = a.clone().requires_grad_();
    return grad(det(x), x);
  };
  const auto near = [](const Tensor& a, const Tensor& b) { return difference(a, b, 1e-5, 1e-9 * largest(b)) == ""; };
  CHECK(near(slope(diag(Tensor({1e20F, 1e20F}))), diag(Tensor({1e20F, 1e20F}))));
  CHECK(near(slope(diag(Tensor({1e-23F, 1e-22F}))), diag(Tensor({1e-22F, 1e-23F}))));
  CHECK(near(slope(diag(Tensor({1e-23F, 1e-23F}))), diag(Tensor({1e-23F, 1e-23F}))));
  CHECK(near(slope(diag(Tensor({1e200, 1e180}))), diag(Tensor({1e180, 1e200}))));
}
