// The examples of docs/reference/linalg.md.

#include <xgrad/linalg.hpp>

#include "example.hpp"

namespace {

void from_solve() {
  example("solve");
  {
    const Tensor a = {{4.0, 1.0}, {1.0, 3.0}};
    std::cout << linalg::solve(a, Tensor{1.0, 2.0}) << '\n';
  }
  example("inverse");
  {
    const Tensor a = {{4.0, 1.0}, {1.0, 3.0}};
    std::cout << linalg::inverse(a) << '\n';
  }
  example("inv");
  {
    const Tensor a = {{4.0, 1.0}, {1.0, 3.0}};
    std::cout << matmul(linalg::inv(a), a) << '\n';
  }
  example("triangular_solve", "Triangle", "TriangularOptions");
  {
    const Tensor a = {{2.0, 0.0}, {1.0, 4.0}}, b = {{2.0}, {5.0}};
    std::cout << linalg::triangular_solve(a, b, linalg::Triangle::lower) << '\n';
    const auto options = linalg::TriangularOptions().transpose().unit_diagonal();
    std::cout << linalg::triangular_solve(a, b, linalg::Triangle::lower, options) << '\n';
  }
  example("solve_triangular");
  {
    const Tensor a = {{2.0, 1.0}, {0.0, 4.0}}, b = {{2.0}, {4.0}};
    std::cout << linalg::solve_triangular(a, b, linalg::Triangle::upper) << '\n';
  }
  example("det");
  {
    const Tensor a = Tensor({{4.0, 1.0}, {1.0, 3.0}}).requires_grad_();
    const Tensor y = linalg::det(a);
    std::cout << y << '\n' << grad(y, a) << '\n';
  }
  example("slogdet", "SignLogAbsDet");
  {
    const Tensor a = {{4.0, 1.0}, {1.0, 3.0}};
    const auto [sign, logarithm] = linalg::slogdet(a * 1e200);
    std::cout << sign << '\n' << logarithm << '\n';
  }
  example("logdet");
  {
    const Tensor a = {{4.0, 1.0}, {1.0, 3.0}};
    std::cout << linalg::logdet(a) << '\n';
  }
}

void from_cholesky() {
  example("cholesky");
  {
    const Tensor a = {{4.0, 1.0}, {1.0, 3.0}};
    std::cout << linalg::cholesky(a) << '\n';
  }
  example("cholesky_solve");
  {
    const Tensor a = {{4.0, 1.0}, {1.0, 3.0}};
    std::cout << linalg::cholesky_solve(Tensor({{1.0}, {2.0}}), linalg::cholesky(a)) << '\n';
  }
  example("cholesky_inverse");
  {
    const Tensor a = {{4.0, 1.0}, {1.0, 3.0}};
    std::cout << linalg::cholesky_inverse(linalg::cholesky(a)) << '\n';
  }
  example("qr", "QR", "QRMode");
  {
    const Tensor a = {{3.0, 1.0}, {4.0, 2.0}, {0.0, 2.0}};
    const auto [q, r] = linalg::qr(a);
    std::cout << q.shape() << ' ' << r.shape() << ' ' << std::boolalpha << allclose(matmul(q, r), a) << '\n';
    std::cout << linalg::qr(a, linalg::QRMode::complete).q.shape() << '\n';
  }
  example("eigh", "Eigh");
  {
    const Tensor a = {{2.0, 1.0}, {1.0, 2.0}};
    const auto [values, vectors] = linalg::eigh(a);
    std::cout << values << '\n' << abs(vectors) << '\n';
  }
  example("eigvalsh");
  {
    const Tensor a = Tensor({{2.0, 1.0}, {1.0, 2.0}}).requires_grad_();
    const Tensor y = linalg::eigvalsh(a);
    std::cout << y << '\n' << grad(y[0], a) << '\n';
  }
  example("svd", "SVD", "SingularVectors", "full_matrices");
  {
    const Tensor a = {{3.0, 0.0}, {0.0, -2.0}, {0.0, 0.0}};
    const auto [u, s, vh] = linalg::svd(a, linalg::reduced_matrices);
    std::cout << s << '\n' << abs(vh) << '\n' << u.shape() << '\n';
  }
  example("svdvals");
  std::cout << linalg::svdvals(Tensor({{3.0, 0.0}, {0.0, -2.0}})) << '\n';
}

void from_lstsq() {
  example("lstsq", "LeastSquares");
  {
    const Tensor x = {{1.0, 0.0}, {1.0, 1.0}, {1.0, 2.0}}, y = {1.0, 3.0, 5.0};
    std::cout << linalg::lstsq(x, y).solution << '\n';
  }
  example("pinv");
  std::cout << linalg::pinv(Tensor({{2.0, 0.0}, {0.0, 0.0}})) << '\n';
  example("matrix_rank", "Tolerance");
  {
    const Tensor a = {{1.0, 2.0}, {2.0, 4.001}};
    std::cout << linalg::matrix_rank(a) << '\n' << linalg::matrix_rank(a, linalg::Tolerance().rtol(0.01)) << '\n';
  }
  example("matrix_norm", "MatrixNorm");
  {
    const Tensor a = {{4.0, 1.0}, {1.0, 3.0}};
    std::cout << linalg::matrix_norm(a) << '\n' << linalg::matrix_norm(a, 1) << '\n';
  }
  example("norm");
  std::cout << linalg::norm(Tensor{3.0, 4.0}) << '\n';
  example("cond");
  std::cout << linalg::cond(Tensor({{4.0, 0.0}, {0.0, 0.5}})) << '\n';
  example("matrix_power");
  std::cout << linalg::matrix_power(Tensor({{1.0, 1.0}, {0.0, 1.0}}), 5) << '\n';
  example("expm");
  std::cout << linalg::expm(Tensor({{0.0, 1.0}, {0.0, 0.0}})) << '\n';
}

void from_matrix_exp() {
  example("matrix_exp");
  std::cout << linalg::matrix_exp(zeros({2, 2}, float64)) << '\n';
  example("multi_dot");
  std::cout << linalg::multi_dot({ones({2, 100}), ones({100, 3}), ones({3, 1})}) << '\n';
}

}  // namespace

int main() {
  from_solve();
  from_cholesky();
  from_lstsq();
  from_matrix_exp();
  return 0;
}
