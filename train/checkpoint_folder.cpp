#include <xgrad/train/checkpoint_folder.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <xgrad/io/atomic_file.hpp>
#include <xgrad/io/input_file.hpp>

namespace xgrad::train {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view start = "checkpoint-", end = ".safetensors";
constexpr std::size_t digits = 12, most_digits = 18;

/// The step of a file's name, or -1.
std::int64_t step_of(const std::string& name) {
  if (name.size() < start.size() + digits + end.size() || name.compare(0, start.size(), start) != 0 ||
      name.compare(name.size() - end.size(), end.size(), end) != 0)
    return -1;
  const std::string number = name.substr(start.size(), name.size() - start.size() - end.size());
  if (number.size() > most_digits || number.find_first_not_of("0123456789") != std::string::npos) return -1;
  return std::stoll(number);
}

/// Whether another process has removed a file that was listed, rather than left a link without a target.
bool is_gone(const std::string& path, const io::InputError& error) {
  std::error_code ignored;
  return error.error() == ENOENT && fs::symlink_status(path, ignored).type() == fs::file_type::not_found;
}

/// Makes the folders that are missing, durably: a checkpoint in them must survive a loss of power.
void make_folders(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path at = fs::absolute(folder, error); !error && at.has_relative_path() && !fs::exists(at, error);
       at = at.parent_path())
    missing.push_back(at);
  fs::create_directories(folder, error);
  if (error) throw std::runtime_error("CheckpointFolder: '" + folder + "': cannot be made: " + error.message());
  for (auto at = missing.rbegin(); at != missing.rend(); ++at)
    if (const int reason = io::detail::sync_folder(at->parent_path().string()); reason != 0)
      throw std::runtime_error("CheckpointFolder: '" + folder + "': is made, but the folder '" +
                               at->parent_path().string() + "' cannot be synced: " + std::strerror(reason));
}

}  // namespace

CheckpointFolder::CheckpointFolder(std::string folder, Dim keep) : folder_(std::move(folder)), keep_(keep) {
  if (folder_.empty()) throw std::invalid_argument("CheckpointFolder: the folder has an empty name: give it one");
  io::check_path("CheckpointFolder", folder_);
  if (keep_ < 1)
    throw std::invalid_argument("CheckpointFolder: " + std::to_string(keep_) + " checkpoints to keep: at least 1");
}

std::string CheckpointFolder::path(std::int64_t step) const {
  if (step < 0 || step >= std::int64_t{1000000000000000000})
    throw std::invalid_argument("CheckpointFolder: the step is " + std::to_string(step) +
                                ": it lies in 0 .. 10^18 - 1");
  std::string number = std::to_string(step);
  if (number.size() < digits) number.insert(0, digits - number.size(), '0');
  return (fs::path(folder_) / (std::string(start) + number + std::string(end))).string();
}

std::vector<std::int64_t> CheckpointFolder::steps() const {
  std::vector<std::int64_t> result;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), last; !error && at != last; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const std::int64_t step = step_of(name);
    // Another spelling of the number is no file of ours.
    if (step >= 0 && fs::path(path(step)).filename() == name) result.push_back(step);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw std::runtime_error("CheckpointFolder: '" + folder_ + "': cannot be read: " + error.message());
  std::sort(result.begin(), result.end());
  return result;
}

std::string CheckpointFolder::save(const Checkpoint& checkpoint, std::int64_t step) const {
  std::string target = path(step);
  std::error_code error;
  make_folders(folder_);
  checkpoint.save(target);
  std::vector<std::int64_t> all = steps();
  std::int64_t newer = 0;  // than the one at hand, and not later than this step
  for (auto at = all.rbegin(); at != all.rend(); ++at)
    if (*at > step || newer++ >= keep_) fs::remove(path(*at), error);  // what cannot be removed stays
  return target;
}

std::optional<CheckpointFolder::Loaded> CheckpointFolder::load(Checkpoint& checkpoint,
                                                               const std::function<void(const std::string&)>& warn,
                                                               Source at) const {
  std::vector<std::int64_t> all = steps();
  std::vector<std::string> skipped;
  while (!all.empty()) {
    const std::int64_t step = all.back();
    all.pop_back();
    std::optional<Checkpoint::Contents> contents;
    // A right that is missing, too many open files and another version of the format are errors, since an older
    // checkpoint would be no way out.
    try {
      contents = Checkpoint::read(path(step));
    } catch (const io::InputError& error) {
      if (!is_gone(path(step), error)) throw;
      // Whoever removes checkpoints saves newer ones.
      all = steps();
      skipped.clear();
      continue;
    } catch (const std::runtime_error& damage) {
      skipped.emplace_back(damage.what());
      continue;
    }
    for (const std::string& why : skipped) {
      const std::string text = why + ": going on from step " + std::to_string(step);
      if (warn)
        warn(text);
      else
        std::fprintf(stderr, "warning: %s\n", text.c_str());
    }
    checkpoint.load(*contents, at);
    return Loaded{step, path(step), std::move(skipped)};
  }
  if (!skipped.empty())
    throw std::runtime_error("CheckpointFolder: '" + folder_ + "': none of " + std::to_string(skipped.size()) +
                             " checkpoints is intact, the newest since: " + skipped.front());
  return std::nullopt;
}

}  // namespace xgrad::train
