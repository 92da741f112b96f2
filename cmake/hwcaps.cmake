# The shared library again for newer processors, in the folders where the C library's loader (glibc 2.33 and later) looks
# first: a program that is linked with libxgrad.so runs on the variant that fits, with nothing to decide at run time.
foreach(level v3 v4)  # AVX2 with FMA, AVX-512
  xgrad_library(xgrad-${level} SHARED)
  set_target_properties(xgrad-${level} PROPERTIES
                        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/glibc-hwcaps/x86-64-${level})
  target_compile_options(xgrad-${level} PRIVATE -march=x86-64-${level})
  add_dependencies(xgrad xgrad-${level})
  install(TARGETS xgrad-${level} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/glibc-hwcaps/x86-64-${level} NAMELINK_SKIP)
endforeach()
