#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "inspect.hpp"

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/loader.hpp>
#include <xgrad/data/map.hpp>

using namespace xgrad;
using namespace xgrad::data;

namespace {

using Batches = std::vector<Numbers>;

/// Row i holds i; what else a batch does is told by the test.
class Probe : public DatasetOf<1> {
 public:
  explicit Probe(std::int64_t rows) : rows_(rows) {}
  std::int64_t size() const override { return rows_; }
  std::array<Tensor, 1> gather(const std::int64_t* rows, std::int64_t count) const override {
    ++calls;
    if (nap.count() > 0) std::this_thread::sleep_for(nap);
    Tensor x = Raw::uninitialized({count}, int64);
    for (std::int64_t i = 0; i < count; ++i) {
      if (rows[i] == bad) throw std::out_of_range("row " + std::to_string(bad) + " is bad");
      Raw::write<std::int64_t>(x)[i] = rows[i];
    }
    return {x};
  }

  mutable std::atomic<int> calls{0};
  std::chrono::microseconds nap{0};
  std::int64_t bad = -1;

 private:
  std::int64_t rows_;
};

/// Random numbers of all kinds: by row, by batch and from the default generator.
auto random_set() {
  return data::map(TransformedDataset(TensorDataset(zeros({40, 3})), transforms::GaussianNoise(0, 1)),
                   [](const Tensor& x) { return x + rand({3}); });
}

Batches all_of(Loader<1>& loader) {
  Batches all;
  for (auto [x] : loader) all.push_back(numbers(x));
  return all;
}

LoaderOptions shuffled(std::int64_t workers) {
  return LoaderOptions().batch_size(3).shuffle().seed(2).workers(workers);
}

// Whether it becomes true within ten seconds.
bool comes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return condition();
}

// A thread that was joined is listed for a moment longer.
int threads_of_process() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) count += !entry.path().empty();
  return count;
}

}  // namespace

TEST_CASE("batches are the same for any number of workers and any prefetch factor", "[data]") {
  Loader serial(random_set(), shuffled(0));
  const std::vector<Batches> expected{all_of(serial), all_of(serial)};
  CHECK(expected[0] != expected[1]);
  for (std::int64_t workers : {1, 2, 3, 8})
    for (std::int64_t factor : {1, 2, 50}) {
      Loader loader(random_set(), shuffled(workers).prefetch_factor(factor));
      CAPTURE(workers, factor);
      CHECK(all_of(loader) == expected[0]);
      CHECK(all_of(loader) == expected[1]);
    }
}

TEST_CASE("workers are at most as far ahead as asked for, and end with the loop", "[data]") {
  const int before = threads_of_process();
  const auto probe = std::make_shared<Probe>(1000);
  Loader loader(probe, LoaderOptions().workers(2).prefetch_factor(3));
  {
    auto it = loader.begin();
    CHECK(probe->calls == 0);  // nothing is read before the first batch is asked for
    (*it)[0].item();
    CHECK(comes_true([&] { return probe->calls == 1 + 6; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(probe->calls == 1 + 6);
    CHECK(threads_of_process() == before + 2);
  }
  CHECK(comes_true([&] { return threads_of_process() == before; }));
  for (auto [x] : loader)
    if (x.item() == 5) break;
  CHECK(comes_true([&] { return threads_of_process() == before; }));
  try {
    for (auto [x] : loader)
      if (x.item() == 5) throw std::runtime_error("in the loop");
  } catch (const std::runtime_error&) {
  }
  CHECK(comes_true([&] { return threads_of_process() == before; }));
}

TEST_CASE("an exception of a worker arrives at the batch it belongs to", "[data]") {
  for (std::int64_t workers : {0, 1, 3}) {
    const auto probe = std::make_shared<Probe>(20);
    probe->bad = 7;
    Loader loader(probe, LoaderOptions().batch_size(2).workers(workers));
    std::vector<std::int64_t> firsts, failed;
    for (auto it = loader.begin(); it != loader.end(); ++it) {
      try {
        firsts.push_back(whole_numbers((*it)[0]).front());
      } catch (const std::out_of_range& error) {
        CHECK(std::string(error.what()) == "row 7 is bad");
        failed.push_back(loader.position().batch);
        CHECK_THROWS_AS(*it, std::out_of_range);  // asking again tries again
      }
    }
    CAPTURE(workers);
    CHECK(firsts == std::vector<std::int64_t>{0, 2, 4, 8, 10, 12, 14, 16, 18});
    CHECK(failed == std::vector<std::int64_t>{3});
  }
}

TEST_CASE("a dataset that always throws neither hangs nor keeps threads", "[data]") {
  const auto probe = std::make_shared<Probe>(1);
  probe->bad = 0;
  for (int i = 0; i < 100; ++i) {
    Loader loader(probe, LoaderOptions().sampler(RandomSampler(1, Replacement::yes, 50)).workers(3));
    CHECK_THROWS_WITH(all_of(loader), "row 0 is bad");
  }
}

TEST_CASE("a position counts what was returned, not what was made ahead, and resumes there", "[data]") {
  Loader whole(random_set(), shuffled(0));
  Batches expected = all_of(whole);
  const Batches second = all_of(whole);
  expected.insert(expected.end(), second.begin(), second.end());
  for (std::size_t stop : {1u, 5u, 13u, 14u, 15u, 20u}) {
    Loader before(random_set(), shuffled(2).prefetch_factor(4));
    Batches got;
    for (int epoch = 0; epoch < 2 && got.size() < stop; ++epoch)
      for (auto [x] : before) {
        got.push_back(numbers(x));
        if (got.size() == stop) break;
      }
    const LoaderPosition position = before.position();
    CAPTURE(stop);
    CHECK(position.epoch * 14 + static_cast<std::size_t>(position.batch) == stop);
    Loader after(random_set(), shuffled(3));
    after.set_position(position);
    for (std::uint64_t epoch = position.epoch; epoch < 2; ++epoch)
      for (const Numbers& batch : all_of(after)) got.push_back(batch);
    CHECK(got == expected);
  }
}

TEST_CASE("a batch may be asked for again, skipped, or by two iterators", "[data]") {
  Loader loader(std::make_shared<Probe>(30), LoaderOptions().workers(2));
  auto it = loader.begin();
  CHECK((*it)[0].item() == 0);
  CHECK((*it)[0].item() == 0);
  CHECK(it->at(0).item() == 0);
  for (int i = 0; i < 9; ++i) ++it;
  CHECK((*it)[0].item() == 9);
  auto copy = it;
  ++copy;
  CHECK((*copy)[0].item() == 10);
  CHECK((*it)[0].item() == 9);
  auto other = loader.begin();  // the next epoch, while the first goes on
  CHECK((*other)[0].item() == 0);
  CHECK(loader.position().epoch == 1);
  for (std::int64_t i = 11; i < 30; ++i) CHECK((*++copy)[0].item() == static_cast<double>(i));
  for (std::int64_t i = 1; i < 30; ++i) CHECK((*++other)[0].item() == static_cast<double>(i));
  CHECK_THROWS_WITH(*++copy, "DataLoader: there is no batch at the end of an epoch");
}

TEST_CASE("an iterator goes on when its loader is moved, assigned to or gone", "[data]") {
  for (std::int64_t workers : {0, 2}) {
    auto loader = std::make_unique<Loader<1>>(std::make_shared<Probe>(10), LoaderOptions().workers(workers));
    auto it = loader->begin();
    *it;
    Loader<1> moved = std::move(*loader);
    CHECK((*++it)[0].item() == 1);
    CHECK(moved.position().batch == 2);
    Loader<1> copy = moved;  // goes on by itself
    CHECK((*++it)[0].item() == 2);
    CHECK(copy.position().batch == 2);
    CHECK(moved.position().batch == 3);
    moved = Loader<1>(std::make_shared<Probe>(3));
    loader.reset();
    CHECK((*++it)[0].item() == 3);
  }
}

TEST_CASE("batches are made with recording off, in the program's thread as in others", "[data]") {
  const Tensor weight = ones({1}).requires_grad_();
  for (std::int64_t workers : {0, 2}) {
    Loader loader(data::map(TensorDataset(ones({4})), [weight](const Tensor& x) { return x * weight; }),
                  LoaderOptions().workers(workers));
    for (auto [x] : loader) {
      CHECK_FALSE(x.requires_grad());
      CHECK(grad_enabled());
    }
  }
}

TEST_CASE("loops in several threads are independent", "[data]") {
  Loader reference(random_set(), shuffled(0));
  const Batches expected = all_of(reference);
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < scaled(20, 4); ++round) {
        Loader loader(random_set(), shuffled(2));
        right += all_of(loader) == expected;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 6 * scaled(20, 4));
}

TEST_CASE("a forked child goes on with an epoch whose threads are its parent's", "[data]") {
  // ThreadSanitizer takes no threads after a fork, and of AddressSanitizer's allocator a thread of the parent may hold
  // a lock, which stays locked in the child.
  if (sanitized) return;
  for (int round = 0; round < 20; ++round) {
    const auto probe = std::make_shared<Probe>(40);
    probe->nap = std::chrono::microseconds(200);
    Loader loader(probe, LoaderOptions().workers(3));
    auto it = loader.begin();
    *it;
    std::this_thread::sleep_for(std::chrono::microseconds(97 * round));
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      bool right = true;
      for (std::int64_t i = 1; i < 40; ++i) right = right && (*++it)[0].item() == static_cast<double>(i);
      it = {};
      std::int64_t count = 0;
      for (auto [x] : loader) right = right && x.item() == static_cast<double>(count++);
      _exit(right && count == 40 ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    for (std::int64_t i = 1; i < 40; ++i) CHECK((*++it)[0].item() == static_cast<double>(i));
  }
}

TEST_CASE("options of workers are checked", "[data]") {
  const auto refusal = [](const LoaderOptions& options) {
    return thrown_by<std::invalid_argument>([&] { Loader loader(TensorDataset(ones({2})), options); });
  };
  CHECK(refusal(LoaderOptions().workers(-1)) == "DataLoader: the number of workers must be at least 0, got -1");
  CHECK(refusal(LoaderOptions().workers(1025)) == "DataLoader: the number of workers must be at most 1024, got 1025");
  CHECK(refusal(LoaderOptions().prefetch_factor(0)) == "DataLoader: the prefetch factor must be at least 1, got 0");
}
