// Checks the gradients of every row of the table of cases.

#include <algorithm>
#include <cfenv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/ops/creation.hpp>

#include "cases.hpp"
#include "catch2.hpp"
#include "compare.hpp"
#include "sanitized.hpp"

using namespace xgrad;
using namespace cases;

namespace {

std::string shapes(const Tensors& inputs) {
  std::string text;
  for (const Tensor& x : inputs) text += (text.empty() ? "" : ", ") + to_string(x.shape());
  return text;
}

/// Calls check(row, sample) for the whole table and reports the sentences that come back, or what was thrown.
void for_each_sample(const std::function<std::string(const Case&, const Sample&)>& check) {
  for (const Case& row : table())
    for (std::size_t i = 0; i < row.samples.size(); ++i) {
      std::string problem;
      try {
        problem = check(row, row.samples[i]);
      } catch (const std::exception& error) {
        problem = std::string("threw: ") + error.what();
      }
      INFO(row.op << ", sample " << i << " of shapes " << shapes(row.samples[i].inputs));
      CHECK(problem == "");
    }
}

GradcheckOptions options_for(const Case& row, const Sample& sample) {
  // Beside an input without elements the slopes of another are zero.
  const bool none = std::any_of(sample.inputs.begin(), sample.inputs.end(),
                                [](const Tensor& x) { return x.defined() && x.size() == 0; });
  return GradcheckOptions().allow_zero(none || (row.flags & (zero_slope | selects)) != 0);
}

Tensors differentiable(const Tensors& inputs) {
  Tensors result;
  for (const Tensor& x : inputs)
    if (x.requires_grad()) result.push_back(x);
  return result;
}

Tensor random_like(const Tensor& y, std::uint64_t seed) {
  kernels::Philox random(seed);
  std::vector<double> numbers(static_cast<std::size_t>(y.size()));
  for (double& number : numbers) number = static_cast<float>(random.normal());
  return detail::converted(Tensor(numbers).reshape(y.shape()), y.dtype());
}

/// The gradients at the sample, zero where there is none.
Tensors gradients(const Sample& sample, const Tensor& seed, Graph graph = Graph::release) {
  const Tensor y = sample.f(sample.inputs);
  const Tensors xs = differentiable(sample.inputs);
  Tensors result(xs.size());
  if (y.requires_grad()) result = grad({y}, xs, {seed}, graph, allow_unused);
  for (std::size_t i = 0; i < xs.size(); ++i)
    if (!result[i].defined()) result[i] = zeros_like(xs[i]);
  return result;
}

/// The first difference of two lists of tensors, relative to each tensor's largest element or to 1.
std::string compare(const Tensors& got, const Tensors& expected, double tolerance) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::string found = difference(got[i], expected[i], 0, tolerance * std::max(1.0, largest(expected[i])));
    if (!found.empty()) return "tensor " + std::to_string(i) + ": " + found;
  }
  return "";
}

Sample in(DType dtype, const Sample& sample) {
  Sample result{sample.f, {}};
  for (const Tensor& x : sample.inputs) {
    const bool wanted = x.requires_grad();
    Tensor y = is_floating(x.dtype()) ? detail::converted(x, dtype) : x;
    result.inputs.push_back(wanted ? y.requires_grad_() : y);
  }
  return result;
}

std::string all_bytes(const Tensors& inputs) {
  std::string result;
  for (const Tensor& x : inputs)
    result.append(static_cast<const char*>(Raw::bytes(x)), static_cast<std::size_t>(x.size()) * size_of(x.dtype()));
  return result;
}

}  // namespace

TEST_CASE("every row holds enough samples, a fifth of them without elements and a tenth of rank 0", "[cases]") {
  const NoGrad off;
  std::set<std::string> ops;
  std::size_t samples = 0, all_nothing = 0, all_scalars = 0, refusals = 0;
  for (const Case& row : table()) {
    std::size_t nothing = 0, scalars = 0;
    for (const Sample& sample : row.samples) {
      Tensors all = sample.inputs;
      all.push_back(sample.f(all));
      const auto some = [&](auto property) { return std::any_of(all.begin(), all.end(), property) ? 1u : 0u; };
      nothing += some([](const Tensor& x) { return x.size() == 0; });
      scalars += some([](const Tensor& x) { return x.rank() == 0; });
    }
    INFO(row.op << ", " << row.samples.size() << " samples");
    CHECK(row.samples.size() >= 16);
    if (!(row.flags & no_nothing)) CHECK(5 * nothing >= row.samples.size());
    if (!(row.flags & no_scalars)) CHECK(10 * scalars >= row.samples.size());
    ops.insert(row.op);
    samples += row.samples.size();
    all_nothing += nothing;
    all_scalars += scalars;
    refusals += row.refusals.size();
  }
  WARN(table().size() << " rows of " << ops.size() << " ops, " << samples << " samples, of which "
                      << 100 * all_nothing / samples << " % have no elements and " << 100 * all_scalars / samples
                      << " % rank 0; " << refusals << " calls that must be refused");
}

TEST_CASE("every gradient agrees with finite differences", "[cases]") {
  for_each_sample([](const Case& row, const Sample& sample) {
    return gradcheck(sample.f, sample.inputs, options_for(row, sample)).message;
  });
}

TEST_CASE("every gradient of a gradient agrees with finite differences", "[cases]") {
  for_each_sample([](const Case& row, const Sample& sample) {
    return gradgradcheck(sample.f, sample.inputs, options_for(row, sample)).message;
  });
}

TEST_CASE("an op that may ignore an input does not do so in most samples", "[cases]") {
  for (const Case& row : table()) {
    if (!(row.flags & selects)) continue;
    const auto shows_something = [](const Sample& sample) { return gradcheck(sample.f, sample.inputs).passed; };
    INFO(row.op);
    CHECK(2 * std::count_if(row.samples.begin(), row.samples.end(), shows_something) >=
          static_cast<std::ptrdiff_t>(row.samples.size()));
  }
}

TEST_CASE("a first-order kernel gives what the recorded rule gives", "[cases]") {
  for_each_sample([](const Case&, const Sample& sample) {
    const Tensor seed = random_like(sample.f(sample.inputs), 11);
    return compare(gradients(sample, seed), gradients(sample, seed, create_graph), 1e-12);
  });
}

TEST_CASE("recording changes no bit of a value", "[cases]") {
  for_each_sample([](const Case&, const Sample& sample) {
    const Tensor recorded = sample.f(sample.inputs);
    const NoGrad off;
    return difference(sample.f(sample.inputs), recorded);
  });
}

TEST_CASE("float32 values and gradients agree with those of float64", "[cases]") {
  for_each_sample([](const Case& row, const Sample& sample) {
    const double tolerance = row.flags & long_sums ? 1e-4 : 1e-5;
    const Sample narrow = in(float32, sample), wide = in(float64, narrow);
    const Tensor y = narrow.f(narrow.inputs), z = wide.f(wide.inputs);
    if (y.dtype() != float32) return std::string("the result of float32 is ") + name_of(y.dtype());
    const std::string found = compare({detail::converted(y, float64)}, {z}, tolerance);
    if (!found.empty()) return "value: " + found;
    Tensors got = gradients(narrow, random_like(y, 12));
    for (Tensor& g : got) {
      if (g.dtype() != float32) return std::string("a gradient of float32 is ") + name_of(g.dtype());
      g = detail::converted(g, float64);
    }
    return compare(got, gradients(wide, random_like(z, 12)), tolerance);
  });
}

TEST_CASE("gradients are linear in the seed", "[cases]") {
  for_each_sample([](const Case&, const Sample& sample) {
    const Tensor y = sample.f(sample.inputs);
    const Tensor s = random_like(y, 13), t = random_like(y, 14);
    Tensor twice = random_like(y, 13), both = random_like(y, 13);
    for (std::int64_t i = 0; i < y.size(); ++i) {
      Raw::write<double>(twice)[i] *= 2;
      Raw::write<double>(both)[i] += Raw::data<double>(t)[i];
    }
    const Tensors of_s = gradients(sample, s), of_t = gradients(sample, t);
    Tensors doubled, summed;
    for (std::size_t i = 0; i < of_s.size(); ++i) {
      doubled.push_back(of_s[i].detach().clone());
      summed.push_back(of_s[i].detach().clone());
      for (std::int64_t j = 0; j < of_s[i].size(); ++j) {
        Raw::write<double>(doubled[i])[j] *= 2;
        Raw::write<double>(summed[i])[j] += Raw::data<double>(of_t[i])[j];
      }
    }
    // Doubling is exact in binary, so a doubled seed must give exactly doubled gradients.
    const std::string found = compare(gradients(sample, twice), doubled, 0);
    return found.empty() ? compare(gradients(sample, both), summed, 1e-12) : "for a doubled seed: " + found;
  });
}

TEST_CASE("a refused call names the op and the shapes, and changes nothing", "[cases]") {
  for (const Case& row : table())
    for (std::size_t i = 0; i < row.refusals.size(); ++i) {
      const Refusal& refusal = row.refusals[i];
      INFO(row.op << ", refusal " << i << " of shapes " << shapes(refusal.inputs));
      std::vector<std::string> says = refusal.says;
      if (says.empty())
        for (const Tensor& x : refusal.inputs) says.push_back(to_string(x.shape()));
      const std::string before = all_bytes(refusal.inputs);
      const std::int64_t nodes = live_nodes();
      std::string message = "nothing was thrown";
      try {
        refusal.f(refusal.inputs);
      } catch (const std::invalid_argument& error) {
        message = error.what();
      } catch (const std::exception& error) {
        message = std::string("another kind of exception: ") + error.what();
      }
      CHECK_THAT(message, Catch::Matchers::StartsWith(row.op + ": "));
      for (const std::string& words : says) CHECK_THAT(message, Catch::Matchers::Contains(words));
      CHECK(all_bytes(refusal.inputs) == before);
      CHECK(live_nodes() == nodes);
    }
}

TEST_CASE("an empty tensor as an operand is an error, not a crash", "[cases]") {
  for (const Case& row : table()) {
    if (row.flags & takes_empty) continue;
    const Sample& sample = row.samples.front();  // without optional arguments
    for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
      Tensors inputs = sample.inputs;
      inputs[i] = Tensor();
      INFO(row.op << ", input " << i);
      CHECK_THROWS_AS(sample.f(inputs), std::logic_error);
    }
  }
}

TEST_CASE("ops without a gradient give the right values", "[cases]") {
  for (const ValueCase& row : value_table()) {
    INFO(row.op << " " << row.sentence);
    CHECK(row.holds());
  }
}

TEST_CASE("no node outlives the checks of the table", "[cases]") {
  table();
  const std::int64_t before = live_nodes();
  for_each_sample([](const Case&, const Sample& sample) {
    gradients(sample, random_like(sample.f(sample.inputs), 15), create_graph);
    return std::string();
  });
  CHECK(live_nodes() == before);
}

TEST_CASE("a profile has a row for the forward of every op", "[cases]") {
  // The parts of losses that are functions of their own.
  const std::map<std::string, std::string> others = {
      {"label_cross_entropy", "cross_entropy"}, {"label_likelihood", "nll_loss"}, {"ctc_losses", "ctc_loss"}};
  std::set<std::string> seen;
  for (const Case& row : table()) {
    if (!seen.insert(row.op).second) continue;
    const auto other = others.find(row.op);
    const std::string name = other == others.end() ? row.op : other->second;
    const Profiler profiler;
    row.samples.back().f(row.samples.back().inputs);
    bool found = false;
    for (const Profiler::Row& one : profiler.rows()) found = found || (one.name == name && one.forward_calls > 0);
    INFO("an op without a row in the profile: " << row.op);
    CHECK(found);
  }
}

TEST_CASE("every op of the headers has a row", "[cases]") {
  namespace fs = std::filesystem;
  const fs::path root = XGRAD_SOURCE_DIR;
  // detail::product is what matmul and its rules are made of, detail::convolution and transposed_convolution what those
  // of each number of axes are, detail::unfold_windows and fold_windows what unfold and fold are, detail::recurrence
  // and its derivatives what lstm, gru and rnn_tanh are; elementwise has a lambda of the caller's for its formula; the
  // others are memory and checks.
  const std::set<std::string> inner = {"product",      "convolution", "transposed_convolution", "unfold_windows",
                                       "fold_windows", "recurrence",  "recorded_recurrence",    "recorded_gradients",
                                       "result_room",  "tensors_in",  "checked_sequences"};
  std::set<std::string> rows = inner;
  rows.insert("elementwise");
  for (const Case& row : table()) rows.insert(row.op);
  for (const ValueCase& row : value_table()) rows.insert(row.op);
  // nn/init.hpp and nn/init_structured.hpp fill tensors in place, nn/module_hooks.hpp is what modules share,
  // torch_names.hpp has other names of ops with rows; functional_call(), summary() and checkpoint_plan() call modules.
  const std::set<fs::path> not_ops = {root / "nn/init.hpp",
                                      root / "nn/init_structured.hpp",
                                      root / "nn/module_hooks.hpp",
                                      root / "autograd/ops/torch_names.hpp",
                                      root / "nn/functional_call.hpp",
                                      root / "nn/summary.hpp",
                                      root / "nn/checkpoint_plan.hpp"};
  // What returns tensors, or a class that may hold some.
  const std::regex declaration(
      "^(\\[\\[nodiscard\\]\\] )?(?:(?!Shape|DType)[A-Z]\\w+|std::(?:vector|pair)<Tensor[^(]*>) ([a-z]\\w*)\\((.*)$");
  std::size_t found = 0, headers = 0;
  for (const fs::path& room : {root / "autograd/ops", root / "autograd/linalg", root / "nn"})
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(room)) {
      if (entry.path().extension() != ".hpp" || not_ops.count(entry.path()) != 0) continue;
      std::ifstream file(entry.path());
      INFO(entry.path());
      REQUIRE(file);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      if (text.find("s sources only:") != std::string::npos) continue;
      ++headers;
      std::istringstream lines(text);
      std::smatch match;
      for (std::string line; std::getline(lines, line);) {
        if (!std::regex_match(line, match, declaration)) continue;
        ++found;
        INFO("an op without a row in tests/cases_*.cpp: " << match[2]);
        CHECK(rows.count(match[2]) == 1);
        INFO("an op without [[nodiscard]]");
        CHECK((match[1].matched || inner.count(match[2]) == 1 || line.find("= delete") != std::string::npos));
      }
    }
  CHECK(headers > 20);  // otherwise the folders have moved
  CHECK(found > 300);   // otherwise the pattern no longer finds declarations
}

TEST_CASE("no sample raises a floating-point exception, forward or backward", "[cases]") {
#ifdef __clang__
  if (thread_sanitized) return;  // then clang computes both sides of a choice in many more ops
#endif
  for_each_sample([](const Case& row, const Sample& given) -> std::string {
#ifdef __clang__
    if (row.op == "clamp" || row.op == "hardsigmoid") return "";  // see docs/decisions.md
#else
    static_cast<void>(row);
#endif
    const auto empty = [](const Tensor& x) { return x.size() == 0; };
    for (const DType dtype : {float32, float64}) {
      const Sample sample = in(dtype, given);
      if (std::any_of(sample.inputs.begin(), sample.inputs.end(), empty)) return "";
      std::feclearexcept(FE_ALL_EXCEPT);
      const Tensor y = sample.f(sample.inputs);
      if (y.size() == 0) return "";
      if (std::fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW))
        return std::string("forward in ") + name_of(dtype);
      gradients(sample, ones(y.shape(), y.dtype()));
      if (std::fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW))
        return std::string("backward in ") + name_of(dtype);
    }
    return "";
  });
}
