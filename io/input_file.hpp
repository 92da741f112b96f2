#pragma once

// For the library's sources only: files that are read.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace xgrad::io {

/// The path in quotes for a message, without control characters.
std::string path_text(const std::string& path);
/// Refuses a path with a zero byte, which the system would cut there: std::invalid_argument, beginning with `op`.
void check_path(const std::string& op, const std::string& path);

/// Thrown where a file cannot be opened or read, which says nothing about its bytes.
class InputError : public std::runtime_error {
 public:
  InputError(const std::string& text, int error) : std::runtime_error(text), error_(error) {}
  /// The errno of the system; 0 for what is no regular file.
  int error() const { return error_; }

 private:
  int error_;
};

/// A regular file, open for reading. A folder, device, pipe or socket is refused at once: to open a pipe could block
/// for ever. Failures throw std::runtime_error that begin with the op and the path, those of the system InputError.
class InputFile {
 public:
  InputFile(const std::string& op, const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// "op: 'path'", with which messages begin.
  const std::string& origin() const { return origin_; }
  /// The size when the file was opened.
  std::uint64_t size() const { return size_; }
  /// Reads from `offset` on; fewer bytes than asked for only at the end of the file.
  std::size_t read(std::uint64_t offset, void* to, std::size_t bytes) const;
  /// Throws if the file is shorter by now than when it was opened.
  void check_size() const;
  /// The bytes of the file in memory, which the system reads when they are touched: private, so that what is written to
  /// them is seen by this process alone. They live as long as the result. A process that touches bytes which the file
  /// has lost since, because it was cut off, is killed by a signal (SIGBUS).
  std::shared_ptr<char> map() const;
  /// Throws an error about this file.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::string origin_;
  std::uint64_t size_ = 0;
  int file_ = -1;
};

}  // namespace xgrad::io
