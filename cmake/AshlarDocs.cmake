# The reference of dialects and passes: `ninja ashlar-docs` (tools/dev docs) writes docs/generated, and the test
# Docs/reference.test holds it to the .td files. Both read their arguments from one file.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
get_property(dialects GLOBAL PROPERTY ASHLAR_DIALECT_DOCS)
get_property(levels GLOBAL PROPERTY ASHLAR_PASS_DOCS)
set(arguments --tblgen=${LLVM_TOOLS_BINARY_DIR}/llvm-tblgen --source=${PROJECT_SOURCE_DIR}
    --output=${PROJECT_SOURCE_DIR}/docs/generated)
foreach(folder ${MLIR_INCLUDE_DIRS})
  list(APPEND arguments --include=${folder})
endforeach()
foreach(dialect ${dialects})
  list(APPEND arguments --dialect=${dialect})
endforeach()
foreach(level ${levels})
  list(APPEND arguments --passes=${level})
endforeach()
list(JOIN arguments "\n" arguments)
file(WRITE ${PROJECT_BINARY_DIR}/reference.args "${arguments}\n")

add_custom_target(ashlar-docs
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/reference.py @${PROJECT_BINARY_DIR}/reference.args
  COMMENT "Writing docs/generated" VERBATIM)
