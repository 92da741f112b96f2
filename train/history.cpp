#include <xgrad/train/history.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/io/atomic_file.hpp>

namespace xgrad::train {
namespace {

using xgrad::detail::number_text;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string json_string(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      quoted += code;
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string json_number(double number) {
  if (std::isinf(number)) return number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  return number_text(number);
}

void write(const std::string& path, const std::string& text) {
  io::AtomicFile file(path, "History");
  file.write(text);
  file.commit();
}

/// So that `more` elements can be added without memory.
template <class T>
void make_room(std::vector<T>& to, std::size_t more) {
  if (to.capacity() - to.size() < more) to.reserve(std::max(2 * to.size(), to.size() + more));
}

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument("History: " + why); }

}  // namespace

void detail::check_row(const Record& row) {
  std::set<std::string> seen;
  for (const auto& each : row) {
    if (each.first.empty()) refuse("a column has an empty name: give it one");
    if (!seen.insert(each.first).second) refuse("\"" + each.first + "\" is given twice: a row has one number for each");
  }
}

void History::add(const Record& row) {
  detail::check_row(row);
  std::vector<std::size_t> places;  // of the row's numbers
  std::vector<std::string> names;   // of new columns
  for (const auto& each : row) {
    places.push_back(static_cast<std::size_t>(std::find(names_.begin(), names_.end(), each.first) - names_.begin()));
    if (places.back() < names_.size()) continue;
    places.back() += names.size();
    names.push_back(each.first);
  }
  std::vector<std::vector<double>> values(names.size(), std::vector<double>(rows_, nan));
  make_room(names_, names.size());
  make_room(values_, values.size());
  for (auto* columns : {&values_, &values})
    for (std::vector<double>& column : *columns) make_room(column, 1);
  // Nothing may fail any more.
  for (std::size_t i = 0; i < names.size(); ++i) {
    names_.push_back(std::move(names[i]));
    values_.push_back(std::move(values[i]));
  }
  for (std::vector<double>& column : values_) column.push_back(nan);
  auto place = places.begin();
  for (const auto& each : row) values_[*place++].back() = each.second;
  ++rows_;
}

bool History::contains(const std::string& column) const {
  return std::find(names_.begin(), names_.end(), column) != names_.end();
}

const std::vector<double>& History::column(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) refuse("there is no column \"" + name + "\": there are " + detail::listed(names_));
  return values_[static_cast<std::size_t>(found - names_.begin())];
}

Record History::row(std::ptrdiff_t i) const {
  const auto rows = static_cast<std::ptrdiff_t>(rows_);
  if (i < -rows || i >= rows)
    refuse("row " + std::to_string(i) + " is out of range: there are " + std::to_string(rows_));
  const auto at = static_cast<std::size_t>(i < 0 ? i + rows : i);
  Record result;
  for (std::size_t c = 0; c < names_.size(); ++c)
    if (!std::isnan(values_[c][at])) result.emplace_back(names_[c], values_[c][at]);
  return result;
}

std::string History::csv(const std::vector<std::string>& columns) const {
  std::vector<const std::vector<double>*> chosen;
  std::string text;
  for (const std::string& name : columns) {
    // Before the first row there are no columns yet.
    chosen.push_back(rows_ == 0 ? nullptr : &column(name));
    text += (text.empty() ? "" : ",") + csv_field(name);
  }
  text += '\n';
  for (std::size_t r = 0; r < rows_; ++r)
    for (std::size_t c = 0; c < chosen.size(); ++c) {
      const double number = (*chosen[c])[r];
      // Readers skip empty lines.
      const char* none = chosen.size() == 1 ? "\"\"" : "";
      text += (std::isnan(number) ? none : number_text(number)) + (c + 1 == chosen.size() ? "\n" : ",");
    }
  return text;
}

std::string History::json_lines() const {
  std::string text;
  for (std::size_t r = 0; r < rows_; ++r) {
    std::string line;
    for (const auto& [name, value] : row(static_cast<std::ptrdiff_t>(r)))
      line += (line.empty() ? "" : ", ") + json_string(name) + ": " + json_number(value);
    text += "{" + line + "}\n";
  }
  return text;
}

void History::save_csv(const std::string& path) const { write(path, csv()); }
void History::save_csv(const std::string& path, const std::vector<std::string>& columns) const {
  write(path, csv(columns));
}
void History::save_json_lines(const std::string& path) const { write(path, json_lines()); }

StateDict History::state_dict() const {
  StateDict result;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    char place[24];
    std::snprintf(place, sizeof place, "%03zu.", i);
    result.emplace_back(place + names_[i], Tensor(values_[i]));
  }
  return result;
}

void History::load_state_dict(const StateDict& state) {
  std::vector<std::pair<std::size_t, const StateDict::value_type*>> order;
  for (const auto& entry : state) {
    const std::size_t dot = entry.first.find('.');
    const std::string place = entry.first.substr(0, dot);
    if (dot == std::string::npos || dot + 1 == entry.first.size() || place.empty() || place.size() > 9 ||
        place.find_first_not_of("0123456789") != std::string::npos)
      refuse("cannot load this state: it has \"" + entry.first + "\": columns are named as 002.val_loss");
    order.emplace_back(std::stoul(place), &entry);
  }
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  History loaded;
  std::set<std::string> names;
  for (const auto& [place, entry] : order) {
    const auto& [key, values] = *entry;
    if (!values.defined() || values.dtype() != float64 || values.rank() != 1)
      refuse("cannot load this state: \"" + key + "\" must be float64 of one axis");
    const std::string name = key.substr(key.find('.') + 1);
    if (!names.insert(name).second) refuse("cannot load this state: column \"" + name + "\" is given twice");
    const auto rows = static_cast<std::size_t>(values.size());
    if (!loaded.names_.empty() && rows != loaded.rows_)
      refuse("cannot load this state: \"" + key + "\" has " + std::to_string(rows) + " rows, another column " +
             std::to_string(loaded.rows_));
    loaded.rows_ = rows;
    loaded.names_.push_back(name);
    loaded.values_.emplace_back(Raw::data<double>(values), Raw::data<double>(values) + rows);
  }
  // Exchanged, since nothing may fail any more.
  std::swap(rows_, loaded.rows_);
  names_.swap(loaded.names_);
  values_.swap(loaded.values_);
}

}  // namespace xgrad::train
