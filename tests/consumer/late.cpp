// Loads the library named by the first argument with dlopen(), as an interpreter loads an extension, and calls a
// function in it.

#include <dlfcn.h>

#include <cstdio>

int main(int count, char** arguments) {
  if (count != 2) return 1;
  void* library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::puts(dlerror());
    return 1;
  }
  using Name = const char* (*)();
  const auto instruction_set = reinterpret_cast<Name>(dlsym(library, "_ZN5xgrad15instruction_setEv"));
  if (instruction_set == nullptr) {
    std::puts(dlerror());
    return 1;
  }
  std::puts(instruction_set());
  return 0;
}
