#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

const Profiler::Row& row_of(const std::vector<Profiler::Row>& rows, const std::string& name) {
  for (const Profiler::Row& row : rows)
    if (row.name == name) return row;
  FAIL("no row for " << name);
  return rows.front();
}

bool has_row(const std::vector<Profiler::Row>& rows, const std::string& name) {
  for (const Profiler::Row& row : rows)
    if (row.name == name) return true;
  return false;
}

}  // namespace

TEST_CASE("a profiler counts calls, forward and backward, with their time and memory", "[profiler]") {
  nn::Sequential model{nn::Linear(100, 50), nn::ReLU(), nn::Linear(50, 10)};
  optim::SGD optimizer(model.parameters(), .1);
  const Tensor x = randn({20, 100}), labels = randint(0, 10, {20});
  const auto step = [&] {
    const Tensor loss = nn::cross_entropy(model(x), labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  };
  step();
  Profiler profiler;
  for (int i = 0; i < 3; ++i) step();
  profiler.stop();
  step();
  const auto rows = profiler.rows();
  const Profiler::Row& linear = row_of(rows, "linear");
  CHECK(linear.forward_calls == 6);
  CHECK(linear.backward_calls == 6);
  CHECK(linear.forward_seconds > 0);
  CHECK(linear.backward_seconds > 0);
  // The results (20, 50) and (20, 10), the gradients of the weights and of the second layer's input.
  CHECK(linear.bytes >= 3 * 4 * (20 * 50 + 20 * 10 + 50 * 100 + 10 * 50 + 20 * 50));
  CHECK(row_of(rows, "relu").forward_calls == 3);
  CHECK(row_of(rows, "relu").backward_calls == 3);
  CHECK(row_of(rows, "cross_entropy").backward_calls == 3);
  CHECK(row_of(rows, "SGD").forward_calls == 3);
  CHECK_FALSE(has_row(rows, "matmul"));  // the products of linear's rules are a part of it
  for (std::size_t i = 1; i < rows.size(); ++i)
    CHECK(rows[i - 1].forward_seconds + rows[i - 1].backward_seconds >=
          rows[i].forward_seconds + rows[i].backward_seconds);
  std::ostringstream text;
  text << profiler;
  CHECK_THAT(text.str(), Contains("op") && Contains("forward ms") && Contains("backward ms") && Contains("MB") &&
                             Contains("cross_entropy"));
  CHECK(text.str() == profiler.table());
}

TEST_CASE("the trace is JSON with an event for every call and the line that made it", "[profiler]") {
  const Tensor x = leaf({1, 2});
  Profiler profiler;
  const Tensor y = exp(x);
  const int line = __LINE__ - 1;
  sum(y).backward();
  std::thread([&] {
    NoGrad off;
    exp(x);
  }).join();
  profiler.stop();
  const std::string path = "profiler \"trace\".json";
  profiler.save_trace(path);
  std::ifstream file(path);
  const auto trace = nlohmann::json::parse(file);
  int forward = 0, backward = 0;
  std::set<int> threads;
  for (const auto& event : trace.at("traceEvents")) {
    CHECK(event.at("ph") == "X");
    CHECK(event.at("ts").get<double>() >= 0);
    CHECK(event.at("dur").get<double>() >= 0);
    threads.insert(event.at("tid").get<int>());
    if (event.at("name") != "exp") continue;
    (event.at("cat") == "forward" ? forward : backward) += 1;
    if (event.at("cat") == "backward")
      CHECK_THAT(event.at("args").at("at").get<std::string>(), Contains("profiler_test.cpp:" + std::to_string(line)));
  }
  CHECK(forward == 2);
  CHECK(backward == 1);
  CHECK(threads.size() == 2);
  std::remove(path.c_str());
  CHECK_THROWS_AS(profiler.save_trace("no/such/folder/trace.json"), std::runtime_error);
}

TEST_CASE("there is one profiler at a time, and none measures once it is gone", "[profiler]") {
  const Tensor x = leaf({1, 2});
  {
    Profiler first;
    CHECK_THROWS_AS(Profiler(), std::logic_error);
    exp(x);
    CHECK(first.rows().size() == 1);
  }
  exp(x);
  const Profiler second;
  CHECK(second.rows().empty());
  CHECK_THAT(second.table(), Contains("op"));
}

TEST_CASE("an op that throws is measured as well", "[profiler]") {
  Profiler profiler;
  CHECK_THROWS(matmul(ones({2, 3}), ones({2, 3})));
  CHECK(row_of(profiler.rows(), "matmul").forward_calls == 1);
}

TEST_CASE("the measurement of an op covers its whole work", "[profiler]") {
  const Tensor x = ones({1000, 10});
  Profiler profiler;
  softmax(x, 1), log_softmax(x, 1), logsumexp(x, 0), var(x), nn::dropout(x, .5);
  profiler.stop();
  const auto rows = profiler.rows();
  for (const char* op : {"softmax", "log_softmax", "dropout"}) CHECK(row_of(rows, op).bytes >= 4 * x.size());
  CHECK(row_of(rows, "logsumexp").bytes >= 4 * 10);
  CHECK(row_of(rows, "var").bytes >= 4);
}
