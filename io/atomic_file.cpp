#include <xgrad/io/atomic_file.hpp>

#include <fcntl.h>
#include <sys/file.h>
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

#include <xgrad/io/input_file.hpp>

namespace xgrad::io {
namespace {

namespace fs = std::filesystem;

constexpr int max_links = 40;
constexpr std::size_t max_piece = std::size_t{1} << 30;
// File names have at most 255 bytes: this leaves space for the prefix and the suffix of the temporary file's name.
constexpr std::size_t max_kept_name = 200;
constexpr const char* temporary_suffix = ".tmp";
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

/// Whether the open file is the one that has this path now.
bool is_at(int file, const std::string& path) {
  struct stat open = {}, named = {};
  return ::fstat(file, &open) == 0 && ::lstat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

/// Whether the name is the prefix, two numbers with a dot between them, and the suffix.
bool is_temporary_name(const std::string& name, const std::string& prefix) {
  const std::string suffix = temporary_suffix;
  if (name.size() <= prefix.size() + suffix.size() || name.compare(0, prefix.size(), prefix) != 0 ||
      name.compare(name.size() - suffix.size(), suffix.size(), suffix) != 0)
    return false;
  const std::string middle = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  const std::size_t dot = middle.find('.');
  const auto is_number = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  };
  return dot != std::string::npos && is_number(middle.substr(0, dot)) && is_number(middle.substr(dot + 1));
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, const char* op) : op_(op), path_(path) {
  check_path(op_, path);
  if (path.empty()) fail("cannot be written", ENOENT);
  int error = 0;
  // An absolute path, so that the working folder may change before commit().
  const fs::path target = follow_links(path, error);
  if (error != 0) fail("cannot be written", error);
  if (target.filename().empty()) fail("cannot be written", EISDIR);
  target_ = target.string();
  folder_ = target.parent_path().string();
  prefix_ = "." + target.filename().string().substr(0, max_kept_name) + ".";
  open_temporary();
}

AtomicFile::~AtomicFile() { discard(); }

// Creates the temporary file and locks it. Between the two calls another saver may have taken it for an abandoned one
// and removed it; then this makes another one.
void AtomicFile::create_locked(mode_t mode) {
  static std::atomic<std::uint64_t> counter{0};
  process_ = ::getpid();
  for (;;) {
    temporary_ =
        folder_ + "/" + prefix_ + std::to_string(process_) + "." + std::to_string(counter++) + temporary_suffix;
    file_ = retry([&] { return ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode); });
    if (file_ == -1 && errno == EEXIST) continue;
    if (file_ == -1) {
      const int error = errno;
      temporary_.clear();
      fail("cannot make a file in the folder '" + folder_ + "'", error);
    }
    // On a file system without locks nobody can lock the file to remove it.
    if (retry([&] { return ::flock(file_, LOCK_EX); }) != 0 || is_at(file_, temporary_)) return;
    ::close(std::exchange(file_, -1));
  }
}

// Removes the temporary files of savers of the same target that have died: those that nobody holds a lock on. What
// cannot be read or removed is left alone.
void AtomicFile::remove_abandoned() const {
  std::error_code ignored;
  for (fs::directory_iterator at(folder_, ignored), end; !ignored && at != end; at.increment(ignored)) {
    const std::string name = at->path().filename().string();
    if (!is_temporary_name(name, prefix_)) continue;
    const int file = ::open(at->path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file == -1) continue;
    struct stat status = {};
    if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && ::flock(file, LOCK_EX | LOCK_NB) == 0 &&
        is_at(file, at->path().string()))
      ::unlink(at->path().c_str());
    ::close(file);
  }
}

void AtomicFile::open_temporary() {
  struct stat old = {};
  const bool replaces = ::stat(target_.c_str(), &old) == 0;
  if (!replaces && errno != ENOENT) fail("cannot be written", errno);
  if (replaces && !S_ISREG(old.st_mode))
    throw std::runtime_error(op_ + ": '" + path_ + "': is " + (S_ISDIR(old.st_mode) ? "a folder" : "a device or pipe") +
                             ": only a regular file can be replaced");
  // A private file's new bytes must be private from the start; the umask applies to a new file only.
  const mode_t mode = replaces ? old.st_mode & 0777 : 0666;
  remove_abandoned();
  create_locked(mode);
  if (!replaces) return;
  // Only a privileged process may give a file away; for others the new file is their own, if possible of the old group.
  if (::fchown(file_, old.st_uid, old.st_gid) != 0) static_cast<void>(::fchown(file_, keep_user, old.st_gid) == 0);
  if (::fchmod(file_, mode) != 0) fail("cannot keep the permissions", errno);
}

void AtomicFile::check_open(const char* call) const {
  if (file_ == -1) throw std::logic_error(op_ + ": '" + path_ + "': " + call + " after commit or after a failure");
  if (process_ != ::getpid())
    throw std::logic_error(op_ + ": '" + path_ + "': " + call +
                           " in another process than the one that began: a forked child saves anew");
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  check_open("write");
  synced_ = false;
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t done = retry([&] { return ::write(file_, from, std::min(bytes, max_piece)); });
    if (done <= 0) fail("cannot be written", done == 0 ? ENOSPC : errno);
    from += done;
    bytes -= static_cast<std::size_t>(done);
  }
}

void AtomicFile::sync() {
  check_open("sync");
  if (!synced_ && retry([&] { return ::fsync(file_); }) != 0) fail("cannot be written to the disk", errno);
  synced_ = true;
}

void AtomicFile::commit() {
  check_open("commit");
  sync();
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be replaced", errno);
  temporary_.clear();
  // After the rename, since closing gives up the lock. The bytes are synced already.
  ::close(std::exchange(file_, -1));
  sync_folder();
}

void AtomicFile::sync_folder() {
  if (const int error = detail::sync_folder(folder_); error != 0)
    fail("is written, but its folder cannot be synced", error);
}

int detail::sync_folder(const std::string& path) {
  const int folder = retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  // A folder with write but without read permission cannot be synced; failing for that would be worse.
  if (folder == -1) return errno == EACCES ? 0 : errno;
  const int error = retry([&] { return ::fsync(folder); }) == 0 ? 0 : errno;
  ::close(folder);
  // Some file systems do not support fsync of folders, and report that.
  return error == EINVAL || error == ENOTSUP ? 0 : error;
}

void AtomicFile::fail(const std::string& what, int error) {
  discard();
  throw std::runtime_error(op_ + ": '" + path_ + "': " + what + ": " + std::strerror(error));
}

void AtomicFile::discard() noexcept {
  if (file_ != -1) ::close(std::exchange(file_, -1));
  if (!temporary_.empty() && process_ == ::getpid()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

}  // namespace xgrad::io
