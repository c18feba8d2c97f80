/*===-- list_functions.c - a server's program: the C API, nothing else ------===*\
|*
|* Prints the functions of a package, or why it cannot be read.
|*
\*===---------------------------------------------------------------------===*/

#include "ashlar-c/Runtime.h"

#include <stdio.h>

int main(int argc, char **argv) {
  AshlarPackage *package = NULL;
  AshlarStatus status = ashlarPackageLoadFile(argc > 1 ? argv[1] : "model.ashlar", &package);
  if (status != ASHLAR_OK) {
    fprintf(stderr, "%s: %s\n", ashlarStatusName(status), ashlarLastErrorMessage());
    return status;
  }
  for (size_t i = 0; i < ashlarPackageFunctionCount(package); ++i) {
    AshlarFunctionInfo function;
    if (ashlarPackageFunction(package, i, &function) != ASHLAR_OK)
      return 1;
    printf("%s: %zu in, %zu out\n", function.name, function.inputCount, function.outputCount);
  }
  ashlarPackageDestroy(package);
  return 0;
}
