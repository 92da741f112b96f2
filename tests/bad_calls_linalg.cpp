// Bad calls of products and of linear algebra.

#include <xgrad/linalg.hpp>

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

using std::vector;
using namespace linalg;

Tensor square_matrix() { return Tensor({{4.f, 1.f, 0.5f}, {1.f, 3.f, 0.2f}, {0.5f, 0.2f, 2.f}}); }
Tensor column() { return ones({3, 2}); }
Tensor batch() { return ones({2, 3, 3}); }

/// f for what has few matrices: one number for each of 2^31 empty ones is 8 GiB and no error.
template <class F>
auto of_few(F f) {
  return [f](const Tensor& a) { return a.defined() && a.rank() == 3 && a.shape(0) == two_to_31 ? zeros({}) : f(a); };
}

void of_vectors(Catalogue& all) {
  probe(
      all, "dot", [](auto a, auto b) { return dot(a, b); }, ones({3}), ones({3}));
  probe(
      all, "vdot", [](auto a, auto b) { return vdot(a, b); }, ones({3}), ones({3}));
  probe(
      all, "outer", [](auto a, auto b) { return outer(a, b); }, ones({3}), ones({2}));
  probe(
      all, "inner", [](auto a, auto b) { return inner(a, b); }, matrix(), ones({4, 3}));
  probe(
      all, "cross", [](auto a, auto b, auto k) { return cross(a, b, k); }, matrix(), matrix() + 1, Axis{1});
  probe(
      all, "kron", [](auto a, auto b) { return kron(a, b); }, matrix(), matrix());
  probe(
      all, "cdist", [](auto a, auto b, auto p) { return cdist(a, b, p); }, matrix(), matrix() + 1, Setting{2});
  refused(all, "kron", "sizes of a great product", [] {
    static_cast<void>(kron(zeros({two_to_61, 0}), zeros({two_to_61, 0})));
  });
}

void of_matrices(Catalogue& all) {
  const auto beta = [](const auto& f) {
    return [f](auto c, auto a, auto b, auto x, auto y) { return f(c, a, b, AddOptions().beta(x).alpha(y)); };
  };
  probe(
      all, "mv", [](auto a, auto x) { return mv(a, x); }, matrix(), ones({3}));
  probe(
      all, "mm", [](auto a, auto b) { return mm(a, b); }, matrix(), column());
  probe(
      all, "bmm", [](auto a, auto b) { return bmm(a, b); }, batch(), batch());
  probe(all, "addmm", beta([](auto c, auto a, auto b, auto o) { return addmm(c, a, b, o); }), ones({2}), matrix(),
        column(), Setting{1}, Setting{2});
  probe(all, "addmv", beta([](auto c, auto a, auto b, auto o) { return addmv(c, a, b, o); }), ones({2}), matrix(),
        ones({3}), Setting{1}, Setting{2});
  probe(all, "baddbmm", beta([](auto c, auto a, auto b, auto o) { return baddbmm(c, a, b, o); }), ones({3}), batch(),
        batch(), Setting{1}, Setting{2});
  probe(
      all, "tensordot", [](auto a, auto b, auto k) { return tensordot(a, b, k); }, matrix(), column(), Index{1});
  probe(
      all, "tensordot",
      [](auto a, auto b, auto k, auto l) {
        return tensordot(a, b, vector<std::int64_t>{k.value}, vector<std::int64_t>{l.value});
      },
      matrix(), column(), Axis{1}, Axis{0});
  probe(
      all, "einsum", [](auto v) { return einsum("ij,kj->ik", v); }, vector<Tensor>{matrix(), matrix()});
  for (const char* equation : {"", "ij", "ij,", "ij,ij->z", ",", "->", "ij,ij->ii", "ij,i.j", "i\nj,ij", "ij,ij->i->j",
                               "ij,ij,ij", "....,ij", "ij,\xff\xff", "--,ij"})
    refused(all, "einsum", equation, [=] { static_cast<void>(einsum(equation, {matrix(), matrix()})); });
}

void systems(Catalogue& all) {
  probe(
      all, "solve", [](auto a, auto b) { return solve(a, b); }, square_matrix(), column());
  probe_as(
      all, "triangular_solve", "triangular_solve",
      [](auto a, auto b) { return triangular_solve(a, b, Triangle::lower); }, square_matrix(), column());
  probe_as(
      all, "solve_triangular", "triangular_solve",
      [](auto a, auto b) { return solve_triangular(a, b, Triangle::upper, TriangularOptions().transpose()); },
      square_matrix(), column());
  probe(
      all, "inverse", [](auto a) { return inverse(a); }, square_matrix());
  probe_as(
      all, "inv", "inverse", [](auto a) { return inv(a); }, square_matrix());
  probe(
      all, "cholesky", [](auto a) { return cholesky(a); }, square_matrix());
  probe(
      all, "cholesky_solve", [](auto b, auto l) { return cholesky_solve(b, l); }, column(), square_matrix());
  probe(
      all, "cholesky_inverse", [](auto l) { return cholesky_inverse(l); }, square_matrix());
  probe(
      all, "lstsq", [](auto a, auto b) { return lstsq(a, b).solution; }, square_matrix(), column());
  probe(
      all, "pinv", [](auto a) { return pinv(a); }, matrix());
  probe_as(
      all, "atol", "pinv", [](auto a, auto t) { return pinv(a, Tolerance().atol(t)); }, matrix(), Setting{0.1});
  probe_as(
      all, "rtol", "matrix_rank",
      [](auto a, auto t) {
        if (a.defined() && a.rank() == 3) return zeros({});
        return matrix_rank(a, Tolerance().rtol(t));
      },
      matrix(), Setting{0.1});
  probe(all, "matrix_rank", of_few([](auto a) { return matrix_rank(a); }), matrix());
  refused(all, "solve", "a singular matrix", [] { static_cast<void>(solve(ones({2, 2}), ones({2, 1}))); });
  refused(all, "inverse", "a singular matrix", [] { static_cast<void>(inverse(zeros({2, 2}))); });
  refused(all, "cholesky", "a matrix that is not positive definite", [] { static_cast<void>(cholesky(-eye(2))); });
  refused(all, "cholesky", "NaN", [] { static_cast<void>(cholesky(full({2, 2}, nan))); });
  refused(all, "lstsq", "infinity", [] { static_cast<void>(lstsq(full({2, 2}, inf), full({2, 1}, inf))); });
}

void decompositions(Catalogue& all) {
  probe(
      all, "det", [](auto a) { return det(a); }, square_matrix());
  probe(
      all, "slogdet", [](auto a) { return slogdet(a).logabsdet; }, square_matrix());
  probe(
      all, "logdet", [](auto a) { return logdet(a); }, square_matrix());
  probe(
      all, "qr", [](auto a) { return qr(a).q; }, matrix());
  probe(
      all, "eigh", [](auto a) { return eigh(a).eigenvectors; }, square_matrix());
  probe(
      all, "eigvalsh", [](auto a) { return eigvalsh(a); }, square_matrix());
  probe(
      all, "svd", [](auto a) { return svd(a).u; }, matrix());
  probe(
      all, "svdvals", [](auto a) { return svdvals(a); }, matrix());
  refused(all, "svd", "NaN", [] { static_cast<void>(svd(full({2, 3}, nan))); });
  refused(all, "svd", "full matrices of a great side", [] { static_cast<void>(svd(zeros({two_to_31 - 1, 0}))); });
}

void functions(Catalogue& all) {
  probe(
      all, "matrix_power", [](auto a, auto n) { return matrix_power(a, n); }, square_matrix(), Index{3});
  probe(
      all, "expm", [](auto a) { return expm(a); }, square_matrix());
  probe_as(
      all, "matrix_exp", "expm", [](auto a) { return matrix_exp(a); }, square_matrix());
  probe(
      all, "multi_dot", [](auto v) { return multi_dot(v); }, vector<Tensor>{square_matrix(), square_matrix()});
  probe(
      all, "matrix_norm",
      [](auto a, auto k, auto l) {
        return matrix_norm(a, "fro", {k, l});
      },
      matrix(), Axis{0}, Axis{1});
  for (const double order : {1.0, 2.0, -2.0, inf})
    probe(all, "norm", of_few([order](auto a) { return norm(a, order); }), matrix());
  probe(all, "norm", of_few([](auto a) { return linalg::norm(a); }), matrix());
  probe(all, "cond", of_few([](auto a) { return cond(a); }), matrix());
  probe(all, "cond", of_few([](auto a) { return cond(a, 1); }), square_matrix());
  for (const MatrixNorm& order : {MatrixNorm(3), MatrixNorm(nan), MatrixNorm(0.5), MatrixNorm(""), MatrixNorm("max")}) {
    all.functions.push_back("MatrixNorm");
    refused(all, "matrix_norm", "an unknown order", [=] { static_cast<void>(matrix_norm(matrix(), order)); });
    refused(all, "cond", "an unknown order", [=] { static_cast<void>(cond(square_matrix(), order)); });
  }
}

}  // namespace

void product_calls(Catalogue& all) {
  of_vectors(all);
  of_matrices(all);
}

void linalg_calls(Catalogue& all) {
  systems(all);
  decompositions(all);
  functions(all);
}

}  // namespace bad_calls
