// DetectAnomaly over the table of cases.

#include <algorithm>
#include <cmath>

#include <xgrad/autograd/engine/anomaly.hpp>
#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "cases.hpp"
#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;
using namespace cases;

namespace {

bool is_finite(const Tensor& x) {
  const std::vector<double> all = values(x);
  return std::all_of(all.begin(), all.end(), [](double value) { return std::isfinite(value); });
}

/// The value and the gradients for a seed of ones.
Tensors outcome(const Sample& sample) {
  Tensors all{sample.f(sample.inputs)}, wanted;
  for (const Tensor& x : sample.inputs)
    if (x.defined() && x.requires_grad()) wanted.push_back(x);
  if (!all[0].requires_grad() || wanted.empty()) return all;
  for (const Tensor& g : grad({all[0]}, wanted, {ones_like(all[0].detach())}, Graph::release, allow_unused))
    if (g.defined()) all.push_back(g);
  return all;
}

/// The sample with every floating input replaced by extreme numbers.
Sample at_the_edge(const Sample& sample) {
  Sample result{sample.f, {}};
  const double extremes[] = {0, 1.7e308, -1, 3, -1.7e308, 1e-300, 800};
  for (const Tensor& x : sample.inputs) {
    if (!x.defined() || !is_floating(x.dtype())) {
      result.inputs.push_back(x);
      continue;
    }
    std::vector<double> numbers(static_cast<std::size_t>(x.size()));
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = extremes[i % 7];
    Tensor edge = Tensor(numbers).reshape(x.shape());
    result.inputs.push_back(x.requires_grad() ? edge.requires_grad_() : edge);
  }
  return result;
}

}  // namespace

TEST_CASE("where results and gradients are finite, DetectAnomaly blames no op and changes no result", "[anomaly]") {
  std::size_t judged = 0;
  for (const Case& row : table())
    for (const Sample& sample : row.samples) {
      const Tensors plain = outcome(sample);
      if (!std::all_of(plain.begin(), plain.end(), is_finite)) continue;
      ++judged;
      std::string problem;
      try {
        const DetectAnomaly scope;
        const Tensors watched = outcome(sample);
        for (std::size_t i = 0; i < plain.size(); ++i)
          problem += difference(watched[i].detach(), plain[i].detach(), 1e-13, 1e-13);
      } catch (const Anomaly& anomaly) {
        problem = anomaly.what();
      }
      INFO(row.op);
      CHECK(problem == "");
    }
  WARN(judged << " samples");
  CHECK(judged > 1000);
}

TEST_CASE("every op whose result is not finite for finite operands is reported, by name, line and range", "[anomaly]") {
  std::size_t judged = 0;
  for (const Case& row : table()) {
    std::size_t tried = 0;
    for (const Sample& sample : row.samples) {
      const Sample edge = at_the_edge(sample);
      Tensor y;
      try {
        const NoGrad off;
        y = edge.f(edge.inputs);
      } catch (const std::invalid_argument&) {
        continue;  // refused
      }
      if (!is_floating(y.dtype()) || is_finite(y) || ++tried > 4) continue;
      ++judged;
      std::string message = "no anomaly";
      try {
        const DetectAnomaly scope;
        static_cast<void>(edge.f(edge.inputs));  // what an op made of others lets out comes where the scope ends
      } catch (const Anomaly& anomaly) {
        message = anomaly.what();
      }
      INFO(row.op << ": " << message);
      CHECK(message.find("all operands are finite, at ") != std::string::npos);
      CHECK(message.find("\n  result: shape ") != std::string::npos);
    }
  }
  WARN(judged << " samples");
  CHECK(judged > 100);
}
