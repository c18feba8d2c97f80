//===-- TileKernelOps.cpp - kernels and launches ----------------------------===//
//
// Syntax and constraints of the operations that frame a block's program.
//
//===-----------------------------------------------------------------------===//
#include "dialects/Tile/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;
using namespace ashlar::tile;

//===-- tile.kernel -----------------------------------------------------------===//

void KernelOp::build(OpBuilder &builder, OperationState &state, StringRef name, ArrayRef<Type> arguments,
                     AffineMap grid, int64_t threads, DictionaryAttr schedule) {
  state.addAttribute(getSymNameAttrName(state.name), builder.getStringAttr(name));
  state.addAttribute(getFunctionTypeAttrName(state.name),
                     TypeAttr::get(builder.getFunctionType(arguments, {})));
  state.addAttribute(getGridAttrName(state.name), AffineMapAttr::get(grid));
  state.addAttribute(getThreadsAttrName(state.name), builder.getI64IntegerAttr(threads));
  if (schedule)
    state.addAttribute(getScheduleAttrName(state.name), schedule);
  Block &entry = state.addRegion()->emplaceBlock();
  for (Type type : arguments)
    entry.addArgument(type, state.location);
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<Type> resultTypes;
  SmallVector<DictionaryAttr> resultAttributes;
  bool isVariadic = false;
  AffineMapAttr grid;
  int64_t threads = 0;
  if (parser.parseSymbolName(name, getSymNameAttrName(result.name), result.attributes) ||
      function_interface_impl::parseFunctionSignatureWithArguments(parser, /*allowVariadic=*/false, arguments,
                                                                   isVariadic, resultTypes, resultAttributes) ||
      parser.parseKeyword("grid") || parser.parseAttribute(grid) || parser.parseKeyword("threads") ||
      parser.parseInteger(threads) || parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  SmallVector<Type> argumentTypes;
  for (const OpAsmParser::Argument &argument : arguments)
    argumentTypes.push_back(argument.type);
  Builder &builder = parser.getBuilder();
  result.addAttribute(getFunctionTypeAttrName(result.name),
                      TypeAttr::get(builder.getFunctionType(argumentTypes, resultTypes)));
  result.addAttribute(getGridAttrName(result.name), grid);
  result.addAttribute(getThreadsAttrName(result.name), builder.getI64IntegerAttr(threads));
  return parser.parseRegion(*result.addRegion(), arguments);
}

void KernelOp::print(OpAsmPrinter &printer) {
  printer << " ";
  printer.printSymbolName(getSymName());
  // With an empty result printed, MLIR would leave out the arguments' names as well.
  call_interface_impl::printFunctionSignature(printer, getArgumentTypes(), getArgAttrsAttr(), /*isVariadic=*/false, {},
                                              {}, &getBody(), /*printEmptyResult=*/false);
  printer << " grid " << getGridAttr() << " threads " << getThreads();
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getSymNameAttrName(), getFunctionTypeAttrName(), getGridAttrName(),
                            getThreadsAttrName(), getArgAttrsAttrName(), getResAttrsAttrName()});
  printer << " ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

static int64_t countBuffers(KernelOp kernel) {
  return llvm::count_if(kernel.getArgumentTypes(), [](Type type) { return isa<BufferType>(type); });
}

Block::BlockArgListType KernelOp::getBufferArguments() { return getArguments().take_front(countBuffers(*this)); }
Block::BlockArgListType KernelOp::getDimensionArguments() { return getArguments().drop_front(countBuffers(*this)); }

LogicalResult KernelOp::verify() {
  int64_t buffers = countBuffers(*this);
  for (auto [index, type] : llvm::enumerate(getArgumentTypes())) {
    auto buffer = dyn_cast<BufferType>(type);
    bool expected = static_cast<int64_t>(index) < buffers ? buffer && !buffer.isShared() : isa<IndexType>(type);
    if (!expected)
      return emitOpError("C3: expected global buffers, then index arguments; argument ") << index << " is " << type;
  }
  AffineMap grid = getGrid();
  int64_t dimensions = getArgumentTypes().size() - buffers;
  if (grid.getNumResults() != 3 || grid.getNumDims() != 0 || grid.getNumSymbols() != dimensions)
    return emitOpError("C1: expected a grid map with 3 results, no dimensions and ")
           << dimensions << " symbols, got " << getGridAttr();
  int64_t threads = getThreads();
  if (threads % 32 != 0 || threads < 32 || threads > 1024)
    return emitOpError("C2: expected a multiple of 32 threads in [32, 1024], got ") << threads;
  if (!getFunctionType().getResults().empty())
    return emitOpError("C4: expected no results, got ") << getFunctionType();
  if (!getBody().hasOneBlock() || getBody().front().empty() || !isa<ReturnOp>(getBody().front().back()))
    return emitOpError("C4: expected a body of one block that ends with tile.return");
  if (int64_t bytes = getSharedBytes().value_or(0); bytes < 0)
    return emitOpError("C5: expected shared_bytes of at least 0, got ") << bytes;
  return success();
}

/// Whether the registers of a block could hold a tensor of this type.
static bool isTile(RankedTensorType type) {
  int64_t elements = 1;
  for (int64_t extent : type.getShape()) {
    if (ShapedType::isDynamic(extent) || extent == 0 || extent > maxBlockElements)
      return false;
    if ((elements *= extent) > maxBlockElements)
      return false;
  }
  return true;
}

LogicalResult KernelOp::verifyRegions() {
  WalkResult result = getBody().walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto tensor = dyn_cast<RankedTensorType>(type); tensor && !isTile(tensor)) {
        emitOpError("C6: expected static tiles of 1 to 2^20 elements, got ")
            .append(tensor)
            .attachNote(op->getLoc())
            .append("made here");
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

//===-- tile.launch -----------------------------------------------------------===//

LogicalResult LaunchOp::verify() {
  for (Attribute workspace : getWorkspace()) {
    auto tensor = dyn_cast<RankedTensorType>(cast<TypeAttr>(workspace).getValue());
    if (!tensor || !tensor.hasStaticShape())
      return emitOpError("C3: expected workspace of static tensors, got ") << workspace;
  }
  int64_t dynamic = 0;
  for (Type type : getResultTypes())
    dynamic += cast<RankedTensorType>(type).getNumDynamicDims();
  if (dynamic != static_cast<int64_t>(getResultDimensions().size()))
    return emitOpError("C2: expected ") << dynamic << " result dimensions, got " << getResultDimensions().size();
  std::optional<IntegerSet> set = getRequirements();
  if (set && (set->getNumDims() != 0 || set->getNumSymbols() != getDimensions().size()))
    return emitOpError("C4: expected requirements with no dimensions and ")
           << getDimensions().size() << " symbols, got " << getRequirementsAttr();
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  Operation *callee = symbols.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!callee)
    return emitOpError("C1: there is no kernel ") << getKernelAttr();
  auto kernel = dyn_cast<KernelOp>(callee);
  if (!kernel)
    return success();
  SmallVector<Type> tensors(getInputs().getTypes());
  llvm::append_range(tensors, getResultTypes());
  for (Attribute workspace : getWorkspace())
    tensors.push_back(cast<TypeAttr>(workspace).getValue());
  Block::BlockArgListType buffers = kernel.getBufferArguments();
  if (tensors.size() != buffers.size() || getDimensions().size() != kernel.getDimensionArguments().size())
    return emitOpError("C1: kernel ") << getKernelAttr() << " takes " << buffers.size() << " buffers and "
                                      << kernel.getDimensionArguments().size() << " dimensions, got "
                                      << tensors.size() << " and " << getDimensions().size();
  for (auto [index, tensor, argument] : llvm::enumerate(tensors, buffers)) {
    auto tensorType = cast<RankedTensorType>(tensor);
    auto buffer = cast<BufferType>(argument.getType());
    if (tensorType.getShape() != buffer.getShape() || tensorType.getElementType() != buffer.getElementType())
      return emitOpError("C1: tensor ") << index << " is " << tensor << ", but kernel " << getKernelAttr()
                                        << " takes " << buffer;
  }
  return success();
}
