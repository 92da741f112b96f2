#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xgrad::io {

/// Writes a file atomically: after a crash, a kill or a full disk at any moment the path holds either the old file or
/// the new one. The bytes go to a temporary file beside the target; commit() syncs it to the disk, renames it to the
/// target's name and syncs the folder.
///
/// A target that exists keeps its permissions (and its owner, where the process may set it); a new one obeys the umask.
/// Where the path is a symbolic link, the file it leads to is replaced and the link stays. Only a regular file is ever
/// replaced.
///
/// Every failure throws std::runtime_error with the path and the system's reason. The temporary file is removed by a
/// failure and by the destructor; it stays only if the process dies, as `.<name>.<process>.<number>.tmp`.
/// POSIX systems only.
class AtomicFile {
 public:
  /// `op` begins the messages of errors.
  explicit AtomicFile(const std::string& path, const char* op = "save");
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }

  /// Puts the new file in place; nothing can be written afterwards. If only the last step fails, the sync of the
  /// folder, it throws although the new file is in place: it may not survive a loss of power.
  void commit();

 private:
  [[noreturn]] void fail(const std::string& what, int error);
  void open_temporary();
  void sync_folder();
  void discard() noexcept;

  std::string op_;
  std::string path_;    // as the caller wrote it
  std::string target_;  // with symbolic links resolved
  std::string folder_;
  std::string temporary_;
  int file_ = -1;
};

}  // namespace xgrad::io
