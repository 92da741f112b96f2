#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace bench {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// How a program is started: on these cores alone, or on any if there are none, with variables added to the
/// environment.
struct Start {
  std::vector<std::string> command;
  Environment environment = {};
  std::vector<int> cores = {};
};

/// A running program of one side, controlled over pipes with the protocol of side.hpp. The destructor ends it.
class Process {
 public:
  Process(std::string name, int threads, const Start& start);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  /// Sends a line and waits for the answer; throws std::runtime_error when the program has ended or reports an error.
  nlohmann::json ask(const std::string& line);
  bool offers(const std::string& task) const;

  const std::string& name() const { return name_; }
  void rename(std::string name) { name_ = std::move(name); }
  int threads() const { return threads_; }
  const nlohmann::json& hello() const { return hello_; }

 private:
  nlohmann::json answer();

  std::string name_;
  int threads_, pid_ = -1, to_ = -1, from_ = -1;
  std::string unread_;
  nlohmann::json hello_;
};

/// The resources that a finished program used.
struct Run {
  double seconds, cpu_seconds, resident_bytes;
  bool good;
};
Run run(const Start& start);

}  // namespace bench
