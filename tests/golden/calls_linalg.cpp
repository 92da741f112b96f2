#include <xgrad/linalg.hpp>

#include <xgrad/autograd/ops/arithmetic.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

linalg::Triangle triangle(const Call& c) {
  const bool upper = c.flag("upper") || c.word("UPLO", "L") == "U";
  return upper ? linalg::Triangle::upper : linalg::Triangle::lower;
}

linalg::MatrixNorm order(const Call& c, const char* otherwise) {
  const std::string word = c.word("ord", otherwise);
  if (word == "fro" || word == "nuc") return word.c_str();
  return c.number("ord", 2);
}

linalg::Tolerance tolerance(const Call& c) {
  linalg::Tolerance tolerance;
  if (c.has("atol")) tolerance.atol(c.number("atol"));
  if (c.has("rtol")) tolerance.rtol(c.number("rtol"));
  return tolerance;
}

// The signs of vectors are free, so that their sizes are compared.
Results eigenvectors(const Call& c) {
  const linalg::Eigh y = linalg::eigh(c["A"], triangle(c));
  return {y.eigenvalues, abs(y.eigenvectors)};
}

Results singular_vectors(const Call& c) {
  const linalg::SVD y = linalg::svd(c["A"], linalg::reduced_matrices);
  return {abs(y.u), y.s, abs(y.vh)};
}

Results orthogonal(const Call& c) {
  const bool complete = c.word("mode", "reduced") == "complete";
  const linalg::QR y = linalg::qr(c["A"], complete ? linalg::QRMode::complete : linalg::QRMode::reduced);
  return {y.q, y.r};
}

Results determinant(const Call& c) {
  const linalg::SignLogAbsDet y = linalg::slogdet(c["input"]);
  return {y.sign, y.logabsdet};
}

Tensor norms_of_matrices(const Call& c) {
  const std::vector<std::int64_t> axes = c.has("dim") ? c.integers("dim") : std::vector<std::int64_t>{-2, -1};
  return linalg::matrix_norm(c["input"], order(c, "fro"), {Dim(axes.at(0)), Dim(axes.at(1))}, c.keepdims());
}

}  // namespace

Registry linalg_calls() {
  return {
      {"cholesky", [](const Call& c) { return linalg::cholesky(c["input"], triangle(c)); }},
      {"cholesky_solve", [](const Call& c) { return linalg::cholesky_solve(c["B"], c["L"], triangle(c)); }},
      {"cholesky_inverse", [](const Call& c) { return linalg::cholesky_inverse(c["L"], triangle(c)); }},
      {"det", unary(linalg::det)},
      {"slogdet", determinant},
      {"logdet", unary(linalg::logdet)},
      {"eigh", eigenvectors},
      {"eigvalsh", [](const Call& c) { return linalg::eigvalsh(c["A"], triangle(c)); }},
      {"lstsq", [](const Call& c) { return linalg::lstsq(c["A"], c["B"]).solution; }},
      {"pinv", [](const Call& c) { return linalg::pinv(c["input"], tolerance(c)); }},
      {"matrix_rank", [](const Call& c) { return linalg::matrix_rank(c["input"], tolerance(c)); }},
      {"matrix_norm", norms_of_matrices},
      {"cond", [](const Call& c) { return linalg::cond(c["input"], order(c, "2")); }},
      {"matrix_power", [](const Call& c) { return linalg::matrix_power(c["input"], c.integer("n")); }},
      {"expm", unary(linalg::expm)},
      {"linalg_norm",
       [](const Call& c) { return c.has("ord") ? linalg::norm(c["A"], order(c, "fro")) : linalg::norm(c["A"]); }},
      {"multi_dot", [](const Call& c) { return linalg::multi_dot(c.list("tensors")); }},
      {"qr", orthogonal},
      {"solve", [](const Call& c) { return linalg::solve(c["A"], c["B"]); }},
      {"inverse", unary(linalg::inverse)},
      {"triangular_solve",
       [](const Call& c) {
         return linalg::triangular_solve(
             c["A"], c["B"], triangle(c),
             linalg::TriangularOptions().unit_diagonal(c.flag("unitriangular")).from_right(!c.flag("left", true)));
       }},
      {"svd", singular_vectors},
      {"svdvals", [](const Call& c) { return linalg::svdvals(c["A"]); }},
  };
}

}  // namespace golden
