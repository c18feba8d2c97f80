//===-- ReferenceRunner.h - the reference functions of a package -*- C++ -*-===//
//
// Runs reference/host.so: for each function `void name(const void *const *arguments)`, where argument i points to a
// strided-memref descriptor {allocated, aligned, offset, sizes…, strides…}, inputs before outputs.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_RUN_REFERENCERUNNER_H
#define ASHLAR_TOOLS_ASHLAR_RUN_REFERENCERUNNER_H

#include "HostTensor.h"

#include "ashlar/Package/PackageReader.h"

namespace ashlar::run {

/// Computes the outputs of `function` for `inputs`; `outputs` have their types and are overwritten.
Status runReference(const package::PackageReader &package, const package::Function &function,
                    const std::vector<HostTensor> &inputs, std::vector<HostTensor> &outputs);

} // namespace ashlar::run

#endif // ASHLAR_TOOLS_ASHLAR_RUN_REFERENCERUNNER_H
