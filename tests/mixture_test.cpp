// The Gaussian mixture of the ADBench suite: its gradient against finite differences, in reverse and in forward mode.

#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string>

#include <zlib.h>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/func.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;
using func::Tensors;

namespace {

std::string mixture_folder() {
  if (const char* folder = std::getenv("XGRAD_ADBENCH")) return folder;
  return XGRAD_SOURCE_DIR "/../shared/data/adbench";
}

std::string unzipped(const std::string& path) {
  std::string text;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return text;
  char buffer[1 << 16];
  for (int got = 0; (got = gzread(file, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  gzclose(file);
  return text;
}

struct Mixture {
  Tensor x;
  double gamma = 0;
  std::int64_t m = 0;
  Tensors parameters;  // alpha (K), mu (K, d), q and l (K, d + d (d-1) / 2)
};

Tensor read(std::istream& text, const Shape& shape) {
  Tensor result = Raw::uninitialized(shape, float64);
  for (std::int64_t i = 0; i < result.size(); ++i) text >> Raw::write<double>(result)[i];
  return result;
}

Mixture parsed(const std::string& from) {
  std::istringstream text(from);
  std::int64_t d = 0, k = 0, n = 0;
  text >> d >> k >> n;
  Mixture result;
  result.parameters = {read(text, {k}), read(text, {k, d}), read(text, {k, d + d * (d - 1) / 2})};
  result.x = read(text, {n, d});
  text >> result.gamma >> result.m;
  REQUIRE(text);
  return result;
}

// Where in (exp q, l, 0) the elements of Q stand.
Tensor places(std::int64_t d) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(d * d), d + d * (d - 1) / 2);
  std::int64_t next = d;
  for (std::int64_t column = 0; column < d; ++column) {
    index[static_cast<std::size_t>(column * d + column)] = column;
    for (std::int64_t row = column + 1; row < d; ++row) index[static_cast<std::size_t>(row * d + column)] = next++;
  }
  return Tensor(index);
}

Tensor posterior(const Mixture& data, const Tensors& parameters) {
  const Tensor &alpha = parameters[0], &mu = parameters[1], &ql = parameters[2];
  const std::int64_t k = mu.shape(0), d = mu.shape(1), n = data.x.shape(0), below = d * (d - 1) / 2;
  const Tensor q = narrow(ql, 1, 0, d), l = narrow(ql, 1, d, below);
  const Tensor parts = concat({exp(q), l, zeros({k, 1}, float64)}, 1);
  const Tensor factors = reshape(index_select(parts, 1, places(d)), {k, d, d});
  const Tensor apart = data.x - unsqueeze(mu, 1);  // (K, n, d)
  const Tensor distances = sum(square(matmul(apart, swapaxes(factors, 1, 2))), -1);
  const Tensor sum_q = sum(q, 1);
  const Tensor inside = unsqueeze(alpha + sum_q, 1) - 0.5 * distances;
  const double gamma = data.gamma, m = static_cast<double>(data.m), size = static_cast<double>(d);
  const double freedom = size + m + 1;
  double log_gamma = size * (size - 1) / 4 * std::log(M_PI);
  for (std::int64_t j = 1; j <= d; ++j) log_gamma += std::lgamma(freedom / 2 + (1 - static_cast<double>(j)) / 2);
  const double constant = freedom * size * (std::log(gamma) - 0.5 * std::log(2.0)) - log_gamma;
  const double points = static_cast<double>(n);
  return -points * size / 2 * std::log(2 * M_PI) + sum(logsumexp(inside, 0)) - points * logsumexp(alpha, 0) +
         0.5 * gamma * gamma * (sum(square(exp(q))) + sum(square(l))) - m * sum(sum_q) -
         static_cast<double>(k) * constant;
}

Tensors along(const Tensors& at, const Tensors& t, double step) {
  Tensors result;
  for (std::size_t i = 0; i < at.size(); ++i) result.push_back(at[i] + step * t[i]);
  return result;
}

double dot_of(const Tensors& a, const Tensors& b) {
  double total = 0;
  for (std::size_t i = 0; i < a.size(); ++i) total += sum(a[i] * b[i]).item();
  return total;
}

void check_mixture(const std::string& name) {
  const std::string text = unzipped(mixture_folder() + "/" + name);
  if (text.empty()) {
    WARN("skipped: no " << name << " here; set XGRAD_ADBENCH to its folder");
    return;
  }
  const Mixture data = parsed(text);
  const auto f = [&](const Tensors& p) { return posterior(data, p); };
  const auto [value, gradient] = func::value_and_grad(f)(data.parameters);
  manual_seed(11);
  for (int direction = 0; direction < 3; ++direction) {
    Tensors t;
    for (const Tensor& p : data.parameters) t.push_back(randn(p.shape(), float64));
    const auto at = [&](double step) { return f(along(data.parameters, t, step * 1e-4)).item(); };
    const double quotient = (at(3) - 9 * at(2) + 45 * at(1) - 45 * at(-1) + 9 * at(-2) - at(-3)) / (60 * 1e-4);
    const double reverse = dot_of(gradient, t);
    INFO(name << ": F = " << value.item());
    CHECK(reverse == Approx(quotient).epsilon(1e-7));
    CHECK(func::jvp(f, data.parameters, t).second.item() == Approx(reverse).epsilon(1e-11));
    const Tensors product = func::hvp(f, data.parameters, t);
    const Tensors high = func::grad(f)(along(data.parameters, t, 1e-6)),
                  low = func::grad(f)(along(data.parameters, t, -1e-6));
    for (std::size_t i = 0; i < product.size(); ++i)
      CHECK(difference(product[i], (high[i] - low[i]) / 2e-6, 1e-5, 1e-6 * largest(product[i])) == "");
  }
}

}  // namespace

TEST_CASE("the gradient of a Gaussian mixture is that of finite differences, with 10 dimensions", "[mixture]") {
  check_mixture("gmm_d10_K25.txt.gz");
}

TEST_CASE("the gradient of a Gaussian mixture is that of finite differences, with 64 dimensions", "[mixture]") {
  check_mixture("gmm_d64_K25.txt.gz");
}
