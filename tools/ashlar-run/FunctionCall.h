//===-- FunctionCall.h - what a call of a function needs --------*- C++ -*-===//
//
// The steps that every tool takes between a command line and a call: which function, its inputs, room for its
// results.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_RUN_FUNCTIONCALL_H
#define ASHLAR_TOOLS_ASHLAR_RUN_FUNCTIONCALL_H

#include "HostTensor.h"

#include "ashlar/Package/Manifest.h"

#include <string>
#include <vector>

namespace ashlar::run {

/// "linear(x: Mx64xf16) -> (y: Mx32xf32)".
std::string signatureText(const package::Function &function);

/// The index of the function called `name`; of the only one where `name` is empty.
Expected<unsigned> chooseFunction(const package::Manifest &manifest, const std::string &name);

/// The inputs that `specs` describe (TensorSpec.h), one each.
Expected<std::vector<HostTensor>> readInputs(const package::Function &function,
                                             const std::vector<std::string> &specs);

/// Outputs of the sizes that `inputs` lead to, filled with ones bits (NaN in float types), so that elements
/// that no kernel writes show.
Expected<std::vector<HostTensor>> makeOutputs(const package::Function &function,
                                              const std::vector<HostTensor> &inputs);

/// The value below which the fraction `fraction` of `values` lies, interpolated between neighbours; `values`
/// is not empty.
double quantile(std::vector<double> values, double fraction);

} // namespace ashlar::run

#endif // ASHLAR_TOOLS_ASHLAR_RUN_FUNCTIONCALL_H
