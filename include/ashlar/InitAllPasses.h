//===-- InitAllPasses.h - Every pass a tool may be asked for ----*- C++ -*-===//
//
// One line for each pass library of the project, after upstream's; then the pipelines that order them.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_INITALLPASSES_H
#define ASHLAR_INITALLPASSES_H

#include "mlir/InitAllPasses.h"

#include "ashlar/GPU/Passes.h"
#include "ashlar/GPUToHost/Passes.h"
#include "ashlar/GPUToPTX/Passes.h"
#include "ashlar/Pipelines/Pipelines.h"
#include "ashlar/Reference/Passes.h"
#include "ashlar/Reference/ReferenceObject.h"
#include "ashlar/Tensor/Passes.h"
#include "ashlar/TensorToTile/Passes.h"
#include "ashlar/Tile/Passes.h"
#include "ashlar/TileToGPU/Passes.h"

namespace ashlar {

inline void registerAllPasses() {
  mlir::registerAllPasses();
  registerAshlarReferencePasses();
  registerReferencePipeline();
  registerAshlarTensorPasses();
  registerAshlarTensorToTilePasses();
  tile::registerAshlarTilePasses();
  registerAshlarTileToGPUPasses();
  registerAshlarGPUPasses();
  registerAshlarGPUToPTXPasses();
  registerAshlarGPUToHostPasses();
  registerPipelines();
}

} // namespace ashlar

#endif // ASHLAR_INITALLPASSES_H
