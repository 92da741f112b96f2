#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "file_size_limit.hpp"
#include "folder.hpp"

#include <xgrad/io/io.hpp>
#include <xgrad/train/checkpoint_folder.hpp>

using namespace xgrad;
using namespace xgrad::io;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::vector<std::string>* synced = nullptr;  // the paths of what is synced, where they are noted
int syncs_until_full = -1;                   // how many more syncs of files succeed; -1 for any number

/// During its lifetime the disk is full after so many syncs of files: what the system has taken into its memory it then
/// cannot write.
class FullAtSync {
 public:
  explicit FullAtSync(int syncs) { syncs_until_full = syncs; }
  ~FullAtSync() { syncs_until_full = -1; }
  FullAtSync(const FullAtSync&) = delete;
  FullAtSync& operator=(const FullAtSync&) = delete;
};

}  // namespace

// Instead of the C library's, also for the library under test.
extern "C" int fsync(int file) {
  if (synced != nullptr)
    synced->push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file)).string());
  struct stat status = {};
  if (syncs_until_full != -1 && ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && syncs_until_full-- == 0) {
    syncs_until_full = 0;
    errno = ENOSPC;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, file));
}

namespace {

namespace fs = std::filesystem;

void save_text(const std::string& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

mode_t mode_of(const std::string& path) {
  struct stat status = {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

/// During its lifetime a process of the superuser, who may write everywhere, has the effective user of another.
class NotRoot {
 public:
  NotRoot() : active_(::geteuid() != 0 || ::seteuid(65534) == 0) {}
  ~NotRoot() {
    if (::geteuid() != ::getuid()) active_ = ::seteuid(::getuid()) == 0;
  }
  NotRoot(const NotRoot&) = delete;
  NotRoot& operator=(const NotRoot&) = delete;
  bool active() const { return active_; }

 private:
  bool active_;
};

// A model whose file has a header and values of several types.
StateDict some_tensors() {
  return {{"weight", Tensor({{1.f, -2.f}})},
          {"mean", Tensor{-0.5}},
          {"mask", Tensor{true, false, true}},
          {"none", Raw::uninitialized({0, 3}, float32)}};
}

}  // namespace

TEST_CASE("an atomic file is invisible until commit, and leaves nothing beside it", "[io]") {
  Folder folder;
  const std::string path = folder.file("model");
  put(path, "old");
  {
    AtomicFile file(path);
    file.write("new");
    CHECK(get(path) == "old");
    file.commit();
    CHECK(get(path) == "new");
    CHECK_THROWS_AS(file.write("more"), std::logic_error);
    CHECK_THROWS_AS(file.commit(), std::logic_error);
  }
  {
    AtomicFile file(path);
    file.write("given up");
  }
  CHECK(get(path) == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("an atomic file keeps the old permissions, or obeys the umask", "[io]") {
  Folder folder;
  const std::string path = folder.file("model");
  const mode_t before = ::umask(027);
  save_text(path, "new");
  ::umask(before);
  CHECK(mode_of(path) == 0640);
  for (mode_t mode : {mode_t{0600}, mode_t{0666}, mode_t{0444}}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    save_text(path, "newer");
    CHECK(mode_of(path) == mode);
  }
}

TEST_CASE("an atomic file replaces what a link leads to, and keeps the link", "[io]") {
  Folder folder;
  fs::create_directory(folder.file("real"));
  fs::create_symlink("real/model", folder.file("second"));
  fs::create_symlink(folder.file("second"), folder.file("first"));
  save_text(folder.file("first"), "through a link that led nowhere");
  save_text(folder.file("first"), "new");
  CHECK(fs::is_symlink(folder.file("first")));
  CHECK(fs::is_symlink(folder.file("second")));
  CHECK(get(folder.file("real/model")) == "new");
  CHECK(std::distance(fs::directory_iterator(folder.file("real")), fs::directory_iterator()) == 1);

  fs::create_symlink("loop", folder.file("loop"));
  CHECK_THROWS_WITH(AtomicFile(folder.file("loop")), Contains("Too many levels of symbolic links"));
}

TEST_CASE("an atomic file refuses targets that are no regular file", "[io]") {
  Folder folder;
  CHECK_THROWS_WITH(AtomicFile(folder.path()), Contains(folder.path()) && Contains("is a folder"));
  CHECK_THROWS_WITH(AtomicFile(folder.path() + "/"), Contains("Is a directory"));
  CHECK_THROWS_WITH(AtomicFile("/dev/null"), Contains("device or pipe"));
  CHECK_THROWS_WITH(AtomicFile(""), Contains("No such file"));
  CHECK_THROWS_WITH(AtomicFile(folder.file("missing/model")), Contains("missing/model") && Contains("No such file"));
  put(folder.file("file"), "x");
  CHECK_THROWS_WITH(AtomicFile(folder.file("file/model")), Contains("Not a directory"));
  CHECK_THROWS_WITH(AtomicFile(folder.file(std::string(300, 'n'))), Contains("File name too long"));
  CHECK_NOTHROW(save_text(folder.file(std::string(255, 'n')), "x"));
}

TEST_CASE("a full disk at any byte keeps the old file and leaves no temporary", "[io]") {
  Folder folder;
  const std::string path = folder.file("model");
  const StateDict tensors = some_tensors();
  const std::vector<std::function<void()>> savers = {
      [&] {
        save_safetensors(tensors, path, {{"format", "pt"}});
      },
      [&] { save_safetensors(tensors, path, {}, SafetensorsOptions().checksum().floats(Floats::bfloat16)); },
      [&] { save_npy(tensors[0].second, path); },
      [&] { save_npz(tensors, path); },
      [&] { save_npz(tensors, path, NpzOptions().compressed()); },
      [&] {
        write_csv(tensors[0].second, path, {"a", "b"});
      }};
  for (const std::function<void()>& save : savers) {
    save();
    const std::string whole = get(path);
    put(path, "old");
    for (std::size_t limit = 0; limit < whole.size(); ++limit) {
      FileSizeLimit full(limit);
      CAPTURE(limit);
      REQUIRE_THROWS_WITH(save(), Contains("File too large"));
      REQUIRE(get(path) == "old");
      REQUIRE(folder.entries() == 1);
    }
    FileSizeLimit enough(whole.size());
    save();
    CHECK(get(path) == whole);
  }
}

TEST_CASE("a full disk at any byte keeps the old shards and their index", "[io]") {
  Folder folder;
  const std::string path = folder.file("model.safetensors");
  const SafetensorsOptions divided = SafetensorsOptions().max_shard_size(8);
  const StateDict tensors{{"a", Tensor{1.f, 2.f}}, {"b", Tensor{3.}}, {"c", Tensor{4.f}}};
  save_safetensors({{"old", Tensor{1.f, 2.f}}, {"older", Tensor{3.f, 4.f}}, {"oldest", Tensor{3.f, 4.f}}}, path, {},
                   divided);
  // The largest of the new files.
  save_safetensors(tensors, folder.file("other.safetensors"), {}, divided);
  std::size_t largest = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().filename().string().rfind("other", 0) != 0) continue;
    largest = std::max(largest, static_cast<std::size_t>(entry.file_size()));
    fs::remove(entry.path());
  }
  for (std::size_t limit = 0; limit < largest; ++limit) {
    FileSizeLimit full(limit);
    CAPTURE(limit);
    REQUIRE_THROWS_WITH(save_safetensors(tensors, path, {}, divided), Contains("File too large"));
    REQUIRE(load_safetensors(path).contains("older"));
    REQUIRE(folder.entries() == 4);
  }
  save_safetensors(tensors, path, {}, divided);
  CHECK(load_safetensors(path).size() == 3);
}

TEST_CASE("a disk that is full at any sync keeps the old file, or the old shards and their index", "[io]") {
  Folder folder;
  const std::string path = folder.file("model.safetensors");
  const StateDict old{{"a", Tensor{1.f, 2.f}}, {"b", Tensor{3.}}, {"c", Tensor{4.f}}},
      later{{"a", Tensor{5.f, 6.f}}, {"b", Tensor{7.}}, {"c", Tensor{8.f}}};
  for (const std::int64_t shard : {std::int64_t{8}, INT64_MAX}) {
    const SafetensorsOptions options = SafetensorsOptions().max_shard_size(shard);
    save_safetensors(old, path, {}, options);
    const std::ptrdiff_t files = folder.entries();
    for (int syncs = 0; syncs < files; ++syncs) {
      CAPTURE(shard, syncs);
      {
        const FullAtSync full(syncs);
        REQUIRE_THROWS_WITH(save_safetensors(later, path, {}, options),
                            Contains("cannot be written to the disk: No space left on device"));
      }
      REQUIRE(folder.entries() == files);
      REQUIRE(load_safetensors(path).at("b").item() == 3);
    }
    const FullAtSync enough(static_cast<int>(files));
    save_safetensors(later, path, {}, options);
    CHECK(load_safetensors(path).at("b").item() == 7);
  }
}

TEST_CASE("a file that is synced may be written on, and is committed with all of it", "[io]") {
  Folder folder;
  const std::string path = folder.file("text");
  AtomicFile file(path);
  file.write("one");
  file.sync();
  CHECK_FALSE(fs::exists(path));
  file.write(", two");
  {
    const FullAtSync full(0);
    CHECK_THROWS_WITH(file.commit(), Contains("No space left on device"));
  }
  CHECK_THROWS_AS(file.sync(), std::logic_error);
  CHECK(folder.entries() == 0);
  AtomicFile again(path);
  again.write("three");
  again.sync();
  const FullAtSync full(0);
  again.commit();
  CHECK(get(path) == "three");
}

TEST_CASE("the folders of a first checkpoint are brought to the disk, each after what it is in", "[io]") {
  Folder folder;
  const auto save = [](const std::string& path, std::int64_t step) {
    std::vector<std::string> paths;
    synced = &paths;
    train::CheckpointFolder(path).save(train::Checkpoint(), step);
    synced = nullptr;
    return paths;
  };
  const std::vector<std::string> first = save(folder.file("out/new/run"), 1);
  REQUIRE(first.size() == 5);
  CHECK(std::vector<std::string>(first.begin(), first.begin() + 3) ==
        std::vector<std::string>{folder.path(), folder.file("out"), folder.file("out/new")});
  CHECK(first.back() == folder.file("out/new/run"));
  CHECK(save(folder.file("out/new/run"), 2).size() == 2);
  CHECK(save(folder.file("out/new/other/"), 1).back() == folder.file("out/new/other"));
  CHECK(fs::exists(folder.file("out/new/other/checkpoint-000000000001.safetensors")));
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  const std::vector<std::string> relative = save("here", 1);
  fs::current_path(before);
  CHECK(relative.front() == folder.path());
  CHECK(relative.back() == folder.file("here"));
}

TEST_CASE("saving into an unwritable folder keeps the old file", "[io]") {
  Folder folder;
  const std::string path = folder.file("model");
  put(path, "old");
  fs::permissions(folder.path(), fs::perms(0555));
  std::string message;
  bool tried = false;
  {
    NotRoot user;
    if (user.active()) {
      tried = true;
      try {
        save_safetensors(some_tensors(), path);
      } catch (const std::runtime_error& error) {
        message = error.what();
      }
    }
  }
  if (!tried) {
    WARN("skipped: this process cannot act without the superuser's rights");
    return;
  }
  CHECK_THAT(message, StartsWith("save_safetensors: '" + path + "': ") && Contains("Permission denied"));
  CHECK(get(path) == "old");
  CHECK(folder.entries() == 1);
}
