#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <xgrad/data/mnist.hpp>

/// The folder with the files of MNIST: the variable XGRAD_MNIST, or one beside the sources. Empty where there is none.
inline std::string mnist_folder() {
  const std::filesystem::path sources = std::filesystem::path(__FILE__).parent_path().parent_path();
  const char* given = std::getenv("XGRAD_MNIST");
  const std::filesystem::path folder = given != nullptr ? given : sources / ".." / "shared" / "data" / "mnist";
  for (const char* ending : {"", ".gz"})
    if (std::filesystem::exists(folder / (std::string("train-images-idx3-ubyte") + ending))) return folder.string();
  return "";
}
