#pragma once

// For the library's sources only: a file that a report is written to.

#include <cstdio>
#include <string>

namespace xgrad::detail {

/// A file that is written from its beginning. A pipe is refused: without a reader, to open it would block. Failures
/// throw std::runtime_error, which begins with `op`.
class OutputFile {
 public:
  OutputFile(const char* op, const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const std::string& text);
  /// To be called at the end, since only then a full disk may show.
  void close();

 private:
  [[noreturn]] void fail(const std::string& why) const;

  const char* op_;
  std::string path_;
  std::FILE* file_ = nullptr;
};

}  // namespace xgrad::detail
