//===-- TensorSpec.h - tensors on the command line --------------*- C++ -*-===//
//
// The text forms of --input, --expected-output and --output:
//   2x3xf16=@file.bin   raw bytes            2x3xf16=@file.npy, @file.npy   a NumPy array
//   2x3xf32=1.5         every element 1.5    2x3xf32=1,2,3,4,5,6  2x2xi8=[[1 2][3 4]]   element lists
//   2x3xf16=@random:7   random, seed 7       2x3xf16=@random:7*0.25   the same, scaled
//   2x3xi8=@bits:7      random integers of the whole range, seed 7
//   2x3xf32             zeros
// The type may be left out where the function's type is static: @random:7, 1.5, @file.bin.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_RUN_TENSORSPEC_H
#define ASHLAR_TOOLS_ASHLAR_RUN_TENSORSPEC_H

#include "HostTensor.h"

namespace ashlar::run {

/// Makes the tensor that `spec` describes for a parameter of type `type`. The element type must be the
/// type's; shapes are compared where the type is static.
Expected<HostTensor> parseTensorSpec(const std::string &spec, const package::Function &function,
                                     const package::TensorType &type);

/// Writes a result to `destination`: "-" prints it as "name: tensor", @x.npy and @x.bin write a file, +x.npy
/// and +x.bin append to one.
Status writeTensor(const std::string &destination, const std::string &name, const HostTensor &tensor,
                   int64_t maxElements);

} // namespace ashlar::run

#endif // ASHLAR_TOOLS_ASHLAR_RUN_TENSORSPEC_H
