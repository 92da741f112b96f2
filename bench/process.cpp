#include "process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace bench {
namespace {

// In the child: becomes the program.
[[noreturn]] void become(const Start& start) {
  if (!start.cores.empty()) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (const int core : start.cores) CPU_SET(static_cast<std::size_t>(core), &cores);
    if (sched_setaffinity(0, sizeof cores, &cores) != 0) {
      std::fprintf(stderr, "bench: cannot run on core %d: %s\n", start.cores.front(), std::strerror(errno));
      _exit(126);
    }
  }
  for (const auto& [name, value] : start.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> words;
  for (const std::string& word : start.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(127);
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

Process::Process(std::string name, int threads, const Start& start) : name_(std::move(name)), threads_(threads) {
  std::signal(SIGPIPE, SIG_IGN);
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  pid_ = fork();
  if (pid_ == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    become(start);
  }
  close(in[0]);
  close(out[1]);
  to_ = in[1];
  from_ = out[0];
  try {
    hello_ = answer();
  } catch (...) {
    close(to_);
    close(from_);
    waitpid(pid_, nullptr, 0);
    throw;
  }
}

Process::~Process() {
  close(to_);
  close(from_);
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

nlohmann::json Process::ask(const std::string& line) {
  const std::string sent = line + "\n";
  if (write(to_, sent.data(), sent.size()) != static_cast<ssize_t>(sent.size()))
    throw std::runtime_error(name_ + " has ended before '" + line + "'");
  nlohmann::json reply = answer();
  if (reply.contains("error")) throw std::runtime_error(name_ + ", " + line + ": " + reply["error"].get<std::string>());
  return reply;
}

nlohmann::json Process::answer() {
  for (std::size_t end; (end = unread_.find('\n')) == std::string::npos;) {
    char buffer[4096];
    const ssize_t got = read(from_, buffer, sizeof buffer);
    if (got <= 0) throw std::runtime_error(name_ + " has ended");
    unread_.append(buffer, static_cast<std::size_t>(got));
  }
  const std::size_t end = unread_.find('\n');
  const std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return nlohmann::json::parse(line);
}

bool Process::offers(const std::string& task) const {
  for (const auto& offered : hello_["tasks"])
    if (offered == task) return true;
  return false;
}

Run run(const Start& start) {
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    become(start);
  }
  int status = 0;
  rusage used{};
  wait4(child, &status, 0, &used);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return {seconds, seconds_of(used.ru_utime) + seconds_of(used.ru_stime), 1024.0 * static_cast<double>(used.ru_maxrss),
          WIFEXITED(status) && WEXITSTATUS(status) == 0};
}

}  // namespace bench
