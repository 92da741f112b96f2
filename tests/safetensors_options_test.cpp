// What safetensors files can have besides tensors: checksums, numbers of 16 bits, several files, mappings of memory.

#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/io/half.hpp>
#include <xgrad/io/io.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "colliding.hpp"
#include "folder.hpp"
#include "inspect.hpp"
#include "processor_time.hpp"

using namespace xgrad;
using namespace xgrad::io;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;

const double inf = std::numeric_limits<double>::infinity();

StateDict some_tensors() {
  return {{"weight", Tensor({{1.f, -2.f, 3.f}, {4.f, 5.f, 6.f}})},
          {"mean", Tensor{-0.5, 1e300}},
          {"mask", Tensor{true, false, true}},
          {"steps", Tensor(std::int64_t{7})},
          {"none", Raw::uninitialized({0, 3}, float32)}};
}

std::string bytes_of(const Tensor& x) {
  return std::string(static_cast<const char*>(Raw::bytes(x)), static_cast<std::size_t>(x.size()) * size_of(x.dtype()));
}

void check_same(const StateDict& found, const StateDict& expected) {
  REQUIRE(found.size() == expected.size());
  for (const auto& [name, tensor] : expected) {
    INFO(name);
    REQUIRE(found.contains(name));
    CHECK(found.at(name).shape() == tensor.shape());
    CHECK(found.at(name).dtype() == tensor.dtype());
    CHECK(bytes_of(found.at(name)) == bytes_of(tensor));
  }
}

std::vector<std::string> entries(const Folder& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.path()))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("checksums are in the metadata, hidden from it, and found to be right", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  const StateDict tensors = some_tensors();
  save_safetensors(tensors, path, {{"format", "pt"}}, SafetensorsOptions().checksum());
  // zlib.crc32 of the lines of the header, and of the bytes of mask, mean, none, steps and weight.
  CHECK(get(path).find(R"("xgrad.crc32":"de858812 898483b3 38c12f63 00000000 6fe7d670 a3b52ecc")") !=
        std::string::npos);
  const SafetensorsFile file(path);
  CHECK(file.has_checksums());
  CHECK(file.metadata() == Metadata{{"format", "pt"}});
  check_same(file.tensors(), tensors);
  file.verify();
  save_safetensors(tensors, path);
  CHECK_FALSE(SafetensorsFile(path).has_checksums());
  CHECK_THROWS_WITH(SafetensorsFile(path).verify(), Contains("has no checksums") && Contains("checksum()"));
  CHECK_THROWS_WITH(save_safetensors({}, path, {{"xgrad.crc32", ""}}), Contains("kept for the checksums"));
  save_safetensors({}, path, {}, SafetensorsOptions().checksum());
  CHECK(SafetensorsFile(path).has_checksums());
}

TEST_CASE("with checksums every flipped bit of a file is an error", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  save_safetensors(some_tensors(), path, {{"format", "pt"}}, SafetensorsOptions().checksum());
  const std::string whole = get(path);
  int loaded = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    put(path, bytes);
    try {
      const StateDict found = load_safetensors(path);
      // What changes nothing: a space of the padding, an escape.
      ++loaded;
      check_same(found, some_tensors());
    } catch (const std::runtime_error&) {
    }
  }
  CHECK(loaded < 100);
}

TEST_CASE("checksums in capitals are not what a file is saved with", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  save_safetensors(some_tensors(), path, {{"format", "pt"}}, SafetensorsOptions().checksum());
  const std::string whole = get(path), list = "de858812 898483b3 38c12f63 00000000 6fe7d670 a3b52ecc";
  const std::size_t begin = whole.find(list);
  REQUIRE(begin != std::string::npos);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] < 'a') continue;
    CAPTURE(i);
    std::string bytes = whole;
    bytes[begin + i] = static_cast<char>(bytes[begin + i] ^ 0x20);
    put(path, bytes);
    CHECK_THROWS_WITH(load_safetensors(path), Contains("must list 6 checksums of eight hexadecimal digits"));
  }
}

TEST_CASE("damage is named: the tensor, both checksums, and what may have happened", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  save_safetensors({{"a", Tensor{1.f, 2.f}}, {"b", Tensor{3.f}}}, path, {}, SafetensorsOptions().checksum());
  std::string bytes = get(path);
  bytes.back() ^= 1;
  put(path, bytes);
  CHECK_THROWS_WITH(load_safetensors(path),
                    Contains("load_safetensors: '" + path + "': tensor 'b': its bytes have the") &&
                        Contains("the metadata says") && Contains("damaged"));
  const SafetensorsFile file(path);
  CHECK(numbers(file.tensor("a").to(float64)) == Numbers{1, 2});
  CHECK_THROWS_WITH(file.verify(), Contains("tensor 'b'"));
  // The metadata of one file beside the tensors of another.
  const auto replaced = [&](const std::string& old, const std::string& now) {
    std::string text = get(path);
    text.replace(text.find(old), old.size(), now);
    put(path, text);
  };
  save_safetensors({{"a", Tensor{1.f, 2.f}}}, path, {}, SafetensorsOptions().checksum());
  replaced("\"a\"", "\"c\"");
  CHECK_THROWS_WITH(load_safetensors(path), Contains("the header has the checksum"));
  for (const char* wrong : {"\"\",      ", "\"12345678\",", "\"0 0\",   "}) {
    save_safetensors({}, path, {{"xgrad.crc", wrong}});
    replaced("xgrad.crc", "xgrad.crc32");
    std::string text = get(path);
    text[0] = static_cast<char>(text[0] + 2);
    put(path, text);
    CHECK_THROWS_WITH(load_safetensors(path), Contains("must list 1 checksums of eight hexadecimal digits"));
  }
}

TEST_CASE("float16 and bfloat16 are rounded to the nearest, ties to even", "[io]") {
  using io::detail::narrow_to_bfloat;
  using io::detail::narrow_to_half;
  CHECK(narrow_to_half(1) == 0x3c00);
  CHECK(narrow_to_half(-2.5) == 0xc100);
  CHECK(narrow_to_half(-0.0) == 0x8000);
  CHECK(narrow_to_half(65504) == 0x7bff);
  CHECK(narrow_to_half(65519.999) == 0x7bff);
  CHECK(narrow_to_half(65520) == 0x7c00);
  CHECK(narrow_to_half(-1e300) == 0xfc00);
  CHECK(narrow_to_half(inf) == 0x7c00);
  CHECK(narrow_to_half(1 + 0x1p-11) == 0x3c00);            // a tie, to even
  CHECK(narrow_to_half(1 + 3 * 0x1p-11) == 0x3c02);        // a tie, to even
  CHECK(narrow_to_half(1 + 0x1p-11 + 0x1p-52) == 0x3c01);  // by way of float32 it would be the tie
  CHECK(narrow_to_half(0x1p-24) == 1);
  CHECK(narrow_to_half(0x1p-25) == 0);
  CHECK(narrow_to_half(0x1.0000000000001p-25) == 1);
  CHECK(narrow_to_half(0x1p-14 - 0x1p-25) == 0x400);  // the carry makes it normal
  CHECK(narrow_to_half(5e-324) == 0);
  CHECK((narrow_to_half(std::nan("")) & 0x7fff) > 0x7c00);
  CHECK((narrow_to_half(static_cast<double>(std::numeric_limits<float>::signaling_NaN())) & 0x7fff) > 0x7c00);
  CHECK(narrow_to_bfloat(1) == 0x3f80);
  CHECK(narrow_to_bfloat(-3.140625) == 0xc049);
  CHECK(narrow_to_bfloat(3.3895313892515355e38) == 0x7f7f);
  CHECK(narrow_to_bfloat(0x1.ffp127) == 0x7f80);
  CHECK(narrow_to_bfloat(0x1p-133) == 1);
  CHECK(narrow_to_bfloat(0x1p-134) == 0);
  for (int bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float wide = io::detail::widen_half(half), upper = io::detail::widen_bfloat(half);
    if (!std::isnan(wide) && narrow_to_half(static_cast<double>(wide)) != half) FAIL("float16 " << bits);
    if (!std::isnan(upper) && narrow_to_bfloat(static_cast<double>(upper)) != half) FAIL("bfloat16 " << bits);
    if (std::isnan(wide) && !std::isnan(io::detail::widen_half(narrow_to_half(static_cast<double>(wide))))) FAIL(bits);
  }
}

TEST_CASE("floating-point tensors are stored in 16 bits and widened, others stay", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  const StateDict tensors{
      {"f", Tensor{1.f, 0.1f, 70000.f}}, {"d", Tensor{0.1, -inf}}, {"i", Tensor{1 << 20}}, {"b", Tensor{true}}};
  for (const Floats floats : {Floats::float16, Floats::bfloat16}) {
    save_safetensors(tensors, path, {}, SafetensorsOptions().floats(floats).checksum());
    const bool half = floats == Floats::float16;
    CHECK(get(path).find(half ? R"("dtype":"F16")" : R"("dtype":"BF16")") != std::string::npos);
    for (const Reading reading : {Reading::copied, Reading::mapped}) {
      const StateDict found = load_safetensors(path, reading);
      CHECK(found.at("f").dtype() == float32);
      CHECK(found.at("d").dtype() == float32);
      CHECK(numbers(found.at("f").to(float64)) ==
            (half ? Numbers{1, 0.0999755859375, inf} : Numbers{1, 0.10009765625, 70144}));
      CHECK(numbers(found.at("d").to(float64)) ==
            (half ? Numbers{0.0999755859375, -inf} : Numbers{0.10009765625, -inf}));
      CHECK(whole_numbers(found.at("i")) == std::vector<std::int64_t>{1 << 20});
      CHECK(found.at("b").dtype() == boolean);
    }
  }
  save_safetensors(tensors, path, {}, SafetensorsOptions().floats(Floats::bfloat16));
  // In the order of the reference implementation: I64, BF16, BOOL.
  CHECK(SafetensorsFile(path).names() == std::vector<std::string>{"i", "d", "f", "b"});
}

TEST_CASE("a model too large for a file is divided in Hugging Face's layout", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model.safetensors");
  const StateDict tensors{{"a", ones({3})}, {"big", ones({9})}, {"b", ones({2})}, {"c", ones({2})}, {"d", ones({3})}};
  save_safetensors(tensors, path, {{"format", "pt"}}, SafetensorsOptions().max_shard_size(20));
  CHECK(entries(folder) ==
        std::vector<std::string>{"model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
                                 "model-00003-of-00003.safetensors", "model.safetensors.index.json"});
  CHECK(get(folder.file("model.safetensors.index.json")) == R"({
  "metadata": {
    "total_size": 76
  },
  "weight_map": {
    "a": "model-00002-of-00003.safetensors",
    "b": "model-00002-of-00003.safetensors",
    "big": "model-00001-of-00003.safetensors",
    "c": "model-00003-of-00003.safetensors",
    "d": "model-00003-of-00003.safetensors"
  }
}
)");
  CHECK(load_safetensors(folder.file("model-00001-of-00003.safetensors")).size() == 1);
  CHECK(load_safetensors_metadata(folder.file("model-00003-of-00003.safetensors")).at("format") == "pt");
  for (const std::string& name : {path, path + ".index.json"})
    for (const Reading reading : {Reading::copied, Reading::mapped})
      check_same(load_safetensors(name, reading), tensors);
  const SafetensorsFile file(path);
  CHECK(file.names() == std::vector<std::string>{"a", "b", "big", "c", "d"});
  CHECK(file.metadata().at("format") == "pt");
  CHECK(file.contains("big"));
  CHECK_FALSE(file.contains("e"));
  CHECK(file.tensor("c").shape() == Shape{2});
  CHECK_THROWS_WITH(file.tensor("e"), Contains("index.json': there is no tensor 'e'"));
  CHECK_FALSE(file.has_checksums());
  save_safetensors(tensors, path, {}, SafetensorsOptions().max_shard_size(20).checksum());
  SafetensorsFile(path).verify();
  // The files that were open are still the old ones.
  check_same(file.tensors(), tensors);
}

TEST_CASE("what an earlier save left in another form is removed, and nothing else", "[io]") {
  const Folder folder;
  const std::string path = folder.file("m.safetensors");
  const auto save = [&](int count, std::int64_t limit) {
    StateDict tensors;
    for (int i = 0; i < count; ++i) tensors.emplace_back("t" + std::to_string(i), ones({2}) * i);
    save_safetensors(tensors, path, {}, SafetensorsOptions().max_shard_size(limit));
    check_same(load_safetensors(path), tensors);
  };
  put(folder.file("m-00009-of-00009.safetensors"), "not of any index");
  save(3, 100);
  CHECK(folder.entries() == 2);
  save(3, 8);
  CHECK(folder.entries() == 5);
  CHECK_FALSE(fs::exists(path));
  save(4, 8);
  CHECK(folder.entries() == 6);
  CHECK(fs::exists(folder.file("m-00004-of-00004.safetensors")));
  save(2, 8);
  CHECK(folder.entries() == 4);
  save(2, 100);
  CHECK(entries(folder) == std::vector<std::string>{"m-00009-of-00009.safetensors", "m.safetensors"});
  // An index that names other files does not have them removed.
  put(folder.file("precious"), "text");
  put(path + ".index.json", R"({"weight_map":{"a":"precious","b":"m-00009-of-00009.safetensors"}})");
  save(2, 100);
  CHECK(entries(folder) == std::vector<std::string>{"m.safetensors", "precious"});
  CHECK_THROWS_WITH(SafetensorsOptions().max_shard_size(0), Contains("max_shard_size is 0"));
}

TEST_CASE("a save in one form leaves nothing of the other", "[io]") {
  const Folder folder;
  const std::string path = folder.file("m.safetensors"), index = path + ".index.json";
  const auto parts = io::SafetensorsOptions().max_shard_size(8);
  const auto of = [](double value) { return StateDict{{"a", full({1}, value)}, {"b", full({1}, value)}}; };
  const auto values = [](const std::string& from) {
    double sum = 0;
    for (const auto& each : io::load_safetensors(from)) sum += each.second.item();
    return sum;
  };
  for (int round = 1; round <= 2; ++round) {
    io::save_safetensors(of(1), path, {}, parts);
    CHECK(folder.entries() == 3);
    CHECK(values(path) == 2);
    CHECK(values(index) == 2);
    if (round == 1)
      io::save_safetensors(of(2), path);
    else
      io::save_safetensors(of(2), path, {}, io::SafetensorsOptions().checksum());
    CHECK(folder.entries() == 1);
    CHECK(values(path) == 4);
    CHECK_THROWS(values(index));
  }
}

TEST_CASE("where the index is a link, the model is saved to what it leads to", "[io]") {
  const Folder folder;
  const std::string path = folder.file("m.safetensors"), index = path + ".index.json", blob = folder.file("blob");
  const auto parts = SafetensorsOptions().max_shard_size(8);
  const StateDict old{{"a", ones({2})}, {"b", ones({2})}}, later{{"a", zeros({2})}, {"b", zeros({2})}};
  save_safetensors(old, path, {}, parts);
  fs::rename(index, blob);
  fs::create_symlink("blob", index);
  save_safetensors(later, path, {}, parts);
  CHECK(fs::is_symlink(index));
  CHECK(folder.entries() == 4);
  check_same(load_safetensors(path), later);
  // A link that leads nowhere yet.
  fs::remove(blob);
  save_safetensors(old, path, {}, parts);
  CHECK(fs::is_symlink(index));
  check_same(load_safetensors(path), old);
}

TEST_CASE("an index of names that collide in tables of hashes is read as fast as another", "[io]") {
  const Folder folder;
  const std::string path = folder.file("m.safetensors");
  const auto seconds = [&](const std::vector<std::string>& names) {
    StateDict tensors{{"a", zeros({2})}, {"b", zeros({2})}};
    for (const std::string& name : names) tensors.emplace_back(name, zeros({0}));
    save_safetensors(tensors, path, {}, SafetensorsOptions().max_shard_size(8));
    return seconds_of([&] {
      const SafetensorsFile file(path);
      CHECK(file.names().size() == names.size() + 2);
      CHECK(file.contains(names.back()));
    });
  };
  const auto bits = static_cast<unsigned>(scaled(15, 13));
  const double ordinary = seconds(ordinary_texts(bits));
  CHECK(folder.entries() > 2);
  CHECK(seconds(colliding_texts(bits)) < 6 * ordinary + 0.5);
}

TEST_CASE("an index that lies, or leads elsewhere, is refused in clear words", "[io]") {
  const Folder folder;
  const std::string path = folder.file("m.safetensors.index.json");
  save_safetensors({{"a", ones({2})}}, folder.file("one"));
  const auto said = [&](const std::string& text) {
    put(path, text);
    return thrown_by<std::runtime_error>([&] { static_cast<void>(load_safetensors(path)); });
  };
  CHECK_THAT(said(R"({"weight_map":{"a":"../one"}})"), Contains("'../one' is not the plain name of a file"));
  CHECK_THAT(said(R"({"weight_map":{"a":"/etc/passwd"}})"), Contains("not the plain name"));
  CHECK_THAT(said(R"({"weight_map":{"a":""}})"), Contains("not the plain name"));
  CHECK_THAT(said(R"({"weight_map":{"a":"one\u0000"}})"), Contains("not the plain name"));
  CHECK_THAT(said(R"({"weight_map":{"a":"m.safetensors.index.json"}})"), Contains("an index itself"));
  CHECK_THAT(said(R"({"weight_map":{"a":"one","a":"one"}})"), Contains("names tensor 'a' twice"));
  CHECK_THAT(said(R"({"weight_map":{"b":"one"}})"), Contains("tensor 'b': is not in 'one'"));
  CHECK_THAT(said(R"({"weight_map":{"a":"two"}})"), Contains("two': cannot be opened"));
  CHECK_THAT(said(R"({"weight_map":{"a":7}})"), Contains("tensor 'a': has a number"));
  CHECK_THAT(said(R"({"weight_map":{"a":["one"]}})"), Contains("has a list"));
  CHECK_THAT(said(R"({"weight_map":{"a":{"b":"one"}}})"), Contains("has an object"));
  CHECK_THAT(said(R"({"weight_map":["one"]})"), Contains("a list for weight_map"));
  CHECK_THAT(said(R"({"weight_map":{},"weight_map":{}})"), Contains("gives weight_map twice"));
  CHECK_THAT(said(R"({"metadata":{"total_size":1}})"), Contains("has no weight_map"));
  CHECK_THAT(said("[]"), Contains("is a list, where an object belongs"));
  CHECK_THAT(said(""), Contains("not valid JSON"));
  CHECK_THAT(said(std::string("{}\0", 3)), Contains("zero byte"));
  CHECK(said(R"({"weight_map":{}})") == "nothing was thrown");
  CHECK(said(R"({"x":[{"weight_map":{"a":1}}],"metadata":{"total_size":1.5e9},"weight_map":{"a":"one"}})") ==
        "nothing was thrown");
}

TEST_CASE("mapped tensors share the file, outlive its handle, and may be written", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  const StateDict tensors = some_tensors();
  save_safetensors(tensors, path);
  StateDict shared = load_safetensors(path, mapped);
  check_same(shared, tensors);
  // The pages are those of the file: a write to them from outside is seen.
  const std::string bytes = get(path);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const float nine = 9;
  file.seekp(static_cast<std::streamoff>(bytes.find(bytes_of(tensors.at("weight")))));
  file.write(reinterpret_cast<const char*>(&nine), sizeof nine);
  file.close();
  CHECK(Raw::data<float>(shared.at("weight"))[0] == 9);
  // A write of this process is its own.
  shared.at("mean").fill_(7);
  CHECK(numbers(shared.at("mean")) == Numbers{7, 7});
  CHECK(numbers(load_safetensors(path).at("mean")) == Numbers{-0.5, 1e300});
  fs::remove(path);
  CHECK(numbers(shared.at("mean")) == Numbers{7, 7});
  CHECK(Raw::data<float>(shared.at("weight"))[5] == 6);
}

TEST_CASE("a model computes and trains with mapped weights", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  manual_seed(5);
  nn::Linear layer(4, 3);
  save_safetensors(layer.state_dict(), path, {}, SafetensorsOptions().checksum());
  const SafetensorsFile file(path, mapped);
  file.verify();
  Tensor weight = file.tensor("weight").requires_grad_();
  const Tensor x = randn({5, 4});
  const Tensor y = linear(x, weight, file.tensor("bias"));
  CHECK(sum(y != layer(x)).item() == 0);
  sum(y).backward();
  NoGrad off;
  weight -= 0.5 * weight.grad();
  CHECK(sum(load_safetensors(path).at("weight") != layer.weight).item() == 0);
}

TEST_CASE("tensors that are not aligned, bools and converted ones are read in a mapped file too", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[1,9]},"m":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})";
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) text += static_cast<char>(header.size() >> 8 * i & 0xff);
  const float numbers_of_a[] = {1.5, -2};
  put(path, text + header + "\x05" + std::string(reinterpret_cast<const char*>(numbers_of_a), 8));
  const StateDict found = load_safetensors(path, mapped);
  CHECK(numbers(found.at("a").to(float64)) == Numbers{1.5, -2});
  CHECK(bytes_of(found.at("m")) == "\x01");
}

TEST_CASE("a file that was cut off since it was opened is an error, mapped or not", "[io]") {
  const Folder folder;
  const std::string path = folder.file("model");
  save_safetensors({{"a", ones({5000})}}, path);
  const SafetensorsFile copying(path), sharing(path, mapped);
  REQUIRE(::truncate(path.c_str(), 1000) == 0);
  CHECK_THROWS_WITH(copying.tensor("a"), Contains("became shorter"));
  CHECK_THROWS_WITH(sharing.tensor("a"), Contains("became shorter"));
}
