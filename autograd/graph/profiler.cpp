#include <xgrad/autograd/graph/profiler.hpp>

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <locale>
#include <map>
#include <mutex>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/graph/output_file.hpp>
#include <xgrad/autograd/kernels/runtime/ending.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad {
namespace {

constexpr std::size_t written_at_once = std::size_t{1} << 16;

struct Event {
  const char* name;
  Source at;
  bool backward;
  bool inner;  // nested in another op's event
  int thread;
  std::int64_t start, duration;  // nanoseconds
  std::int64_t bytes;
};

struct Measured {
  std::mutex mutex;
  std::vector<Event> events;
  bool taken = false;
  std::int64_t origin = 0;
  std::int64_t lost = 0;  // events for which there was no memory
};

Measured& measured() {
  static auto* all = [] {  // never destroyed: threads may still measure after static objects are
    auto* made = new Measured;
    detail::hold_across_fork(made->mutex);
    return made;
  }();
  return *all;
}

std::atomic<int> threads_seen{0};
thread_local int this_thread = -1;
thread_local int depth = 0;
thread_local std::int64_t bytes_taken = 0;

std::int64_t now() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// The text as a JSON string.
std::string quoted(const std::string& text) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << '"';
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out << '\\' << c;
    else if (static_cast<unsigned char>(c) < 0x20)
      out << "\\u" << std::hex << std::setw(4) << std::setfill('0') << static_cast<int>(c) << std::dec;
    else
      out << c;
  }
  out << '"';
  return out.str();
}

std::string trace_event(const Event& event, std::int64_t origin) {
  const auto microseconds = [](std::int64_t time) { return detail::fixed_text(1e-3 * static_cast<double>(time), 3); };
  std::string text = "{\"name\": " + quoted(event.name) + ", \"cat\": \"" + (event.backward ? "backward" : "forward") +
                     "\", \"ph\": \"X\", \"pid\": 1, \"tid\": " + std::to_string(event.thread) +
                     ", \"ts\": " + microseconds(event.start - origin) + ", \"dur\": " + microseconds(event.duration) +
                     ", \"args\": {\"bytes\": " + std::to_string(event.bytes);
  if (event.at.file != nullptr)
    text += ", \"at\": " + quoted(std::string(event.at.file) + ":" + std::to_string(event.at.line));
  return text + "}}";
}

}  // namespace

namespace detail {

std::atomic<bool> profiling{false};

void Timed::begin(bool backward) noexcept {
  measured_ = true;
  backward_ = backward;
  bytes_ = bytes_taken;
  ++depth;
  start_ = now();
}

void Timed::enter() noexcept {
  entered_ = true;
  thread_state.entered_paused = thread_state.paused;
  thread_state.watch_in_op = std::exchange(thread_state.watch, 0);
}

void Timed::finish() noexcept {
  if (measured_) add_event();
  if (entered_) thread_state.watch = std::exchange(thread_state.watch_in_op, 0);
}

void Timed::add_event() const noexcept {
  const std::int64_t stop = now();
  --depth;
  if (!profiling.load(std::memory_order_relaxed)) return;
  if (this_thread < 0) this_thread = threads_seen.fetch_add(1, std::memory_order_relaxed);
  Measured& all = measured();
  const std::lock_guard<std::mutex> lock(all.mutex);
  try {
    all.events.push_back(
        {name(), at(), backward_, depth > 0, this_thread, start_, stop - start_, bytes_taken - bytes_});
  } catch (const std::bad_alloc&) {
    ++all.lost;
  }
}

void count_bytes(std::size_t bytes) noexcept {
  if (profiling.load(std::memory_order_relaxed)) bytes_taken += static_cast<std::int64_t>(bytes);
}

}  // namespace detail

Profiler::Profiler() {
  Measured& all = measured();
  const std::lock_guard<std::mutex> lock(all.mutex);
  if (all.taken) throw std::logic_error("Profiler: another one exists already");
  all.taken = true;
  all.events.clear();
  all.lost = 0;
  all.origin = now();
  detail::profiling.store(true);
}

Profiler::~Profiler() {
  stop();
  Measured& all = measured();
  const std::lock_guard<std::mutex> lock(all.mutex);
  all.taken = false;
  all.events = {};
}

void Profiler::stop() noexcept { detail::profiling.store(false); }

std::vector<Profiler::Row> Profiler::rows() const {
  Measured& all = measured();
  const std::lock_guard<std::mutex> lock(all.mutex);
  std::map<std::string, Row> found;
  for (const Event& event : all.events) {
    if (event.inner) continue;
    Row& row = found[event.name];
    (event.backward ? row.backward_calls : row.forward_calls) += 1;
    (event.backward ? row.backward_seconds : row.forward_seconds) += 1e-9 * static_cast<double>(event.duration);
    row.bytes += event.bytes;
  }
  std::vector<Row> result;
  for (auto& [name, row] : found) {
    row.name = name;
    result.push_back(std::move(row));
  }
  std::stable_sort(result.begin(), result.end(), [](const Row& a, const Row& b) {
    return a.forward_seconds + a.backward_seconds > b.forward_seconds + b.backward_seconds;
  });
  return result;
}

std::string Profiler::table() const {
  const std::vector<Row> all = rows();
  double seconds = 0;
  std::size_t widest = 4;
  for (const Row& row : all) {
    seconds += row.forward_seconds + row.backward_seconds;
    widest = std::max(widest, row.name.size());
  }
  std::ostringstream out;
  out.imbue(std::locale::classic());
  const auto name = [&](const std::string& text) {
    out << std::left << std::setw(static_cast<int>(widest)) << text << std::right;
  };
  name("op");
  out << "  share    forward ms    calls   backward ms    calls          MB\n" << std::fixed;
  for (const Row& row : all) {
    name(row.name);
    out << std::setprecision(1) << std::setw(6) << 100 * (row.forward_seconds + row.backward_seconds) / seconds << '%'
        << std::setprecision(3) << std::setw(14) << 1e3 * row.forward_seconds << std::setw(9) << row.forward_calls
        << std::setw(14) << 1e3 * row.backward_seconds << std::setw(9) << row.backward_calls << std::setw(12)
        << 1e-6 * static_cast<double>(row.bytes) << '\n';
  }
  const std::int64_t lost = [] {
    const std::lock_guard<std::mutex> lock(measured().mutex);
    return measured().lost;
  }();
  if (lost > 0) out << lost << " calls are missing, since there was no memory to note them\n";
  return out.str();
}

void Profiler::save_trace(const std::string& path) const {
  detail::OutputFile file("Profiler", path);
  std::string text = "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [";
  Measured& all = measured();
  {
    const std::lock_guard<std::mutex> lock(all.mutex);
    const char* comma = "\n";
    for (const Event& event : all.events) {
      text += comma;
      text += trace_event(event, all.origin);
      comma = ",\n";
      if (text.size() < written_at_once) continue;
      file.write(text);
      text.clear();
    }
  }
  file.write(text + "\n]}\n");
  file.close();
}

std::ostream& operator<<(std::ostream& out, const Profiler& profiler) { return out << profiler.table(); }

}  // namespace xgrad
