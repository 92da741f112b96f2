#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results.hpp"

namespace bench {

/// One figure of a goal, with the bound it must keep.
struct Figure {
  std::string what;
  std::optional<double> value;
  double bound;
  bool at_least;           // else at most
  std::string unmeasured;  // why there is no value
  bool judged = true;      // else for the reader

  bool met() const { return value && (at_least ? *value >= bound : *value <= bound); }
};

struct Goal {
  std::string name, title;
  std::vector<Figure> figures;

  /// "met", "missed" or "not measured".
  std::string state() const;
};

/// G1 to G13 as far as the results go.
std::vector<Goal> judge(const Results& results, const std::vector<TaskInfo>& tasks);

}  // namespace bench
