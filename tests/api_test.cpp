// Code as users write it, also those who come from PyTorch and xtensor. All of it must compile and mean what they
// expect.

#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtensor/xtensor.hpp>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

/// Whether two tensors have the same dtype, shape and, to within rounding, elements.
bool same(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.size() == 0) return true;
  return max(abs(a.to(float64) - b.to(float64))).item() <= 1e-6;
}

/// Whether all are tensors, and none is a lazy expression of xtensor's.
template <class... T>
bool are_tensors(const T&...) {
  return (std::is_same_v<T, Tensor> && ...);
}

std::string text(const Tensor& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

class Net : public nn::Module {
 public:
  Net() {
    add("hidden", hidden);
    add("out", out);
  }
  Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }

 private:
  nn::Linear hidden{2, 16}, out{16, 1};
};

}  // namespace

TEST_CASE("the first gradient of the README works as it stands") {
  Tensor a = Tensor(xt::xarray<double>{1.0, 2.0, 3.0}).requires_grad_();
  Tensor f = sum(exp(a) * sin(a) + a / 2.0);
  f.backward();
  std::ostringstream out;
  out << a.grad() << '\n';
  CHECK(out.str().find("shape (3), float64") != std::string::npos);
  CHECK(a.grad()(1).item() == Approx(std::exp(2.) * (std::sin(2.) + std::cos(2.)) + .5));

  auto swish = [](auto x) { return x / (1.0 + exp(-x)); };
  Tensor y = elementwise(swish, a);
  CHECK(same(y, silu(a)));
  CHECK(same(grad(sum(y), a), grad(sum(silu(a)), a)));
}

TEST_CASE("the training loop of the README works as it stands") {
  manual_seed(0);
  data::DataLoader loader(data::TensorDataset(rand({40, 784}), randint(0, 10, {40})),
                          data::DataLoader::Options().batch_size(10));
  nn::Sequential model{nn::Linear(784, 50, nn::no_bias), nn::BatchNorm1d(50), nn::ReLU(), nn::Dropout(0.5),
                       nn::Linear(50, 10, nn::no_bias)};
  optim::SGD optimizer(model.parameters(), 0.1);
  const Tensor before = model.parameters()[0].clone();
  for (auto [images, labels] : loader) {
    Tensor loss = nn::cross_entropy(model(images), labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  CHECK_FALSE(same(model.parameters()[0].detach(), before.detach()));
  CHECK(nn::summary(model, {100, 784}).total == 39800);
}

TEST_CASE("a model of one's own is called, printed, copied, moved, cloned and kept in containers") {
  Net net;
  const Tensor x = rand({5, 2});
  CHECK(net(x).shape() == Shape{5, 1});
  CHECK(net.parameters().size() == 4);
  std::ostringstream out;
  out << net;
  CHECK(out.str() ==
        "Net(\n  (hidden): Linear(in_features=2, out_features=16, bias=True)\n"
        "  (out): Linear(in_features=16, out_features=1, bias=True)\n)");
  Net shared = net;
  CHECK(same(shared(x), net(x)));
  const Net twin = nn::clone(net);
  net.parameters()[0].detach().zero_();
  CHECK(same(shared.parameters()[0], net.parameters()[0]));
  CHECK_FALSE(same(twin.parameters()[0], net.parameters()[0]));
  std::vector<Net> nets;
  for (int i = 0; i < 5; ++i) nets.push_back(Net());
  std::map<std::string, Net> named{{"first", nets[0]}};
  CHECK(same(named.at("first")(x), nets[0](x)));
  const Net moved = std::move(nets[1]);
  CHECK(moved(x).shape() == Shape{5, 1});
}

TEST_CASE("a Sequential takes modules, ops, lambdas and names") {
  nn::Sequential bare{nn::Linear(3, 4), relu, nn::Linear(4, 2, false), [](const Tensor& x) { return 2.0 * x; }};
  CHECK(bare(ones({1, 3})).shape() == Shape{1, 2});
  CHECK(bare[0].as<nn::Linear>().weight.shape() == Shape{4, 3});
  nn::Sequential named{{"hidden", nn::Linear(3, 4)}, {"act", nn::ReLU()}};
  CHECK(named.named_parameters()[0].first == "hidden.weight");
  nn::Sequential nested{bare, nn::Sequential{nn::Linear(2, 2)}};
  CHECK(nested.size() == 2);
  CHECK(nn::Sequential{bare}.size() == bare.size());
  named.push_back(tanh);
  named.push_back("last", nn::Linear(4, 1));
  CHECK(named(ones({2, 3})).shape() == Shape{2, 1});
}

TEST_CASE("the C++ type decides the dtype of scalars, braces, vectors and expressions") {
  CHECK(Tensor(1.0).dtype() == float64);
  CHECK(Tensor(1.0f).dtype() == float32);
  CHECK(Tensor(1).dtype() == int64);
  CHECK(Tensor(true).dtype() == boolean);
  CHECK(same(Tensor{1., 2.}, Tensor(std::vector<double>{1, 2})));
  CHECK(Tensor{1.f, 2.f}.dtype() == float32);
  CHECK(Tensor{1, 2, 3}.dtype() == int64);
  CHECK(Tensor{true, false}.dtype() == boolean);
  CHECK(Tensor({{1., 2.}, {3., 4.}}).shape() == Shape{2, 2});
  CHECK(Tensor{{{1.}, {2.}}, {{3.}, {4.}}}.shape() == Shape{2, 2, 1});
  CHECK(Tensor({1, 2}, float32).dtype() == float32);
  CHECK(Tensor(std::vector<int>{1, 2}).dtype() == int64);
  CHECK(Tensor(std::vector<bool>{true, false}).dtype() == boolean);
  CHECK(Tensor(xt::xarray<float>{1, 2}).dtype() == float32);
  CHECK(Tensor(xt::xtensor<int, 1>{1, 2}).dtype() == int64);
  CHECK(Tensor(xt::xarray<double>{1, 2} > 1.5).dtype() == boolean);
  CHECK(same(Tensor(2 * xt::ones<double>({2, 2})), full({2, 2}, 2.0)));
  CHECK(zeros(3).dtype() == float32);
  CHECK(zeros(3, float64).dtype() == float64);
  CHECK(full({2}, 7).dtype() == int64);
  CHECK(arange(3).dtype() == int64);
  CHECK(same(arange(0.0, 1.0, 0.5), Tensor{0., .5}));
  CHECK_THROWS_AS(Tensor({{1., 2.}, {3.}}), std::invalid_argument);
}

TEST_CASE("braces around one tensor copy its handle") {
  Tensor t{1., 2.};
  Tensor copy{t};
  t.fill_(5);
  CHECK(same(copy, Tensor{5., 5.}));
  t = Tensor{3., 4.};
  CHECK(same(copy, Tensor{5., 5.}));
}

TEST_CASE("numbers are weak and dtypes promote as in PyTorch") {
  const Tensor f = ones(2), d = ones(2, float64), i = Tensor{1, 2}, b = Tensor{true, false};
  CHECK((f * 2.0).dtype() == float32);
  CHECK((2 * f + 1.0).dtype() == float32);
  CHECK((f * (Tensor(2.0) * 3.0)).dtype() == float32);
  CHECK((i + 0.5).dtype() == float32);
  CHECK((i + 1).dtype() == int64);
  CHECK(same(i / Tensor{2, 4}, Tensor{.5f, .5f}));
  CHECK((f + d).dtype() == float64);
  CHECK((i * f).dtype() == float32);
  CHECK((b + i).dtype() == int64);
  CHECK((b * f).dtype() == float32);
  CHECK(sum(b).item<int>() == 1);
  CHECK(mean(i).item() == Approx(1.5));
  CHECK_THROWS_AS(matmul(f, d), std::invalid_argument);
  CHECK_THROWS_AS(linear(ones({2, 3}, float64), ones({4, 3})), std::invalid_argument);
}

TEST_CASE("shapes and axes are made from any integers, lists and containers") {
  const std::vector<int> v{4, 5, 6};
  const std::int64_t wide = 3;
  const Tensor x = ones({2, 3, 4});
  CHECK(zeros(3).shape() == Shape{3});
  CHECK(zeros({3}).shape() == Shape{3});
  CHECK(zeros({}).rank() == 0);
  CHECK(zeros({v.size(), 2}).shape() == Shape{3, 2});
  CHECK(zeros({wide, std::int64_t{2}, 1u}).shape() == Shape{3, 2, 1});
  CHECK(zeros(v).shape() == Shape{4, 5, 6});
  CHECK(zeros(std::array<std::size_t, 2>{2, 2}).shape() == Shape{2, 2});
  CHECK(zeros(xt::xarray<double>{1, 2}.shape()).shape() == Shape{2});
  CHECK(zeros(x.shape()).shape() == x.shape());
  CHECK(x.shape() == Shape{2, 3, 4});
  CHECK(x.shape()[0] == 2);
  CHECK(x.shape(-1) == 4);
  CHECK(sum(x).rank() == 0);
  CHECK(sum(x, 0).shape() == Shape{3, 4});
  CHECK(sum(x, -1).shape() == Shape{2, 3});
  CHECK(sum(x, {0, 1}, keepdims).shape() == Shape{1, 1, 4});
  CHECK(sum(x, {2, 0}).shape() == Shape{3});
  CHECK(x.mean({0, -1}).shape() == Shape{3});
  CHECK(x.reshape({6, -1}).shape() == Shape{6, 4});
  CHECK(x.reshape({-1}).shape() == Shape{24});
  CHECK(reshape(x, x.shape()).shape() == x.shape());
  CHECK(transpose(x, {1, 0, 2}).shape() == Shape{3, 2, 4});
  std::int64_t elements = 1;
  for (auto n : x.shape()) elements *= n;
  CHECK(elements == x.size());
}

TEST_CASE("operator() takes xtensor's slices") {
  const Tensor x = arange(24).reshape({4, 6}).to(float64);
  CHECK(x(1, 2).item() == 8);
  CHECK(x(-1, -1).item<int>() == 23);
  CHECK(same(x(2), x[2]));
  CHECK(same(x[-1], x(3)));
  CHECK(x(xt::all(), 0).shape() == Shape{4});
  CHECK(same(x(0, xt::range(1, 6, 2)), Tensor{1., 3., 5.}));
  CHECK(same(x(0, xt::range(4, 1, -1)), Tensor{4., 3., 2.}));
  CHECK(x(xt::range(xt::placeholders::_, 2)).shape() == Shape{2, 6});
  CHECK(x(xt::range(1, xt::placeholders::_), xt::all()).shape() == Shape{3, 6});
  CHECK(x(xt::newaxis()).shape() == Shape{1, 4, 6});
  CHECK(x(xt::ellipsis(), 0).shape() == Shape{4});
  CHECK(same(x[Tensor{2, 0, 2}](xt::all(), 0), Tensor{12., 0., 12.}));
  CHECK_THROWS(x(4, 0));
  Tensor w = ones(3).requires_grad_();
  w(1).backward();
  CHECK(same(w.grad(), Tensor{0.f, 1.f, 0.f}));
}

TEST_CASE("views share a tensor's memory, outlive it, and to_xarray copies") {
  Tensor x = ones({2, 2}, float64);
  auto read = x.view<double>();
  auto written = x.mutable_view<double>();
  written(0, 1) = 5;
  written += 1.0;
  CHECK(read(0, 1) == 6);
  CHECK(x(0, 1).item() == 6);
  xt::xarray<double> copy = x.to_xarray<double>();
  copy.fill(0);
  CHECK(x(0, 0).item() == 2);
  CHECK(x.to_xarray<float>()(0, 1) == 6.0f);
  CHECK(xt::sum(read)() == 12);
  CHECK_THROWS_AS(x.view<float>(), std::invalid_argument);
  x = Tensor();
  CHECK(read(1, 1) == 2);
  xt::xarray<double> big = xt::ones<double>({100});
  const double* memory = big.data();
  const Tensor moved(std::move(big));
  CHECK(Raw::data<double>(moved) == memory);
}

TEST_CASE("a write through a view is seen by backward, and one to what requires a gradient needs NoGrad") {
  Tensor x = ones(2).requires_grad_(), saved = x * 2.0;
  const Tensor y = sum(square(saved));
  CHECK_THROWS_AS(saved.mutable_view<float>(), std::logic_error);
  saved.detach().mutable_view<float>()(0) = 7;
  CHECK_THROWS_AS(y.backward(), std::logic_error);
  CHECK_THROWS_AS(x.mutable_view<float>(), std::logic_error);
  const NoGrad off;
  x.mutable_view<float>()(0) = 7;
  CHECK(x(0).item() == 7);
}

TEST_CASE("functions of a tensor and an xtensor expression give tensors with gradients") {
  const xt::xarray<double> e{2., -3.};
  Tensor w = Tensor{1., 1.}.requires_grad_();
  CHECK(are_tensors(w * e, e * w, 2.0 * e - w, maximum(w, e), minimum(e, w), pow(w, e), matmul(e, w)));
  CHECK(are_tensors(where(e > 0, w, 0.0), where(w > 0, e, w), where(w > 0, e, 0.0), w < e, e == w));
  for (const Tensor& y : {w * e, e * w, w + e, e - w, w / e, e / w, maximum(w, e), minimum(e, w), pow(w, e)})
    CHECK(y.requires_grad());
  CHECK(same(grad(sum(w * xt::exp(e)), w), Tensor(xt::exp(e))));
  CHECK(same(grad(sum(where(e > 0, w, 0.0)), w), Tensor{1., 0.}));
  w = w * e;
  w += e;
  CHECK(same(w.detach(), Tensor{4., -6.}));
}

TEST_CASE("masks combine with the operators of PyTorch and of xtensor") {
  const Tensor x{-1., 0.5, 2.};
  const Tensor inside{false, true, false}, outside{true, false, true};
  CHECK(same((x > 0) & (x < 1), inside));
  CHECK(same(x > 0 && x < 1, inside));
  CHECK(same((x <= 0) | (x >= 1), outside));
  CHECK(same(x <= 0 || x >= 1, outside));
  CHECK(same(~(x > 0 && x < 1), outside));
  CHECK(same(!(x > 0 && 1 > x), outside));
  CHECK(same(x == 0.5, inside));
  CHECK(same(0.5 != x, outside));
  CHECK(same(where(x > 0, x, 0.0), relu(x)));
  CHECK(same(where(x > 0, 1.0, -1.0), sign(x)));
  CHECK(same((x > 0) * x, relu(x)));
}

TEST_CASE("max and min along an axis give values and indices") {
  const Tensor x{{1., 5., 3.}, {4., 2., 6.}};
  auto [v, i] = max(x, 0);
  CHECK(same(v, Tensor{4., 5., 6.}));
  CHECK(same(i, Tensor{1, 0, 1}));
  auto [low, where_low] = min(x, -1, keepdims);
  CHECK(same(low, Tensor{{1.}, {2.}}));
  CHECK(same(where_low, Tensor{{0}, {1}}));
  CHECK(max(x).item() == 6);
  CHECK(same(argmax(x, 1), Tensor{1, 2}));
  CHECK(same(maximum(x, 3.0)(0), Tensor{3., 5., 3.}));
}

TEST_CASE("+= records for this handle, and writes in place where nothing is recorded") {
  Tensor w = ones(2).requires_grad_();
  Tensor total = 0.0;
  for (int step = 0; step < 3; ++step) total += sum(w * w);
  total.backward();
  CHECK(same(w.grad(), Tensor{6.f, 6.f}));
  const Tensor other_handle = w;
  {
    const NoGrad off;
    w -= 0.5 * w.grad();
  }
  CHECK(same(other_handle.detach(), Tensor{-2.f, -2.f}));
  CHECK(w.is_leaf());
  Tensor plain = ones(2), alias = plain;
  plain *= 3;
  plain /= 2.0;
  CHECK(same(alias, Tensor{1.5f, 1.5f}));
  plain.add_(ones(2), 2);
  plain.mul_(Tensor(2.0));
  CHECK(same(alias, Tensor{7.f, 7.f}));
}

TEST_CASE("backward and grad take their modes as enumerators") {
  Tensor x = Tensor{2., 3.}.requires_grad_();
  const Tensor loss = sum(x * x * x);
  loss.backward(retain_graph);
  loss.backward();
  CHECK(same(x.grad(), Tensor{24., 54.}));
  CHECK_THROWS_AS(loss.backward(), std::logic_error);
  const Tensor slope = grad(sum(x * x * x), x, create_graph);
  CHECK(same(grad(sum(slope), x), Tensor{12., 18.}));
  (x * x).backward(Tensor{1., 0.});
  CHECK(same(x.grad(), Tensor{28., 54.}));
  const std::vector<Tensor> both = grad({x * x}, {x}, {ones_like(x)});
  CHECK(same(both[0], 2.0 * x.detach()));
  x.set_grad(Tensor());
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("elementwise takes numbers, masks, constants and several tensors") {
  const double slope = 0.1;
  Tensor x = Tensor{-2., 0., 3.}.requires_grad_();
  const Tensor y{1., 2., 3.};
  CHECK(same(elementwise([slope](auto v) { return where(v > 0, v, slope * v); }, x), leaky_relu(x, slope)));
  CHECK(same(elementwise([](auto a, auto b) { return maximum(a, b) * 2; }, x, y), maximum(x, y) * 2));
  CHECK(same(elementwise([](auto a) { return 0 < a && a < 4; }, x), x > 0 && x < 4));
  const Tensor guarded = elementwise([](auto a) { return where(a > 0, sqrt(a), 0.0); }, x);
  CHECK(same(grad(sum(guarded), x), Tensor{0., 0., .5 / std::sqrt(3.)}));
}

TEST_CASE("options read the same in C++17 and C++20, and are checked when the optimiser is made") {
  nn::Linear model(3, 1, nn::with_bias);
  optim::SGD plain(model.parameters(), 0.1);
  optim::SGD sgd(model.parameters(), 0.1, optim::SGD::Options().momentum(.9).nesterov().weight_decay(1e-4));
  CHECK_THROWS_AS(optim::SGD(model.parameters(), 0.1, optim::SGD::Options().nesterov()), std::invalid_argument);
  CHECK_THROWS_AS(optim::SGD(model.parameters(), -0.1), std::invalid_argument);
  sgd.set_lr(0.01);
  CHECK(sgd.lr() == 0.01);
}

TEST_CASE("errors name the op and the line of the user") {
  const std::string at = " (api_test.cpp:" + std::to_string(__LINE__ + 1) + ")";
  const auto product = [] { return matmul(ones({2, 3}), ones({4, 5})); };
  CHECK_THROWS_WITH(product(), "matmul: cannot multiply (2, 3) by (4, 5): the inner sizes must agree" + at);
  CHECK_THROWS_WITH(
      ones({2, 3}) + ones({4, 5}),
      Catch::StartsWith("add: cannot broadcast (2, 3) with (4, 5): axis -1 is 3 against 5 (api_test.cpp:"));
  CHECK_THROWS_WITH(nn::Linear(784, 50)(ones({100, 783})),
                    Catch::Contains("expected 784 features on the last axis, got input of shape (100, 783)"));
  Tensor x = ones({2, 3}).requires_grad_(), y = x * 2;
  CHECK_THROWS_WITH(y.backward(), Catch::Contains("the root must hold one element, but has shape (2, 3)"));
  CHECK(text(Tensor{1, 2, 3}) == "[1, 2, 3] shape (3), int64");
}

// The same under using-directives for both namespaces, where xtensor's functions of the same names are visible too.
namespace with_both_namespaces {

using namespace xt;

TEST_CASE("calls with tensors mean xgrad's ops where xtensor's functions of the same names are visible too") {
  const xarray<double> e{{1., 2.}, {3., 4.}};
  Tensor w = Tensor(e).requires_grad_();
  CHECK(are_tensors(sum(w), sum(w, 0), sum(w, {0, 1}), mean(w), mean(w, 0, keepdims), amax(w, 0), argmax(w, 1)));
  CHECK(are_tensors(exp(w), sqrt(w), tanh(w), abs(-w), pow(w, 2), pow(w, e), clamp(w, 0, 1), softmax(w, 1)));
  CHECK(are_tensors(maximum(w, e), minimum(w, 0.0), where(w > 0, w, e), w + e, e > w, w(all(), newaxis())));
  CHECK(are_tensors(transpose(w), transpose(w, {1, 0}), swapaxes(w, 0, 1), flatten(w), concat({w, w})));
  CHECK(are_tensors(squeeze(w(newaxis()), 0)));
  CHECK(are_tensors(prod(w), prod(w, 0), prod(w, {0, 1}), nansum(w, 0), nanmean(w, 1, keepdims), any(w), all(w, 0)));
  CHECK(are_tensors(cumsum(w, 0), cumprod(w, 1), median(w), median(w, 1).values, sort(w, 1).values, argsort(w)));
  CHECK(are_tensors(count_nonzero(w, 1), nonzero(w), norm(w), unique(w).values, quantile(w, 0.5, 0), mode(w).values));
  CHECK(are_tensors(bincount(argmax(w, 1)), searchsorted(w[0].detach(), w), histc(w, 3)));
  CHECK(are_tensors(flip(w, 0), flip(w, {0, 1}), roll(w, 1), roll(w, 1, 0), rot90(w), rot90(w, 2), tile(w, 2)));
  CHECK(are_tensors(tile(w, {2, 1}), repeat(w, {2, 1}), tril(w), tril(w, 1), triu(w, -1), diag(w), diag(w, 1)));
  CHECK(are_tensors(diagonal(w), diagonal(w, 1), diagonal(w, 0, 0, 1), pad(w, {1, 1}), atleast_1d(w), atleast_3d(w)));
  CHECK(are_tensors(hstack({w, w}), vstack({w, w}), meshgrid({w(0), w(1)})[0], split(w, 1)[0], w[w > 2.]));
  CHECK(same(grad(sum(square(w) * e), w), Tensor(2 * e * e)));
  CHECK(same(sum(w, 0).detach(), Tensor(xarray<double>(sum(e, {0})))));
  CHECK(same(w(range(0, 1), all()).detach(), Tensor{{1., 2.}}));
}

}  // namespace with_both_namespaces
