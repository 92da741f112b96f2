#pragma once

#include <string>

#include <xgrad/train/history.hpp>

/// The training loss and the test accuracy against the epoch, as two panels of an SVG picture.
std::string curve_svg(const xgrad::train::History& history, const std::string& title);
