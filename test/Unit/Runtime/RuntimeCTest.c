/*===-- RuntimeCTest.c - the C API from C -----------------------------------===*\
|*
|* Compiles the header as strict C99 and calls the shared library, which must bring all it needs.
|*
\*===---------------------------------------------------------------------===*/

#include "ashlar-c/Runtime.h"

#include <stdio.h>
#include <string.h>

int main(void) {
  AshlarPackage *package = NULL;
  AshlarDevice *device = NULL;
  const char *options[] = {"library", "/nonexistent/libcuda.so"};
  if (ashlarPackageLoadMemory("not a package", 13, &package) != ASHLAR_INVALID_PACKAGE || package != NULL) {
    fprintf(stderr, "a text was taken for a package\n");
    return 1;
  }
  if (ashlarDeviceCreate("cuda", options, 1, &device) != ASHLAR_NOT_FOUND || device != NULL) {
    fprintf(stderr, "a device without a driver\n");
    return 1;
  }
  if (strncmp(ashlarLastErrorMessage(), "no CUDA driver", 14) != 0) {
    fprintf(stderr, "unexpected message: %s\n", ashlarLastErrorMessage());
    return 1;
  }
  printf("ashlar runtime %s: PASS\n", ashlarRuntimeVersionText());
  return 0;
}
