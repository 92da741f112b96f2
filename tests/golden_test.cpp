// Replays numbers of PyTorch that tools/compare_with_torch.py --record has written: values, gradients with a random
// seed, and gradients of gradients, for every op that PyTorch has.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <xgrad/io/safetensors.hpp>

#include "call.hpp"
#include "catch2.hpp"
#include "compare.hpp"
#include "folder.hpp"
#include "unzipped.hpp"

using namespace xgrad;
namespace fs = std::filesystem;

namespace {

const fs::path root = XGRAD_SOURCE_DIR;

/// The golden files, each as an ordinary safetensors file in a folder.
class Goldens {
 public:
  Goldens() {
    for (const fs::directory_entry& entry : fs::directory_iterator(root / "tests/golden")) {
      if (entry.path().extension() != ".gz") continue;
      const std::string plain = folder_.file(entry.path().stem().string());
      std::ofstream(plain, std::ios::binary) << unzipped(entry.path());
      files.emplace_back(plain);
      bytes += fs::file_size(entry.path());
    }
  }

 private:
  Folder folder_;

 public:
  std::vector<io::SafetensorsFile> files;
  std::uintmax_t bytes = 0;
};

const Goldens& goldens() {
  static const Goldens all;
  return all;
}

/// The names of what PyTorch gave for each call of a file: values, gradients and second derivatives.
std::map<std::string, std::vector<std::string>> results_in(const io::SafetensorsFile& file) {
  std::map<std::string, std::vector<std::string>> found;
  for (const std::string& name : file.names()) {
    const std::size_t dot = name.find('.');
    const std::string part = name.substr(dot + 1), kind = part.substr(0, part.find('.'));
    if (kind == "y" || kind == "grad" || kind == "second") found[name.substr(0, dot)].push_back(part);
  }
  return found;
}

double tolerance_of(const std::string& settings) {
  const std::string name = "_tolerance=";
  return std::stod(settings.substr(settings.find(name) + name.size()));
}

/// How an outcome differs from what was recorded; nothing if it does not. `single` says that float32 is computed in.
std::string compared(const std::string& name, const Tensor& got, const Tensor& expected, double tolerance,
                     bool single) {
  const bool sums = tolerance >= 1e-11;
  if (!is_floating(expected.dtype())) return difference(got, expected);
  if (single) tolerance = tolerance > 5e-11 ? 1e-3 : 2e-5;
  if (name.compare(0, 6, "second") == 0) tolerance *= 20;  // a difference of larger terms
  // Sums cancel: they are measured by the largest element.
  return difference(got, expected, tolerance, sums ? tolerance * std::max(1.0, largest(expected)) : tolerance);
}

/// The ops that the headers of a room declare.
std::set<std::string> declared(const fs::path& room) {
  static const std::regex pattern(
      "^(?:\\[\\[nodiscard\\]\\] )?(?:inline )?(?:Tensor|ValuesIndices|std::vector<Tensor>|[A-Z]\\w+) "
      "(\\w+)\\(.*$");
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(room)) {
    const fs::path name = entry.path().filename();
    if (name.extension() != ".hpp" || name == "init.hpp" || name == "init_structured.hpp")
      continue;  // those fill tensors in place
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.find("s sources only:") != std::string::npos) continue;
    static const std::regex inside("^namespace .*detail \\{$");
    bool inner = false;  // within namespace detail
    std::istringstream lines(text);
    std::smatch match;
    for (std::string line; std::getline(lines, line);) {
      if (std::regex_match(line, inside)) inner = true;
      if (line.find("}  // namespace") == 0) inner = false;
      if (!inner && line.find("= delete") == std::string::npos && std::regex_match(line, match, pattern))
        names.insert(match[1]);
    }
  }
  return names;
}

/// Functions that need no line in the registry: other names, operators' temporaries, random numbers, memory, and
/// factories and forms that are compared through others.
const std::set<std::string> not_called = {"cat",
                                          "clip",
                                          "permute",
                                          "operator",
                                          "rand",
                                          "randn",
                                          "rand_like",
                                          "randn_like",
                                          "randint",
                                          "randperm",
                                          "inv",
                                          "matrix_exp",
                                          "solve_triangular",
                                          "summary",
                                          "elementwise",
                                          "guarded_product",
                                          "result_room",
                                          "packed_heads",
                                          "sinusoidal_positions",
                                          "bernoulli",
                                          "multinomial",
                                          "normal",
                                          "uniform",
                                          "exponential",
                                          "gumbel",
                                          "randint_like",
                                          "gumbel_softmax",
                                          "clamp_min",
                                          "clamp_max",
                                          "swapdims",
                                          "moveaxis",
                                          "view_as",
                                          "functional_call",
                                          "checkpoint_plan"};

}  // namespace

TEST_CASE("values and gradients agree with the numbers recorded from PyTorch", "[golden]") {
  std::size_t calls = 0, tensors = 0;
  std::set<std::string> ops;
  REQUIRE_FALSE(goldens().files.empty());
  for (const io::SafetensorsFile& file : goldens().files) {
    std::map<std::string, std::vector<std::string>> recorded = results_in(file);
    for (const std::string& id : golden::ids(file)) {
      const golden::Call call(file, id);
      INFO(call.text());
      ++calls;
      ops.insert(call.op());
      golden::Outcome outcome;
      try {
        outcome = golden::run(file, call);
      } catch (const std::exception& error) {
        FAIL_CHECK(error.what());
        continue;
      }
      const double tolerance = tolerance_of(file.metadata().at(id));
      // A gradient of a float64 argument beside a float32 one may have been computed in float32.
      const bool single = call.has(float32) || file.tensor(id + ".y.0").dtype() == float32;
      for (const std::string& name : recorded[id]) {
        INFO(name << " is recorded, and not computed");
        CHECK(outcome.count(name) == 1);
      }
      for (const auto& [name, got] : outcome) {
        INFO(name);
        REQUIRE(file.contains(id + "." + name));
        CHECK(compared(name, got, file.tensor(id + "." + name), tolerance, single) == "");
        ++tensors;
      }
    }
  }
  WARN(calls << " calls of " << ops.size() << " ops, " << tensors << " tensors, " << goldens().bytes / 1000 << " kB");
  CHECK(calls > 1000);
  CHECK(goldens().bytes < 3'000'000);
}

TEST_CASE("every op that can be called by name has goldens", "[golden]") {
  std::set<std::string> recorded;
  for (const io::SafetensorsFile& file : goldens().files)
    for (const std::string& id : golden::ids(file)) recorded.insert(golden::Call(file, id).op());
  for (const auto& line : golden::registry()) {
    INFO("tests/golden has no sample of " << line.first << ": tools/compare_with_torch.py --record writes them");
    CHECK(recorded.count(line.first) == 1);
  }
}

TEST_CASE("every op of the headers can be called by name", "[golden]") {
  std::size_t found = 0;
  for (const fs::path& room : {root / "autograd/ops", root / "autograd/linalg", root / "nn"})
    for (const std::string& name : declared(room)) {
      if (not_called.count(name) == 1) continue;
      ++found;
      INFO("an op without a line in tests/golden/calls_*.cpp: " << name);
      CHECK(golden::registry().count(name) + golden::registry().count("linalg_" + name) >= 1);
    }
  CHECK(found > 80);  // otherwise the pattern no longer finds declarations
}
