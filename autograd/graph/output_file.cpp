#include <xgrad/autograd/graph/output_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace xgrad::detail {

OutputFile::OutputFile(const char* op, const std::string& path) : op_(op), path_(path) {
  if (path.find('\0') != std::string::npos) fail("the path holds a zero byte");
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666);
  struct stat status = {};
  if (file != -1 && ::fstat(file, &status) == 0 && !S_ISFIFO(status.st_mode)) file_ = ::fdopen(file, "w");
  if (file_ != nullptr) return;
  const int error = file == -1 ? errno : 0;
  if (file != -1) ::close(file);
  fail(S_ISFIFO(status.st_mode) || error == ENXIO ? "it is a pipe or socket" : std::strerror(error));
}

OutputFile::~OutputFile() {
  if (file_ != nullptr) std::fclose(file_);
}

void OutputFile::write(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail(std::strerror(errno));
}

void OutputFile::close() {
  if (std::fclose(std::exchange(file_, nullptr)) != 0) fail(std::strerror(errno));
}

void OutputFile::fail(const std::string& why) const {
  throw std::runtime_error(std::string(op_) + ": cannot write '" + path_.substr(0, path_.find('\0')) + "': " + why);
}

}  // namespace xgrad::detail
