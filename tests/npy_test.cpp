// Arrays in NumPy's format: .npy files, and what is refused in them.

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/io/npy.hpp>

#include "catch2.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;
using namespace xgrad::io;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// An array of version 1.0 with this header, to which a line break is added, and these values.
std::string framed(const std::string& header, const std::string& values, char major = 1) {
  std::string text = std::string("\x93NUMPY") + major + '\0';
  for (std::size_t i = 0; i < (major == 1 ? 2 : 4); ++i) text += static_cast<char>((header.size() + 1) >> 8 * i & 0xff);
  return text + header + "\n" + values;
}

std::string dictionary(const std::string& descr, const std::string& shape, const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

template <class T>
std::string bytes(std::vector<T> numbers) {
  return std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T));
}

Tensor loaded(const std::string& text) {
  const Folder folder;
  put(folder.file("x.npy"), text);
  return load_npy(folder.file("x.npy"));
}

std::string refusal(const std::string& text) {
  return thrown_by<std::runtime_error>([&] { static_cast<void>(loaded(text)); });
}

const std::string golden = XGRAD_SOURCE_DIR "/tests/golden/files/";

}  // namespace

TEST_CASE("an array is saved byte for byte as numpy.save does", "[io]") {
  const Folder folder;
  const std::string path = folder.file("x.npy");
  save_npy(Tensor{0., 1., 2., 3., 4.}, path);
  CHECK(get(path) == get(golden + "numpy_version_1.npy"));
  save_npy(Tensor({{1, 2}, {3, 4}}), path);
  CHECK(get(path) == std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                         "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2), }" + std::string(58, ' ') + "\n" +
                         bytes<std::int64_t>({1, 2, 3, 4}));
  for (const Tensor& x : {Tensor(1.5f), Tensor{true, false}, zeros({0, 3}), Tensor({{{1.f}, {2.f}}}), Tensor(7),
                          zeros({3, 0}, float64)}) {
    save_npy(x, path);
    CHECK(get(path).size() % 64 == static_cast<std::size_t>(x.size()) * size_of(x.dtype()) % 64);
    const Tensor y = load_npy(path);
    CHECK(y.shape() == x.shape());
    CHECK(y.dtype() == x.dtype());
    CHECK(numbers(y.to(float64)) == numbers(x.to(float64)));
  }
}

TEST_CASE("every dtype is read, in either byte order", "[io]") {
  const auto whole = [](const std::string& descr, const std::string& values) {
    return whole_numbers(loaded(framed(dictionary(descr, "(2,)"), values)));
  };
  using Whole = std::vector<std::int64_t>;
  CHECK(whole("|i1", "\xff\x7f") == Whole{-1, 127});
  CHECK(whole("|u1", "\xff\x7f") == Whole{255, 127});
  CHECK(whole("<i2", bytes<std::int16_t>({-2, 300})) == Whole{-2, 300});
  CHECK(whole(">i2", std::string("\xff\xfe\x01\x2c", 4)) == Whole{-2, 300});
  CHECK(whole("<u2", bytes<std::uint16_t>({65535, 1})) == Whole{65535, 1});
  CHECK(whole(">u2", std::string("\xff\xfe\x01\x2c", 4)) == Whole{65534, 300});
  CHECK(whole("<i4", bytes<std::int32_t>({-2, 300})) == Whole{-2, 300});
  CHECK(whole(">u4", std::string("\xff\xff\xff\xfe\0\0\1\2", 8)) == Whole{4294967294, 258});
  CHECK(whole("=i8", bytes<std::int64_t>({-2, std::int64_t{1} << 40})) == Whole{-2, std::int64_t{1} << 40});
  CHECK(whole(">i8", std::string("\xff\xff\xff\xff\xff\xff\xff\xfe\0\0\0\0\0\0\1\2", 16)) == Whole{-2, 258});
  CHECK(whole("<u8", bytes<std::uint64_t>({INT64_MAX, 0})) == Whole{INT64_MAX, 0});
  CHECK_THAT(refusal(framed(dictionary("<u8", "(1,)"), std::string(8, '\xff'))),
             Contains("holds 18446744073709551615"));
  const Tensor flags = loaded(framed(dictionary("|b1", "(3,)"), std::string("\0\1\xff", 3)));
  CHECK(flags.dtype() == boolean);
  CHECK(numbers(flags.to(float64)) == Numbers{0, 1, 1});
  CHECK(loaded(framed(dictionary("?", "()"), "\x01")).dtype() == boolean);
  const Tensor half = loaded(framed(dictionary(">f2", "(2,)"), std::string("\x3c\x00\xc1\x00", 4)));
  CHECK(half.dtype() == float32);
  CHECK(numbers(half.to(float64)) == Numbers{1, -2.5});
  CHECK(numbers(loaded(framed(dictionary(">f4", "(1,)"), std::string("\xbf\x80\0\0", 4))).to(float64)) == Numbers{-1});
  CHECK(numbers(loaded(framed(dictionary(">f8", "(1,)"), std::string("\xbf\xf0\0\0\0\0\0\0", 8)))) == Numbers{-1});
}

TEST_CASE("column-major arrays are transposed", "[io]") {
  const std::string values = bytes<double>({0, 3, 1, 4, 2, 5});
  const Tensor x = loaded(framed(dictionary("<f8", "(2, 3)", "True"), values));
  CHECK(x.shape() == Shape{2, 3});
  CHECK(numbers(x) == Numbers{0, 1, 2, 3, 4, 5});
  CHECK(loaded(framed(dictionary("<f8", "(0, 3)", "True"), "")).shape() == Shape{0, 3});
  CHECK(loaded(framed(dictionary("<f8", "()", "True"), bytes<double>({7}))).item() == 7);
  CHECK_NOTHROW(loaded(framed(dictionary("<f8", "(2, 3)", "True"), values)).fill_(0));
}

TEST_CASE("headers of every version, spacing and order are read", "[io]") {
  for (const char* name : {"numpy_version_1.npy", "numpy_version_2.npy", "numpy_version_3.npy"})
    CHECK(numbers(load_npy(golden + name)) == Numbers{0, 1, 2, 3, 4});
  CHECK(whole_numbers(load_npy(golden + "python_2.npy")) == std::vector<std::int64_t>{0, 1, 2});
  const std::string two = bytes<float>({1, 2});
  for (const char* header : {"{\"shape\":(2,),\"descr\":\"<f4\",\"fortran_order\":False}",
                             " { 'descr' : '<f4' ,\n'fortran_order':True,'shape': ( 2 , ) } \n",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2,), }",
                             "{'descr': 'f4', 'fortran_order': False, 'shape': (2L, 1L)}"})
    for (const char major : {'\1', '\2', '\3'})
      CHECK(numbers(loaded(framed(header, two, major)).to(float64)) == Numbers{1, 2});
}

TEST_CASE("a header that lies or holds something else is refused in clear words", "[io]") {
  CHECK_THAT(refusal(""), StartsWith("load_npy: '") && Contains("holds 0 bytes"));
  CHECK_THAT(refusal("\x93NUMP"), Contains("holds 5 bytes"));
  CHECK_THAT(refusal("PK\x03\x04 and so on"), Contains("does not begin with"));
  CHECK_THAT(refusal(std::string("\x93NUMPY\x04\x00\x00\x00", 10)), Contains("has version 4.0"));
  CHECK_THAT(refusal(std::string("\x93NUMPY\x02\x00\x00\x00", 10)), Contains("cut off inside the header"));
  CHECK_THAT(refusal(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12)),
             Contains("announces a header of 4294967295"));
  CHECK_THAT(refusal(std::string("\x93NUMPY\x01\x00\x10\x00{", 11)), Contains("only 1 follow"));
  const auto says = [](const std::string& header, const std::string& values = std::string(8, '\0')) {
    return refusal(framed(header, values));
  };
  CHECK_THAT(says(dictionary("|O", "(1,)")), Contains("dtype '|O', Python objects") && Contains("not unpickled"));
  for (const char* descr : {"<c16", "<U3", "|S3", "<M8[ns]", "<f16", "|V2", "", "<", "<f3", "i", "float64"})
    CHECK_THAT(says(dictionary(descr, "(1,)")), Contains(std::string("dtype '") + descr + "': only"));
  CHECK_THAT(says("{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (1,)}"), Contains("structures"));
  CHECK_THAT(says(dictionary("<f8", "(2,)")),
             Contains("has shape (2) of elements of 8 bytes, which takes 16 bytes, but 8"));
  CHECK_THAT(says(dictionary("<f8", "()"), std::string(16, '\0')), Contains("which takes 8 bytes, but 16"));
  CHECK_THAT(says(dictionary("<f8", "(9223372036854775807,)")), Contains("overflows"));
  CHECK_THAT(says(dictionary("<f8", "(4294967296, 4294967296, 0)")), Contains("overflows"));
  CHECK_THAT(says(dictionary("<f8", "(9223372036854775808,)")), Contains("no tuple of sizes"));
  CHECK_THAT(says(dictionary("<f8", "(-1,)")), Contains("no tuple of sizes"));
  CHECK_THAT(says(dictionary("<f8", "(1)")), Contains("a number for its shape"));
  CHECK_THAT(says(dictionary("<f8", "(1 1)")), Contains("without a comma"));
  CHECK_THAT(says(dictionary("<f8", "[1]")), Contains("has no '('"));
  std::string many = "(";
  for (int i = 0; i < 33; ++i) many += "1,";
  CHECK_THAT(says(dictionary("<f8", many + ")")), Contains("more than 32 axes"));
  CHECK_THAT(says(dictionary("<f8", "(1,)", "0")), Contains("True or False"));
  CHECK_THAT(says("{'descr': '<f8', 'shape': (1,)}"), Contains("has no 'fortran_order'"));
  CHECK_THAT(says("{'descr': '<f8', 'descr': '<f8'}"), Contains("gives 'descr' twice"));
  CHECK_THAT(says("{'dtype': '<f8'}"), Contains("has the key 'dtype'"));
  CHECK_THAT(says(dictionary("<f8", "(1,)") + "x"), Contains("goes on after the dictionary"));
  CHECK_THAT(says("{'descr': '<f8"), Contains("without an end"));
  CHECK_THAT(says("{'de\\x73cr': '<f8'}"), Contains("backslash"));
  CHECK_THAT(says("{"), Contains("no text where one belongs"));
  CHECK_THAT(says(""), Contains("has no '{'"));
}

TEST_CASE("an array cut off at any byte, or followed by any, is refused", "[io]") {
  const std::string whole = framed(dictionary("<f4", "(3, 2)"), bytes<float>({1, 2, 3, 4, 5, 6}));
  CHECK(loaded(whole).shape() == Shape{3, 2});
  for (std::size_t size = 0; size < whole.size(); ++size)
    if (refusal(whole.substr(0, size)) == "nothing was thrown") FAIL(size);
  CHECK_THAT(refusal(whole + "x"), Contains("but 25 follow"));
}

TEST_CASE("random damage to an array loads or throws, and never crashes", "[io]") {
  const std::string whole = framed(dictionary("<i2", "(3, 2)", "True"), bytes<std::int16_t>({1, 2, 3, 4, 5, 6}));
  const std::string alphabet = "{}()[]'\",:0123456789-<>|=fiuL \n" + std::string("\0\xff", 2);
  std::mt19937 random(3);
  const Folder folder;
  int count = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = whole;
    for (std::size_t edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char c = alphabet[random() % alphabet.size()];
      if (random() % 3 == 0)
        text.erase(at, 1 + random() % 8);
      else if (random() % 2 == 0)
        text.insert(at, 1, c);
      else
        text[at] = c;
    }
    put(folder.file("x"), text);
    try {
      if (load_npy(folder.file("x")).size() > 12) FAIL("more elements than bytes");
      ++count;
    } catch (const std::runtime_error&) {
    }
  }
  CHECK(count > 0);
  CHECK(count < 3000);
}

TEST_CASE("save_npy stores float16 and refuses what NumPy has not", "[io]") {
  const Folder folder;
  const std::string path = folder.file("x.npy");
  save_npy(Tensor{0.1, 1e6, -3.}, path, Floats::float16);
  CHECK(get(path).find("'descr': '<f2'") != std::string::npos);
  CHECK(numbers(load_npy(path).to(float64)) == Numbers{0.0999755859375, std::numeric_limits<double>::infinity(), -3});
  save_npy(Tensor{1, 2}, path, Floats::float16);
  CHECK(load_npy(path).dtype() == int64);
  CHECK_THROWS_WITH(save_npy(Tensor{1.}, path, Floats::bfloat16), Contains("save_npy: NumPy's format has no bfloat16"));
  CHECK_THROWS_WITH(save_npy(Tensor(), path), Contains("save_npy: the tensor is undefined"));
  CHECK_THROWS_WITH(load_npy(folder.file("none")), Contains("cannot be opened"));
  CHECK(load_npy(path).size() == 2);
}
