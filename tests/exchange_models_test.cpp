// Models that PyTorch has trained, with the states of their optimisers: what tools/compare_models_with_torch.py
// --record has written.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <xgrad/io/safetensors.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "exchange/models.hpp"
#include "folder.hpp"
#include "unzipped.hpp"

using namespace xgrad;

namespace {

const io::SafetensorsFile& recorded() {
  static const Folder folder;
  static const io::SafetensorsFile file = [] {
    const std::string plain = folder.file("models.safetensors");
    std::ofstream(plain, std::ios::binary)
        << unzipped(std::filesystem::path(XGRAD_SOURCE_DIR) / "tests/golden/exchange/models.safetensors.gz");
    return io::SafetensorsFile(plain);
  }();
  return file;
}

}  // namespace

TEST_CASE("models of PyTorch load, give its outputs, and go on training as there", "[exchange]") {
  for (const char* const name : {"convolutions", "lstm", "encoder"}) {
    INFO(name);
    const std::string prefix = name + std::string(".");
    const int steps = std::stoi(recorded().metadata().at(prefix + "steps"));
    const StateDict result = exchange::run(name, recorded(), steps, prefix);
    CHECK(difference(result.at("before"), recorded().tensor(prefix + "before"), 1e-11, 1e-11) == "");
    CHECK(difference(result.at("after"), recorded().tensor(prefix + "after"), 1e-11, 1e-11) == "");
  }
}

TEST_CASE("a model's state has PyTorch's keys, shapes, dtypes and order", "[exchange]") {
  for (const char* const name : {"convolutions", "lstm", "encoder"}) {
    INFO(name);
    CHECK(exchange::listing(exchange::model(name)->state_dict()) ==
          recorded().metadata().at(name + std::string(".listing")));
  }
}

TEST_CASE("the state of AdamW has PyTorch's keys, shapes and dtypes", "[exchange]") {
  const StateDict result = exchange::run("convolutions", recorded(), 1, "convolutions.");
  StateDict state;
  for (const auto& [key, x] : result)
    if (key.rfind("optimizer.", 0) == 0) state.emplace_back(key.substr(10), x);
  const StateDict expected = exchange::with_prefix(recorded(), "convolutions.optimizer.");
  CHECK(expected.size() > 20);
  for (const auto& [key, x] : expected) {
    INFO(key);
    REQUIRE(state.contains(key));
    CHECK(state.at(key).shape() == x.shape());
    const bool count = key.size() > 5 && key.compare(key.size() - 5, 5, ".step") == 0;  // PyTorch's is a float
    CHECK(state.at(key).dtype() == (count ? int64 : x.dtype()));
  }
  for (const auto& [key, x] : state) {
    INFO(key);
    CHECK(expected.contains(key));
  }
}
