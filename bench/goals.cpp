#include "goals.hpp"

#include <cmath>

namespace bench {
namespace {

using Value = std::optional<double>;

constexpr int one = 1, two = 2;
const std::vector<std::string> peers{"libtorch", "JAX"};

Value ratio(Value a, Value b) { return a && b ? Value(*a / *b) : std::nullopt; }
Value sum(Value a, Value b) { return a && b ? Value(*a + *b) : std::nullopt; }
Value scaled(Value a, double factor) { return a ? Value(*a * factor) : std::nullopt; }

class Judge {
 public:
  Judge(const Results& results, const std::vector<TaskInfo>& tasks) : r_(results), tasks_(tasks) {}

  Value ours(const std::string& task, int threads = one) const { return r_.time(task, "xgrad", threads); }
  /// How many times longer a peer, at its best, takes than xgrad.
  Value lead(const std::string& task, const std::string& peer, int threads = one,
             const std::string& us = "xgrad") const {
    return ratio(r_.best(task, peer, threads), r_.time(task, us, threads));
  }

  void begin(const std::string& name, const std::string& title) { goals_.push_back({name, title, {}}); }
  void at_least(const std::string& what, Value value, double bound, const std::string& needs) {
    add(what, value, bound, true, needs);
  }
  void at_most(const std::string& what, Value value, double bound, const std::string& needs) {
    add(what, value, bound, false, needs);
  }
  void ahead(const std::string& what, const std::string& task, int threads = one) {
    for (const std::string& peer : peers) at_least(what + "against " + peer, lead(task, peer, threads), 1, peer);
  }
  void for_the_reader(const std::string& what, Value value) {
    if (value) goals_.back().figures.push_back({what, value, 0, true, "", false});
  }

  void nodes();
  void networks();
  void pointwise();
  void chain_and_threads();
  void program_and_heap();
  void gates_and_growth();
  void convolutions();
  void sequences();
  void gradients();

  std::vector<Goal> goals_;

 private:
  // `needs` is the peer, the side or the count that the value comes from, for the message if there is none.
  void add(const std::string& what, Value value, double bound, bool at_least, const std::string& needs) {
    std::string why;
    if (!value) {
      why = "no such result of " + needs + " in this run";
      for (const auto& [name, reason] : r_.absent)
        if (name.compare(0, needs.size(), needs) == 0 && !has(needs)) why = "peer " + needs + " absent";
    }
    goals_.back().figures.push_back({what, value, bound, at_least, why});
  }
  bool has(const std::string& peer) const {
    for (const std::string& column : r_.columns)
      if (column.compare(0, peer.size(), peer) == 0) return true;
    return false;
  }

  const Results& r_;
  const std::vector<TaskInfo>& tasks_;
};

void Judge::nodes() {
  begin("G1", "one-element node");
  at_least("forward against libtorch", lead("W4.1.forward", "libtorch"), 15, "libtorch");
  at_least("backward against libtorch", lead("W4.1.backward", "libtorch"), 30, "libtorch");
  begin("G2", "tiny network, W3");
  at_least("against libtorch", lead("W3", "libtorch"), 10, "libtorch");
  at_least("against JAX jit", lead("W3", "JAX"), 5, "JAX");
  for_the_reader("against JAX's lax.scan of 100 steps", ratio(r_.time("W3", "JAX scan"), ours("W3")));
}

void Judge::networks() {
  begin("G3", "an epoch of 784-50-10 with batch norm, W1");
  at_most("share of the hand-written time", ratio(ours("W1"), r_.time("W1", "hand")), 0.95, "xgrad");
  at_least("against libtorch", lead("W1", "libtorch"), 1.7, "libtorch");
  at_least("against JAX jit", lead("W1", "JAX"), 1.7, "JAX");
  for_the_reader("against JAX's lax.scan of 100 steps", ratio(r_.time("W1", "JAX scan"), ours("W1")));
  begin("G4", "W2");
  at_least("share of gemm in the step", ratio(r_.time("W2", "gemm"), ours("W2")), 0.85, "xgrad");
  ahead("", "W2");
  begin("G5", "W6");
  at_most("of gemm + stream", ratio(ours("W6"), sum(r_.time("W6", "gemm"), r_.time("W6", "stream"))), 1.05, "xgrad");
  ahead("", "W6");
}

void Judge::pointwise() {
  const std::string big = "W5.gelu.1048576.", little = "W5.gelu.1024.";
  begin("G6", "a user's GELU");
  const std::string us = "xgrad";
  at_least("simd, 2^20, forward against JAX", lead(big + "forward", "JAX"), 1, us);
  at_most("simd, 2^20, both ways, of JAX's gradient", ratio(ours(big + "gradient"), r_.best(big + "gradient", "JAX")),
          1.4, us);
  at_least("simd, 1024, both ways against libtorch", lead(little + "gradient", "libtorch"), 15, us);
  at_least("simd, 1024, both ways against JAX", lead(little + "gradient", "JAX"), 3, us);
  at_least("tiles, default flags, 2^20, both ways against libtorch",
           lead(big + "gradient", "libtorch", one, "xgrad tiles"), 3, "libtorch");
  at_least("tiles, default flags, 1024, both ways against libtorch",
           lead(little + "gradient", "libtorch", one, "xgrad tiles"), 3, "libtorch");
  begin("G7", "activations at 2^20, forward + backward against libtorch");
  const std::pair<const char*, double> bounds[] = {{"relu", 1.1}, {"sigmoid", 1.5}, {"tanh", 2.5}, {"erf_gelu", 1.3}};
  for (const auto& [name, bound] : bounds) {
    const std::string task = std::string("W5.") + name + ".gradient";
    at_least(name, lead(task, "libtorch"), bound, "libtorch");
    for_the_reader(std::string(name) + " against JAX's gradient alone", lead(task, "JAX"));
    for_the_reader(std::string(name) + " against the stream floor", ratio(r_.time(task, "stream"), ours(task)));
  }
}

void Judge::chain_and_threads() {
  begin("G8", "a chain of a million nodes, W7");
  at_most("seconds in all", ours("W7"), 1, "xgrad");
  at_most("bytes a node", r_.count("W7 bytes a node of 1000000"), 300, "xgrad");
  begin("G9", "two threads");
  // By one clock on one thread and on two. `seconds` is the part of a task that is timed, `wall` all of it.
  const auto wall = [&](const std::string& task, int threads) {
    const Series* s = r_.find(task, "xgrad", threads);
    return s ? Value(median(r_.cpu_clock ? s->wall : s->seconds)) : std::nullopt;
  };
  at_least("W6, speed-up", ratio(wall("W6", one), wall("W6", two)), 1.7, "xgrad");
  for (const TaskInfo& task : tasks_) {
    const Value slower = ratio(wall(task.name, two), wall(task.name, one));
    if (slower) at_most(task.name + ", time on two of that on one", slower, 1.05, "xgrad");  // 5 % is noise
    const Series *a = r_.find(task.name, "xgrad", one), *b = r_.find(task.name, "xgrad", two);
    if (a && b && !a->bits.empty()) at_least(task.name + ", equal bits", a->bits == b->bits ? 1 : 0, 1, "xgrad");
  }
  for (const char* task : {"W1", "W2", "W3", "W6"}) ahead(std::string(task) + " ", task, two);
  begin("G20", "two threads on small steps, speed-up");
  const std::pair<const char*, double> bounds[] = {{"W1", 1.3}, {"W2", 1.7}, {"W11", 1.6}, {"W9", 1.8}};
  for (const auto& [name, bound] : bounds) at_least(name, ratio(wall(name, one), wall(name, two)), bound, "xgrad");
}

void Judge::program_and_heap() {
  begin("G10", "a small program, W8");
  at_most("compile time of that of xtensor/xarray.hpp",
          ratio(r_.count("W8 seconds to compile, xgrad"), r_.count("W8 seconds to compile, xtensor/xarray.hpp")), 1.5,
          "xgrad");
  at_most("start and 100 steps, ms", scaled(r_.count("W8 seconds to start and run, xgrad"), 1e3), 20, "xgrad");
  at_most("resident, MB", scaled(r_.count("W8 bytes resident, xgrad"), 1e-6), 20, "xgrad");
  at_most("library, MB", scaled(r_.count("W8 bytes of library, xgrad"), 1e-6), 20, "xgrad");
  at_most("program linked statically, MB", scaled(r_.count("W8 bytes of program, xgrad"), 1e-6), 4, "xgrad");
  begin("G11", "heap allocations a step");
  for (const char* task : {"W1", "W2", "W3", "W6"})
    at_most(task, r_.count(std::string("heap allocations a step, ") + task), 0, "xgrad");
}

void Judge::gates_and_growth() {
  begin("G12", "memory-bound gates, share of memcpy's bandwidth");
  for (const char* size : {"64MB", "4MB"}) {
    const auto rate = [&](const std::string& name, const char* column) {
      const Series* s = r_.find("G12." + name + "." + size, column);
      return s ? Value(s->bytes / s->middle()) : std::nullopt;
    };
    for (const char* name : {"bias_add", "softmax", "cross_entropy", "sum_down", "sum_along", "transpose"}) {
      const Value share = ratio(rate(name, "xgrad"), rate("memcpy", "floor"));
      at_least(std::string(name) + " " + size, share, 0.7, "xgrad");
    }
  }
  begin("G13", "growth");
  Value time_low, time_high, bytes_low, bytes_high;
  for (long n = 1000; n <= 1000000; n *= 10) {
    const Value time = r_.count("W7 seconds a node of " + std::to_string(n)),
                bytes = r_.count("W7 bytes a node of " + std::to_string(n));
    if (time)
      time_low = std::fmin(time_low.value_or(*time), *time), time_high = std::fmax(time_high.value_or(*time), *time);
    if (bytes)
      bytes_low = std::fmin(bytes_low.value_or(*bytes), *bytes),
      bytes_high = std::fmax(bytes_high.value_or(*bytes), *bytes);
  }
  at_most("time a node, largest of least, 1e3 to 1e6 nodes", ratio(time_high, time_low), 1.5, "xgrad");
  at_most("bytes a node, largest of least", ratio(bytes_high, bytes_low), 1.5, "xgrad");
  Value least, worst;
  for (long batch = 64; batch <= 2048; batch *= 2) {
    const Value row = scaled(ours("G13.batch." + std::to_string(batch)), 1.0 / static_cast<double>(batch));
    if (row && least) worst = std::fmax(worst.value_or(0), *row / *least);
    if (row) least = std::fmin(least.value_or(*row), *row);
  }
  at_most("time a row at a batch of that at any smaller one, 64 to 2048", worst, 1.5, "xgrad");
  at_most("MB more after 100,000 steps", scaled(r_.count("bytes more after 100000 steps"), 1e-6), 1, "xgrad");
}

void Judge::convolutions() {
  begin("G14", "convolution nets, W9 and W10");
  at_least("W9 against libtorch", lead("W9", "libtorch"), 3, "libtorch");
  at_least("W10 against libtorch", lead("W10", "libtorch"), 1.4, "libtorch");
  for_the_reader("W9 against JAX jit", lead("W9", "JAX"));
  for_the_reader("W10 against JAX jit", lead("W10", "JAX"));
}

void Judge::sequences() {
  begin("G15", "nanoGPT's step, W11");
  at_least("against libtorch", lead("W11", "libtorch"), 1.6, "libtorch");
  at_least("against JAX jit", lead("W11", "JAX"), 2, "JAX");
  at_most("time of the gemm floor's", ratio(ours("W11"), r_.time("W11", "gemm")), 1.25, "floor");
  begin("G16", "an LSTM of characters, W12");
  at_least("against libtorch", lead("W12", "libtorch"), 1.3, "libtorch");
  at_least("against JAX jit", lead("W12", "JAX"), 2, "JAX");
  for_the_reader("of the step's matrix products in OpenBLAS", ratio(ours("W12"), r_.time("W12", "gemm")));
}

void Judge::gradients() {
  begin("G17", "a mixture's gradient, W13, and a Hessian-vector product, W14");
  at_least("W13 against libtorch", lead("W13", "libtorch"), 2.5, "libtorch");
  at_least("W13 against JAX jit", lead("W13", "JAX"), 2.5, "JAX");
  at_least("W14 against JAX jit", lead("W14", "JAX"), 1, "JAX");
  for_the_reader("W14 against libtorch", lead("W14", "libtorch"));
  for_the_reader("Rosenbrock's Hessian, W16, against libtorch", lead("W16", "libtorch"));
  for_the_reader("W16 against JAX jit", lead("W16", "JAX"));
  begin("G18", "one picture, W15");
  at_least("784-50-10 against ONNX Runtime", lead("W15.net", "ONNX"), 8, "ONNX");
  at_least("LeNet-5 against ONNX Runtime", lead("W15.lenet", "ONNX"), 2, "ONNX");
  for_the_reader("784-50-10 against libtorch", lead("W15.net", "libtorch"));
  for_the_reader("LeNet-5 against libtorch", lead("W15.lenet", "libtorch"));
}

}  // namespace

std::string Goal::state() const {
  bool unmeasured = figures.empty();
  for (const Figure& figure : figures) {
    if (!figure.judged) continue;
    if (!figure.value)
      unmeasured = true;
    else if (!figure.met())
      return "missed";
  }
  return unmeasured ? "not measured" : "met";
}

std::vector<Goal> judge(const Results& results, const std::vector<TaskInfo>& tasks) {
  Judge judge(results, tasks);
  judge.nodes();
  judge.networks();
  judge.pointwise();
  judge.chain_and_threads();
  judge.program_and_heap();
  judge.gates_and_growth();
  judge.convolutions();
  judge.sequences();
  judge.gradients();
  return std::move(judge.goals_);
}

}  // namespace bench
