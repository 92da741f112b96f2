// Checkpoints: one file of everything, damaged files, full disks, and savers that are killed.

#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <xgrad/nn/generators.hpp>
#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "file_size_limit.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::train;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;

/// What a loop of one's own has.
struct Run {
  explicit Run(double dropout = 0.5)
      : model{nn::Linear(3, 4), nn::Dropout(dropout, Generator(7)), nn::Linear(4, 1)},
        optimizer(model.parameters()),
        loader(data::TensorDataset(arange(24).reshape({8, 3}).to(float32), arange(8).reshape({8, 1}).to(float32)),
               data::DataLoader::Options().batch_size(2).shuffle()) {
    parts.add("model", model).add("optimizer", optimizer).add("loader", loader);
    parts.add("step", step).add("best loss", best).add("accuracy", accuracy);
    parts.add("own", own).note("trained on", "numbers");
  }
  void train(int steps) {
    loader.set_position(loader.position());  // goes on in the epoch
    for (auto at = loader.begin(); steps > 0; --steps) {
      if (at == loader.end()) at = loader.begin();
      auto [x, t] = *at++;
      const Tensor loss = nn::mse_loss(model(x) + randn({1}) + rand({1}, own), t);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      accuracy.update(x(xt::all(), 0) > 4, t(xt::all(), 0) > 3);
      best = loss.item();
      ++step;
    }
  }
  std::string bytes() const {
    std::string all = std::to_string(step) + " " + std::to_string(best) + " " + std::to_string(accuracy.value());
    for (const auto& [key, value] : model.state_dict())
      all += key + std::string(static_cast<const char*>(Raw::bytes(value)), static_cast<std::size_t>(value.size()) * 4);
    return all;
  }

  nn::Sequential model;
  optim::Adam optimizer;
  data::DataLoader loader;
  std::int64_t step = 0;
  double best = 0;
  Accuracy accuracy;
  Generator own{3};
  Checkpoint parts;
};

void flip_a_bit(const std::string& path, std::size_t at) {
  std::string bytes = get(path);
  bytes[at] = static_cast<char>(bytes[at] ^ 16);
  put(path, bytes);
}

std::vector<std::string>& skipped() {
  static std::vector<std::string> all;
  return all;
}
void note_skipped(const std::string& text) { skipped().push_back(text); }

}  // namespace

TEST_CASE("a loop of one's own goes on from a checkpoint bit for bit", "[train]") {
  const Folder folder;
  const std::string path = folder.file("run.safetensors");
  manual_seed(1);
  Run first;
  first.train(3);
  first.parts.save(path);
  first.train(4);
  manual_seed(99);
  Run second;  // other weights, other generators
  second.train(1);
  second.parts.load(path);
  CHECK(second.step == 3);
  second.train(4);
  CHECK(second.bytes() == first.bytes());
  CHECK(io::load_safetensors_metadata(path).at("trained on") == "numbers");
  CHECK(load_part(path, "model").contains("0.weight"));
  CHECK_THROWS_WITH(load_part(path, "modle"), Contains("has no part \"modle\": it has default generator, model"));
}

TEST_CASE("a clone's generator is its own, and so it is saved", "[train]") {
  const nn::Dropout original(0.5, Generator(3));
  const nn::Dropout copy = nn::clone(original), handle = original;
  REQUIRE(nn::named_generators(copy).size() == 1);
  CHECK(&*nn::named_generators(handle)[0].second == &*nn::named_generators(original)[0].second);
  CHECK(&*nn::named_generators(copy)[0].second != &*nn::named_generators(original)[0].second);
  static_cast<void>(copy(ones({4})));
  CHECK((*nn::named_generators(copy)[0].second)->draws() == 1);
  CHECK((*nn::named_generators(original)[0].second)->draws() == 0);
  const nn::Sequential model{nn::Linear(2, 2), nn::Dropout(0.5, Generator(3)), nn::RReLU(0.1, 0.3, Generator(4))};
  const auto all = nn::named_generators(model);
  REQUIRE(all.size() == 2);
  CHECK(all[0].first == "1");
  CHECK((*all[1].second)->seed() == 4);
}

TEST_CASE("a checkpoint that does not fit changes nothing", "[train]") {
  const Folder folder;
  const std::string path = folder.file("run.safetensors");
  manual_seed(1);
  Run run;
  run.train(2);
  run.parts.save(path);
  run.train(1);
  const std::string before = run.bytes();

  class Refuses {
   public:
    StateDict state_dict() const { return {}; }
    void load_state_dict(const StateDict&) { throw std::invalid_argument("not now"); }
  } refuses;
  Run saved;
  saved.parts.add("last", refuses);
  saved.parts.save(folder.file("last"));
  run.parts.add("last", refuses);
  CHECK_THROWS_WITH(run.parts.load(folder.file("last")), "not now");
  CHECK(run.bytes() == before);
  CHECK_THROWS_WITH(run.parts.load(path), Contains("the file has no part \"last\": the parts must be the same"));
  Run renamed;
  renamed.parts.add("first", refuses);
  CHECK_THROWS_WITH(renamed.parts.load(folder.file("last")),
                    Contains("the file has no part \"first\", and the part \"last\", which is not here: the parts"));
  CHECK_THROWS_WITH(Run().parts.load(folder.file("last")),
                    Contains("the file has the part \"last\", which is not here"));

  nn::Linear other(5, 5);
  Checkpoint wrong;
  wrong.add("model", other).add("optimizer", run.optimizer).add("loader", run.loader).add("step", run.step);
  wrong.add("best loss", run.best).add("accuracy", run.accuracy).add("own", run.own);
  CHECK_THROWS_WITH(wrong.load(path), Contains("Linear"));
  CHECK(run.bytes() == before);
  CHECK_THROWS_WITH(run.parts.add("a/b", run.step), Contains("has no slash"));
  CHECK_THROWS_WITH(run.parts.add("step", run.step), Contains("already"));
  CHECK_THROWS_WITH(run.parts.note("parts", ""), Contains("choose another key"));

  // A module has two parts, which are added together or not at all.
  Checkpoint taken;
  taken.add("net generators", run.step);
  CHECK_THROWS_WITH(taken.add("net", other), Contains("\"net generators\" already"));
  taken.add("net", run.best);
  taken.save(folder.file("taken"));
  Checkpoint().add("net generators", run.step).add("net", run.best).load(folder.file("taken"));
}

TEST_CASE("a part whose state is its own memory is brought back where another does not fit", "[train]") {
  struct Shares {
    Tensor numbers{1., 2., 3.};
    StateDict state_dict() const { return {{"numbers", numbers}, {"row", numbers.reshape({1, 3})}}; }
    void load_state_dict(const StateDict& state) { numbers.copy_(state.at("numbers")); }
  } from, to;
  struct Refuses {
    StateDict state_dict() const { return {}; }
    void load_state_dict(const StateDict&) { throw std::invalid_argument("not now"); }
  } refuses;
  const Folder folder;
  from.numbers.fill_(7);
  Checkpoint().add("numbers", from).add("last", refuses).save(folder.file("run"));
  CHECK_THROWS_WITH(Checkpoint().add("numbers", to).add("last", refuses).load(folder.file("run")), "not now");
  CHECK(numbers(to.numbers) == Numbers{1, 2, 3});
}

TEST_CASE("a checkpoint that does not fit leaves rates and positions that no state tells of", "[train]") {
  const Folder folder;
  const std::string path = folder.file("run.safetensors");
  const auto made = [](std::int64_t width) {
    nn::Linear net(width, 1);
    optim::SGD optimizer(net.parameters(), .1, optim::SGD::Options().momentum(.9));
    sum(net(ones({1, width}))).backward();
    optimizer.step();
    return optimizer;
  };
  data::DataLoader loader(data::TensorDataset(ones({12, 1}), ones({12, 1})), data::DataLoader::Options().batch_size(2));
  const auto check = [&](optim::SGD& optimizer, auto&& add_more) {
    optim::StepLR schedule(optimizer, 3);
    Checkpoint own;
    own.add("schedule", schedule).add("loader", loader);
    add_more(own);
    loader.set_position({0, 0});
    int batches = 0;
    for (const auto& batch : loader) {
      static_cast<void>(batch);
      if (++batches == 3) break;
    }
    optimizer.set_lr(.05);
    CHECK_THROWS_AS(own.load(path), std::invalid_argument);
    CHECK(optimizer.lr() == .05);
    CHECK(optimizer.param_groups()[0].initial_lr() == .1);
    CHECK(loader.position().epoch == 0);
    CHECK(loader.position().batch == 3);
    static_cast<void>(loader.begin());
    CHECK(loader.position().epoch == 1);
    CHECK(loader.position().batch == 0);
  };
  class Refuses {
   public:
    StateDict state_dict() const { return {}; }
    void load_state_dict(const StateDict&) { throw std::invalid_argument("not now"); }
  } refuses;
  optim::SGD other = made(3), optimizer = made(2);
  {
    optim::StepLR schedule(other, 3);
    Checkpoint wrong;
    wrong.add("schedule", schedule).add("loader", loader).add("last", other);
    wrong.save(path);
    check(optimizer, [&](Checkpoint& own) { own.add("last", optimizer); });
  }
  optim::SGD alone = made(2);
  optim::StepLR schedule(other, 3);
  Checkpoint without;
  without.add("schedule", schedule).add("loader", loader).add("last", refuses);
  without.save(path);
  check(alone, [&](Checkpoint& own) { own.add("last", refuses); });
}

TEST_CASE("a checkpoint that is damaged in any byte is refused", "[train]") {
  const Folder folder;
  const std::string path = folder.file("run.safetensors"), broken = folder.file("broken");
  manual_seed(1);
  Run run;
  run.train(2);
  run.parts.save(path);
  const std::string before = run.bytes(), whole = get(path);
  for (std::size_t at = 0; at < whole.size(); at += 1 + at % 7) {
    put(broken, whole);
    flip_a_bit(broken, at);
    CAPTURE(at);
    const std::string text = thrown_by<std::runtime_error>([&] { run.parts.load(broken); });
    // Spaces after the header are no part of what it says.
    if (text == "nothing was thrown" && whole[at] == ' ') continue;
    REQUIRE_THAT(text, Contains("broken") && !Contains("another kind"));
  }
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    put(broken, whole.substr(0, size));
    CHECK_THROWS_AS(run.parts.load(broken), std::runtime_error);
  }
  CHECK(run.bytes() == before);
  for (const bool checksum : {false, true})
    for (const io::Metadata& metadata : {io::Metadata(), io::Metadata{{"format", "pt"}}}) {
      io::save_safetensors(run.model.state_dict(), broken, metadata, io::SafetensorsOptions().checksum(checksum));
      CHECK_THAT(thrown_by<std::runtime_error>([&] { run.parts.load(broken); }),
                 Contains("is no checkpoint") && !Contains("another kind"));
      CHECK_THAT(thrown_by<std::runtime_error>([&] { load_part(broken, "model"); }),
                 Contains("is no checkpoint") && !Contains("another kind"));
    }
}

TEST_CASE("a folder keeps the last checkpoints, and falls back to the newest that is intact", "[train]") {
  const Folder place;
  const std::string path = place.file("run");
  CHECK_THROWS_WITH(CheckpointFolder(path, 0), Contains("0 checkpoints to keep: at least 1"));
  CHECK_THROWS_WITH(CheckpointFolder(""), Contains("empty name"));
  const CheckpointFolder folder(path, 3);
  manual_seed(1);
  Run run;
  CHECK_FALSE(folder.load(run.parts).has_value());
  for (int i = 1; i <= 5; ++i) {
    run.train(1);
    folder.save(run.parts, run.step);
  }
  CHECK(folder.steps() == std::vector<std::int64_t>{3, 4, 5});
  CHECK(fs::path(folder.path(5)).filename() == "checkpoint-000000000005.safetensors");
  put(place.file("run/notes.txt"), "not ours");
  flip_a_bit(folder.path(5), get(folder.path(5)).size() - 1);
  skipped().clear();
  auto from = folder.load(run.parts, note_skipped);
  REQUIRE(from.has_value());
  CHECK(from->step == 4);
  CHECK(run.step == 4);
  REQUIRE(skipped().size() == 1);
  CHECK_THAT(skipped()[0], Contains(folder.path(5)) && Contains("checksum") && Contains("going on from step 4"));
  // What is saved next replaces the course that was left.
  run.train(1);
  folder.save(run.parts, run.step);
  CHECK(folder.steps() == std::vector<std::int64_t>{3, 4, 5});
  CHECK(folder.load(run.parts, note_skipped)->skipped.empty());
  folder.load(run.parts);
  Run earlier;
  earlier.step = 2;
  folder.save(earlier.parts, 2);
  CHECK(folder.steps() == std::vector<std::int64_t>{2});
  put(folder.path(2), "");
  CHECK_THROWS_WITH(folder.load(run.parts), Contains("none of 1 checkpoints is intact"));
  CHECK(fs::exists(place.file("run/notes.txt")));
}

TEST_CASE("a checkpoint that cannot be read for another reason than damage is no reason to fall back", "[train]") {
  const Folder place;
  const CheckpointFolder folder(place.file("run"), 3);
  manual_seed(1);
  Run run;
  folder.save(run.parts, 1);
  io::Metadata metadata = io::load_safetensors_metadata(folder.path(1));
  metadata["format"] = "xgrad checkpoint 2";
  const StateDict tensors = io::load_safetensors(folder.path(1));
  for (const bool checksum : {true, false}) {
    io::save_safetensors(tensors, folder.path(2), metadata, io::SafetensorsOptions().checksum(checksum));
    CHECK_THAT(thrown_by<std::invalid_argument>([&] { folder.load(run.parts, note_skipped); }),
               Contains(folder.path(2)) && Contains("has the format \"xgrad checkpoint 2\", and this version reads"));
  }
  fs::remove(folder.path(2));
  fs::create_directory(folder.path(2));
  CHECK_THROWS_WITH(folder.load(run.parts, note_skipped), Contains("is a folder"));
  fs::remove(folder.path(2));
  fs::create_symlink("nowhere", folder.path(2));
  CHECK_THROWS_WITH(folder.load(run.parts, note_skipped), Contains("cannot be opened"));
  fs::remove(folder.path(2));
  folder.save(run.parts, 2);
  fs::permissions(folder.path(2), fs::perms::none);
  if (::access(folder.path(2).c_str(), R_OK) != 0)  // the superuser may read it
    CHECK_THROWS_WITH(folder.load(run.parts, note_skipped), Contains("cannot be opened"));
  fs::permissions(folder.path(2), fs::perms::owner_all);
  CHECK(folder.load(run.parts, note_skipped)->step == 2);
}

TEST_CASE("a checkpoint that another process removes while it is looked for is no error", "[train]") {
  const Folder place;
  const CheckpointFolder folder(place.file("run"), 3);
  const std::string whole = place.file("whole"), damaged = place.file("damaged"), next = place.file("next");
  manual_seed(1);
  Run run;
  folder.save(run.parts, 1);
  fs::copy_file(folder.path(1), whole);
  // Of a size that takes longer to read than files take to remove.
  io::save_safetensors({{"large", zeros({1 << 21})}}, damaged, io::load_safetensors_metadata(whole),
                       io::SafetensorsOptions().checksum());
  flip_a_bit(damaged, get(damaged).size() - 1);
  for (int i = 0; i < scaled(20, 5); ++i) {
    for (const std::int64_t step : folder.steps()) fs::remove(folder.path(step));
    fs::copy_file(whole, folder.path(1));
    fs::copy_file(damaged, folder.path(2));
    fs::copy_file(whole, next);
    const int opened = ::inotify_init1(IN_CLOEXEC);
    REQUIRE(::inotify_add_watch(opened, folder.path(2).c_str(), IN_OPEN) >= 0);
    bool was_opened = false;
    std::thread other([&] {
      char event[4096];
      pollfd wanted{opened, POLLIN, 0};
      if (::poll(&wanted, 1, 120'000) != 1 || ::read(opened, event, sizeof event) <= 0) return;
      was_opened = true;
      fs::rename(next, folder.path(3));
      fs::remove(folder.path(1));
      fs::remove(folder.path(2));
    });
    std::optional<CheckpointFolder::Loaded> loaded;
    const std::string thrown = thrown_by([&] { loaded = folder.load(run.parts, note_skipped); });
    other.join();
    ::close(opened);
    CHECK(was_opened);
    REQUIRE(thrown == "nothing was thrown");
    REQUIRE(loaded.has_value());
    CHECK((loaded->step == 3 || loaded->step == 1));  // the latter if the other one was slow
  }
}

TEST_CASE("a full disk at any of 200 places leaves a checkpoint that loads", "[train]") {
  const Folder place;
  const CheckpointFolder folder(place.file("run"), 2);
  manual_seed(1);
  Run run;
  run.train(3);
  folder.save(run.parts, 3);
  const std::size_t size = get(folder.path(3)).size();
  run.train(1);
  for (std::size_t i = 0; i < 200; ++i) {
    const std::size_t limit = i * size / 200;
    CAPTURE(limit);
    {
      const FileSizeLimit full(limit);
      REQUIRE_THROWS_WITH(folder.save(run.parts, 4), Contains("File too large"));
    }
    REQUIRE(folder.steps() == std::vector<std::int64_t>{3});
    REQUIRE(folder.load(run.parts)->step == 3);
    REQUIRE(std::distance(fs::directory_iterator(folder.folder()), fs::directory_iterator()) == 1);
    run.step = 4;
  }
}

TEST_CASE("kill -9 during a save leaves a checkpoint that loads, a thousand times", "[train]") {
  const Folder place;
  const CheckpointFolder folder(place.file("run"), 2);
  manual_seed(1);
  Run run;
  run.train(1);
  folder.save(run.parts, run.step);
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) folder.save(run.parts, ++run.step);
  const auto one_save = (std::chrono::steady_clock::now() - begun) / 10;
  const int times = scaled(1000, 60);
  std::int64_t last = run.step, moved = 0;
  for (int i = 0; i < times; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) {
        ++run.step;
        folder.save(run.parts, run.step);
      }
    }
    // Up to two saves, and what a new process takes to begin.
    std::this_thread::sleep_for(one_save * (100 + i * 7919 % 1900) / 1000 + std::chrono::microseconds(i * 7919 % 8000));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    skipped().clear();
    const auto from = folder.load(run.parts, note_skipped);
    REQUIRE(from.has_value());
    REQUIRE(skipped().empty());  // never a damaged one
    REQUIRE(run.step == from->step);
    REQUIRE(run.step >= last);
    moved += run.step > last ? 1 : 0;
    last = run.step;
  }
  CHECK(moved > times / 50);
  folder.save(run.parts, run.step + 1);
  // What killed savers left behind goes when their step is saved again.
  CHECK(std::distance(fs::directory_iterator(folder.folder()), fs::directory_iterator()) <= 3);
}
