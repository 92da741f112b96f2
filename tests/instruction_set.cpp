// Prints the instruction set of the library that the loader has chosen. Fails if an argument names another.

#include <cstring>
#include <iostream>

#include <xgrad/xgrad.hpp>

int main(int count, char** arguments) {
  const char* name = xgrad::instruction_set();
  std::cout << name << '\n';
  return count < 2 || std::strcmp(arguments[1], name) == 0 ? 0 : 1;
}
