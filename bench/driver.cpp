// Runs all sides in alternation, compares them, and checks the goals. scripts/bench builds and starts it.

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include <CLI/CLI.hpp>
#include <xgrad/data/mnist.hpp>

#include "chart.hpp"
#include "measure.hpp"
#include "small_program.hpp"
#include "workloads.hpp"

using namespace bench;

namespace {

struct Settings {
  std::string config, out = "build/bench", data, only, clock = "wall", isa = "native";
  int core = 0;
  bool quick = false, check = false;
};

// After this time --quick starts no further task, so that it ends within five minutes.
constexpr int quick_seconds = 210;

const std::vector<TaskInfo>& all_tasks() {
  static const std::vector<TaskInfo> tasks{
      {"W1", "W1", "784-50-10 with batch norm on MNIST, an epoch of 600 steps", 600, true},
      {"W2", "W2", "784-512-512-10, batch 128, Adam, a step", 1, true},
      {"W3", "W3", "2-16-16-2, batch 32, SGD, a step", 1, true},
      {"W4.1.forward", "W4", "one multiplication of one element", 1, false},
      {"W4.1.backward", "W4", "its backward", 1, false},
      {"W4.4096.forward", "W4", "one multiplication of 4096 elements", 1, false},
      {"W4.4096.backward", "W4", "its backward", 1, false},
      {"W5.gelu.1048576.forward", "W5", "tanh-GELU of 2^20 floats", 1, false},
      {"W5.gelu.1048576.gradient", "W5", "forward + backward (JAX: the gradient alone)", 1, false},
      {"W5.gelu.1024.forward", "W5", "tanh-GELU of 1024 floats", 1, false},
      {"W5.gelu.1024.gradient", "W5", "forward + backward (JAX: the gradient alone)", 1, false},
      {"W5.relu.forward", "W5", "relu of 2^20 floats", 1, false},
      {"W5.relu.gradient", "W5", "forward + backward", 1, false},
      {"W5.sigmoid.forward", "W5", "sigmoid of 2^20 floats", 1, false},
      {"W5.sigmoid.gradient", "W5", "forward + backward", 1, false},
      {"W5.tanh.forward", "W5", "tanh of 2^20 floats", 1, false},
      {"W5.tanh.gradient", "W5", "forward + backward", 1, false},
      {"W5.erf_gelu.forward", "W5", "exact GELU of 2^20 floats", 1, false},
      {"W5.erf_gelu.gradient", "W5", "forward + backward", 1, false},
      {"W6", "W6", "3072-2048-2048-10, batch 256, Adam, a step", 1, true},
      {"W7", "W7", "chain y = y + y c, built, walked and freed, for 1e6 nodes", 1e6, false},
      {"W9", "W9", "the book's SimpleConvNet, 50 steps of 100 pictures, Adam", 50, true},
      {"W10", "W10", "the book's DeepConvNet, 50 steps of 100 pictures, Adam", 50, true},
      {"W11", "W11", "nanoGPT for a CPU: 4 layers of 128, 12 x 64 tokens, a step", 1, true},
      {"W12", "W12", "LSTM of characters: 65-64-128-128, 50 steps, batch 32, clipped, Adam, a step", 1, true},
      {"W13", "W13", "a Gaussian mixture of ADBench's size in float64, value and gradient", 1, false},
      {"W14", "W14", "a Hessian-vector product of 784-50-10 with tanh, batch 100", 1, false},
      {"W15.net", "W15", "one picture through 784-50-10 with batch norm", 1, false},
      {"W15.lenet", "W15", "one picture through LeNet-5", 1, false},
      {"W16", "W16", "the Hessian of Rosenbrock's function of 100 variables", 1, false},
  };
  return tasks;
}

const std::vector<TaskInfo>& xgrad_tasks() {
  static const std::vector<TaskInfo> tasks = [] {
    std::vector<TaskInfo> made;
    for (const char* size : {"4MB", "64MB"})
      for (const char* gate : {"memcpy", "bias_add", "softmax", "cross_entropy", "sum_down", "sum_along", "transpose"})
        made.push_back({std::string("G12.") + gate + "." + size, "G12", "memory-bound", 1, false});
    for (int batch = 64; batch <= 2048; batch *= 2)
      made.push_back({"G13.batch." + std::to_string(batch), "G13", "784-128-128-10, SGD, a step", 1, false});
    return made;
  }();
  return tasks;
}

std::string output_of(const std::string& command) {
  std::string text;
  if (FILE* pipe = popen(command.c_str(), "r")) {
    std::array<char, 256> buffer;
    while (fgets(buffer.data(), buffer.size(), pipe)) text += buffer.data();
    pclose(pipe);
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  std::string name = "unknown processor", flags;
  for (std::string line; std::getline(info, line) && !line.empty();) {
    if (line.compare(0, 10, "model name") == 0) name = line.substr(line.find(':') + 2);
    if (line.compare(0, 5, "flags") == 0) flags = line;
  }
  const char* width = flags.find("avx512dq") != std::string::npos ? "AVX-512"
                      : flags.find("avx2") != std::string::npos   ? "AVX2"
                                                                  : "no AVX2";
  return name + ", " + width + ", " + std::to_string(sysconf(_SC_NPROCESSORS_ONLN)) + " cores";
}

void write_bytes(const std::string& path, const std::vector<std::uint8_t>& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

// The pictures of MNIST or Fashion-MNIST, or noise of the same shape; every side reads them as plain bytes.
std::string write_pictures(const Settings& settings, const std::string& folder) {
  std::filesystem::create_directories(folder);
  std::vector<std::uint8_t> pixels, labels;
  std::string said = "noise of MNIST's shape";
  std::string source = settings.data;
  if (source.empty() && std::getenv("XGRAD_MNIST")) source = std::getenv("XGRAD_MNIST");
  const std::string packaged = "/usr/share/datasets/fashion-mnist";
  if (source.empty() && std::filesystem::exists(packaged)) source = packaged;
  if (!source.empty()) {
    const auto images = xgrad::data::load_mnist(source, xgrad::data::Split::train);
    pixels.assign(images.pixels(0), images.pixels(0) + images.size() * images.features());
    const auto classes = images.labels();
    const auto* label = xgrad::Raw::data<std::int64_t>(classes);
    labels.assign(label, label + classes.size());
    said = std::filesystem::path(source).filename().string();
  } else {
    for (float u : numbers(70, 60000 * 784, 0, 256)) pixels.push_back(static_cast<std::uint8_t>(u));
    for (float u : numbers(71, 60000, 0, 10)) labels.push_back(static_cast<std::uint8_t>(u));
  }
  write_bytes(folder + "/pixels", pixels);
  write_bytes(folder + "/labels", labels);
  return said;
}

/// Where a side with so many threads runs. Two cores for two threads, since some peers start a thread for each core
/// that they may use.
std::vector<int> cores_of(const Settings& settings, int threads) {
  const auto count = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  if (threads == 1) return {settings.core};
  return {settings.core, (settings.core + 1) % count};
}

/// Starts every side, on one thread and on two. Peers use the same BLAS kernels that xgrad has chosen.
class Starter {
 public:
  Starter(const nlohmann::json& config, const Settings& settings, std::string data, Results& results)
      : config_(config), settings_(settings), data_(std::move(data)), results_(results) {}

  Sides start(bool two_threads) {
    Sides sides;
    for (const auto& side : config_["sides"]) add(sides, side, 1);
    if (two_threads)
      for (const auto& side : config_["sides"])
        if (side["name"] != "floor" && !results_.absent.count(side["name"])) add(sides, side, 2);
    for (const auto& side : config_["sides"])
      if (side["name"] == "xgrad")
        sides.counted = std::make_unique<Process>(
            "xgrad", 1, Start{command(side, 1, "wall"), {{"LD_PRELOAD", config_["heap"]}}, cores_of(settings_, 1)});
    return sides;
  }
  const Environment& blas() const { return blas_; }
  const std::string& blas_core() const { return blas_core_; }

 private:
  std::vector<std::string> command(const nlohmann::json& side, int threads, const std::string& clock) const {
    auto words = side["command"].get<std::vector<std::string>>();
    for (const std::string& word : {std::string("--threads"), std::to_string(threads), std::string("--data"), data_,
                                    std::string("--clock"), clock})
      words.push_back(word);
    return words;
  }

  void add(Sides& sides, const nlohmann::json& side, int threads) {
    const std::string name = side["name"], number = std::to_string(threads);
    if (side.contains("absent")) {
      results_.absent[name] = side["absent"];
      return;
    }
    Start start{command(side, threads, threads == 1 ? settings_.clock : "wall"),
                {{"OMP_NUM_THREADS", number}, {"OPENBLAS_NUM_THREADS", number}},
                cores_of(settings_, threads)};
    if (name != "xgrad") start.environment.insert(start.environment.end(), blas_.begin(), blas_.end());
    try {
      auto process = std::make_unique<Process>(name, threads, start);
      const std::string version = process->hello()["version"], core = process->hello()["blas"];
      if (name == "xgrad" && !core.empty()) {
        blas_ = {{"OPENBLAS_CORETYPE", core}};
        blas_core_ = core;
      }
      if (name.compare(0, 8, "libtorch") == 0) {
        std::string known = "libtorch " + version.substr(0, version.rfind('.'));
        for (const auto& other : sides.processes)
          if (other->name() == known && other->threads() == threads) known += " wheel";  // the second one
        process->rename(known);
      }
      if (threads == 1)
        std::cerr << "  " << process->name()
                  << (version.empty() || name.compare(0, 8, "libtorch") == 0 ? "" : " " + version)
                  << (core.empty() ? "" : ", OpenBLAS on " + core) << "\n";
      sides.processes.push_back(std::move(process));
    } catch (const std::exception& error) {
      if (name == "xgrad" || name == "floor") throw;
      results_.absent[name] = error.what();
      results_.failed.push_back(name);
    }
  }

  const nlohmann::json& config_;
  const Settings& settings_;
  std::string data_;
  Results& results_;
  Environment blas_;
  std::string blas_core_;
};

/// Keeps the libraries that all sides use, and compilers at run time, from newer instructions; XGRAD_ARCH does so for
/// what is compiled here.
void limit_instructions() {
  const char* flags = std::getenv("XLA_FLAGS");
  const std::string xla = (flags != nullptr ? std::string(flags) + " " : "") + "--xla_cpu_max_isa=AVX2";
  for (const auto& [name, value] : Environment{{"ATEN_CPU_CAPABILITY", "avx2"},
                                               {"ONEDNN_MAX_CPU_ISA", "AVX2"},
                                               {"MKL_ENABLE_INSTRUCTIONS", "AVX2"},
                                               {"OPENBLAS_CORETYPE", "Zen"},
                                               {"XLA_FLAGS", xla}})
    setenv(name.c_str(), value.c_str(), 1);
}

int run(const Settings& settings) {
  if (settings.isa == "avx2") limit_instructions();
  const auto begin = std::chrono::steady_clock::now();
  const auto config = nlohmann::json::parse(std::ifstream(settings.config));
  std::set<std::string> only;
  std::istringstream wanted(settings.only);
  const std::set<std::string> known{"W1",  "W2",  "W3",  "W4",  "W5",  "W6",  "W7",  "W8",  "W9",
                                    "W10", "W11", "W12", "W13", "W14", "W15", "W16", "G12", "G13"};
  for (std::string word; std::getline(wanted, word, ',');) {
    if (known.count(word) == 0)
      throw std::invalid_argument("--only: no workload " + word + ": W1 to W16, G12 and G13 are there");
    only.insert(word);
  }
  const auto asked = [&](const std::string& workload) { return only.empty() || only.count(workload) > 0; };

  std::mt19937 random(static_cast<std::uint32_t>(std::time(nullptr)));
  Results results;
  results.columns = {"xgrad"};
  results.cpu_clock = settings.clock == "cpu";
  const Effort effort = settings.quick ? Effort{5, 0.04, 2, true} : Effort{11, 0.25, 60, false};
  const std::string pictures = write_pictures(settings, settings.out + "/data");
  std::cerr << "sides:\n";
  Starter starter(config, settings, std::filesystem::absolute(settings.out + "/data"), results);
  Sides sides = starter.start(sysconf(_SC_NPROCESSORS_ONLN) > 1);
  for (const auto& [name, why] : results.absent) std::cerr << "  " << name << ": absent, " << why << "\n";

  std::vector<TaskInfo> tasks;
  std::vector<std::string> stepping;
  for (const auto* list : {&all_tasks(), &xgrad_tasks()})
    for (const TaskInfo& task : *list)
      if (asked(task.workload)) tasks.push_back(task);
  for (const TaskInfo& task : tasks) {
    if (settings.quick && std::chrono::steady_clock::now() - begin > std::chrono::seconds(quick_seconds)) {
      std::cerr << "no time left for " << task.name << "\n";
      results.left_out.push_back(task.name);
      continue;
    }
    std::cerr << "measuring " << task.name << "\n";
    if (task.name == "W7")
      measure_chains(sides, effort, random, results);
    else
      measure(task, sides, effort, random, results);
    if (task.name == "W1" || task.name == "W2" || task.name == "W3" || task.name == "W6" || task.name == "W11")
      stepping.push_back(task.name);
  }
  std::cerr << "counting\n";
  count_heap(stepping, sides, results);
  if (asked("G13")) count_growth(sides, results);
  sides = {};
  if (asked("W8"))
    measure_small_program(config, effort, cores_of(settings, 1), starter.blas(), settings.clock == "cpu", random,
                          results);

  const std::string source = config["source"];
  std::array<char, 32> date{};
  const std::time_t time = std::time(nullptr);
  std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M UTC", std::gmtime(&time));
  const std::string changed = output_of("git -C '" + source + "' status --porcelain --untracked-files=no 2>/dev/null");
  const Facts facts{
      {"machine", processor()},
      {"instructions", settings.isa == "avx2" ? "AVX2 at most, on every side" : "the machine's"},
      {"compiler", config["compiler"]},
      {"blas", "OpenBLAS on " + starter.blas_core()},
      {"threads", "one (pinned to core " + std::to_string(settings.core) + ") and two (on it and core " +
                      std::to_string(cores_of(settings, 2).back()) + ")"},
      {"clock", settings.clock == "cpu" ? "processor time on one thread, the wall's on two" : "the wall's"},
      {"pictures", pictures},
      {"repetitions", std::to_string(effort.repetitions)},
      {"commit", output_of("git -C '" + source + "' rev-parse --short HEAD 2>/dev/null") +
                     (changed.empty() ? "" : " and changes")},
      {"date", date.data()}};
  const std::vector<Goal> goals = judge(results, tasks);

  for (const auto& [name, value] : facts) std::cout << name << ": " << value << "\n";
  for (const auto& [name, why] : results.absent) std::cout << name << ": absent, " << why << "\n";
  std::cout << "\n";
  print_tasks(std::cout, results, tasks);
  std::cout << "\ncounted and weighed\n";
  print_counts(std::cout, results);
  std::cout << "\ngoals\n";
  print_goals(std::cout, goals);
  std::ofstream(settings.out + "/results.json") << as_json(facts, results, tasks, goals).dump(1) << "\n";
  std::ofstream(settings.out + "/results.svg") << chart_svg(facts, results, all_tasks());
  std::ofstream markdown(settings.out + "/results.md");
  write_markdown(markdown, facts, results, all_tasks(), goals);
  std::cout << "\nwrote " << settings.out << "/results.json, results.md and results.svg\n";

  bool missed = false, disagreed = false;
  std::size_t judged = 0, unmeasured = 0;
  for (const Goal& goal : goals) {
    missed = missed || goal.state() == "missed";
    for (const Figure& figure : goal.figures) {
      judged += figure.judged;
      unmeasured += figure.judged && !figure.value;
    }
  }
  if (unmeasured > 0) std::cout << "not measured: " << unmeasured << " of " << judged << " figures\n";
  for (const auto& entry : results.series) disagreed = disagreed || !entry.second.disagreement.empty();
  if ((settings.check && missed) || disagreed) return 1;
  return settings.check && (!results.left_out.empty() || !results.failed.empty()) ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"Measures xgrad and its peers in alternation and judges the goals of speed."};
  app.add_option("--config", settings.config, "what CMake wrote about the sides")->required();
  app.add_option("--out", settings.out, "folder for results.json and results.svg")->capture_default_str();
  app.add_option("--data", settings.data,
                 "folder with MNIST or Fashion-MNIST (default: XGRAD_MNIST, Debian's package, else noise)");
  app.add_option("--only", settings.only, "workloads, as in W3,W4: W1 to W16, G12, G13");
  app.add_option("--core", settings.core, "the core that one thread is pinned to; two run on it and on the next one")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--clock", settings.clock, "on one thread: wall, or cpu where others use the machine")
      ->check(CLI::IsMember({"wall", "cpu"}))
      ->capture_default_str();
  app.add_option("--isa", settings.isa, "the newest instructions that any side may use: native, or avx2")
      ->check(CLI::IsMember({"native", "avx2"}))
      ->capture_default_str();
  app.add_flag("--quick", settings.quick, "fewer and shorter repetitions: under five minutes");
  app.add_flag("--check", settings.check,
               "exit with 1 if a goal is missed, with 3 if there was no time for a task or a peer did not start");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(settings);
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << "\n";
    return 2;
  }
}
