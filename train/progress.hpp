#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include <xgrad/autograd/graph/options.hpp>

namespace xgrad::train {

/// How Progress shows itself.
enum class ProgressStyle : std::uint8_t {
  automatic,  ///< a bar where the stream is a terminal, else lines; a bar needs a TERM other than "dumb"
  bar,        ///< a line that is written over and over
  lines,      ///< what print() is given, and nothing else: for files and pipes
  silent
};

/// Options of Progress: `Progress::Options().style(ProgressStyle::lines)`.
class ProgressOptions : public xgrad::detail::OptionsOf<ProgressOptions> {
 public:
  ProgressOptions& style(ProgressStyle value) { return set(style_, value); }
  /// Where it is written to; by default stdout. Not null; it stays the caller's.
  ProgressOptions& stream(std::FILE* value) { return set(stream_, value); }
  /// Columns of a line; by default 0, those of the terminal, or 80 where it does not tell.
  ProgressOptions& width(int columns) { return set(width_, columns); }

 private:
  friend class Progress;
  ProgressStyle style_ = ProgressStyle::automatic;
  std::FILE* stream_ = stdout;
  int width_ = 0;
};

/// A bar with the share that is done, the rate and the time that is left:
///
///     epoch  3  [##########....................]  33 %  24,512 rows/s  0:03 left  loss 0.2914
///
/// It is drawn at most twenty times a second, so update() may be called for every batch. On a terminal the line is
/// erased by its ANSI sequence; with NO_COLOR in the environment (https://no-color.org) it is overwritten by spaces,
/// and then no escape sequence is ever written. For loops of one's own; a Trainer has one. Nothing that it does fails:
/// a stream that cannot be written is ignored.
class Progress {
 public:
  using Options = ProgressOptions;
  explicit Progress(const Options& options = {});
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// Begins a bar of `total` units (0: unknown, then there is neither bar nor time left), of which `done` were done
  /// before: they do not count for the rate.
  void begin(const std::string& label, std::int64_t total, const std::string& unit = "rows", std::int64_t done = 0);
  /// `done` of the total are done. `text` stands at the end, cut to what the line holds.
  void update(std::int64_t done, const std::string& text = {});
  /// Removes the bar from the line.
  void clear();
  /// Removes the bar and prints a line, in every style but `silent`.
  void print(const std::string& line);

  /// The style in use: never `automatic`.
  ProgressStyle style() const { return style_; }
  /// Since begin(), in seconds.
  double seconds() const;
  /// Units a second since begin().
  double rate(std::int64_t done) const;

 private:
  void draw(std::int64_t done, const std::string& text);
  int columns() const;

  std::FILE* stream_;
  ProgressStyle style_;
  int width_;
  bool escapes_;  // whether ANSI sequences may be written
  std::string label_, unit_;
  std::int64_t total_ = 0, before_ = 0;
  std::size_t shown_ = 0;  // columns of the bar that is on the line
  std::chrono::steady_clock::time_point start_, drawn_;
};

namespace detail {

/// The line that Progress draws, of at most `width` columns.
std::string progress_line(const std::string& label, std::int64_t done, std::int64_t total, const std::string& unit,
                          double rate, const std::string& text, int width);
/// 1,234,567; of a rate below 100 with a digit after the point; "?" of what is not finite.
std::string rate_text(double rate);
/// 0:07, 12:34, 3:02:01, or 4 d 03:02.
std::string duration_text(double seconds);

}  // namespace detail
}  // namespace xgrad::train
