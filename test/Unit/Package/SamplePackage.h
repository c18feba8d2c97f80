//===-- SamplePackage.h - a package made by hand for tests ------*- C++ -*-===//
//
// One dynamic function that uses every feature of the format, and one static function.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_PACKAGE_SAMPLEPACKAGE_H
#define ASHLAR_TEST_UNIT_PACKAGE_SAMPLEPACKAGE_H

#include "ashlar/Package/PackageWriter.h"

namespace ashlar::package::test {

PackageWriter makeSamplePackage();

} // namespace ashlar::package::test

#endif // ASHLAR_TEST_UNIT_PACKAGE_SAMPLEPACKAGE_H
