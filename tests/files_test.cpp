// Files as others write them, hostile ones, pipes, and what savers that died leave behind.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/data/data.hpp>
#include <xgrad/io/io.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;

std::string framed(const std::string& header, const std::string& values = {}) {
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) text += static_cast<char>(header.size() >> 8 * i & 0xff);
  return text + header + values;
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& rest) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\"," + rest + "}";
}

const std::string two_bytes("\x01\x02", 2);
const std::string idx(std::string("\0\0\x08\x01\0\0\0\x03", 8) + "abc");

std::string gzipped(const std::string& bytes) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

double seconds_to(const std::function<void()>& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A file of that many tensors without elements.
void put_many(const std::string& path, int count) {
  std::string header = "{";
  for (int i = 0; i < count; ++i)
    header += (i ? "," : "") + entry(std::to_string(i), "F32", R"("shape":[0],"data_offsets":[0,0])");
  put(path, framed(header + "}"));
}

/// The most memory that the process has had at once since the last call.
std::int64_t peak_kilobytes() {
  std::ifstream status("/proc/self/status");
  std::int64_t most = 0;
  for (std::string word; status >> word;)
    if (word == "VmHWM:") status >> most;
  std::ofstream("/proc/self/clear_refs") << 5;
  return most;
}

/// Runs f in a forked child and returns its exit status.
template <class F>
int in_child(F&& f) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(f());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a safetensors header that others accept is read", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  const std::string shape = R"("shape":[2],"data_offsets":[0,2])";
  const auto reads = [&](const std::string& header) {
    put(path, framed(header, two_bytes));
    return numbers(io::load_safetensors(path).at(0).second.to(float64)) == Numbers{1, 2};
  };
  CHECK(reads("{\"__metadata__\":null," + entry("x", "U8", shape) + "}"));
  CHECK(reads(" \n\t{" + entry("x", "U8", shape) + "}"));
  CHECK(reads("{" + entry("x", "U8", shape + R"(,"note":"hello")") + "}"));
  CHECK(reads("{" + entry("x", "U8", R"("quantised":{"scale":[0.5,-1,null,true,{"dtype":7}],"shape":[[]]},)" + shape) +
              "}"));
  CHECK(reads("{" +
              entry("x", "U8", R"("scale":1.5e3,"zero":-3,"many":18446744073709551615,"on":true,"n":null,)" + shape) +
              "}"));
  put(path, framed("{" + entry("x", "U8", shape + ",\"note\":1e999") + "}", two_bytes));
  CHECK_THROWS_WITH(io::load_safetensors(path), Contains("not valid JSON"));
}

TEST_CASE("a tensor of a dtype that is not known here is refused only when it is asked for", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  put(path, framed("{\"__metadata__\":{\"k\":\"v\"}," + entry("b", "F8_E4M3", R"("shape":[2],"data_offsets":[2,4])") +
                       "," + entry("a", "U8", R"("shape":[2],"data_offsets":[0,2])") + "," +
                       entry("c", "F4", R"("shape":[3],"data_offsets":[4,6])") + "}",
                   two_bytes + two_bytes + two_bytes));
  const io::SafetensorsFile file(path);
  CHECK(file.names() == std::vector<std::string>{"b", "a", "c"});
  CHECK(file.contains("b"));
  CHECK_FALSE(file.contains("d"));
  CHECK(file.metadata() == io::Metadata{{"k", "v"}});
  CHECK(whole_numbers(file.tensor("a")) == std::vector<std::int64_t>{1, 2});
  CHECK_THROWS_WITH(file.tensor("b"), Contains("tensor 'b': dtype 'F8_E4M3' cannot be read") && Contains("F32"));
  CHECK_THROWS_WITH(file.tensor("c"), Contains("'F4'"));
  CHECK_THROWS_WITH(file.tensor("d"), Contains("there is no tensor 'd': there are 'b', 'a', 'c'"));
  CHECK_THROWS_WITH(file.metadata().at("step"), "Metadata: there is no 'step': there is only 'k'");
  CHECK_THROWS_AS(io::Metadata().at("step"), std::out_of_range);
  CHECK_THROWS_WITH(io::Metadata().at("step"), "Metadata: there is no 'step': there are none");
  CHECK_THROWS_WITH(file.tensors(), Contains("F8_E4M3"));
  CHECK_THROWS_WITH(io::load_safetensors(path), Contains("F8_E4M3") && Contains("SafetensorsFile"));
  CHECK(io::load_safetensors_metadata(path).at("k") == "v");
  put(path, framed("{" + entry("b", "F8_E4M3", R"("shape":[2],"data_offsets":[0,9])") + "}", two_bytes));
  CHECK_THROWS_WITH(io::SafetensorsFile(path), Contains("reach beyond"));
}

TEST_CASE("tensors and metadata come from one open, though the file is replaced meanwhile", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  io::save_safetensors({{"x", Tensor{1., 2.}}, {"y", Tensor{3.}}}, path, {{"step", "1"}});
  const io::SafetensorsFile file(path);
  io::save_safetensors({{"z", Tensor{7.}}}, path, {{"step", "2"}});
  CHECK(file.metadata().at("step") == "1");
  CHECK(numbers(file.tensor("y")) == Numbers{3});
  CHECK(file.tensors().size() == 2);
  CHECK(io::SafetensorsFile(path).metadata().at("step") == "2");
}

TEST_CASE("a header of very many tensors is read in linear time and a few times its size", "[io]") {
  const Folder folder;
  const std::string few = folder.file("few"), many = folder.file("many");
  const int count = scaled(50000, 5000);
  put_many(few, count);
  put_many(many, 8 * count);
  double quickest = 1e9, of_many = 1e9;
  for (int i = 0; i < 3; ++i) {
    quickest = std::min(quickest, seconds_to([&] { io::SafetensorsFile file(few); }));
    of_many = std::min(of_many, seconds_to([&] { io::SafetensorsFile file(many); }));
  }
  CHECK(of_many < 20 * quickest);
  if (sanitized) return;
  put_many(many, 20 * count);
  peak_kilobytes();
  const std::int64_t before = peak_kilobytes();
  CHECK(io::SafetensorsFile(many).contains("7"));
  CHECK(peak_kilobytes() - before < 6 * static_cast<std::int64_t>(fs::file_size(many)) / 1024);
}

TEST_CASE("a num_batches_tracked that is missing or of another dtype is loaded", "[io]") {
  nn::Sequential model{nn::Linear(2, 3), nn::BatchNorm1d(3)};
  model(Tensor({{1.f, 2.f}, {3.f, 5.f}}));
  StateDict state = model.state_dict();
  const auto counter = [&] { return model.buffer("1.num_batches_tracked"); };
  for (auto& [key, tensor] : state)
    if (key == "1.num_batches_tracked") tensor = Raw::alias(Tensor({7.f}), {});
  model.load_state_dict(state);
  CHECK(counter().dtype() == int64);
  CHECK(counter().item<std::int64_t>() == 7);
  for (const Tensor& wrong : {Tensor({7.5}), Tensor({std::nan("")}), Tensor({1e300})}) {
    state.back().second = Raw::alias(wrong, {});
    CHECK_THROWS_WITH(model.load_state_dict(state), Contains("1.num_batches_tracked is int64 here and float64"));
  }
  state.pop_back();
  model.load_state_dict(state);
  CHECK(counter().item<std::int64_t>() == 7);
  state.pop_back();
  CHECK_THROWS_WITH(model.load_state_dict(state), Contains("missing: 1.running_var:"));
}

TEST_CASE("zero bytes may follow a gzip member, and nothing else", "[data]") {
  const Folder folder;
  const std::string path = folder.file("data.gz");
  const std::string first = gzipped(idx.substr(0, 5)), second = gzipped(idx.substr(5));
  put(path, first + second + std::string(200000, '\0'));
  CHECK(data::read_idx(path).bytes.size() == 3);
  put(path, gzipped(idx) + std::string(1, '\0'));
  CHECK(data::read_idx(path).bytes.size() == 3);
  put(path, gzipped(idx) + std::string(100000, '\0') + "x");
  CHECK_THROWS_WITH(data::read_idx(path), Contains("not gzip follow"));
  put(path, first + std::string(10, '\0') + second);
  CHECK_THROWS_AS(data::read_idx(path), std::runtime_error);
}

TEST_CASE("no more is decompressed than the header announces and the limit allows", "[data]") {
  const Folder folder;
  const std::string path = folder.file("bomb.gz");
  put(path, gzipped(idx + std::string(50'000'000, '\0')));
  CHECK(seconds_to([&] { CHECK_THROWS_WITH(data::read_idx(path), Contains("goes on after the 3 elements")); }) < 1);
  const std::string large = std::string("\0\0\x08\x01\x7f\xff\xff\xff", 8);  // 2^31 - 1 elements
  put(path, gzipped(large + std::string(1'000'000, '\0')));
  CHECK_THROWS_WITH(data::read_idx(path), Contains("more than the limit of 1073741824"));
  put(path, gzipped(idx));
  CHECK_THROWS_WITH(data::read_idx(path, 2), Contains("more than the limit of 2"));
}

TEST_CASE("a pipe is refused at once by whatever opens files", "[io]") {
  const Folder folder;
  const std::string pipe = folder.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(data::read_idx(pipe), Contains("is a pipe"));
  CHECK_THROWS_WITH(io::load_safetensors(pipe), Contains("is a pipe"));
  CHECK_THROWS_WITH(io::SafetensorsFile(pipe), Contains("is a pipe"));
  CHECK_THROWS_WITH(io::save_safetensors({}, pipe), Contains("pipe"));
  const Profiler profiler;
  CHECK_THROWS_WITH(profiler.save_trace(pipe), Contains("pipe"));
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  CHECK_THROWS_WITH(profiler.save_trace(pipe), Contains("pipe"));
  ::close(reader);
  CHECK_THROWS_WITH(profiler.save_trace(folder.path()), Contains("Is a directory"));
  CHECK_THROWS_WITH(data::read_idx("/dev/zero"), Contains("is a device"));
}

TEST_CASE("a path with a zero byte is refused, and no file of the shorter name is touched", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model"), bad = path + std::string("\0.new", 5);
  put(path, "old");
  CHECK_THROWS_WITH(io::AtomicFile(bad), Contains("model?.new'") && Contains("zero byte"));
  CHECK_THROWS_AS(io::save_safetensors({}, bad), std::invalid_argument);
  CHECK_THROWS_AS(io::load_safetensors(bad), std::invalid_argument);
  CHECK_THROWS_AS(data::read_idx(bad), std::invalid_argument);
  CHECK_THROWS_AS(data::load_mnist(bad, data::Split::test), std::invalid_argument);
  const Profiler profiler;
  CHECK_THROWS_WITH(profiler.save_trace(bad), Contains("zero byte"));
  CHECK(get(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("the temporary files of savers that were killed are removed by the next save", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  for (int i = 0; i < 5; ++i)
    in_child([&] {
      io::AtomicFile file(path);
      file.write("half");
      ::kill(::getpid(), SIGKILL);
      return 0;
    });
  // Not temporary files of this target.
  for (const char* name : {".model.1.2.tmp.old", ".model.x.1.tmp", ".model.1.tmp", ".other.1.2.tmp", ".model.tmp"})
    put(folder.file(name), "kept");
  fs::create_directory(folder.file(".model.7.7.tmp"));
  fs::create_symlink(folder.file(".other.1.2.tmp"), folder.file(".model.8.8.tmp"));
  const std::ptrdiff_t kept = 7;
  CHECK(folder.entries() >= kept + 1);
  put(folder.file(".model.123456789.0.tmp"), "left behind");
  {
    const io::AtomicFile living(path), other(path);
    CHECK(folder.entries() == kept + 2);
    io::save_safetensors({}, path);
    CHECK(folder.entries() == kept + 3);
  }
  CHECK(folder.entries() == kept + 1);
}

TEST_CASE("many savers at once, some of them killed, leave a whole file and nothing else", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  const std::string text(100000, 'x');
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        for (int k = 0; k < 30; ++k) {
          io::AtomicFile file(path);
          file.write(text);
          if (i % 2 == 1 && k == 20) ::kill(::getpid(), SIGKILL);
          file.commit();
        }
      } catch (const std::exception&) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  int lost = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) ++lost;
  }
  CHECK(lost == 0);
  CHECK(get(path) == text);
  io::AtomicFile(path).commit();
  CHECK(folder.entries() == 1);
}

TEST_CASE("a forked child neither removes nor commits the file of its parent", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  {
    io::AtomicFile file(path);
    file.write("new");
    CHECK(in_child([&] {
            int refused = 0;
            try {
              file.commit();
            } catch (const std::logic_error&) {
              ++refused;
            }
            try {
              file.write("more");
            } catch (const std::logic_error&) {
              ++refused;
            }
            file.~AtomicFile();
            io::AtomicFile(path + "2").commit();
            return refused;
          }) == 2);
    file.commit();
  }
  CHECK(get(path) == "new");
  CHECK(folder.entries() == 2);
}
