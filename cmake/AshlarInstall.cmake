# Installation: what another CMake project needs for find_package(Ashlar). Three components, of `cmake --install` and of
# find_package alike, each with one target as its door:
#
#   Runtime    Ashlar::Runtime          the C API in a shared library, ashlar-run, ashlar-bench; need the C library only
#   Simulator  Ashlar::SimulatorDevice  runtime and simulator as C++ libraries; no LLVM
#   Compiler   Ashlar::Compiler         the compiler as C++ libraries, ashlar-compile and ashlar-opt; needs MLIR, and the
#                                       component Simulator
#
# The other libraries keep their names: AshlarTileToGPU is Ashlar::TileToGPU. Documentation is a component to install only.
include(CMakePackageConfigHelpers)
set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Ashlar)

# Folders whose library and headers are the component Simulator. All others are the Compiler's.
set(simulator_folders Support Layout Package Runtime Simulator SimulatorDevice)

# Libraries and tools.
set_target_properties(AshlarRuntimeShared PROPERTIES EXPORT_NAME Runtime)
set_target_properties(AshlarRuntime PROPERTIES EXPORT_NAME RuntimeStatic)
set_target_properties(AshlarPipelines PROPERTIES EXPORT_NAME Compiler)
get_property(compiler_targets GLOBAL PROPERTY ASHLAR_LIBRARIES)
list(TRANSFORM simulator_folders PREPEND Ashlar OUTPUT_VARIABLE simulator_targets)
list(REMOVE_ITEM compiler_targets ${simulator_targets})
list(APPEND compiler_targets ashlar-compile ashlar-opt)
set(runtime_targets AshlarRuntimeShared ashlar-run ashlar-bench)
foreach(component Runtime Simulator Compiler)
  string(TOLOWER ${component} prefix)
  install(TARGETS ${${prefix}_targets} EXPORT Ashlar${component}Targets
          RUNTIME COMPONENT ${component} LIBRARY COMPONENT ${component} ARCHIVE COMPONENT ${component})
  install(EXPORT Ashlar${component}Targets NAMESPACE Ashlar:: DESTINATION ${config_folder} COMPONENT ${component})
endforeach()

# Headers, with the definitions for tablegen and what tablegen made of them.
set(headers FILES_MATCHING PATTERN *.h PATTERN *.td PATTERN *.h.inc PATTERN CMakeFiles EXCLUDE)
list(TRANSFORM simulator_folders PREPEND include/ashlar/ OUTPUT_VARIABLE simulator_headers)
install(DIRECTORY include/ashlar-c DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT Runtime ${headers})
install(DIRECTORY ${simulator_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ashlar COMPONENT Simulator ${headers})
install(DIRECTORY include/ashlar dialects ${PROJECT_BINARY_DIR}/include/ashlar ${PROJECT_BINARY_DIR}/dialects
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT Compiler ${headers})

# The package files, which every component needs.
configure_package_config_file(cmake/AshlarConfig.cmake.in ${PROJECT_BINARY_DIR}/AshlarConfig.cmake
  INSTALL_DESTINATION ${config_folder} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/AshlarConfigVersion.cmake COMPATIBILITY SameMinorVersion)
foreach(component Runtime Simulator Compiler)
  install(FILES ${PROJECT_BINARY_DIR}/AshlarConfig.cmake ${PROJECT_BINARY_DIR}/AshlarConfigVersion.cmake
          DESTINATION ${config_folder} COMPONENT ${component})
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT ${component})
endforeach()
install(FILES cmake/FindMinizip.cmake DESTINATION ${config_folder} COMPONENT Simulator)
install(FILES cmake/AshlarMLIR.cmake DESTINATION ${config_folder} COMPONENT Compiler)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT Documentation)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT Documentation)
