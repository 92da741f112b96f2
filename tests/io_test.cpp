#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "folder.hpp"
#include "inspect.hpp"

#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/io/atomic_file.hpp>
#include <xgrad/io/safetensors.hpp>

using namespace xgrad;
using namespace xgrad::io;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

namespace fs = std::filesystem;

/// A safetensors file with this header, not padded, and these values.
std::string framed(const std::string& header, const std::string& values = {}) {
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) text += static_cast<char>(header.size() >> 8 * i & 0xff);
  return text + header + values;
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + offsets + "]}";
}

const std::string golden_header =
    "{\"__metadata__\":{\"format\":\"pt\"},"
    "\"steps\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
    "\"mean\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8,16]},"
    "\"a.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]},"
    "\"b.weight\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[24,24]},"
    "\"mask\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[24,27]}}    ";
const std::string golden_values(
    "\x07\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\xe0\xbf"
    "\0\0\x80\x3f\0\0\0\xc0"
    "\x01\0\x01",
    27);

StateDict golden_tensors() {
  Tensor steps(std::int64_t{7});
  return {{"b.weight", Raw::uninitialized({0, 3}, float32)},
          {"mask", Tensor{true, false, true}},
          {"a.weight", Tensor({{1.f, -2.f}})},
          {"mean", Tensor{-0.5}},
          {"steps", steps}};
}

Tensor named(const StateDict& tensors, const std::string& name) {
  for (const auto& [key, tensor] : tensors)
    if (key == name) return tensor;
  FAIL("there is no " << name);
  return {};
}

template <class T>
std::vector<T> values(const Tensor& tensor) {
  return std::vector<T>(Raw::data<T>(tensor), Raw::data<T>(tensor) + tensor.size());
}

std::string refusal(const std::string& path, const std::string& bytes) {
  put(path, bytes);
  try {
    load_safetensors(path);
  } catch (const std::runtime_error& error) {
    CHECK_THAT(error.what(), StartsWith("load_safetensors: '" + path + "': "));
    return error.what();
  }
  return "loaded without complaint";
}

}  // namespace

TEST_CASE("a saved file is the golden one byte for byte, whatever the order of the tensors", "[io]") {
  Folder folder;
  const std::string path = folder.file("model");
  StateDict tensors = golden_tensors();
  save_safetensors(tensors, path, {{"format", "pt"}});
  CHECK((8 + golden_header.size()) % 8 == 0);
  CHECK(get(path) == framed(golden_header, golden_values));
  std::reverse(tensors.begin(), tensors.end());
  save_safetensors(tensors, path, {{"format", "pt"}});
  CHECK(get(path) == framed(golden_header, golden_values));
  save_safetensors({}, path);
  CHECK(get(path) == framed("{}      "));
}

TEST_CASE("the golden file loads with its values, shapes, order and metadata", "[io]") {
  Folder folder;
  const std::string path = folder.file("model");
  put(path, framed(golden_header, golden_values));
  const StateDict tensors = load_safetensors(path);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  CHECK(names == std::vector<std::string>{"steps", "mean", "a.weight", "b.weight", "mask"});
  CHECK(named(tensors, "steps").shape() == Shape());
  CHECK(named(tensors, "steps").item<std::int64_t>() == 7);
  CHECK(values<double>(named(tensors, "mean")) == std::vector<double>{-0.5});
  CHECK(named(tensors, "a.weight").shape() == Shape({1, 2}));
  CHECK(values<float>(named(tensors, "a.weight")) == std::vector<float>{1, -2});
  CHECK(named(tensors, "b.weight").shape() == Shape({0, 3}));
  CHECK(values<bool>(named(tensors, "mask")) == std::vector<bool>{true, false, true});
  CHECK(load_safetensors_metadata(path) == Metadata{{"format", "pt"}});
  put(path, framed("{}"));
  CHECK(load_safetensors(path).empty());
  CHECK(load_safetensors_metadata(path).empty());
}

TEST_CASE("names and metadata with any characters survive, and so do large tensors and NaN", "[io]") {
  Folder folder;
  const std::string path = folder.file("model");
  Tensor large = Raw::uninitialized({300, 257}, float32);
  std::mt19937 random(1);
  for (std::int64_t i = 0; i < large.size(); ++i) Raw::write<float>(large)[i] = static_cast<float>(random()) - 2e9f;
  const std::string name("q\"\\\n\0\x7f gr\xc3\xbc\xc3\x9f", 14);
  const Metadata metadata{{"", "empty"}, {name, name}};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  save_safetensors({{name, large}, {"", Tensor{nan, HUGE_VAL, -0.0}}}, path, metadata);
  const StateDict loaded = load_safetensors(path);
  CHECK(values<float>(named(loaded, name)) == values<float>(large));
  const Tensor edge = named(loaded, "");
  CHECK(std::isnan(Raw::data<double>(edge)[0]));
  CHECK(Raw::data<double>(edge)[1] == HUGE_VAL);
  CHECK(std::signbit(Raw::data<double>(edge)[2]));
  CHECK(load_safetensors_metadata(path) == metadata);
}

TEST_CASE("a bool of any byte but zero loads as true", "[io]") {
  Folder folder;
  put(folder.file("b"), framed("{" + entry("m", "BOOL", "4", "0,4") + "}", std::string("\0\1\2\xff", 4)));
  const Tensor mask = load_safetensors(folder.file("b"))[0].second;
  CHECK(mask.dtype() == boolean);
  const auto* bytes = static_cast<const unsigned char*>(Raw::bytes(mask));
  CHECK(std::vector<int>(bytes, bytes + 4) == std::vector<int>{0, 1, 1, 1});
}

TEST_CASE("half precision widens to float32 exactly", "[io]") {
  Folder folder;
  const std::string path = folder.file("half");
  // 1, -2, the largest, the smallest normal, the smallest subnormal, the largest subnormal, -0, inf, NaN
  const std::string halves("\x00\x3c\x00\xc0\xff\x7b\x00\x04\x01\x00\xff\x03\x00\x80\x00\x7c\x01\x7e", 18);
  put(path, framed("{" + entry("h", "F16", "9", "0,18") + "}", halves));
  const Tensor h = load_safetensors(path)[0].second;
  REQUIRE(h.dtype() == float32);
  const float* at = Raw::data<float>(h);
  CHECK(std::vector<float>(at, at + 6) ==
        std::vector<float>{1.0f, -2.0f, 65504.0f, 0x1p-14f, 0x1p-24f, 0x1p-14f - 0x1p-24f});
  CHECK((at[6] == 0 && std::signbit(at[6])));
  CHECK(std::isinf(at[7]));
  CHECK(std::isnan(at[8]));

  put(path, framed("{" + entry("b", "BF16", "3", "0,6") + "}", std::string("\x80\x3f\x49\xc0\x01\x00", 6)));
  const Tensor b = load_safetensors(path)[0].second;
  REQUIRE(b.dtype() == float32);
  CHECK(values<float>(b) == std::vector<float>{1.0f, -3.140625f, 0x1p-133f});
}

TEST_CASE("every integer type loads as int64", "[io]") {
  Folder folder;
  const std::string path = folder.file("whole");
  const std::string ones(8, '\xff');
  const std::pair<const char*, std::int64_t> cases[] = {{"U8", 255}, {"I8", -1},          {"U16", 65535}, {"I16", -1},
                                                        {"I32", -1}, {"U32", 4294967295}, {"I64", -1}};
  for (const auto& [dtype, value] : cases) {
    const std::size_t bytes = std::string(dtype).find("64") != std::string::npos   ? 8
                              : std::string(dtype).find("32") != std::string::npos ? 4
                              : std::string(dtype).find("16") != std::string::npos ? 2
                                                                                   : 1;
    put(path, framed("{" + entry("w", dtype, "1", "0," + std::to_string(bytes)) + "}", ones.substr(0, bytes)));
    const Tensor w = load_safetensors(path)[0].second;
    CAPTURE(dtype);
    CHECK(w.dtype() == int64);
    CHECK(w.item<std::int64_t>() == value);
  }
  put(path, framed("{" + entry("w", "U64", "1", "0,8") + "}", ones.substr(0, 7) + "\x7f"));
  CHECK(load_safetensors(path)[0].second.item<std::int64_t>() == std::numeric_limits<std::int64_t>::max());
  CHECK_THAT(refusal(path, framed("{" + entry("w", "U64", "1", "0,8") + "}", ones)),
             Contains("tensor 'w': holds 18446744073709551615"));
}

TEST_CASE("saving refuses tensors and names that the format cannot hold, and keeps the old file", "[io]") {
  Folder folder;
  const std::string path = folder.file("model");
  put(path, "old");
  CHECK_THROWS_WITH(save_safetensors({{"w", Tensor()}}, path), Contains("'w' is undefined"));
  CHECK_THROWS_WITH(save_safetensors({{"w", Tensor{1.}}, {"w", Tensor{2.}}}, path),
                    Contains("two tensors are named 'w'"));
  CHECK_THROWS_WITH(save_safetensors({{"__metadata__", Tensor{1.}}}, path), Contains("keeps that name"));
  CHECK_THROWS_WITH(save_safetensors({{"\xff", Tensor{1.}}}, path), Contains("is not UTF-8"));
  CHECK_THROWS_WITH(save_safetensors({}, path, {{"k", "\xc3"}}),
                    Contains("metadata value") && Contains("is not UTF-8"));
  CHECK_THROWS_AS(save_safetensors({{"w", Tensor()}}, path), std::invalid_argument);
  CHECK(get(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("saving refuses a shape without elements that no reader would accept", "[io]") {
  Folder folder;
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const std::string path = folder.file("empty");
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               save_safetensors({{"w", zeros({most, most, 0})}}, path);
             }),
             Contains("save_safetensors: tensor 'w' has shape") && Contains("overflows"));
  save_safetensors({{"w", zeros({most / 8, 0})}}, path);
  CHECK(load_safetensors(path)["w"].shape() == Shape{most / 8, 0});
}

TEST_CASE("a safetensors file cut off at any byte is refused", "[io]") {
  Folder folder;
  const std::string path = folder.file("cut");
  const std::string whole = framed(golden_header, golden_values);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK(refusal(path, whole.substr(0, length)) != "loaded without complaint");
  }
  CHECK_THAT(refusal(path, whole + "x"), Contains("nothing may follow the last tensor"));
}

TEST_CASE("a file that is missing, a folder, or a pipe is refused", "[io]") {
  Folder folder;
  CHECK_THROWS_WITH(load_safetensors(folder.file("none")), Contains("none") && Contains("No such file"));
  CHECK_THROWS_WITH(load_safetensors(folder.path()), Contains("is a folder"));
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(load_safetensors(folder.file("pipe")), Contains("is a pipe"));
}

TEST_CASE("a header length that lies is refused before memory is asked for", "[io]") {
  Folder folder;
  const std::string path = folder.file("lie");
  CHECK_THAT(refusal(path, std::string(8, '\xff') + "{}"), Contains("18446744073709551615") && Contains("limit"));
  CHECK_THAT(refusal(path, std::string("\x01\xe1\xf5\x05\0\0\0\0", 8) + "{}"), Contains("100000001"));
  CHECK_THAT(refusal(path, std::string("\x00\xe1\xf5\x05\0\0\0\0", 8) + "{}"), Contains("only 2 follow"));
  CHECK_THAT(refusal(path, std::string("\3\0\0\0\0\0\0\0{}", 10)), Contains("only 2 follow"));
}

TEST_CASE("a file of another format is refused with its kind and the way out", "[io]") {
  Folder folder;
  const std::string path = folder.file("model.pt");
  const auto said = [&](const std::string& start) { return refusal(path, start + std::string(300, '\7')); };
  const std::string zip("PK\3\4\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\x12\0", 30);
  CHECK_THAT(said(zip + "archive/data.pkl"), Contains("is a PyTorch file (a pickle in a zip archive)") &&
                                                 Contains("safetensors.torch.save_file(torch.load("));
  CHECK_THAT(said("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19"),
             Contains("is a PyTorch file (a pickle), no safetensors"));
  CHECK_THAT(said(zip + "weight.npy"), Contains("is a zip archive, no safetensors file: load_npz"));
  CHECK_THAT(said("\x93NUMPY\1"), Contains("is a NumPy file") && Contains("load_npy"));
  CHECK_THAT(said("version https://git-lfs.github.com/spec/v1\n"), Contains("git lfs pull"));
  // The first bytes of a header of 640 bytes are those of a pickle.
  std::string header = "{" + entry("w", "U8", "0", "0,0") + "}";
  header.resize(640, ' ');
  CHECK(refusal(path, framed(header)) == "loaded without complaint");
  CHECK_THAT(refusal(path, framed(header).substr(0, 600)), Contains("only 592 follow"));
}

TEST_CASE("offsets and shapes that do not fit are refused, naming the tensor", "[io]") {
  Folder folder;
  const std::string path = folder.file("offsets");
  const std::string eight(8, '\0');
  const auto said = [&](const std::string& entries) { return refusal(path, framed("{" + entries + "}", eight)); };
  CHECK_THAT(said(entry("w", "F32", "3", "0,12")), Contains("tensor 'w'") && Contains("beyond the 8 bytes"));
  CHECK_THAT(said(entry("w", "F32", "2", "8,0")), Contains("the end must not lie before the begin"));
  CHECK_THAT(said(entry("w", "F32", "3", "0,8")), Contains("are 8 bytes, but shape (3) of F32 takes 12"));
  CHECK_THAT(said(entry("w", "F32", "2", "0,18446744073709551615")), Contains("beyond"));
  CHECK_THAT(said(entry("a", "F32", "1", "0,4") + "," + entry("b", "U8", "6", "2,8")),
             Contains("tensor 'b'") && Contains("overlap"));
  CHECK_THAT(said(entry("a", "F32", "1", "0,4") + "," + entry("b", "U8", "3", "5,8")),
             Contains("tensor 'b'") && Contains("gap"));
  CHECK_THAT(said(entry("a", "F32", "1", "0,4") + "," + entry("b", "F32", "1", "0,4")), Contains("overlap"));
  CHECK_THAT(said(entry("w", "F32", "1", "4,8")), Contains("gap"));
  CHECK_THAT(said(entry("w", "F32", "1", "0,4")), Contains("the tensors end at byte 4"));
  CHECK_THAT(said("\"__metadata__\":{}"), Contains("the tensors end at byte 0"));
  CHECK_THAT(said(entry("w", "F32", "4294967296,4294967296,4294967296,4294967296", "0,8")), Contains("overflows"));
  CHECK_THAT(said(entry("w", "F32", "0,4294967296,4294967296", "0,0")), Contains("overflows"));
  CHECK_THAT(said(entry("w", "F64", "2305843009213693953", "0,8")), Contains("overflows"));
  CHECK_THAT(said(entry("w", "U8", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,8", "0,8")),
             Contains("more than 32 axes"));
  CHECK_THAT(said(entry("w", "Q4", "8", "0,8")), Contains("dtype 'Q4' cannot be read"));
}

TEST_CASE("a header that is not what the format says is refused, naming the tensor", "[io]") {
  Folder folder;
  const std::string path = folder.file("json");
  const auto said = [&](const std::string& header) { return refusal(path, framed(header)); };
  const std::string good = entry("w", "F32", "0", "0,0");
  CHECK_THAT(said(""), Contains("does not begin with '{'"));
  CHECK_THAT(said("[]"), Contains("does not begin with '{'"));
  CHECK_THAT(said("  "), Contains("does not begin with '{'"));
  CHECK_THAT(said("{" + good), Contains("not valid JSON"));
  CHECK_THAT(said("{" + good + "} {}"), Contains("not valid JSON"));
  CHECK_THAT(said(std::string("{}\0x", 4)), Contains("zero byte"));
  CHECK_THAT(said("{" + entry("\xff", "F32", "0", "0,0") + "}"), Contains("not valid JSON"));
  CHECK_THAT(said("{" + entry("\\ud800", "F32", "0", "0,0") + "}"), Contains("not valid JSON"));
  CHECK_THAT(said("{" + good + "," + good + "}"), Contains("names 'w' twice"));
  CHECK_THAT(said("{\"__metadata__\":{},\"__metadata__\":{}}"), Contains("'__metadata__' twice"));
  CHECK_THAT(said("{\"__metadata__\":{\"k\":\"a\",\"k\":\"b\"}}"), Contains("'k' is given twice"));
  CHECK_THAT(said("{\"__metadata__\":{\"k\":1}}"), Contains("__metadata__: there is a number where a string belongs"));
  CHECK_THAT(said("{\"__metadata__\":7}"), Contains("__metadata__: there is a number where an object belongs"));
  CHECK_THAT(said("{\"w\":[]}"), Contains("tensor 'w': there is a list where an object belongs"));
  CHECK_THAT(said("{\"w\":null}"), Contains("tensor 'w': there is null"));
  CHECK_THAT(said("{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}"), Contains("dtype is given twice"));
  CHECK_THAT(said("{\"w\":{\"dtype\":\"F32\",\"shape\":[0]}}"), Contains("there is no data_offsets"));
  CHECK_THAT(said("{\"w\":{}}"), Contains("there is no dtype"));
  CHECK_THAT(said("{\"w\":{\"color\":1}}"), Contains("there is no dtype"));
  CHECK_THAT(said("{\"w\":{\"dtype\":3}}"), Contains("dtype has a number where a string belongs"));
  CHECK_THAT(said("{\"w\":{\"shape\":\"0\"}}"), Contains("shape has a string where a list of whole numbers belongs"));
  CHECK_THAT(said("{" + entry("w", "F32", "-1", "0,0") + "}"), Contains("shape has a negative number"));
  CHECK_THAT(said("{" + entry("w", "F32", "0.5", "0,0") + "}"), Contains("not whole"));
  CHECK_THAT(said("{" + entry("w", "F32", "18446744073709551616", "0,0") + "}"), Contains("exceeds 64 bits"));
  CHECK_THAT(said("{" + entry("w", "F32", "1e999", "0,0") + "}"), Contains("not valid JSON"));
  CHECK_THAT(said("{" + entry("w", "F32", "true", "0,0") + "}"), Contains("a truth value"));
  CHECK_THAT(said("{" + entry("w", "F32", "0", "0") + "}"), Contains("must be two numbers"));
  CHECK_THAT(said("{" + entry("w", "F32", "0", "0,0,0") + "}"), Contains("more than two numbers"));
  CHECK_THAT(said("{" + entry("w", "F32", "[0]", "0,0") + "}"), Contains("a list where a whole number"));
  CHECK_THAT(said("{" + entry("w", "F32", std::string(100'000, '['), "0,0") + "}"), Contains("a list"));
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "{\"a\":";
  CHECK_THAT(said(nested), Contains("not valid JSON"));
  CHECK_THAT(said("{" + entry(std::string(500, 'n'), "Q", "0", "0,0") + "}"), Contains("nnn...'"));
}

TEST_CASE("random damage to a safetensors file loads or throws, and never crashes", "[io]") {
  Folder folder;
  const std::string path = folder.file("fuzz");
  const std::string whole = framed(golden_header, golden_values);
  const std::string alphabet = "{}[]\",:0123456789-.eE\\u \n\t" + std::string("\0\xff", 2);
  std::mt19937 random(3);
  std::size_t loaded = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string bytes = whole;
    for (std::size_t edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % bytes.size();
      const char c = random() % 2 ? alphabet[random() % alphabet.size()] : static_cast<char>(random());
      switch (random() % 4) {
        case 0:
          bytes.erase(at, 1 + random() % 8);
          break;
        case 1:
          bytes.insert(at, 1, c);
          break;
        case 2:
          bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 64));
          break;
        default:
          bytes[at] = c;
      }
      if (bytes.empty()) bytes = "x";
    }
    // Half of the rounds repair the length, so that the damage reaches the parser.
    if (round % 2 && bytes.size() >= 8 + golden_values.size()) {
      const std::string header = bytes.substr(8, bytes.size() - 8 - golden_values.size());
      bytes = framed(header, golden_values);
    }
    put(path, bytes);
    try {
      load_safetensors(path);
      ++loaded;
    } catch (const std::runtime_error&) {
    }
  }
  CHECK(loaded > 0);
  CHECK(loaded < 2000);
}

TEST_CASE("every flipped bit of a header loads or throws", "[io]") {
  Folder folder;
  const std::string path = folder.file("flip");
  const std::string whole = framed(golden_header, golden_values);
  for (std::size_t bit = 0; bit < 8 * (8 + golden_header.size()); ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    put(path, bytes);
    try {
      for (const auto& [name, tensor] : load_safetensors(path)) REQUIRE(tensor.size() <= 27);
    } catch (const std::runtime_error&) {
    }
  }
  SUCCEED();
}
