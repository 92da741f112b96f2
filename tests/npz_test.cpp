// Archives of NumPy's arrays, those that others write and hostile ones.

#include <zlib.h>

#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/io/npz.hpp>
#include <xgrad/io/zip.hpp>
#include <xgrad/io/zip_writer.hpp>

#include "catch2.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::io;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

const std::string golden = XGRAD_SOURCE_DIR "/tests/golden/files/";

std::string two(std::uint64_t value) { return {static_cast<char>(value & 0xff), static_cast<char>(value >> 8 & 0xff)}; }
std::string four(std::uint64_t value) { return two(value) + two(value >> 16); }
std::string eight(std::uint64_t value) { return four(value) + four(value >> 32); }

std::uint32_t crc_of(const std::string& bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string deflated(const std::string& bytes, int level = 9, int strategy = Z_DEFAULT_STRATEGY) {
  z_stream stream = {};
  deflateInit2(&stream, level, Z_DEFLATED, -MAX_WBITS, 8, strategy);
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

std::string array_of(const std::string& descr, const std::string& shape, const std::string& values) {
  const std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  return std::string("\x93NUMPY\x01\x00", 8) + two(header.size()) + header + values;
}
/// An array of float32.
std::string array_of(const std::string& shape, const std::vector<float>& numbers) {
  return array_of("<f4", shape,
                  std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)));
}

/// A member as an archive that is made by hand describes it: by the truth, unless a test says something else.
struct Member {
  std::string name, stored;
  std::uint64_t packed, unpacked, crc, method = 0, flags = 0, offset = 0;
  std::string local_name = {};  // another name in its own header

  static Member plain(const std::string& name, const std::string& bytes) {
    return {name, bytes, bytes.size(), bytes.size(), crc_of(bytes)};
  }
  static Member packed_as(const std::string& name, const std::string& bytes, int level = 9,
                          int strategy = Z_DEFAULT_STRATEGY) {
    const std::string stored = deflated(bytes, level, strategy);
    return {name, stored, stored.size(), bytes.size(), crc_of(bytes), 8};
  }
};

struct Archive {
  std::vector<Member> members;
  bool wide = false;  // zip64
  std::uint64_t count_off = 0, directory_off = 0;
  std::string comment = {};

  std::string text() {
    std::string file, directory;
    for (Member& member : members) {
      if (member.offset == 0) member.offset = file.size();
      const std::string& name = member.local_name.empty() ? member.name : member.local_name;
      const std::string common = two(20) + two(member.flags) + two(member.method) + four(0) + four(member.crc);
      file += four(0x04034b50) + common + four(member.packed) + four(member.unpacked) + two(name.size()) + two(0) +
              name + member.stored;
      const std::string extra = wide ? two(0x5455) + two(1) + "x" + two(1) + two(24) + eight(member.unpacked) +
                                           eight(member.packed) + eight(member.offset)
                                     : "";
      directory += four(0x02014b50) + two(20) + common + four(wide ? ~0u : member.packed) +
                   four(wide ? ~0u : member.unpacked) + two(member.name.size()) + two(extra.size()) + two(0) + two(0) +
                   two(0) + four(0) + four(wide ? ~0u : member.offset) + member.name + extra;
    }
    const std::uint64_t at = file.size() + directory_off, count = members.size() + count_off;
    std::string end;
    if (wide)
      end = four(0x06064b50) + eight(44) + two(45) + two(45) + four(0) + four(0) + eight(count) + eight(count) +
            eight(directory.size()) + eight(at) + four(0x07064b50) + four(0) + eight(file.size() + directory.size()) +
            four(1);
    const std::string counts = wide ? two(0xffff) + two(0xffff) : two(count) + two(count);
    return file + directory + end + four(0x06054b50) + two(0) + two(0) + counts + four(wide ? ~0u : directory.size()) +
           four(wide ? ~0u : at) + two(comment.size()) + comment;
  }
};

StateDict loaded(const std::string& text, std::int64_t limit = default_npz_limit) {
  const Folder folder;
  put(folder.file("x.npz"), text);
  return load_npz(folder.file("x.npz"), limit);
}

std::string refusal(const std::string& text, std::int64_t limit = default_npz_limit) {
  return thrown_by<std::runtime_error>([&] { static_cast<void>(loaded(text, limit)); });
}
std::string refusal(std::vector<Member> members) { return refusal(Archive{std::move(members)}.text()); }

const std::string three = array_of("(3,)", {1, 2, 3});

/// Bytes of 0 and 1 in long runs, or only ones.
std::string runs(std::size_t count, bool only_ones) {
  std::mt19937 random(5);
  std::string bytes;
  while (bytes.size() < count) {
    const std::size_t length = random() % 300;
    bytes.append(length, only_ones || length % 2 == 0 ? '\1' : '\0');
  }
  bytes.resize(count);
  return bytes;
}

void check_same(const StateDict& found, const StateDict& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Tensor &x = found[i].second, &y = expected[i].second;
    CAPTURE(found[i].first, expected[i].first);
    REQUIRE(x.shape() == y.shape());
    REQUIRE(x.dtype() == y.dtype());
    REQUIRE(std::memcmp(Raw::bytes(x), Raw::bytes(y), static_cast<std::size_t>(x.size()) * size_of(x.dtype())) == 0);
  }
}

}  // namespace

TEST_CASE("the archives that NumPy writes are read, with names, order, values and dtypes", "[io]") {
  for (const char* name : {"numpy.npz", "numpy_compressed.npz"}) {
    const StateDict all = load_npz(golden + name);
    std::vector<std::string> names;
    for (const auto& entry : all) names.push_back(entry.first);
    CHECK(names == std::vector<std::string>{"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11",
                                            "fortran", "cube", "scalar", "empty"});
    CHECK(all.at("a0").dtype() == boolean);
    for (const char* key : {"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"}) CHECK(all.at(key).dtype() == int64);
    CHECK(all.at("a9").dtype() == float32);
    CHECK(all.at("a10").dtype() == float32);
    CHECK(all.at("a11").dtype() == float64);
    CHECK(all.at("a11").shape() == Shape{2, 3});
    CHECK(numbers(all.at("fortran")) == Numbers{0, 1, 2, 3, 4, 5});
    CHECK(sum(all.at("cube").reshape({24}) != arange(24)).item() == 0);
    CHECK(all.at("scalar").item() == 2.5);
    CHECK(all.at("scalar").rank() == 0);
    CHECK(all.at("empty").shape() == Shape{0, 3});
  }
  const NpzFile file(golden + "numpy.npz");
  CHECK(file.names().size() == 16);
  CHECK(file.contains("cube"));
  CHECK_FALSE(file.contains("cube.npy"));
  CHECK(file.tensor("cube").shape() == Shape{2, 3, 4});
  CHECK_THROWS_WITH(
      file.tensor("ball"),
      Contains("NpzFile: '" + golden + "numpy.npz': there is no array 'ball': there are ") && Contains("'cube'"));
}

TEST_CASE("what is saved is loaded again, stored or compressed, in its order", "[io]") {
  const Folder folder;
  const std::string path = folder.file("x.npz");
  manual_seed(1);
  const StateDict tensors{{"z", randn({200, 300})},
                          {"a/b", Tensor{1.5, -0.0}},
                          {"", Tensor(std::int64_t{1} << 60)},
                          {"gr\xc3\xbc\xc3\x9f.npy", Tensor{true, false}},
                          {"zeros", zeros({100000})},
                          {"none", zeros({0, 2})}};
  for (const bool compressed : {false, true}) {
    save_npz(tensors, path, NpzOptions().compressed(compressed));
    const std::string bytes = get(path);
    save_npz(tensors, path, NpzOptions().compressed(compressed));
    CHECK(get(path) == bytes);
    CHECK((bytes.size() < 400000) == compressed);
    const StateDict found = load_npz(path);
    REQUIRE(found.size() == tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      CHECK(found[i].first == tensors[i].first);
      CHECK(found[i].second.shape() == tensors[i].second.shape());
      CHECK(found[i].second.dtype() == tensors[i].second.dtype());
      CHECK(numbers(found[i].second.to(float64)) == numbers(tensors[i].second.to(float64)));
    }
  }
  save_npz({}, path);
  CHECK(load_npz(path).empty());
  save_npz({{"h", Tensor{0.1f}}}, path, NpzOptions().floats(Floats::float16));
  CHECK(numbers(load_npz(path).at("h").to(float64)) == Numbers{0.0999755859375});
}

// The last bits of a stream may be read long before the bytes that they stand for are: of a long match they are given
// out over two reads.
TEST_CASE("whatever its sizes, codes and dtype, what deflate packs is read as what is stored", "[io]") {
  struct Kind {
    const char* descr;
    std::size_t size, piece;  // of an element, and of what is read at a time
  };
  struct Way {
    int level, strategy;
    bool only_ones;
  };
  const std::vector<Kind> kinds{{"|b1", 1, 1 << 14}, {"|u1", 1, 1 << 14}, {"<f2", 2, 1 << 14}, {"<i4", 4, 1 << 14},
                                {"<f4", 4, 1 << 16}, {"<f8", 8, 1 << 16}, {"<i8", 8, 1 << 16}};
  const std::vector<Way> ways{
      {6, Z_FIXED, true}, {6, Z_DEFAULT_STRATEGY, true}, {1, Z_RLE, true}, {9, Z_DEFAULT_STRATEGY, false}};
  const auto pace = static_cast<std::size_t>(scaled(1, 7));
  for (const Kind& kind : kinds)
    for (const Way& way : ways) {
      CAPTURE(kind.descr, way.level, way.strategy);
      std::vector<Member> stored, packed;
      for (std::size_t extra = kind.size; extra <= 200; extra += pace * kind.size) {
        const std::size_t bytes = kind.piece + extra;
        const std::string array =
            array_of(kind.descr, "(" + std::to_string(bytes / kind.size) + ",)", runs(bytes, way.only_ones));
        const std::string name = std::to_string(extra) + ".npy";
        stored.push_back(Member::plain(name, array));
        packed.push_back(Member::packed_as(name, array, way.level, way.strategy));
      }
      check_same(loaded(Archive{std::move(packed)}.text()), loaded(Archive{std::move(stored)}.text()));
    }
}

TEST_CASE("ones of any size and dtype survive compression", "[io]") {
  const Folder folder;
  const std::string path = folder.file("x.npz");
  for (const DType dtype : {boolean, int64, float32, float64})
    for (const Floats floats : {Floats::as_they_are, Floats::float16}) {
      const std::int64_t piece = dtype == boolean ? 1 << 15 : 1 << 14;
      StateDict tensors;
      for (std::int64_t extra = 0; extra < 130; extra += scaled(1, 13))
        tensors.emplace_back(std::to_string(extra), ones({piece + extra}, dtype));
      save_npz(tensors, path, NpzOptions().compressed().floats(floats));
      const StateDict found = load_npz(path);
      REQUIRE(found.size() == tensors.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        REQUIRE(found[i].second.shape() == tensors[i].second.shape());
        REQUIRE(sum(found[i].second != tensors[i].second.to(found[i].second.dtype())).item() == 0);
      }
    }
}

TEST_CASE("save_npz refuses what an archive cannot hold, before it writes", "[io]") {
  const Folder folder;
  const std::string path = folder.file("x.npz");
  CHECK_THROWS_WITH(save_npz({{"a", ones({1})}, {"a", ones({1})}}, path), Contains("save_npz: 'a': two tensors"));
  CHECK_THROWS_WITH(save_npz({{"a", Tensor()}}, path), Contains("save_npz: 'a': the tensor is undefined"));
  CHECK_THROWS_WITH(save_npz({{std::string(70000, 'n'), ones({1})}}, path), Contains("longer than 65000 bytes"));
  CHECK_THROWS_WITH(save_npz({{std::string("a\0b", 3), ones({1})}}, path), Contains("zero byte"));
  for (const char* name : {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf"})
    CHECK_THROWS_WITH(save_npz({{"a", ones({1})}, {name, ones({1})}}, path),
                      StartsWith("save_npz: the name '") && EndsWith("' is not UTF-8"));
  CHECK_THROWS_WITH(save_npz({{"a", ones({1})}}, path, NpzOptions().floats(Floats::bfloat16)), Contains("no bfloat16"));
  CHECK_THROWS_AS(load_npz(path, -1), std::invalid_argument);
  CHECK(folder.entries() == 0);
  save_npz({{"gr\xc3\xb6\xc3\x9f", ones({1})}}, path);
  CHECK(NpzFile(path).names() == std::vector<std::string>{"gr\xc3\xb6\xc3\x9f"});
}

TEST_CASE("zip64 is written where sizes need it, and read", "[io]") {
  const Folder folder;
  const std::string path = folder.file("x.npz");
  for (const std::uint64_t from : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{150}, std::uint64_t{400}})
    for (const bool compressed : {false, true}) {
      AtomicFile file(path);
      io::detail::ZipWriter writer(file, from);
      for (const char* name : {"a.npy", "b.npy"})
        writer.add(name, three.size(), compressed,
                   [](const io::detail::Sink& sink) { sink(three.data(), three.size()); });
      writer.finish();
      file.commit();
      CHECK((get(path).find("PK\x06\x06") != std::string::npos) == (from < 300));
      const StateDict all = load_npz(path);
      CHECK(numbers(all.at("a").to(float64)) == Numbers{1, 2, 3});
      CHECK(numbers(all.at("b").to(float64)) == Numbers{1, 2, 3});
    }
  CHECK(loaded(Archive{{Member::plain("a.npy", three), Member::packed_as("b.npy", three)}, true}.text()).size() == 2);
  CHECK(loaded(Archive{{Member::plain("a.npy", three)}, false, 0, 0, "a comment PK\x05\x06"}.text()).size() == 1);
}

TEST_CASE("a zip bomb is refused before it is unpacked", "[io]") {
  const std::string zeros_of = array_of("(1000000,)", std::vector<float>(1000000));
  CHECK(loaded(Archive{{Member::packed_as("a.npy", zeros_of)}}.text()).at("a").size() == 1000000);
  const std::string bomb = Archive{{Member::packed_as("a.npy", zeros_of), Member::packed_as("b.npy", zeros_of)}}.text();
  CHECK(bomb.size() < 20000);
  CHECK_THAT(refusal(bomb, 5'000'000), Contains("announces more bytes after decompression than the limit of 5000000") &&
                                           Contains("larger limit"));
  // One whose bytes become eight times as many.
  const std::string bytes_of_one = array_of("|u1", "(1000000,)", std::string(1000000, '\1'));
  const std::string widened =
      Archive{{Member::packed_as("a.npy", bytes_of_one), Member::packed_as("b.npy", bytes_of_one)}}.text();
  CHECK(loaded(widened, 16'000'000).size() == 2);
  CHECK_THAT(refusal(widened, 15'999'999),
             Contains("'b.npy': becomes a tensor of 8000000 bytes, but the limit leaves 7999999"));
  CHECK(loaded(Archive{{Member::plain("a.npy", bytes_of_one)}}.text(), 0).at("a").size() == 1000000);
  // One that announces more than deflate can do.
  Member liar = Member::packed_as("a.npy", three);
  liar.unpacked = std::uint64_t{1} << 30;
  CHECK_THAT(refusal({liar}), Contains("more than deflate can do"));
  // Members that share their bytes.
  Member first = Member::packed_as("a.npy", zeros_of), second = first;
  second.name = "b.npy";
  Archive shared{{first}};
  std::string text = shared.text();
  Archive both{{shared.members[0], second}};
  both.members[1].offset = 0;
  CHECK(loaded(both.text()).size() == 2);
  Member same = first;
  same.name = "b.npy";
  same.stored = "";
  Archive overlapping{{first, same}};
  overlapping.members[1].offset = 1;
  CHECK_THAT(refusal(overlapping.text()), Contains("overlaps another member or the directory"));
}

TEST_CASE("an archive that lies is refused in clear words", "[io]") {
  const auto changed = [](auto&& change) {
    Member member = Member::plain("a.npy", three);
    change(member);
    return refusal({member});
  };
  CHECK_THAT(refusal(""), StartsWith("load_npz: '") && Contains("is not a zip archive"));
  CHECK_THAT(refusal(std::string(100000, 'x')), Contains("is not a zip archive"));
  CHECK_THAT(refusal(three), Contains("is not a zip archive"));
  CHECK_THAT(changed([](Member& m) { m.crc ^= 1; }), Contains("'a.npy' is damaged: its checksum does not agree"));
  CHECK_THAT(changed([](Member& m) { m.packed -= 1; }), Contains("its two sizes"));
  CHECK_THAT(changed([](Member& m) { m.packed -= 1, m.unpacked -= 1; }),
             Contains("which takes 12 bytes, but 11 follow"));
  CHECK_THAT(changed([](Member& m) { m.packed += 1, m.unpacked += 1; }), Contains("lies outside the archive"));
  CHECK_THAT(changed([](Member& m) { m.offset = 1000; }), Contains("lies outside the archive"));
  CHECK_THAT(changed([](Member& m) { m.offset = 3; }), Contains("lies outside the archive"));
  CHECK_THAT(changed([](Member& m) { m.flags = 1; }), Contains("'a.npy' is encrypted"));
  CHECK_THAT(changed([](Member& m) { m.method = 12; }), Contains("compressed by method 12"));
  CHECK_THAT(changed([](Member& m) { m.local_name = "b.npy"; }), Contains("its own header and the directory's differ"));
  CHECK_THAT(changed([](Member& m) { m.local_name = "longer.npy"; }), Contains("differ"));
  CHECK_THAT(changed([](Member& m) { m.name = std::string("a\0.npy", 6); }), Contains("zero byte"));
  CHECK_THAT(changed([](Member& m) { m.name = "a.txt"; }), Contains("'a.txt': is not an array"));
  CHECK_THAT(changed([](Member& m) { m.name = "archive/data.pkl"; }),
             Contains("(this is a PyTorch file)") && Contains("safetensors.torch.save_file"));
  CHECK_THAT(refusal({Member::plain("a.npy", "text")}), Contains("'a.npy': holds 4 bytes"));
  CHECK_THAT(refusal({Member::plain("a.npy", three), Member::plain("a.npy", three)}), Contains("'a.npy' twice"));
  CHECK_THAT(refusal({Member::plain("a.npy", three), Member::plain("a", three)}), Contains("with .npy and without"));
  Archive archive{{Member::plain("a.npy", three)}};
  archive.count_off = 1;
  CHECK_THAT(refusal(archive.text()), Contains("announces 2 members, its directory holds 1"));
  archive.count_off = 0;
  archive.directory_off = 1;
  CHECK_THAT(refusal(archive.text()), Contains("does not end where the end record begins"));
  archive.wide = true;
  CHECK_THAT(refusal(archive.text()), Contains("does not end where the end record begins"));
  archive.directory_off = 0;
  CHECK_THAT(refusal("#!/bin/sh\n" + archive.text()), Contains("zip64"));
  archive.wide = false;
  CHECK_THAT(refusal("#!/bin/sh\n" + archive.text()), Contains("does not end where the end record begins"));
  // Offsets may also count from the beginning of the file.
  Archive behind{{Member::plain("a.npy", three)}};
  behind.members[0].offset = 10;
  behind.directory_off = 10;
  CHECK_THAT(refusal("#!/bin/sh\n" + behind.text()), Contains("holds 10 bytes before its first member"));
  Archive nothing;
  CHECK(loaded(nothing.text()).empty());
  nothing.directory_off = 10;
  CHECK_THAT(refusal("#!/bin/sh\n" + nothing.text()), Contains("holds 10 bytes before its first member"));
  // A deflate stream that ends early, goes on, is damaged or does not fill its bytes.
  const auto packed = [](auto&& change) {
    Member member = Member::packed_as("a.npy", three);
    change(member);
    return refusal({member});
  };
  CHECK_THAT(packed([](Member& m) { m.unpacked += 4; }), Contains("but 16 follow"));
  CHECK_THAT(packed([](Member& m) {
               m.stored.pop_back();
               m.packed -= 1;
             }),
             Contains("'a.npy' is cut off"));
  CHECK_THAT(packed([](Member& m) {
               m.stored += "x";
               m.packed += 1;
             }),
             Contains("more bytes than were expected"));
  CHECK_THAT(packed([](Member& m) { m.stored[0] = '\xff'; }), Contains("is damaged"));
  Member longer = Member::packed_as("a.npy", three + "more");
  longer.unpacked = three.size();
  CHECK_THAT(refusal({longer}), Contains("more bytes than were expected"));
}

TEST_CASE("an archive cut off at any byte, or with any bit flipped, loads the same or throws", "[io]") {
  const Folder folder;
  const std::string path = folder.file("x.npz");
  save_npz({{"a", Tensor{1.f, 2.f}}, {"b", Tensor(3)}}, path, NpzOptions().compressed());
  const std::string whole = get(path);
  for (std::size_t size = 0; size < whole.size(); ++size)
    if (refusal(whole.substr(0, size)) == "nothing was thrown") FAIL(size);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    put(path, bytes);
    try {
      const StateDict found = load_npz(path);
      REQUIRE(found.size() == 2);
      CHECK(numbers(found[0].second.to(float64)) == Numbers{1, 2});
      CHECK(found[1].second.item<int>() == 3);
    } catch (const std::runtime_error&) {
    }
  }
}
