#include "chart.hpp"

#include <cmath>
#include <sstream>

namespace bench {
namespace {

constexpr double left = 440, width = 560, bar = 11, gap = 16, top = 92;

std::string color_of(const std::string& column) {
  if (column.compare(0, 12, "libtorch 1.1") == 0) return "#e08e79";
  if (column.compare(0, 8, "libtorch") == 0) return column.find("fused") == std::string::npos ? "#c0392b" : "#8e2a1e";
  if (column.compare(0, 3, "JAX") == 0) return column == "JAX" ? "#2471a3" : "#7fb3d5";
  if (column.compare(0, 5, "xgrad") == 0) return "#b7b15a";
  if (column == "hand") return "#444444";
  return column == "gemm" ? "#888888" : "#bbbbbb";
}

void text(std::ostream& out, double x, double y, const char* anchor, const std::string& content, int size,
          const char* more = "") {
  out << "<text x='" << x << "' y='" << y << "' text-anchor='" << anchor << "' font-size='" << size << "' " << more
      << ">" << content << "</text>\n";
}

std::string multiple(double ratio) {
  std::ostringstream out;
  out.precision(ratio < 10 ? 2 : 3);
  out << ratio;
  return out.str();
}

}  // namespace

std::string chart_svg(const Facts& facts, const Results& results, const std::vector<TaskInfo>& tasks) {
  struct Bar {
    std::string column;
    double ratio;
  };
  std::vector<std::pair<const TaskInfo*, std::vector<Bar>>> groups;
  double low = 0.5, high = 4;
  for (const TaskInfo& task : tasks) {
    const auto ours = results.time(task.name, "xgrad");
    if (!ours) continue;
    std::vector<Bar> bars;
    for (const std::string& column : results.columns) {
      const auto time = results.time(task.name, column);
      if (!time || column == "xgrad") continue;
      bars.push_back({column, *time / *ours});
      low = std::fmin(low, bars.back().ratio);
      high = std::fmax(high, bars.back().ratio);
    }
    if (!bars.empty()) groups.emplace_back(&task, bars);
  }
  low = std::fmax(low, 1.0 / 16);  // smaller ratios are drawn as this one
  const double span = std::log2(high * 1.3 / low);
  const auto px = [&](double ratio) { return left + width * std::fmax(0.0, std::log2(ratio / low)) / span; };
  double height = top;
  for (const auto& group : groups) height += static_cast<double>(group.second.size()) * bar + gap;

  std::ostringstream out;
  out << "<svg xmlns='http://www.w3.org/2000/svg' width='1100' height='" << height + 50 << "' viewBox='0 0 1100 "
      << height + 50 << "' font-family='sans-serif' fill='#222'>\n<rect width='1100' height='" << height + 50
      << "' fill='white'/>\n";
  text(out, 550, 26, "middle", "Time of each side as a multiple of xgrad's, one thread", 17);
  text(out, 550, 46, "middle", "right of the line: slower than xgrad; gemm, stream, hand: floors, without a framework",
       12, "fill='#555'");
  std::string about;
  for (const auto& [name, value] : facts)
    if (name == "machine" || name == "date" || name == "commit" || name == "blas")
      about += (about.empty() ? "" : " · ") + value;
  text(out, 550, 64, "middle", about, 11, "fill='#777'");
  for (double tick = std::exp2(std::ceil(std::log2(low))); tick < high * 1.3; tick *= 2) {
    out << "<line x1='" << px(tick) << "' x2='" << px(tick) << "' y1='" << top - 8 << "' y2='" << height << "' stroke='"
        << (tick == 1 ? "#222" : "#ddd") << "'/>\n";
    text(out, px(tick), height + 18, "middle", multiple(tick), 11);
  }
  double y = top;
  for (const auto& [task, bars] : groups) {
    text(out, 12, y + bar, "start", task->name, 12, "font-weight='bold'");
    text(out, 12, y + bar + 13, "start", task->title + ": xgrad " + time_text(*results.time(task->name, "xgrad")), 10,
         "fill='#555'");
    for (const Bar& b : bars) {
      const double from = std::fmin(px(1), px(b.ratio)), to = std::fmax(px(1), px(b.ratio));
      text(out, left - 8, y + bar - 2, "end", b.column, 10);
      out << "<rect x='" << from << "' y='" << y << "' width='" << std::fmax(1.0, to - from) << "' height='" << bar - 2
          << "' fill='" << color_of(b.column) << "'/>\n";
      text(out, to + 4, y + bar - 2, "start", multiple(b.ratio), 10);
      y += bar;
    }
    y += gap;
  }
  out << "</svg>\n";
  return out.str();
}

}  // namespace bench
