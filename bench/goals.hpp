#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results.hpp"

namespace bench {

/// One figure of a goal, and its bound.
struct Figure {
  std::string what;
  std::optional<double> value;
  double bound;
  bool at_least;           // else at most
  std::string unmeasured;  // why there is no value
  bool judged = true;      // otherwise only reported

  bool met() const { return value && (at_least ? *value >= bound : *value <= bound); }
};

struct Goal {
  std::string name, title;
  std::vector<Figure> figures;

  /// "met", "missed" or "not measured".
  std::string state() const;
};

/// The goals G1 to G20 but for G19, which moving.py reports; figures without results are "not measured".
std::vector<Goal> judge(const Results& results, const std::vector<TaskInfo>& tasks);

}  // namespace bench
