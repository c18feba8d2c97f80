//===-- CarriedValues.cpp - further values that a loop carries ---------------===//
//
// The body moves as it is: operations that others remember stay the same ones.
//
//===-----------------------------------------------------------------------===//
#include "CarriedValues.h"

using namespace mlir;
using namespace ashlar;

scf::ForOp tile::carryValues(OpBuilder &builder, scf::ForOp loop, ValueRange inits) {
  builder.setInsertionPoint(loop);
  SmallVector<Value> all(loop.getInitArgs());
  llvm::append_range(all, inits);
  auto fresh = scf::ForOp::create(builder, loop.getLoc(), loop.getLowerBound(), loop.getUpperBound(),
                                  loop.getStep(), all, nullptr, loop.getUnsignedCmp());
  fresh->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
  if (!fresh.getBody()->empty())
    fresh.getBody()->back().erase();
  fresh.getBody()->getOperations().splice(fresh.getBody()->end(), loop.getBody()->getOperations());
  for (auto [old, argument] : llvm::zip(loop.getBody()->getArguments(), fresh.getBody()->getArguments()))
    old.replaceAllUsesWith(argument);
  loop.replaceAllUsesWith(fresh.getResults().take_front(loop.getNumResults()));
  loop.erase();
  builder.setInsertionPoint(fresh);
  return fresh;
}
