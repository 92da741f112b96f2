// Errors keep the type of what was thrown, name the function, and say what to do.

#include <memory>
#include <new>
#include <stdexcept>

#include <xgrad/extend.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// What backward throws when a rule throws `error`, if its type is exactly E.
template <class E, class Thrown>
std::string through_backward(const Thrown& error) {
  const Tensor x = leaf({2});
  const Tensor y =
      record("failing", Source::here(), Tensor(1.0).detach(), {x}, [error](Tensor) -> Tensor { throw error; });
  try {
    y.backward();
  } catch (const E& caught) {
    return typeid(caught) == typeid(E) ? caught.what() : std::string("a derived type: ") + caught.what();
  }
  return "nothing was thrown";
}

struct OfTheUser : std::runtime_error {
  explicit OfTheUser(int number_in) : runtime_error("the user's"), number(number_in) {}
  int number;
};

}  // namespace

TEST_CASE("an exception of a rule keeps its type, and says which op's backward it was") {
  CHECK_THAT(through_backward<std::invalid_argument>(std::invalid_argument("a")),
             StartsWith("backward of failing (errors_test.cpp:") && Contains(": a"));
  CHECK_THAT(through_backward<std::logic_error>(std::logic_error("a")), StartsWith("backward of failing"));
  CHECK_THAT(through_backward<std::domain_error>(std::domain_error("a")), StartsWith("backward of failing"));
  CHECK_THAT(through_backward<std::length_error>(std::length_error("a")), StartsWith("backward of failing"));
  CHECK_THAT(through_backward<std::out_of_range>(std::out_of_range("a")), StartsWith("backward of failing"));
  CHECK_THAT(through_backward<std::runtime_error>(std::runtime_error("a")), StartsWith("backward of failing"));
  CHECK_THAT(through_backward<std::range_error>(std::range_error("a")), StartsWith("backward of failing"));
  CHECK_THAT(through_backward<std::overflow_error>(std::overflow_error("a")), StartsWith("backward of failing"));
  CHECK_THAT(through_backward<std::underflow_error>(std::underflow_error("a")), StartsWith("backward of failing"));
  CHECK_THAT(through_backward<OutOfMemory>(OutOfMemory("a")), StartsWith("backward of failing"));
  CHECK_THAT(through_backward<OutOfMemory>(std::bad_alloc()), StartsWith("backward of failing"));
  CHECK(through_backward<OfTheUser>(OfTheUser(3)) == "the user's");
}

TEST_CASE("memory that is missing in backward is out of memory too") {
  const Tensor x = leaf({2});
  const Tensor y = record("growing", Source::here(), Tensor(1.0).detach(), {x}, [](Tensor g) {
    return sum(broadcast_to(g, {std::int64_t{1} << 40, std::int64_t{1} << 40}));
  });
  CHECK_THAT(thrown_by<std::bad_alloc>([&] { y.backward(); }), StartsWith("backward of growing (errors_test.cpp:") &&
                                                                   Contains("out of memory") &&
                                                                   Contains("(1099511627776, 1099511627776) float64"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a hook that returns integers is refused") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 2.0;
  y.register_hook([](const Tensor& g) { return ones(g.shape(), int64); });
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { sum(y).backward(); }),
             StartsWith("backward: a hook on mul (errors_test.cpp:") && Contains("int64"));
}

TEST_CASE("an undefined tensor is named by the function that was called") {
  const Tensor nothing;
  CHECK_THAT(thrown_by<>([&] { zeros_like(nothing); }), StartsWith("zeros_like: this tensor is empty"));
  CHECK_THAT(thrown_by<>([&] { full({2}, nothing); }), StartsWith("full: this tensor is empty"));
  CHECK_THAT(thrown_by<>([&] { nothing.backward(); }), StartsWith("backward: this tensor is empty"));
  CHECK_THAT(thrown_by<>([&] { nn::init::normal_(nothing); }), StartsWith("normal_: this tensor is empty"));
  CHECK_THAT(thrown_by<>([&] { nothing.shape(); }), StartsWith("shape: this tensor is empty"));
  CHECK_THAT(thrown_by<>([&] { nn::Parameter{nothing}; }), StartsWith("Parameter: this tensor is empty"));
  CHECK_THAT(thrown_by<>([&] { Raw::data<float>(ones({2}, float64)); }), StartsWith("data: the tensor is float64"));
}

TEST_CASE("settings that mean nothing are refused") {
  const Tensor x = ones({2, 3}), nan_x = full({3}, NAN);
  const auto refused = [](auto&& f) { return thrown_by<std::invalid_argument>(f); };
  CHECK_THAT(refused([&] { var(x, {}, NAN); }), StartsWith("var: the correction must be finite, got nan"));
  CHECK_THAT(refused([&] { batch_norm(x, {}, {}, {}, {}, true, NAN); }), StartsWith("batch_norm: momentum"));
  CHECK_THAT(refused([&] { batch_norm(x, {}, {}, {}, {}, true, .1, 0); }), StartsWith("batch_norm: eps"));
  CHECK_THAT(refused([&] { nn::binary_cross_entropy(nan_x, ones({3})); }),
             StartsWith("binary_cross_entropy: element 0 of the input is nan"));
  CHECK_THAT(refused([&] {
               nn::binary_cross_entropy(ones({3}), Tensor{0.f, 1.5f, 0.f});
             }),
             StartsWith("binary_cross_entropy: element 1 of the target is 1.5"));
  CHECK_THAT(refused([&] { softplus(x, 0); }), StartsWith("softplus: beta cannot be 0"));
  CHECK_THAT(refused([&] { nn::LeakyReLU(NAN); }), StartsWith("LeakyReLU: "));
}

TEST_CASE("lists of numbers and layers may stand in parentheses") {
  const std::int64_t n = 1;
  CHECK(transpose(ones({2, 3}), {0, n}).shape() == Shape{2, 3});
  CHECK(transpose(ones({2, 3}), {n, 0}).shape() == Shape{3, 2});
  CHECK(Shape({3}).rank() == 1);
  CHECK(zeros(Shape({3})).size() == 3);
  CHECK_THAT(thrown_by<>([] { nn::MLP({3}); }), StartsWith("MLP: got sizes (3): at least those"));
  nn::Linear a(3, 2), b(2, 1);
  const nn::Sequential pair(a, b), ops(a, relu, tanh, b);
  CHECK(pair.size() == 2);
  CHECK(ops(ones({1, 3})).shape() == Shape{1, 1});
  CHECK(Raw::value(pair.parameters()[0]) == Raw::value(a.weight));
}

TEST_CASE("a model that forgot add() is told so") {
  class Forgetful : public nn::Module {
   public:
    Tensor forward(const Tensor& x) override { return linear_(x); }

   private:
    nn::Linear linear_{2, 1};
  };
  CHECK_THAT(thrown_by<std::invalid_argument>([] { optim::SGD(Forgetful().parameters(), .1); }), Contains("add()"));
}

TEST_CASE("a loader refuses to read its end, and batches that a dataset leaves empty") {
  class Empty : public data::Dataset {
    std::int64_t size() const override { return 1; }
    data::Batch gather(const std::int64_t*, std::int64_t) const override { return {}; }
  };
  data::DataLoader loader(data::TensorDataset(ones({2, 3}), ones({2}))), empty((Empty()));
  CHECK_THAT(thrown_by<std::logic_error>([&] { *loader.end(); }),
             StartsWith("DataLoader: there is no batch at the end"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { *empty.begin(); }),
             StartsWith("DataLoader: the dataset's gather()"));
}
