# The three kinds of target of this project. Names: `Ashlar` + path, e.g. AshlarTileToGPU for lib/TileToGPU.
#
#   ashlar_library(Name sources... [PLAIN] [DEPENDS libs...])
#   ashlar_tool(name sources... [PLAIN] [DEPENDS libs...])
#   ashlar_unit_test(Name sources... [PLAIN] [DEPENDS libs...])
#
# PLAIN targets know neither LLVM nor MLIR: they are what runs on a GPU server.

# Whatever may include a generated header waits for all of them: they take seconds, and nobody has to list them.
add_custom_target(AshlarGeneratedHeaders)

function(ashlar_compile_options target plain)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wno-unused-parameter)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  if(NOT plain)
    add_dependencies(${target} AshlarGeneratedHeaders)
    if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
      target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
    # CMake gives executables -fPIE, with which a header precompiled for libraries (-fPIC) cannot be reused.
    target_compile_options(${target} PRIVATE -fPIC)
    if(TARGET AshlarPrecompiledHeader AND NOT target STREQUAL AshlarPrecompiledHeader)
      target_precompile_headers(${target} REUSE_FROM AshlarPrecompiledHeader)
    endif()
  endif()
endfunction()

# One precompiled header of the MLIR headers, reused by every target: 3 s a file instead of 22 s.
function(ashlar_precompiled_header)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/PrecompiledHeader.cpp CONTENT "")  # touched only when it is new
  add_library(AshlarPrecompiledHeader OBJECT ${PROJECT_BINARY_DIR}/PrecompiledHeader.cpp)
  ashlar_compile_options(AshlarPrecompiledHeader FALSE)
  target_precompile_headers(AshlarPrecompiledHeader PRIVATE ${PROJECT_SOURCE_DIR}/cmake/PrecompiledHeader.h)
endfunction()
ashlar_precompiled_header()

function(ashlar_link target plain)
  target_link_libraries(${target} PUBLIC ${ARGN})
  if(NOT plain)
    target_link_libraries(${target} PUBLIC Ashlar::MLIR)
  endif()
endfunction()

function(ashlar_library name)
  cmake_parse_arguments(ARG "PLAIN" "" "DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  ashlar_compile_options(${name} "${ARG_PLAIN}")
  ashlar_link(${name} "${ARG_PLAIN}" ${ARG_DEPENDS})
  string(REGEX REPLACE "^Ashlar" "" export_name ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${export_name})
  set_property(GLOBAL APPEND PROPERTY ASHLAR_LIBRARIES ${name})
endfunction()

function(ashlar_tool name)
  cmake_parse_arguments(ARG "PLAIN" "" "DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  ashlar_compile_options(${name} "${ARG_PLAIN}")
  ashlar_link(${name} "${ARG_PLAIN}" ${ARG_DEPENDS})
  if(ARG_PLAIN)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc LINKER:--gc-sections)
  else()
    set_target_properties(${name} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)  # finds libMLIR.so where it is now
  endif()
  set_property(GLOBAL APPEND PROPERTY ASHLAR_TOOLS ${name})
endfunction()

function(ashlar_unit_test name)
  cmake_parse_arguments(ARG "PLAIN" "" "DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  ashlar_compile_options(${name} "${ARG_PLAIN}")
  ashlar_link(${name} "${ARG_PLAIN}" ${ARG_DEPENDS} GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test/bin)
  add_test(NAME ${name} COMMAND ${name})
  set_property(GLOBAL APPEND PROPERTY ASHLAR_UNIT_TESTS ${name})
endfunction()

# ashlar_dialect_tablegen(Name td-file dialect-mnemonic): ops, types, attributes, enums and the dialect of dialects/<Name>.
# The generated files are included as "dialects/<Name>/<Name>{Ops,Types,Attrs,Enums,Dialect}.{h,cpp}.inc".
function(ashlar_dialect_tablegen name td mnemonic)
  set(LLVM_TARGET_DEFINITIONS ${td})
  mlir_tablegen(${name}Ops.h.inc -gen-op-decls)
  mlir_tablegen(${name}Ops.cpp.inc -gen-op-defs)
  mlir_tablegen(${name}Types.h.inc -gen-typedef-decls -typedefs-dialect=${mnemonic})
  mlir_tablegen(${name}Types.cpp.inc -gen-typedef-defs -typedefs-dialect=${mnemonic})
  mlir_tablegen(${name}Attrs.h.inc -gen-attrdef-decls -attrdefs-dialect=${mnemonic})
  mlir_tablegen(${name}Attrs.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${mnemonic})
  mlir_tablegen(${name}Enums.h.inc -gen-enum-decls)
  mlir_tablegen(${name}Enums.cpp.inc -gen-enum-defs)
  mlir_tablegen(${name}Dialect.h.inc -gen-dialect-decls -dialect=${mnemonic})
  mlir_tablegen(${name}Dialect.cpp.inc -gen-dialect-defs -dialect=${mnemonic})
  add_public_tablegen_target(Ashlar${name}IncGen)
  set_property(GLOBAL APPEND PROPERTY ASHLAR_DIALECT_DOCS "${name}|${CMAKE_CURRENT_SOURCE_DIR}/${td}|${mnemonic}")
  add_dependencies(AshlarGeneratedHeaders Ashlar${name}IncGen)
endfunction()

# ashlar_pass_tablegen(Level): include/ashlar/<Level>/Passes.td -> "ashlar/<Level>/Passes.h.inc", target Ashlar<Level>PassesIncGen.
function(ashlar_pass_tablegen level)
  set(LLVM_TARGET_DEFINITIONS ${PROJECT_SOURCE_DIR}/include/ashlar/${level}/Passes.td)
  set(output ${PROJECT_BINARY_DIR}/include/ashlar/${level}/Passes.h.inc)
  file(RELATIVE_PATH relative ${CMAKE_CURRENT_BINARY_DIR} ${output})
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include/ashlar/${level})
  mlir_tablegen(${relative} -gen-pass-decls -name=Ashlar${level})
  add_public_tablegen_target(Ashlar${level}PassesIncGen)
  set_property(GLOBAL APPEND PROPERTY ASHLAR_PASS_DOCS "${level}|${LLVM_TARGET_DEFINITIONS}")
  add_dependencies(AshlarGeneratedHeaders Ashlar${level}PassesIncGen)
endfunction()
