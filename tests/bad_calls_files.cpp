// Paths that are no files, files that are not what they should be, and names that they may not hold.

#include "bad_calls_files.hpp"

#include <sys/stat.h>

namespace bad_calls {

namespace fs = std::filesystem;

namespace {

const std::string long_name(300, 'x');

std::string pipe_beside(const fs::path& file) {
  const std::string path = beside(file, "pipe-");
  ::mkfifo(path.c_str(), 0600);
  return path;
}
std::string link_beside(const fs::path& file, const std::string& name, const std::string& to) {
  const std::string path = beside(file, name);
  std::error_code there_already;
  fs::create_symlink(to.empty() ? path : to, path, there_already);
  return path;
}

}  // namespace

std::vector<Bad<InputPath>> bad_values(const InputPath& good) {
  const fs::path file = good.value;
  const std::string bytes = get(good.value);
  std::vector<Bad<InputPath>> all;
  const auto add = [&](const std::string& path, const char* what) { all.push_back({{path}, what, true, true}); };
  add("", "an empty path");
  add(good.value + std::string("\0.new", 5), "a path with a zero byte");
  add(file.parent_path().string(), "a folder");
  add((file.parent_path() / "missing" / file.filename()).string(), "a missing folder");
  add(beside(file, "missing-"), "a missing file");
  add((file / file.filename()).string(), "a file as a folder");
  add(beside(file, long_name), "a name of 300 characters");
  add(pipe_beside(file), "a pipe");
  add(link_beside(file, "circle-", ""), "a link to itself");
  add(link_beside(file, "device-", "/dev/full"), "/dev/full");
  add("/dev/zero", "/dev/zero");
  const auto hold = [&](const std::string& name, const std::string& held, const char* what) {
    put(beside(file, name), held);
    all.push_back({{beside(file, name)}, what, good.strict, true});
  };
  hold("empty-", "", "an empty file");
  hold("text-", "no file of this kind\n", "a text");
  hold("ones-", std::string(100, '\xff'), "100 bytes 0xff");
  hold("zeros-", std::string(100, '\0'), "100 zero bytes");
  hold("half-", bytes.substr(0, bytes.size() / 2), "the first half of the file");
  hold("cut-", bytes.substr(0, bytes.size() - 1), "the file without its last byte");
  hold("longer-", bytes + "x", "the file with another byte behind it");
  return all;
}

std::vector<Bad<OutputPath>> bad_values(const OutputPath& good) {
  const fs::path file = good.value;
  std::vector<Bad<OutputPath>> all;
  const auto add = [&](const std::string& path, const char* what) { all.push_back({{path}, what, true, true}); };
  add("", "an empty path");
  add(good.value + std::string("\0.new", 5), "a path with a zero byte");
  add(file.parent_path().string(), "a folder");
  add(file.parent_path().string() + "/", "a folder and a slash");
  add((file.parent_path() / "missing" / file.filename()).string(), "a missing folder");
  put(beside(file, "file-"), "");
  add((fs::path(beside(file, "file-")) / file.filename()).string(), "a file as a folder");
  add(beside(file, long_name), "a name of 300 characters");
  add(pipe_beside(file), "a pipe");
  add(link_beside(file, "circle-", ""), "a link to itself");
  add(link_beside(file, "device-", "/dev/full"), "/dev/full");
  return all;
}

std::vector<Bad<Key>> bad_values(const Key& good) {
  std::vector<Bad<Key>> all;
  const auto add = [&](const std::string& key, const char* what) {
    all.push_back({{key}, what, good.looked_for, good.in_file});
  };
  add("", "an empty name");
  add(std::string("a\0b", 3), "a name with a zero byte");
  add("\xff", "a name that is not UTF-8");
  add("a\"\n\\", "a name with a quote, a line break and a backslash");
  add("../a", "a name that leads out of the folder");
  add("__metadata__", "__metadata__");
  add(std::string(70000, 'a'), "a name of 70000 characters");
  return all;
}

}  // namespace bad_calls
