# The compiler options of this project's own targets; none of them reaches a user's target.
function(xgrad_own_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Wno-psabi)
  # g++ 12 warns of uninitialised values inside its own AVX-512 headers (GCC bug 105593).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    if(XGRAD_SANITIZE)
      target_compile_options(${target} PRIVATE -Wno-uninitialized)
    endif()
    # With its checks of uses after scope g++ 12 compiles three times as long, up to four minutes a file. Clang makes them fast.
    if(XGRAD_SANITIZE MATCHES "address")
      target_compile_options(${target} PRIVATE -fno-sanitize-address-use-after-scope)
    endif()
  endif()
  if(XGRAD_NATIVE AND NOT XGRAD_HWCAPS)
    target_compile_options(${target} PRIVATE -march=${XGRAD_ARCH})
  endif()
endfunction()

# For a program whose own code need not be fast: release builds and those with sanitizers compile it without optimisation, in
# half the time.
function(xgrad_unoptimised target)
  if(XGRAD_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  else()
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O0>)
  endif()
endfunction()

# The headers of others that nearly every source includes. They are precompiled, which hides that a source forgot to include
# one: preset debug and scripts/lint compile without (CMAKE_DISABLE_PRECOMPILE_HEADERS).
set(xgrad_precompiled <algorithm> <cmath> <functional> <memory> <stdexcept> <string> <utility> <vector> <xtensor/xarray.hpp>)

# The include folders of a header-only package, as system includes.
function(xgrad_system_includes target visibility)
  foreach(package ${ARGN})
    target_include_directories(${target} SYSTEM ${visibility}
                               $<TARGET_PROPERTY:${package},INTERFACE_INCLUDE_DIRECTORIES>)
  endforeach()
endfunction()

if(XGRAD_SANITIZE)
  add_compile_options(-fsanitize=${XGRAD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${XGRAD_SANITIZE})
endif()
