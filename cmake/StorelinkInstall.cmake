# What is installed. Two forms, both found by find_package(storelink), both with what storelink_add_module() needs:
# a C++ installation (component core) with the headers and the archive, and the Python wheel (component python), whose
# package directory holds the headers and the sources that embedded extensions are built from.
include(CMakePackageConfigHelpers)

set(tree_files CMakeLists.txt)
set(tree_directories cmake src python/toolkit)

if(SKBUILD)
  set(tree storelink/share/storelink)
  set(package_dir storelink/share/cmake/storelink)
  set(component python)
  install(DIRECTORY include DESTINATION "${tree}" COMPONENT ${component})
else()
  set(tree "${CMAKE_INSTALL_DATADIR}/storelink")
  set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/storelink")
  set(component core)
  install(TARGETS storelink storelink_headers EXPORT storelink-targets COMPONENT ${component})
  install(DIRECTORY include/ TYPE INCLUDE COMPONENT ${component})
  # The sources look for their headers beside them.
  install(DIRECTORY include DESTINATION "${tree}" COMPONENT ${component})
  install(EXPORT storelink-targets NAMESPACE storelink:: DESTINATION "${package_dir}" COMPONENT ${component})
  set(pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
  cmake_path(SET STORELINK_PREFIX_FROM_PC ".")
  cmake_path(RELATIVE_PATH STORELINK_PREFIX_FROM_PC BASE_DIRECTORY "${pc_dir}")
  set(link_private "-lhttp_parser -lpugixml")
  set(requires_private "libcurl >= 7.88, openssl >= 3.0, fmt")
  if(STORELINK_SHARED)
    set(STORELINK_PC_LIBRARIES "Libs: -L\${libdir} -lstorelink -pthread")
  else()
    # What an archive uses is linked by whoever uses it.
    set(STORELINK_PC_LIBRARIES
        "Libs: -L\${libdir} -lstorelink ${link_private} -pthread\nRequires: ${requires_private}")
  endif()
  configure_file(cmake/storelink.pc.in storelink.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/storelink.pc" DESTINATION "${pc_dir}" COMPONENT ${component})
endif()

install(FILES ${tree_files} DESTINATION "${tree}" COMPONENT ${component})
install(FILES python/CMakeLists.txt DESTINATION "${tree}/python" COMPONENT ${component})
# What storelink_add_stubs() starts from.
install(FILES python/storelink/store.pyi python/storelink/exceptions.pyi python/storelink/_bytes.pyi
        python/storelink/_settings.pyi DESTINATION "${tree}/python/storelink" COMPONENT ${component})
foreach(directory IN LISTS tree_directories)
  cmake_path(GET directory PARENT_PATH parent)
  install(DIRECTORY "${directory}" DESTINATION "${tree}/${parent}" COMPONENT ${component}
          PATTERN storelink.pc.in EXCLUDE)  # of an installation alone
endforeach()

set(STORELINK_INSTALLED_TREE "${tree}")
configure_package_config_file(cmake/storelink-config.cmake.in storelink-config.cmake
                              INSTALL_DESTINATION "${package_dir}" PATH_VARS STORELINK_INSTALLED_TREE)
write_basic_package_version_file(storelink-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/storelink-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/storelink-config-version.cmake"
        DESTINATION "${package_dir}" COMPONENT ${component})
