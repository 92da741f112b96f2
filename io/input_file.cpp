#include <xgrad/io/input_file.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace xgrad::io {
namespace {

constexpr std::size_t max_piece = std::size_t{1} << 30;

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "is a folder";
  if (S_ISFIFO(mode) || S_ISSOCK(mode)) return "is a pipe or socket: only regular files can be read";
  return "is a device: only regular files can be read";
}

}  // namespace

std::string path_text(const std::string& path) {
  std::string text = path;
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return "'" + text + "'";
}

void check_path(const std::string& op, const std::string& path) {
  if (path.find('\0') != std::string::npos)
    throw std::invalid_argument(op + ": " + path_text(path) + ": the path holds a zero byte: no file can be named so");
}

InputFile::InputFile(const std::string& op, const std::string& path) : origin_(op + ": " + path_text(path)) {
  check_path(op, path);
  // O_NONBLOCK: a pipe is opened at once, and then refused.
  file_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status = {};
  if (file_ != -1 && ::fstat(file_, &status) == 0 && S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    return;
  }
  const int error = errno;
  const bool opened = file_ != -1;
  if (opened) ::close(file_);
  if (opened && status.st_mode != 0) throw InputError(origin_ + ": " + kind_of(status.st_mode), 0);
  if (error == ENXIO) throw InputError(origin_ + ": " + kind_of(S_IFSOCK), 0);
  throw InputError(origin_ + ": cannot be opened: " + std::strerror(error), error);
}

InputFile::~InputFile() { ::close(file_); }

std::size_t InputFile::read(std::uint64_t offset, void* to, std::size_t bytes) const {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got = ::pread(file_, static_cast<char*>(to) + done, std::min(bytes - done, max_piece),
                                static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got > 0)
      done += static_cast<std::size_t>(got);
    else if (const int error = errno; error != EINTR)
      throw InputError(origin_ + ": cannot be read: " + std::strerror(error), error);
  }
  return done;
}

void InputFile::check_size() const {
  struct stat status = {};
  if (::fstat(file_, &status) == 0 && static_cast<std::uint64_t>(status.st_size) < size_)
    fail("became shorter since it was opened");
}

std::shared_ptr<char> InputFile::map() const {
  check_size();
  const auto bytes = static_cast<std::size_t>(size_);
  // MAP_NORESERVE: a file may be larger than the memory that private copies of all its pages would need.
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file_, 0);
  if (at == MAP_FAILED) fail(std::string("cannot be mapped into memory: ") + std::strerror(errno));
  return std::shared_ptr<char>(static_cast<char*>(at), [bytes](char* mapped) { ::munmap(mapped, bytes); });
}

void InputFile::fail(const std::string& what) const { throw std::runtime_error(origin_ + ": " + what); }

}  // namespace xgrad::io
