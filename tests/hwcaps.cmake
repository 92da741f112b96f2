# Tests of a package: the loader chooses the variant of the library, and tests that contain kernels themselves are compiled
# for each instruction set.
add_executable(instruction_set instruction_set.cpp)
target_link_libraries(instruction_set PRIVATE xgrad::xgrad)
xgrad_own_options(instruction_set)
foreach(level IN LISTS xgrad_levels)
  xgrad_test_on(${level} instruction_set instruction_set ${level})
  if(xgrad_march_${level})
    xgrad_test_program(simd_test_${level} simd_test.cpp)
    target_compile_options(simd_test_${level} PRIVATE -march=${xgrad_march_${level}})
    xgrad_test_on(${level} simd_test_compiled simd_test_${level} --order rand --rng-seed 1)
  endif()
endforeach()
add_test(NAME package
         COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DBUILD=${PROJECT_BINARY_DIR} -DWORK=${PROJECT_BINARY_DIR}/package
                 -DCOMPILER=${CMAKE_CXX_COMPILER} -DGENERATOR=${CMAKE_GENERATOR} -DLOADER=${XGRAD_LOADER} "-DLEVELS=${xgrad_levels}"
                 -DBUILT=$<TARGET_FILE:instruction_set> -P ${CMAKE_CURRENT_SOURCE_DIR}/package.cmake)
