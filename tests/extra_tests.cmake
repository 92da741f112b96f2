# Tests that are not programs of their own: code that must not compile, and builds of users' projects.
set(xgrad_includes "$<TARGET_PROPERTY:xgrad,INTERFACE_INCLUDE_DIRECTORIES>")
add_test(NAME must_not_compile
         COMMAND ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_CXX_COMPILER} "-DINCLUDES=$<JOIN:${xgrad_includes},|>"
                 -DFLAGS=-std=c++17 -P ${PROJECT_SOURCE_DIR}/tests/must_not_compile.cmake)
add_test(NAME discarded
         COMMAND ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_CXX_COMPILER} "-DINCLUDES=$<JOIN:${xgrad_includes},|>"
                 -DFLAGS=-std=c++17 -DWARNINGS=ON -P ${PROJECT_SOURCE_DIR}/tests/must_not_compile.cmake)
add_test(NAME consumer
         COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DBUILD=${PROJECT_BINARY_DIR}
                 -DWORK=${PROJECT_BINARY_DIR}/consumer -DCOMPILER=${CMAKE_CXX_COMPILER} -DGENERATOR=${CMAKE_GENERATOR}
                 -DSANITIZE=${XGRAD_SANITIZE} -DCONFIG=$<CONFIG> "-DLIBRARY=$<$<CONFIG:Release>:$<TARGET_FILE:xgrad>>" -DXTENSOR=${xtensor_VERSION}
                 -P ${PROJECT_SOURCE_DIR}/tests/consumer.cmake)

# The matchers of testing/ under the frameworks that are here; matchers_test is the one of Catch2. For the other version of
# Catch2 a stand-in of its interface compiles them.
function(xgrad_matchers name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE xgrad::xgrad ${ARGN})
  xgrad_own_options(${name})
  xgrad_unoptimised(${name})
  xgrad_test(${name} ${name})
endfunction()
xgrad_matchers(matchers_catch2_version_3 catch2_version_3/matchers.cpp)
target_include_directories(matchers_catch2_version_3 BEFORE PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/catch2_version_3)
find_package(GTest QUIET)
if(TARGET GTest::gmock_main)
  xgrad_matchers(matchers_googletest matchers_googletest.cpp GTest::gmock_main)
else()
  xgrad_skipped(matchers_googletest "GoogleTest not found (libgmock-dev)")
endif()

# The pages of the reference are what the headers, the examples and the goldens say, and the tables of coefficients what
# tools/ computes, in a minute that sanitizers would learn nothing from. tools/torch_optimizer.py is tested without PyTorch.
find_package(Python3 3.9 COMPONENTS Interpreter)
if(Python3_FOUND)
  if(NOT XGRAD_SANITIZE)
    add_test(NAME coefficients COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tools/coefficients.py --check)
  endif()
  add_test(NAME torch_optimizer COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/torch_optimizer.py)
  add_test(NAME reference COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tools/reference.py --check)
else()
  foreach(name coefficients torch_optimizer reference)
    xgrad_skipped(${name} "Python not found (python3)")
  endforeach()
endif()

# The script of explain()'s pages, where there is node to run it.
find_program(NODE node)
if(NODE)
  add_executable(explain_pages explain_pages.cpp)
  target_link_libraries(explain_pages PRIVATE xgrad::xgrad)
  xgrad_own_options(explain_pages)
  xgrad_unoptimised(explain_pages)
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/pages)
  xgrad_test(explain_pages sh -c "\"$0\" \"$1\" && \"$2\" \"$3\" \"$1\"/*.html" $<TARGET_FILE:explain_pages>
             ${CMAKE_CURRENT_BINARY_DIR}/pages ${NODE} ${CMAKE_CURRENT_SOURCE_DIR}/explain_page.js)
else()
  xgrad_skipped(explain_pages "node not found (nodejs)")
endif()
