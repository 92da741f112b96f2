#pragma once

#include <string>
#include <vector>

/// The results of one epoch.
struct Epoch {
  int number;
  double train_loss;
  double test_loss;
  double test_accuracy;
  double seconds;
};

/// The training loss and the test accuracy against the epoch, as two panels of an SVG picture.
std::string curve_svg(const std::vector<Epoch>& history, const std::string& title);
