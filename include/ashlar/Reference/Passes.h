//===-- Passes.h - Passes of the oracle -------------------------*- C++ -*-===//
//
// Creation and registration of the passes declared in Passes.td.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_REFERENCE_PASSES_H
#define ASHLAR_REFERENCE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace ashlar {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ashlar/Reference/Passes.h.inc"

} // namespace ashlar

#endif // ASHLAR_REFERENCE_PASSES_H
