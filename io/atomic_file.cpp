#include <xgrad/io/atomic_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace xgrad::io {
namespace {

namespace fs = std::filesystem;

constexpr int max_links = 40;
constexpr std::size_t max_piece = std::size_t{1} << 30;
// File names have at most 255 bytes: this leaves space for the prefix and the suffix of the temporary file's name.
constexpr std::size_t max_kept_name = 200;
constexpr uid_t keep_user = static_cast<uid_t>(-1);

template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

/// The file that the path leads to, which need not exist (realpath() refuses that). `error` is 0 or errno's reason.
fs::path follow_links(const std::string& path, int& error) {
  std::error_code code;
  fs::path target = fs::absolute(path, code);
  for (int links = 0; !code && fs::is_symlink(fs::symlink_status(target, code)); ++links) {
    if (links == max_links)
      code = std::make_error_code(std::errc::too_many_symbolic_link_levels);
    else
      target = target.parent_path() / fs::read_symlink(target, code);
  }
  error = code && code != std::errc::no_such_file_or_directory ? code.value() : 0;
  return target;
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, const char* op) : op_(op), path_(path) {
  if (path.empty()) fail("cannot be written", ENOENT);
  int error = 0;
  // An absolute path, so that the working folder may change before commit().
  const fs::path target = follow_links(path, error);
  if (error != 0) fail("cannot be written", error);
  if (target.filename().empty()) fail("cannot be written", EISDIR);
  target_ = target.string();
  folder_ = target.parent_path().string();
  open_temporary();
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::open_temporary() {
  static std::atomic<std::uint64_t> counter{0};

  struct stat old = {};
  const bool replaces = ::stat(target_.c_str(), &old) == 0;
  if (!replaces && errno != ENOENT) fail("cannot be written", errno);
  if (replaces && !S_ISREG(old.st_mode))
    throw std::runtime_error(op_ + ": '" + path_ + "': is " + (S_ISDIR(old.st_mode) ? "a folder" : "a device or pipe") +
                             ": only a regular file can be replaced");
  // A private file's new bytes must be private from the start; the umask applies to a new file only.
  const mode_t mode = replaces ? old.st_mode & 0777 : 0666;
  const fs::path name = "." + fs::path(target_).filename().string().substr(0, max_kept_name);
  do {
    temporary_ = (fs::path(folder_) / name).string() + "." + std::to_string(::getpid()) + "." +
                 std::to_string(counter++) + ".tmp";
    file_ = retry([&] { return ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode); });
  } while (file_ == -1 && errno == EEXIST);
  if (file_ == -1) {
    const int error = errno;
    temporary_.clear();
    fail("cannot make a file in the folder '" + folder_ + "'", error);
  }
  if (!replaces) return;
  // Only a privileged process may give a file away; for others the new file is their own, if possible of the old group.
  if (::fchown(file_, old.st_uid, old.st_gid) != 0) static_cast<void>(::fchown(file_, keep_user, old.st_gid) == 0);
  if (::fchmod(file_, mode) != 0) fail("cannot keep the permissions", errno);
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  if (file_ == -1) throw std::logic_error(op_ + ": '" + path_ + "': write after commit or after a failure");
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t done = retry([&] { return ::write(file_, from, std::min(bytes, max_piece)); });
    if (done <= 0) fail("cannot be written", done == 0 ? ENOSPC : errno);
    from += done;
    bytes -= static_cast<std::size_t>(done);
  }
}

void AtomicFile::commit() {
  if (file_ == -1) throw std::logic_error(op_ + ": '" + path_ + "': commit after commit or after a failure");
  if (retry([&] { return ::fsync(file_); }) != 0) fail("cannot be written to the disk", errno);
  // close() closes the descriptor even if it fails with EINTR, and the bytes are synced already.
  if (::close(std::exchange(file_, -1)) != 0 && errno != EINTR) fail("cannot be closed", errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be replaced", errno);
  temporary_.clear();
  sync_folder();
}

void AtomicFile::sync_folder() {
  const int folder = retry([&] { return ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (folder == -1) {
    // A folder with write but without read permission cannot be synced; failing for that would be worse.
    if (errno == EACCES) return;
    fail("is written, but its folder cannot be synced", errno);
  }
  const int error = retry([&] { return ::fsync(folder); }) == 0 ? 0 : errno;
  ::close(folder);
  // Some file systems do not support fsync of folders, and report that.
  if (error != 0 && error != EINVAL && error != ENOTSUP) fail("is written, but its folder cannot be synced", error);
}

void AtomicFile::fail(const std::string& what, int error) {
  discard();
  throw std::runtime_error(op_ + ": '" + path_ + "': " + what + ": " + std::strerror(error));
}

void AtomicFile::discard() noexcept {
  if (file_ != -1) ::close(std::exchange(file_, -1));
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

}  // namespace xgrad::io
