#include "curve.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

namespace {

struct Point {
  double x, y;
};

struct Panel {
  double left, width;
  std::string title, color;
};

constexpr double top = 70, height = 270;

// A step of 1, 2 or 5 times a power of ten that divides the span into about `parts` parts.
double round_step(double span, double parts) {
  const double raw = span / parts, power = std::pow(10, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power) return factor * power;
  return 10 * power;
}

void text(std::ostream& out, double x, double y, const std::string& anchor, const std::string& content, int size = 12) {
  out << "<text x='" << x << "' y='" << y << "' text-anchor='" << anchor << "' font-size='" << size << "'>" << content
      << "</text>\n";
}

void draw(std::ostream& out, const Panel& panel, const std::vector<Point>& points) {
  const auto [low_point, high_point] =
      std::minmax_element(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.y < b.y; });
  const double margin = std::max(1e-6, 0.08 * (high_point->y - low_point->y));
  const double step = round_step(high_point->y - low_point->y + 2 * margin, 5);
  const double low = std::floor((low_point->y - margin) / step) * step,
               high = std::ceil((high_point->y + margin) / step) * step;
  const double first = points.front().x, span = std::max(1.0, points.back().x - first);
  const auto px = [&](double x) { return panel.left + (x - first) / span * panel.width; };
  const auto py = [&](double y) { return top + height - (y - low) / (high - low) * height; };

  text(out, panel.left + panel.width / 2, top - 14, "middle", panel.title, 14);
  for (double y = low; y <= high + step / 2; y += step) {
    out << "<line x1='" << panel.left << "' x2='" << panel.left + panel.width << "' y1='" << py(y) << "' y2='" << py(y)
        << "' stroke='#ddd'/>\n";
    std::ostringstream label;
    label << std::round(y / step) * step;
    text(out, panel.left - 8, py(y) + 4, "end", label.str());
  }
  const double x_step = std::max(1.0, round_step(span, 7));
  for (double x = first; x <= first + span + 1e-9; x += x_step) {
    std::ostringstream label;
    label << x;
    text(out, px(x), top + height + 20, "middle", label.str());
  }
  text(out, panel.left + panel.width / 2, top + height + 42, "middle", "epoch");
  out << "<polyline fill='none' stroke='" << panel.color << "' stroke-width='2' points='";
  for (const Point& p : points) out << px(p.x) << ',' << py(p.y) << ' ';
  out << "'/>\n";
  for (const Point& p : points)
    out << "<circle cx='" << px(p.x) << "' cy='" << py(p.y) << "' r='3' fill='" << panel.color << "'/>\n";
}

}  // namespace

std::string curve_svg(const xgrad::train::History& history, const std::string& title) {
  std::ostringstream out;
  out << "<svg xmlns='http://www.w3.org/2000/svg' width='900' height='410' viewBox='0 0 900 410' "
         "font-family='sans-serif' fill='#222'>\n"
      << "<rect width='900' height='410' fill='white'/>\n";
  text(out, 450, 28, "middle", title, 16);
  if (!history.empty()) {
    std::vector<Point> loss, accuracy;
    for (std::size_t i = 0; i < history.size(); ++i) {
      loss.push_back({history["epoch"][i], history["train_loss"][i]});
      accuracy.push_back({history["epoch"][i], 100 * history["test_accuracy"][i]});
    }
    draw(out, {80, 350, "average training loss", "#c0392b"}, loss);
    draw(out, {525, 350, "test accuracy, %", "#2471a3"}, accuracy);
  }
  out << "</svg>\n";
  return out.str();
}
