#include <xgrad/train/progress.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::train {
namespace detail {

std::string rate_text(double rate) {
  if (!std::isfinite(rate) || rate >= 1e15) return "?";
  if (rate < 100) return xgrad::detail::fixed_text(rate, 1);
  std::string digits = std::to_string(std::llround(rate));
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds >= 1e9) return "?";
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  const std::int64_t minutes = whole / 60, hours = minutes / 60, days = hours / 24;
  if (days > 0) return std::to_string(days) + " d " + two(hours % 24) + ":" + two(minutes % 60);
  if (hours > 0) return std::to_string(hours) + ":" + two(minutes % 60) + ":" + two(whole % 60);
  return std::to_string(minutes) + ":" + two(whole % 60);
}

std::string progress_line(const std::string& label, std::int64_t done, std::int64_t total, const std::string& unit,
                          double rate, const std::string& text, int width) {
  const auto most = static_cast<std::size_t>(std::max(width, 0));
  std::string line = label;
  std::string tail = "  " + rate_text(rate) + " " + unit + "/s";
  if (total > 0) {
    const std::int64_t clipped = std::clamp<std::int64_t>(done, 0, total);
    const double share = static_cast<double>(clipped) / static_cast<double>(total);
    const std::string percent = std::to_string(static_cast<int>(100 * share));
    tail = std::string(5 - percent.size(), ' ') + percent + " %" + tail;
    if (rate > 0) tail += "  " + duration_text(static_cast<double>(total - clipped) / rate) + " left";
    // The bar takes what the numbers leave, up to 30.
    const std::size_t needed = label.size() + tail.size() + 4;
    const std::size_t bar = needed + 5 <= most ? std::min<std::size_t>(30, most - needed) : 0;
    if (bar > 0) {
      const auto filled = static_cast<std::size_t>(share * static_cast<double>(bar));
      line += "  [" + std::string(filled, '#') + std::string(bar - filled, '.') + "]";
    }
  }
  line += tail;
  if (!text.empty() && line.size() + 2 < most) line += "  " + text;
  // A cut text must not end within a letter of UTF-8.
  std::size_t cut = std::min(line.size(), most);
  while (cut > 0 && cut < line.size() && (static_cast<unsigned char>(line[cut]) & 0xc0) == 0x80) --cut;
  return line.substr(0, cut);
}

}  // namespace detail

namespace {

using Clock = std::chrono::steady_clock;

constexpr double least_seconds_between = 0.05;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

ProgressStyle chosen(ProgressStyle style, std::FILE* stream) {
  if (style != ProgressStyle::automatic) return style;
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || *term == '\0' || std::strcmp(term, "dumb") == 0;
  return !dumb && ::isatty(::fileno(stream)) == 1 ? ProgressStyle::bar : ProgressStyle::lines;
}

}  // namespace

Progress::Progress(const Options& options) : stream_(options.stream_), width_(options.width_) {
  if (stream_ == nullptr) throw std::invalid_argument("Progress: the stream is null: it must be open");
  if (width_ < 0)
    throw std::invalid_argument("Progress: the width is " + std::to_string(width_) + ": it must not be negative");
  style_ = chosen(options.style_, stream_);
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  escapes_ = (no_color == nullptr || *no_color == '\0') && term != nullptr && std::strcmp(term, "dumb") != 0 &&
             ::isatty(::fileno(stream_)) == 1;
  start_ = Clock::now();
}

void Progress::begin(const std::string& label, std::int64_t total, const std::string& unit, std::int64_t done) {
  clear();
  label_ = label;
  unit_ = unit;
  total_ = total;
  before_ = done;
  start_ = Clock::now();
  drawn_ = {};
}

double Progress::seconds() const { return seconds_since(start_); }

double Progress::rate(std::int64_t done) const {
  return static_cast<double>(std::max<std::int64_t>(0, done - before_)) / std::max(1e-9, seconds());
}

void Progress::update(std::int64_t done, const std::string& text) {
  if (style_ != ProgressStyle::bar) return;
  if (drawn_ != Clock::time_point() && seconds_since(drawn_) < least_seconds_between && (total_ == 0 || done < total_))
    return;
  drawn_ = Clock::now();
  draw(done, text);
}

int Progress::columns() const {
  if (width_ > 0) return width_;
  winsize size = {};
  const bool known = ::ioctl(::fileno(stream_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

void Progress::draw(std::int64_t done, const std::string& text) {
  // The last column stays empty: some terminals break the line when it is written.
  std::string line = detail::progress_line(label_, done, total_, unit_, rate(done), text, columns() - 1);
  const std::size_t length = line.size();
  if (escapes_)
    line += "\x1b[K";
  else if (length < shown_)
    line.append(shown_ - length, ' ');
  shown_ = length;
  std::fprintf(stream_, "\r%s", line.c_str());
  std::fflush(stream_);
}

void Progress::clear() {
  if (shown_ == 0) return;
  if (escapes_)
    std::fputs("\r\x1b[K", stream_);
  else
    std::fprintf(stream_, "\r%s\r", std::string(shown_, ' ').c_str());
  shown_ = 0;
  std::fflush(stream_);
}

void Progress::print(const std::string& line) {
  clear();
  if (style_ == ProgressStyle::silent) return;
  std::fprintf(stream_, "%s\n", line.c_str());
  std::fflush(stream_);
}

}  // namespace xgrad::train
