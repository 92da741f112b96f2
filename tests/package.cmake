# Installs a build with XGRAD_HWCAPS, links a program with it that is compiled for any x86-64 processor, and runs that program
# on each instruction set that this machine has, by telling the loader which hwcaps folders it may search. Results must
# agree between instruction sets. A program in the build folder must find the variants there.
#
#   cmake -DSOURCE=... -DBUILD=... -DWORK=... -DCOMPILER=... -DGENERATOR=... -DLOADER=/lib64/ld-linux-x86-64.so.2
#         "-DLEVELS=SSE2;AVX2" -DBUILT=<a program that prints the instruction set> -P package.cmake

function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${what} failed (${failed}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
run("installing" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/installed)
run("configuring" ${CMAKE_COMMAND} -S ${SOURCE}/tests/consumer -B ${WORK}/program -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER}
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH=${WORK}/installed)
run("building" ${CMAKE_COMMAND} --build ${WORK}/program --target consumer_levels consumer_late)

set(folder_SSE2 none)
set(folder_AVX2 x86-64-v3)
set(folder_AVX-512 x86-64-v4)
foreach(level IN LISTS LEVELS)
  run("on ${level}, in the build folder," ${LOADER} --glibc-hwcaps-mask ${folder_${level}} ${BUILT} ${level})
  run("on ${level}, installed," ${LOADER} --glibc-hwcaps-mask ${folder_${level}} ${WORK}/program/consumer_levels
      ${level} ${WORK}/results)
  message(STATUS "${level}: ${output}")
endforeach()

# By default the loader chooses the newest variant that the processor has.
list(GET LEVELS -1 best)
run("the program alone" ${WORK}/program/consumer_levels ${best} ${WORK}/results)

# The library can be loaded with dlopen(), which has little space for thread-local variables.
file(GLOB_RECURSE late ${WORK}/installed/*/libxgrad.so)
list(FILTER late EXCLUDE REGEX hwcaps)
run("a program that loads the library late" ${WORK}/program/consumer_late ${late})
