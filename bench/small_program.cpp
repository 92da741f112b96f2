#include "small_program.hpp"

#include <cstdio>
#include <filesystem>

namespace bench {
namespace {

std::vector<std::string> words(const nlohmann::json& list) { return list.get<std::vector<std::string>>(); }

}  // namespace

void measure_small_program(const nlohmann::json& config, const Effort& effort, const std::vector<int>& cores,
                           const Environment& blas, bool cpu_clock, std::mt19937& random, Results& results) {
  struct Side {
    std::string name;
    nlohmann::json config;
    std::vector<double> compile, start, resident;
  };
  std::vector<Side> sides;
  for (const auto& small : config["small"]) sides.push_back({small["name"], small, {}, {}, {}});
  const auto took = [&](const Run& run) { return cpu_clock ? run.cpu_seconds : run.seconds; };
  for (int r = 0; r < (effort.quick ? 3 : 5); ++r) {
    std::shuffle(sides.begin(), sides.end(), random);
    for (Side& side : sides) {
      const bool peer = side.name.compare(0, 8, "libtorch") == 0;
      if (!(peer && (effort.quick || r > 0))) {  // a peer's takes half a minute: once, and not with --quick
        const Run compiled = run({words(side.config["compile"]), {}, cores});
        if (!compiled.good) throw std::runtime_error("the small program of " + side.name + " does not compile");
        side.compile.push_back(took(compiled));
      }
      if (!side.config.contains("program")) continue;
      for (int i = 0; i < 3; ++i) {
        const Run ran = run({words(side.config["program"]), side.name == "xgrad" ? Environment{} : blas, cores});
        if (!ran.good) throw std::runtime_error("the small program of " + side.name + " fails");
        side.start.push_back(took(ran));
        side.resident.push_back(ran.resident_bytes);
      }
    }
  }
  for (const Side& side : sides) {
    if (!side.compile.empty()) results.counts["W8 seconds to compile, " + side.name] = median(side.compile);
    if (side.start.empty()) continue;
    results.counts["W8 seconds to start and run, " + side.name] = median(side.start);
    results.counts["W8 bytes resident, " + side.name] = median(side.resident);
    double library = 0;
    for (const auto& file : side.config["library"])
      library += static_cast<double>(std::filesystem::file_size(std::filesystem::canonical(file.get<std::string>())));
    results.counts["W8 bytes of library, " + side.name] = library;
    results.counts["W8 bytes of program, " + side.name] =
        static_cast<double>(std::filesystem::file_size(side.config["program"][0].get<std::string>()));
  }
}

}  // namespace bench
