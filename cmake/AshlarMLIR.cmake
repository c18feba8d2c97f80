# Ashlar::MLIR: the libMLIR.so and libLLVM.so that find_package(MLIR) has found, with their headers. The build and every
# installation include this file, so that installed libraries name their MLIR without a path.
if(NOT TARGET Ashlar::MLIR)
  add_library(Ashlar::MLIR INTERFACE IMPORTED)
  target_include_directories(Ashlar::MLIR INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_link_libraries(Ashlar::MLIR INTERFACE MLIR LLVM)
endif()
