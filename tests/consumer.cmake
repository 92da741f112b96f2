# Installs the build that runs this and uses it as a user would: found by find_package, as C++17, as C++20 and with
# XTENSOR_USE_XSIMD, with this build's compiler and with the other one where there is one, warnings being errors.
# Builds the same program through add_subdirectory, and makes sure that g++ -std=c++20 without -fno-new-ttp-matching is
# refused. There a part of the library is compiled and the rest is LIBRARY, which is built already; without LIBRARY, as in
# preset debug, all of it is compiled.
#
#   cmake -DSOURCE=... -DBUILD=... -DWORK=... -DCOMPILER=... -DGENERATOR=... -DSANITIZE=... -DCONFIG=... -DLIBRARY=.../libxgrad.a
#         -DXTENSOR=0.24.3 -P consumer.cmake

set(prefix ${WORK}/installed)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

# Runs a command and stops with its output if it fails.
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${what} failed (${failed}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(configure folder compiler)
  run("configuring ${folder}" ${CMAKE_COMMAND} -S ${SOURCE}/tests/consumer -B ${WORK}/${folder} -G ${GENERATOR}
      -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=${sanitizer} ${ARGN})
endfunction()

function(run_program program)
  run("${program}" ${program})
  foreach(expected "0 xor 0 is 0" "0 xor 1 is 1" "1 xor 0 is 1" "1 xor 1 is 0"
                   "(hidden): Linear(in_features=2, out_features=8, bias=True)")
    string(FIND "${output}" "${expected}" found)
    if(found EQUAL -1)
      message(FATAL_ERROR "${program} should print \"${expected}\", but printed:\n${output}")
    endif()
  endforeach()
  message(STATUS "${program} runs")
endfunction()

set(sanitizer "")
if(SANITIZE)
  set(sanitizer -fsanitize=${SANITIZE})
endif()
run("installing" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} --config ${CONFIG})

set(compilers ${COMPILER})
set(programs consumer17)
if(NOT SANITIZE)  # an instrumented library is for one compiler, and its programs are slow to build
  set(programs consumer17 consumer20 consumer_xsimd)
  execute_process(COMMAND ${COMPILER} --version OUTPUT_VARIABLE version)
  if(version MATCHES "clang")
    find_program(OTHER g++)
  else()
    find_program(OTHER NAMES clang++ clang++-14)
  endif()
  if(OTHER)
    list(APPEND compilers ${OTHER})
  endif()
endif()
set(number 0)
foreach(compiler IN LISTS compilers)
  math(EXPR number "${number} + 1")
  configure(installed${number} ${compiler} -DCMAKE_PREFIX_PATH=${prefix})
  run("building with ${compiler}" ${CMAKE_COMMAND} --build ${WORK}/installed${number} --parallel 2)
  foreach(program IN LISTS programs)
    if(EXISTS ${WORK}/installed${number}/${program})
      run_program(${WORK}/installed${number}/${program})
    elseif(NOT program STREQUAL "consumer_xsimd")
      message(FATAL_ERROR "${program} was not built")
    endif()
  endforeach()
endforeach()
if(SANITIZE)
  return()
endif()

configure(subdirectory ${COMPILER} -DXGRAD_FROM=${SOURCE} -DXGRAD_REST=${LIBRARY})
if(EXISTS ${WORK}/subdirectory/xgrad/tests OR EXISTS ${WORK}/subdirectory/xgrad/examples)
  message(FATAL_ERROR "a user who adds xgrad as a subdirectory must not get its tests or examples")
endif()
run("building as a subdirectory" ${CMAKE_COMMAND} --build ${WORK}/subdirectory --parallel 2 --target consumer17)
run_program(${WORK}/subdirectory/consumer17)

find_program(GXX g++)
if(GXX AND XTENSOR VERSION_LESS 0.26)
  set(bare ${GXX} -std=c++20 -fsyntax-only -I${prefix}/include ${SOURCE}/tests/consumer/main.cpp)
  execute_process(COMMAND ${bare} RESULT_VARIABLE failed ERROR_VARIABLE output)
  if(NOT failed OR NOT output MATCHES "miscompiled by g[+][+] as C[+][+]20: add -fno-new-ttp-matching")
    message(FATAL_ERROR "g++ -std=c++20 without -fno-new-ttp-matching must be refused, but gave:\n${output}")
  endif()
  message(STATUS "g++ -std=c++20 is refused without the flag")  # consumer20 is built with it
endif()
