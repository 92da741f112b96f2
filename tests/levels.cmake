# The instruction sets on which tests run. With XGRAD_HWCAPS every program runs on each one that this machine has, as
# name@AVX2 and so on: GLIBC_TUNABLES hides newer ones from the loader, which then chooses another variant of the library,
# also in programs that a test starts. Otherwise it runs once, on the one that the library was compiled for.
set(xgrad_levels "")
if(XGRAD_HWCAPS)
  find_program(XGRAD_LOADER ld-linux-x86-64.so.2 PATHS /lib64 /lib/x86_64-linux-gnu /usr/lib64 NO_DEFAULT_PATH REQUIRED)
  execute_process(COMMAND ${XGRAD_LOADER} --help OUTPUT_VARIABLE help)
  if(NOT help MATCHES "glibc-hwcaps-mask")
    message(FATAL_ERROR "XGRAD_HWCAPS: the loader of this C library looks for no variants: glibc 2.33 or later does")
  endif()
  set(xgrad_levels SSE2)
  set(xgrad_hidden_SSE2 glibc.cpu.hwcaps=-AVX2,-AVX512F)
  if(help MATCHES "x86-64-v3 \\(supported")
    list(APPEND xgrad_levels AVX2)
    set(xgrad_hidden_AVX2 glibc.cpu.hwcaps=-AVX512F)
    set(xgrad_march_AVX2 x86-64-v3)
  endif()
  if(help MATCHES "x86-64-v4 \\(supported")
    list(APPEND xgrad_levels AVX-512)
    set(xgrad_hidden_AVX-512 "")
    set(xgrad_march_AVX-512 x86-64-v4)
  endif()
  message(STATUS "Tests run on ${xgrad_levels}")
endif()

# One test for one instruction set.
function(xgrad_test_on level name)
  add_test(NAME ${name}@${level} COMMAND ${ARGN})
  set_tests_properties(${name}@${level} PROPERTIES ENVIRONMENT "GLIBC_TUNABLES=${xgrad_hidden_${level}}" RESOURCE_LOCK ${name})
endfunction()

# A test of a tool that is not here: ctest reports it as skipped.
function(xgrad_skipped name reason)
  message(STATUS "${reason}: the test ${name} is skipped")
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo "skipped: ${reason}")
  set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: ")
endfunction()

# The words with which a test says that it had nothing to run on.
function(xgrad_skipped_if name words)
  set(tests ${name})
  if(xgrad_levels)
    list(TRANSFORM xgrad_levels PREPEND "${name}@" OUTPUT_VARIABLE tests)
  endif()
  set_tests_properties(${tests} PROPERTIES SKIP_REGULAR_EXPRESSION "${words}")
endfunction()

# The same test for all of them.
function(xgrad_test name)
  if(NOT xgrad_levels)
    add_test(NAME ${name} COMMAND ${ARGN})
  endif()
  foreach(level IN LISTS xgrad_levels)
    xgrad_test_on(${level} ${name} ${ARGN})
  endforeach()
endfunction()
