// Lint: notes on common mistakes, each once.

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <sstream>

#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/func.hpp>
#include <xgrad/lint.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

/// Runs f within a scope and returns what was told, as text.
template <class F>
std::vector<std::string> told(F&& f) {
  std::vector<std::string> all;
  {
    const Lint scope([&](const LintMessage& message) { all.push_back(to_string(message)); });
    f();
  }
  return all;
}

bool has(const std::vector<std::string>& all, const std::string& rule) {
  return std::any_of(all.begin(), all.end(),
                     [&](const std::string& text) { return text.find("[" + rule + "]") != std::string::npos; });
}

}  // namespace

namespace {

/// Has the name of an op, and no tensor among its arguments.
struct Log : func::Function<Log> {
  static constexpr const char* name = "log";
  static Tensor forward(func::Context&, double x) { return Tensor{std::log(x)}; }
  static func::Tensors backward(func::Context&, const Tensor&) { return {}; }
};

}  // namespace

TEST_CASE("a function of the user's own without tensors may have the name of an op") {
  CHECK(told([] { CHECK(Log::apply(1.0).item() == 0); }).empty());
}

TEST_CASE("a step without zero_grad is told once, with the line of the step") {
  const Tensor w = leaf({1, 2});
  optim::SGD optimizer({w}, 0.01);
  const auto all = told([&] {
    for (int i = 0; i < 5; ++i) {
      sum(w * w).backward();
      optimizer.step();
    }
  });
  REQUIRE(all.size() == 1);
  CHECK_THAT(all[0],
             Contains("SGD: the gradients of 1 parameters are sums over 2 backward runs, of which earlier steps "
                      "have used some: call zero_grad()") &&
                 Contains("(lint_test.cpp:") && Contains("[zero_grad]"));
  w.set_grad(Tensor());
  CHECK(told([&] {
          for (int i = 0; i < 3; ++i) {
            optimizer.zero_grad();
            sum(w * w).backward();
            optimizer.step();
          }
        }).empty());
  optimizer.zero_grad();
  const auto twice = told([&] {
    sum(w * w).backward();
    sum(w).backward();
    optimizer.step();
  });
  REQUIRE(twice.size() == 1);
  CHECK_THAT(twice[0], Contains("unless they are added up on purpose"));
}

TEST_CASE("a model that is evaluated in training mode is told of") {
  nn::Sequential model{nn::Linear(3, 4, nn::no_bias), nn::BatchNorm1d(4), nn::Dropout(0.5)};
  const Tensor x = rand({6, 3});
  const auto evaluate = [&] {
    const NoGrad off;
    model(x);
    model(x);
  };
  const auto all = told(evaluate);
  REQUIRE(all.size() == 2);
  CHECK_THAT(all[0], Contains("batch_norm: it runs in training mode while nothing is recorded: call eval()"));
  CHECK_THAT(all[1], Contains("dropout: ") && Contains("[eval]"));
  CHECK(told([&] { model(x); }).empty());
  model.eval();
  CHECK(told(evaluate).empty());
}

TEST_CASE("a softmax before cross_entropy and a sigmoid before logits are told of") {
  const Tensor x = rand({4, 3}).requires_grad_(), t = randint(0, 3, {4}), p = rand({4, 3});
  CHECK(has(told([&] { nn::cross_entropy(softmax(x, 1), t); }), "double_softmax"));
  CHECK(has(told([&] { nn::cross_entropy(reshape(softmax(x, 1), {4, 3}), t); }), "double_softmax"));
  CHECK(has(told([&] { nn::cross_entropy(log_softmax(x, 1), t); }), "double_softmax"));
  CHECK(has(told([&] { nn::binary_cross_entropy_with_logits(sigmoid(x), p); }), "double_softmax"));
  CHECK(told([&] { nn::cross_entropy(x, t); }).empty());
  CHECK(told([&] { nn::nll_loss(log_softmax(x, 1), t); }).empty());
}

TEST_CASE("an epsilon inside a logarithm is told of, and one elsewhere is not") {
  const Tensor x = leaf({0.5, 1});
  const auto all = told([&] { log(x + 1e-8); });
  REQUIRE(all.size() == 1);
  CHECK_THAT(all[0], Contains("log(x + 1e-08) is biased") && Contains("[log_epsilon]"));
  CHECK(has(told([&] { log(1e-10 + sigmoid(x)); }), "log_epsilon"));
  CHECK(told([&] { log(x + 1.0); }).empty());
  CHECK(told([&] { sqrt(x + 1e-8); }).empty());
}

TEST_CASE("parameters without a gradient, and leaves that no optimiser holds, are told of") {
  const Tensor used = leaf({1}), unused = leaf({1, 2, 3}), forgotten = leaf({1, 2});
  optim::SGD optimizer({used, unused}, 0.1);
  const auto all = told([&] {
    for (int i = 0; i < 3; ++i) {
      optimizer.zero_grad();
      forgotten.set_grad(Tensor());
      (sum(used * 2.0) + sum(forgotten)).backward();
      optimizer.step();
    }
  });
  REQUIRE(all.size() == 2);
  CHECK_THAT(all[0], Contains("SGD: parameter 1 of shape (3) has no gradient") && Contains("[no_gradient]"));
  CHECK_THAT(all[1], Contains("a leaf of shape (2) gets gradients") && Contains("[no_optimizer]"));
  // Also where the scope ends after one step.
  used.set_grad(Tensor());
  CHECK(has(told([&] {
              (sum(used * 2.0) + sum(forgotten)).backward();
              optimizer.step();
            }),
            "no_optimizer"));
}

TEST_CASE("a leaf in the memory of one that is gone is another leaf") {
  const Tensor used = leaf({1});
  // A leaf where one was before that had a gradient, and that an optimiser held.
  const auto successor = [&] {
    const detail::Value* place = nullptr;
    {
      const Tensor before = leaf({1, 2});
      place = Raw::value(before);
      optim::SGD optimizer({before, used}, 0.1);
      optimizer.zero_grad();
      sum(before * used).backward();
      optimizer.step();
      optimizer.zero_grad();
    }
    std::vector<Tensor> others;
    do {
      others.push_back(leaf({1, 2}));
    } while (Raw::value(others.back()) != place && others.size() < 1000);
    return others.back();
  };
  CHECK(has(told([&] {
              const Tensor forgotten = successor();
              optim::SGD optimizer({used}, 0.1);
              sum(forgotten * used).backward();
              optimizer.step();
            }),
            "no_optimizer"));
  CHECK(has(told([&] {
              const Tensor unused = successor();
              optim::SGD optimizer({used, unused}, 0.1);
              sum(used * 2.0).backward();
              optimizer.step();
            }),
            "no_gradient"));
}

TEST_CASE("of leaves that come and go in every step, one note is made") {
  const Tensor w = leaf({1});
  optim::SGD optimizer({w}, 0.1);
  const std::int64_t nodes = live_nodes();
  const auto all = told([&] {
    for (int i = 0; i < 50; ++i) {
      const Tensor x = leaf({1, 2});
      optimizer.zero_grad();
      sum(x * w).backward();
      optimizer.step();
    }
    CHECK(live_nodes() <= nodes + 3);
  });
  REQUIRE(all.size() == 1);
  CHECK_THAT(all[0], Contains("[no_optimizer]"));
}

TEST_CASE("two optimisers share a model without a note") {
  const Tensor a = leaf({1}), b = leaf({2});
  optim::SGD first({a}, 0.1), second({b}, 0.1);
  CHECK(told([&] {
          for (int i = 0; i < 3; ++i) {
            first.zero_grad();
            second.zero_grad();
            sum(a * b).backward();
            first.step();
            second.step();
          }
        }).empty());
}

TEST_CASE("a bias before a batch normalisation is told of") {
  const Tensor x = rand({6, 3});
  const nn::Sequential with{nn::Linear(3, 4), nn::BatchNorm1d(4)};
  const nn::Sequential without{nn::Linear(3, 4, nn::no_bias), nn::BatchNorm1d(4)};
  const auto all = told([&] { with(x); });
  REQUIRE(all.size() == 1);
  CHECK_THAT(all[0],
             Contains("batch_norm: the layer before it, linear (lint_test.cpp:") && Contains("[bias_before_norm]"));
  CHECK(told([&] { without(x); }).empty());
}

TEST_CASE("a first loss far from ln(classes) is told of") {
  const Tensor t = Tensor{0, 1, 2}, x = rand({3, 3}).requires_grad_();
  CHECK(told([&] { nn::cross_entropy(x, t); }).empty());
  const Tensor wrong = Tensor({{-90.f, 0.f, 0.f}, {0.f, -90.f, 0.f}, {0.f, 0.f, -90.f}}).requires_grad_();
  CHECK(told([&] { nn::cross_entropy(wrong * std::numeric_limits<float>::quiet_NaN(), t); }).empty());
  const auto all = told([&] {
    nn::cross_entropy(wrong, t);
    nn::cross_entropy(wrong, t);
  });
  REQUIRE(all.size() == 1);
  CHECK_THAT(all[0], Contains("ln(3) = 1.099") && Contains("the logits begin too large") && Contains("[first_loss]"));
  CHECK_THAT(told([&] { nn::cross_entropy(-wrong, t); }).at(0), Contains("labels may be part of the inputs"));
}

TEST_CASE("targets of logits outside [0, 1] are told of") {
  const Tensor x = rand({3}).requires_grad_();
  const auto all = told([&] { nn::binary_cross_entropy_with_logits(x, Tensor{-1.f, 1.f, 1.f}); });
  REQUIRE(all.size() == 1);
  CHECK_THAT(all[0], Contains("its targets lie in -1 .. 1") && Contains("[logits_targets]"));
  CHECK(told([&] { nn::binary_cross_entropy_with_logits(x, Tensor{0.f, 1.f, 0.5f}); }).empty());
}

TEST_CASE("without a function the notes go to std::cerr, and a function may throw") {
  const Tensor x = leaf({1});
  std::ostringstream caught;
  std::streambuf* before = std::cerr.rdbuf(caught.rdbuf());
  {
    const Lint scope;
    log(x + 1e-8);
    log(x + 1e-8);
  }
  std::cerr.rdbuf(before);
  const std::string text = caught.str();
  CHECK(text.rfind("lint: log: log(x + 1e-08)", 0) == 0);
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK_THROWS_AS(
      [&] {
        const Lint scope([](const LintMessage&) { throw std::runtime_error("lint"); });
        log(x + 1e-8);
      }(),
      std::runtime_error);
  CHECK_NOTHROW(log(x + 1e-8));
}
