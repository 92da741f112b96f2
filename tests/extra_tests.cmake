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
