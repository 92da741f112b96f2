# Headers install as include/xgrad/..., the package as lib/cmake/xgrad.
include(CMakePackageConfigHelpers)

install(TARGETS xgrad EXPORT xgrad-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
file(GLOB root_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/*.hpp)
install(FILES ${root_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/xgrad)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/autograd ${PROJECT_SOURCE_DIR}/nn ${PROJECT_SOURCE_DIR}/optim
                  ${PROJECT_SOURCE_DIR}/data ${PROJECT_SOURCE_DIR}/io ${PROJECT_SOURCE_DIR}/testing ${PROJECT_SOURCE_DIR}/train
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/xgrad FILES_MATCHING PATTERN "*.hpp")
get_target_property(xgrad_type xgrad TYPE)
install(EXPORT xgrad-targets NAMESPACE xgrad:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/xgrad)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/xgrad-config.cmake.in
                              ${PROJECT_BINARY_DIR}/xgrad-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/xgrad)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/xgrad-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/xgrad-config.cmake ${PROJECT_BINARY_DIR}/xgrad-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/xgrad)
