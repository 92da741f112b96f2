// EMNIST, QMNIST and CIFAR files, which the tests write themselves.

#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "folder.hpp"
#include "inspect.hpp"

#include <xgrad/data/cifar.hpp>
#include <xgrad/data/mnist.hpp>

using namespace xgrad;
using namespace xgrad::data;
using Catch::Matchers::Contains;

namespace {

std::string idx(char type, const std::vector<std::uint32_t>& sizes, const std::string& elements) {
  std::string text{0, 0, type, static_cast<char>(sizes.size())};
  for (std::uint32_t size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift & 0xff);
  return text + elements;
}

std::string ints(const std::vector<std::int32_t>& numbers) {
  std::string bytes;
  for (std::int32_t number : numbers)
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes += static_cast<char>(static_cast<std::uint32_t>(number) >> shift & 0xff);
  return bytes;
}

/// A picture of CIFAR: its labels, then pixels that count from `first` on.
std::string record(const std::string& labels, unsigned first) {
  std::string bytes = labels;
  for (unsigned i = 0; i < 3072; ++i) bytes += static_cast<char>(first + i);
  return bytes;
}

void put_cifar10(const Folder& folder) {
  for (int i = 1; i <= 5; ++i)
    put(folder.file("data_batch_" + std::to_string(i) + ".bin"),
        record(std::string(1, static_cast<char>(i)), static_cast<unsigned>(i)) + (i == 2 ? record("\x09", 7) : ""));
  put(folder.file("test_batch.bin"), record(std::string(1, '\0'), 100));
}

}  // namespace

TEST_CASE("EMNIST's pictures stand upright, and letters keep their labels", "[data]") {
  Folder folder;
  const std::string stem = folder.file("emnist-letters-train-");
  put(stem + "images-idx3-ubyte", idx(8, {2, 2, 3}, std::string("\1\2\3\4\5\6\7\10\11\12\13\14", 12)));
  put(stem + "labels-idx1-ubyte", idx(8, {2}, "\1\x1a"));
  const ImageDataset letters = load_emnist(folder.path(), Emnist::letters, Split::train);
  CHECK(letters.rows() == 3);
  CHECK(letters.cols() == 2);
  CHECK(letters.classes() == 27);
  CHECK(whole_numbers(letters.labels()) == std::vector<std::int64_t>{1, 26});
  const std::uint8_t upright[] = {1, 4, 2, 5, 3, 6};
  for (std::size_t i = 0; i < 6; ++i) CHECK(letters.pixels(0)[i] == upright[i]);

  put(stem + "labels-idx1-ubyte", idx(8, {2}, std::string("\1\0", 2)));
  CHECK_THROWS_WITH(load_emnist(folder.path(), Emnist::letters, Split::train),
                    Contains("load_emnist: '") && Contains("label 1 is 0: it must be 1 to 26"));
  CHECK_THROWS_WITH(load_emnist(folder.path(), Emnist::byclass, Split::test),
                    Contains("has no emnist-byclass-test-images-idx3-ubyte"));
  put(stem + "labels-idx1-ubyte", idx(9, {2}, "\1\1"));
  CHECK_THROWS_WITH(load_emnist(folder.path(), Emnist::letters, Split::train),
                    Contains("load_emnist: '") && Contains("holds signed bytes: only unsigned bytes"));
}

TEST_CASE("QMNIST's labels are the first of eight numbers", "[data]") {
  Folder folder;
  const std::string images = folder.file("qmnist-test-images-idx3-ubyte"),
                    labels = folder.file("qmnist-test-labels-idx2-int");
  put(images, idx(8, {2, 1, 2}, "\1\2\3\4"));
  const std::vector<std::int32_t> info = {7, 4, 2150, 0, 55, 1082, 0, 0, 3, -1, 1 << 30, 3, 4, 5, 6, -2147483647};
  put(labels, idx(12, {2, 8}, ints(info)));
  const Qmnist set = load_qmnist(folder.path(), Split::test);
  CHECK(whole_numbers(set.images.labels()) == std::vector<std::int64_t>{7, 3});
  CHECK(set.images.pixels(1)[1] == 4);
  CHECK(set.info.shape() == Shape({2, 8}));
  CHECK(whole_numbers(set.info) == std::vector<std::int64_t>(info.begin(), info.end()));

  const auto refusal = [&](const std::string& bytes) {
    put(labels, bytes);
    return thrown_by<std::runtime_error>([&] { load_qmnist(folder.path(), Split::test); });
  };
  CHECK_THAT(refusal(idx(12, {2, 7}, ints(std::vector<std::int32_t>(14)))),
             Contains("has 7 numbers for a picture: it must be 8"));
  CHECK_THAT(refusal(idx(12, {16}, ints(info))), Contains("has rank 1: it must be 2"));
  CHECK_THAT(refusal(idx(12, {2, 8}, ints({-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}))),
             Contains("label 0 is -1"));
  CHECK_THAT(refusal(idx(12, {1, 8}, ints({1, 0, 0, 0, 0, 0, 0, 0}))), Contains("2 images") && Contains("1 labels"));
  CHECK_THAT(refusal(idx(8, {2, 8}, std::string(16, '\0'))), Contains("holds unsigned bytes: only 32-bit integers"));
  CHECK_THROWS_WITH(load_qmnist(folder.path(), Split::train), Contains("qmnist-train-images"));
}

TEST_CASE("an IDX file of integers cut off at any byte is refused", "[data]") {
  Folder folder;
  const std::string whole = idx(12, {2, 2}, ints({1, -2, 3, 2147483647})), path = folder.file("ints");
  put(path, whole);
  CHECK(read_idx_ints(path).numbers == std::vector<std::int32_t>{1, -2, 3, 2147483647});
  CHECK(read_idx_ints(path).sizes == std::vector<std::int64_t>{2, 2});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    put(path, whole.substr(0, length));
    CAPTURE(length);
    CHECK_THROWS_WITH(read_idx_ints(path), Contains("read_idx_ints: '"));
  }
  put(path, whole + "x");
  CHECK_THROWS_WITH(read_idx_ints(path), Contains("goes on after the 2 x 2 elements"));
  CHECK_THROWS_WITH(read_idx_ints(path, 3), Contains("more than the limit of 3"));
  put(path, idx(12, std::vector<std::uint32_t>(3, 0xffffffff), ""));
  CHECK_THROWS_WITH(read_idx_ints(path, std::numeric_limits<std::int64_t>::max()), Contains("more than the limit"));
  put(path, idx(12, {0x3fffffff}, "abcd"));
  CHECK_THROWS_WITH(read_idx_ints(path), Contains("only 1 follow"));
}

TEST_CASE("CIFAR-10's files are read one after the other", "[data]") {
  Folder folder;
  put_cifar10(folder);
  const ImageDataset train = load_cifar10(folder.path(), Split::train), test = load_cifar10(folder.path(), Split::test);
  CHECK(whole_numbers(train.labels()) == std::vector<std::int64_t>{1, 2, 9, 3, 4, 5});
  CHECK(train.channels() == 3);
  CHECK(train.rows() == 32);
  CHECK(train.classes() == 10);
  CHECK(train.images().shape() == Shape({6, 3072}));
  for (std::size_t i = 0; i < 3072; ++i) REQUIRE(train.pixels(2)[i] == (7 + i) % 256);
  CHECK(test.size() == 1);
  const std::int64_t rows[] = {5, 0};
  CHECK(train.gather(rows, 2).inputs(0, 1).item() == Approx(6. / 255));
}

TEST_CASE("CIFAR-100 has fine and coarse labels", "[data]") {
  Folder folder;
  put(folder.file("train.bin"), record("\x13\x63", 1) + record(std::string("\0\5", 2), 2));
  const ImageDataset fine = load_cifar100(folder.path(), Split::train);
  const ImageDataset coarse = load_cifar100(folder.path(), Split::train, CifarLabels::coarse);
  CHECK(whole_numbers(fine.labels()) == std::vector<std::int64_t>{99, 5});
  CHECK(whole_numbers(coarse.labels()) == std::vector<std::int64_t>{19, 0});
  CHECK(fine.classes() == 100);
  CHECK(coarse.classes() == 20);
  CHECK(fine.pixels(0)[0] == 1);
  put(folder.file("train.bin"), record("\x14\x01", 1));
  CHECK_THROWS_WITH(load_cifar100(folder.path(), Split::train),
                    Contains("load_cifar100: '") && Contains("picture 0 has label 20: it must be below 20"));
}

TEST_CASE("a CIFAR file that is no whole pictures is refused, whatever its length", "[data]") {
  Folder folder;
  put_cifar10(folder);
  const std::string path = folder.file("data_batch_3.bin"), whole = record("\1", 0) + record("\2", 0);
  const auto refusal = [&](const std::string& bytes, std::int64_t limit = default_cifar_limit) {
    put(path, bytes);
    return thrown_by<std::runtime_error>([&] { load_cifar10(folder.path(), Split::train, limit); });
  };
  for (std::size_t length : {std::size_t{1}, std::size_t{3072}, std::size_t{3074}, whole.size() - 1})
    CHECK_THAT(
        refusal(whole.substr(0, length)),
        Contains("data_batch_3.bin") && Contains(std::to_string(length) + " bytes, which are no whole pictures"));
  CHECK_THAT(refusal(""), Contains("is empty"));
  CHECK_THAT(refusal(record("\1", 0) + record("\x0a", 0)), Contains("picture 1 has label 10: it must be below 10"));
  CHECK_THAT(refusal(whole, 6145), Contains("has 6146 bytes: more than the limit of 6145"));
  CHECK_THAT(thrown_by<std::runtime_error>([&] { load_cifar10(folder.file("none"), Split::test); }),
             Contains("No such file"));
  CHECK_THROWS_AS(load_cifar10(folder.path(), Split::test, -1), std::invalid_argument);
  CHECK_THROWS_AS(load_cifar10(std::string("a\0b", 3), Split::test), std::invalid_argument);
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(3073 * (1 + random() % 3), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string answer = refusal(bytes);
    const bool good = bytes[0] < 10 && bytes[0] >= 0;
    if (!good) CHECK_THAT(answer, Contains("has label"));
  }
}
