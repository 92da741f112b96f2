# Variants of the shared library for newer processors, in the glibc-hwcaps folders that the dynamic loader (glibc 2.33 and
# later) searches first: it chooses the variant for the processor when a program that is linked with libxgrad.so starts.
foreach(level v3 v4)  # AVX2 with FMA, AVX-512
  xgrad_library(xgrad-${level} SHARED)
  set_target_properties(xgrad-${level} PROPERTIES
                        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/glibc-hwcaps/x86-64-${level})
  target_compile_options(xgrad-${level} PRIVATE -march=x86-64-${level})
  add_dependencies(xgrad xgrad-${level})
  install(TARGETS xgrad-${level} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/glibc-hwcaps/x86-64-${level} NAMELINK_SKIP)
endforeach()
