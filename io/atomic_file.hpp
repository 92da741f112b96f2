#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace xgrad::io {

/// Writes a file atomically: after a crash, a kill or a full disk at any moment the path holds either the old file or
/// the new one. The bytes go to a temporary file beside the target; commit() syncs it to the disk, renames it to the
/// target's name and syncs the folder.
///
/// The new file is another file than the old one. It gets the old one's permissions, and its owner and group where this
/// process may give them away: a privileged process keeps both; for any other the new file belongs to the process's
/// user, and to the old group if the user is a member. Access control lists and extended attributes are not carried
/// over, and other hard links keep the old file. A target that did not exist obeys the umask. Where the path is a
/// symbolic link, the file it leads to is replaced and the link stays. Only a regular file is ever replaced.
///
/// Every failure throws std::runtime_error with the path and the system's reason; a path with a zero byte is refused.
/// The temporary file is removed by a failure and by the destructor. It stays only if the process dies, as
/// `.<name>.<process>.<number>.tmp`; the next AtomicFile for the same target removes it. A saver holds a lock on its
/// temporary file, so that one of a saver that is alive is never removed. After fork() the file belongs to the parent:
/// the child can neither write nor commit it, and does not remove it. POSIX systems only.
class AtomicFile {
 public:
  /// `op` begins the messages of errors.
  explicit AtomicFile(const std::string& path, const char* op = "save");
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }

  /// Brings what was written to the disk, as commit() would. Of several files that belong together all are synced
  /// before the first is committed, so that a full disk is found while every old file is still there.
  void sync();

  /// Puts the new file in place; nothing can be written afterwards. If only the last step fails, the sync of the
  /// folder, it throws although the new file is in place: it may not survive a loss of power.
  void commit();

 private:
  [[noreturn]] void fail(const std::string& what, int error);
  void open_temporary();
  void create_locked(mode_t mode);
  void remove_abandoned() const;
  void check_open(const char* call) const;
  void sync_folder();
  void discard() noexcept;

  std::string op_;
  std::string path_;    // as the caller wrote it
  std::string target_;  // with symbolic links resolved
  std::string folder_;
  std::string prefix_;  // of the names of the target's temporary files, in that folder
  std::string temporary_;
  int file_ = -1;
  bool synced_ = false;  // since the last write
  pid_t process_ = 0;    // that made the temporary file
};

namespace detail {

/// Brings the names in a folder to the disk. 0, or errno's reason why that failed; where the file system has no such
/// thing, or the right to read the folder is missing, 0 too.
int sync_folder(const std::string& folder);

}  // namespace detail
}  // namespace xgrad::io
