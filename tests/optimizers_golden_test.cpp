// Replays numbers of PyTorch that tools/compare_optimizers_with_torch.py --record has written, and stops and resumes
// the same trainings.

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "folder.hpp"
#include "golden/optimizers.hpp"
#include "unzipped.hpp"

using namespace xgrad;

namespace {

/// The recorded file.
const io::SafetensorsFile& recorded() {
  static const Folder folder;
  static const io::SafetensorsFile file = [] {
    const std::filesystem::path path =
        std::filesystem::path(XGRAD_SOURCE_DIR) / "tests/golden/training/optimizers.safetensors.gz";
    CHECK(std::filesystem::file_size(path) < 150'000);
    const std::string plain = folder.file("optimizers.safetensors");
    std::ofstream(plain, std::ios::binary) << unzipped(path);
    return io::SafetensorsFile(plain);
  }();
  return file;
}

bool is_schedule(const std::string& line) { return line.rfind("schedule", 0) == 0; }

std::string inserted(const std::string& line, const std::string& words) {
  const std::size_t end = line.find(' ', line.find(' ') + 1);
  return end == std::string::npos ? line + " " + words : line.substr(0, end) + " " + words + line.substr(end);
}

}  // namespace

TEST_CASE("optimisers and schedules agree with the numbers recorded from PyTorch", "[golden]") {
  std::set<std::string> names;
  int equal = 0, schedules = 0;
  for (const auto& [id, line] : recorded().metadata()) {
    INFO(id << ": " << line);
    names.insert(golden::parsed(line.substr(line.find(' ') + 1))[0].name);
    const StateDict got = golden::run(recorded(), id, line);
    for (const std::string& name : recorded().names()) {
      if (name.rfind(id + ".expected.", 0) != 0) continue;
      const std::string key = name.substr(id.size() + 10);
      INFO(key);
      const Tensor expected = recorded().tensor(name);
      // The last bit of a cosine or a power may be another on another processor.
      const double tolerance = is_schedule(line) ? 1e-14 : 1e-12;
      CHECK(difference(got.at(key), expected, tolerance, is_schedule(line) ? 0 : tolerance) == "");
      if (!is_schedule(line) || key != "lr") continue;
      ++schedules;
      equal += difference(got.at(key), expected) == "" ? 1 : 0;
    }
  }
  CHECK(names.size() >= 30);
  WARN(equal << " of " << schedules << " schedules are equal to the last bit");
}

TEST_CASE("an optimiser that is stopped and resumed from a file goes on with the same bits", "[golden]") {
  const Folder folder;
  for (const auto& [id, line] : recorded().metadata()) {
    if (is_schedule(line)) continue;
    INFO(id << ": " << line);
    const StateDict whole = golden::run(recorded(), id, line);
    StateDict half = golden::run(recorded(), id, inserted(line, "end=23"));
    for (const std::string& name : recorded().names())
      if (name.rfind("gradients.", 0) == 0) half.emplace_back(name, recorded().tensor(name));
    StateDict saved;
    for (const auto& [key, tensor] : half)
      saved.emplace_back(key.rfind("gradients.", 0) == 0 ? key : id + "." + key, tensor);
    const std::string path = folder.file("half.safetensors");
    io::save_safetensors(saved, path);
    const StateDict rest = golden::run(io::SafetensorsFile(path), id, inserted(line, "begin=23"));
    REQUIRE(rest.size() == whole.size());
    for (const auto& [key, tensor] : whole) {
      INFO(key);
      CHECK(difference(rest.at(key), tensor) == "");
    }
  }
}

TEST_CASE("a schedule that is stopped and resumed goes on with the same bits", "[golden]") {
  for (const auto& [id, line] : recorded().metadata()) {
    if (!is_schedule(line)) continue;
    INFO(id << ": " << line);
    const auto parts = golden::parsed(line.substr(line.find(' ') + 1));
    const auto make = [&] {
      std::vector<optim::Group> groups;
      for (double rate : {.1, .04}) groups.push_back(optim::Group({zeros({1}).requires_grad_()}).lr(rate));
      std::vector<double> rates = parts[0].list("lr");
      if (rates.size() < 2) groups.pop_back();
      return std::make_unique<optim::SGD>(groups, 0, optim::SGD::Options().momentum(.5));
    };
    const auto step = [&](optim::LRScheduler& schedule, std::int64_t t) {
      if (auto* plateau = dynamic_cast<optim::ReduceLROnPlateau*>(&schedule))
        plateau->step(recorded().tensor("metrics")(t).item());
      else
        schedule.step();
    };
    for (const bool schedule_first : {false, true}) {
      const auto whole = make(), first = make(), second = make();
      const auto one = golden::make_schedule(parts, *whole), two = golden::make_schedule(parts, *first);
      for (int t = 0; t < 70; ++t) step(*one, t), step(*two, t);
      const StateDict of_optimizer = first->state_dict(), of_schedule = two->state_dict();
      if (schedule_first) second->load_state_dict(of_optimizer);
      const auto three = golden::make_schedule(parts, *second);
      if (!schedule_first) second->load_state_dict(of_optimizer);
      three->load_state_dict(of_schedule);
      for (int t = 70; t < 150; ++t) {
        step(*one, t);
        step(*three, t);
        REQUIRE(one->get_last_lr() == three->get_last_lr());
        for (std::size_t g = 0; g < whole->param_groups().size(); ++g) {
          REQUIRE(whole->param_groups()[g].lr() == second->param_groups()[g].lr());
          REQUIRE(whole->param_groups()[g].option("momentum") == second->param_groups()[g].option("momentum"));
        }
      }
      CHECK(three->last_epoch() == one->last_epoch());
    }
  }
}
