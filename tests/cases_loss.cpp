#include "cases.hpp"

namespace cases {
std::vector<Case> loss_cases() { return {}; }
}
