// The version in the headers is that of the package.

#include <string>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"

TEST_CASE("the version of the headers is that of the package") {
  const std::string parts = std::to_string(XGRAD_VERSION_MAJOR) + "." + std::to_string(XGRAD_VERSION_MINOR) + "." +
                            std::to_string(XGRAD_VERSION_PATCH);
  CHECK(parts == XGRAD_PROJECT_VERSION);
}
