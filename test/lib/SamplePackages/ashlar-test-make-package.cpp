//===-- ashlar-test-make-package.cpp - writes the sample package ----------===//
//
// For tests of ashlar-run: `ashlar-test-make-package OUT.ashlar [--no-reference] [--no-sim]`.
//
//===----------------------------------------------------------------------===//

#include "SamplePackages.h"

#include <cstdio>
#include <cstring>

using namespace ashlar;

int main(int argc, char **argv) {
  bool withReference = true, withSimulator = true;
  for (int i = 2; i < argc; ++i) {
    withReference &= std::strcmp(argv[i], "--no-reference") != 0;
    withSimulator &= std::strcmp(argv[i], "--no-sim") != 0;
  }
  Expected<package::PackageWriter> writer = test::makeScalePackageWithHostCode(withSimulator, withReference);
  Status status = writer ? Status() : writer.status();
  if (status.ok() && argc >= 2)
    status = writer->writeToFile(argv[1]);
  if (status.ok() && argc >= 2)
    return 0;
  std::fprintf(stderr, "ashlar-test-make-package: %s\n", argc < 2 ? "no output file" : status.message().c_str());
  return 1;
}
