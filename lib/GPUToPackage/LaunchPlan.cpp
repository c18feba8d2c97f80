//===-- LaunchPlan.cpp - what the host does, as a package's functions -------===//
//
// Walks each function once, in order: constants, reshapes and launches, then what it returns.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/GPUToPackage/LaunchPlan.h"
#include "Arena.h"
#include "HostExpressions.h"
#include "LaunchAttributes.h"
#include "SizeChecks.h"
#include "ashlar/GPU/Passes.h"
#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace ashlar;
using package::Argument;
using package::BufferRef;
using package::Expression;

//===-- Constants and tolerances -----------------------------------------------===//

/// The bytes of a constant tensor as packages store it.
static FailureOr<std::vector<uint8_t>> constantBytes(arith::ConstantOp op) {
  auto elements = dyn_cast<DenseElementsAttr>(op.getValue());
  auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue());
  Type element = getElementTypeOrSelf(op.getType());
  if (!element.isIntOrFloat())
    return op.emitError() << "constants of '" << element
                          << "' cannot be stored; convert to integers or floats";
  unsigned bits = element.getIntOrFloatBitWidth();
  size_t size =
      (cast<ShapedType>(op.getType()).getNumElements() * std::max(bits, 4u) * (bits == 1 ? 2 : 1) + 7) / 8;
  if (resource && resource.getRawHandle().getBlob()) {
    ArrayRef<char> data = resource.getRawHandle().getBlob()->getData();
    if (data.size() != size)
      return op.emitError() << "its resource '" << resource.getRawHandle().getKey() << "' has " << data.size()
                            << " bytes, but " << op.getType() << " takes " << size
                            << "; four-bit elements share "
                            << "bytes, i1 takes one each";
    return std::vector<uint8_t>(data.begin(), data.end());
  }
  if (!elements)
    return op.emitError("a constant tensor must be dense, and its resource be in the file");
  std::vector<uint8_t> bytes(size);
  int64_t index = 0;
  bool isFloat = isa<FloatType>(elements.getElementType());
  auto put = [&](const APInt &value) {
    uint64_t word = value.getZExtValue();
    if (bits == 4)
      bytes[index / 2] |= word << (index % 2 * 4);
    else
      std::memcpy(&bytes[index * ((bits + 7) / 8)], &word, (bits + 7) / 8);
    ++index;
  };
  if (isFloat)
    for (const APFloat &value : elements.getValues<APFloat>())
      put(value.bitcastToAPInt());
  else
    for (const APInt &value : elements.getValues<APInt>())
      put(value);
  return bytes;
}

/// How far a result may be from the reference, which rounds where the kernels round but sums in another
/// order. A few units in the last place of the element type, relative to values of the order of one; integers
/// agree, except that a quantised value may fall to the other side of a tie.
static package::Tolerance toleranceOf(ElementType element) {
  switch (element) {
  case ElementType::F32:
    return {2e-4, 2e-4};
  case ElementType::F16:
    return {4e-3, 4e-3};
  case ElementType::BF16:
    return {3e-2, 2e-2};
  case ElementType::I8:
  case ElementType::I4:
    return {1, 0};
  default:
    return {0, 0};
  }
}

//===-- Functions ----------------------------------------------------------------===//

namespace {

/// Makes the plan of one function.
class Planner {
public:
  Planner(func::FuncOp function, package::PackageWriter &writer, const llvm::StringMap<unsigned> &kernels,
          gpu::GPUModuleOp kernelModule)
      : function(function), writer(writer), kernels(kernels), kernelModule(kernelModule),
        expressions(function), checks(expressions) {}

  FailureOr<package::Function> plan();

private:
  LogicalResult addInputs();
  LogicalResult assignBuffers();
  LogicalResult addConstant(arith::ConstantOp op);
  LogicalResult addLaunch(tile::LaunchOp launch);
  LogicalResult addWorkspace(tile::LaunchOp launch, SmallVectorImpl<BufferRef> &buffers);
  LogicalResult addOutputs(func::ReturnOp op);
  FailureOr<Expression> byteSize(Value tensor);
  /// The value whose buffer `tensor` shares: reshapes and casts only rename it.
  static Value aliased(Value tensor);
  FailureOr<BufferRef> bufferOf(Value tensor, Operation *user);
  unsigned addSlot(Expression bytes);

  func::FuncOp function;
  package::PackageWriter &writer;
  const llvm::StringMap<unsigned> &kernels;
  gpu::GPUModuleOp kernelModule;
  HostExpressions expressions;
  SizeChecks checks;
  package::Function result;
  DenseMap<Value, BufferRef> buffers;
  SmallVector<ArenaBuffer> arena;
};

} // namespace

Value Planner::aliased(Value tensor) {
  while (
      isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(tensor.getDefiningOp()))
    tensor = tensor.getDefiningOp()->getOperand(0);
  return tensor;
}

unsigned Planner::addSlot(Expression bytes) {
  int64_t now = result.steps.size();
  arena.push_back({now, now, std::move(bytes)});
  return arena.size() - 1;
}

FailureOr<BufferRef> Planner::bufferOf(Value tensor, Operation *user) {
  auto entry = buffers.find(aliased(tensor));
  if (entry == buffers.end())
    return user->emitError("reads a tensor that no kernel makes");
  if (entry->second.kind == BufferRef::Kind::Slot)
    arena[entry->second.index].end = result.steps.size();
  return entry->second;
}

FailureOr<Expression> Planner::byteSize(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  FailureOr<ElementType> element = packageElementType(type.getElementType(), tensor.getLoc());
  if (failed(element))
    return failure();
  FailureOr<Expression> elements = expressions.elements(tensor);
  if (failed(elements))
    return failure();
  unsigned bits = storageBits(*element);
  Expression bytes = bits < 8 ? Expression::ceilDiv(*elements, 8 / bits) : *elements * Expression(bits / 8);
  return bytes.isDynamic() ? bytes : Expression(*bytes.constantValue());
}

LogicalResult Planner::addInputs() {
  for (BlockArgument argument : function.getArguments()) {
    FailureOr<package::TensorType> type = expressions.inputType(argument);
    if (failed(type))
      return failure();
    unsigned index = argument.getArgNumber();
    result.inputs.push_back({"input" + std::to_string(index), *type, std::nullopt});
    buffers[argument] = {BufferRef::Kind::Input, index};
  }
  result.symbols = expressions.symbols();
  return success();
}

/// A tensor that a kernel makes and the function returns lies in the output at once.
LogicalResult Planner::assignBuffers() {
  auto op = cast<func::ReturnOp>(function.front().getTerminator());
  for (auto [index, value] : llvm::enumerate(op.getOperands())) {
    Value made = aliased(value);
    if (made.getDefiningOp<tile::LaunchOp>())
      buffers.try_emplace(made, BufferRef{BufferRef::Kind::Output, static_cast<unsigned>(index)});
  }
  return success();
}

LogicalResult Planner::addConstant(arith::ConstantOp op) {
  if (!isa<RankedTensorType>(op.getType()))
    return success();
  FailureOr<std::vector<uint8_t>> bytes = constantBytes(op);
  if (failed(bytes))
    return failure();
  std::string name = ("constant" + Twine(writer.manifest().constants.size())).str();
  buffers[op.getResult()] = {BufferRef::Kind::Constant, writer.addConstant(name, *bytes)};
  return success();
}

LogicalResult Planner::addWorkspace(tile::LaunchOp launch, SmallVectorImpl<BufferRef> &list) {
  for (Attribute attribute : launch.getWorkspace()) {
    auto type = cast<RankedTensorType>(cast<TypeAttr>(attribute).getValue());
    FailureOr<ElementType> element = packageElementType(type.getElementType(), launch.getLoc());
    if (failed(element))
      return failure();
    Expected<int64_t> bytes = storageBytes(*element, type.getNumElements());
    if (!bytes)
      return launch.emitOpError(bytes.status().message());
    list.push_back({BufferRef::Kind::Slot, addSlot(Expression(*bytes))});
  }
  return success();
}

LogicalResult Planner::addLaunch(tile::LaunchOp launch) {
  StringRef name = launch.getKernelAttr().getLeafReference().getValue();
  auto kernel = kernelModule ? kernelModule.lookupSymbol<LLVM::LLVMFuncOp>(name) : LLVM::LLVMFuncOp();
  auto index = kernels.find(name);
  if (!kernel || index == kernels.end())
    return launch.emitOpError("there is no kernel @")
           << name
           << " of the LLVM dialect in gpu.module @kernels; let the compilation start on the level on "
           << "which the program stands";
  package::LaunchStep step;
  step.kernel = index->second;
  SmallVector<BufferRef> list;
  for (Value input : launch.getInputs()) {
    FailureOr<BufferRef> buffer = bufferOf(input, launch);
    if (failed(buffer))
      return failure();
    list.push_back(*buffer);
  }
  for (Value made : launch.getResults()) {
    auto [entry, isNew] = buffers.try_emplace(made);
    if (isNew) {
      FailureOr<Expression> bytes = byteSize(made);
      if (failed(bytes))
        return failure();
      entry->second = {BufferRef::Kind::Slot, addSlot(*bytes)};
    }
    list.push_back(entry->second);
  }
  if (failed(addWorkspace(launch, list)))
    return failure();
  auto maps = kernel->getAttrOfType<ArrayAttr>(tensorMapsAttrName);
  size_t count = list.size() + launch.getDimensions().size() + (maps ? maps.size() : 0);
  if (count != kernel.getNumArguments())
    return kernel.emitOpError("takes ")
           << kernel.getNumArguments() << " arguments, but its launch has " << count
           << ": buffers, runtime dimensions and tensor maps";
  for (const BufferRef &buffer : list)
    step.arguments.push_back({Argument::Kind::Buffer, buffer, {}, {}});

  SmallVector<Expression> dimensions;
  for (Value dimension : launch.getDimensions()) {
    FailureOr<Expression> expression = expressions.of(dimension);
    if (failed(expression))
      return failure();
    bool isWide = kernel.getFunctionType().getParamType(step.arguments.size()).isInteger(64);
    step.arguments.push_back(isWide ? Argument::i64(*expression) : Argument::i32(*expression));
    dimensions.push_back(*expression);
  }
  if (failed(checks.addRequirements(launch, dimensions)) || failed(checks.addReach(launch, kernel)) ||
      failed(addGeometry(kernel, dimensions, step)) || failed(addTensorMaps(kernel, list, dimensions, step)))
    return failure();
  result.steps.push_back(package::Step::makeLaunch(std::move(step)));
  return success();
}

LogicalResult Planner::addOutputs(func::ReturnOp op) {
  for (auto [index, value] : llvm::enumerate(op.getOperands())) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return op.emitOpError("returns ") << value.getType() << "; a package's functions return ranked tensors";
    FailureOr<ElementType> element = packageElementType(type.getElementType(), value.getLoc());
    FailureOr<BufferRef> source = bufferOf(value, op);
    FailureOr<Expression> bytes = byteSize(value);
    if (failed(element) || failed(source) || failed(bytes))
      return failure();
    package::TensorType outputType{*element, {}};
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      FailureOr<Expression> extent = expressions.extent(value, dim);
      if (failed(extent))
        return failure();
      if (!extent->isDynamic())
        outputType.dims.push_back(package::Dim::fixed(*extent->constantValue()));
      else if (extent->kind() == Expression::Kind::Dim)
        outputType.dims.push_back(package::Dim::dynamic(extent->value()));
      else
        return op.emitOpError("output ")
               << index << " has a dimension that is computed from the inputs' sizes; it must "
               << "be one of them";
    }
    result.outputs.push_back({"output" + std::to_string(index), outputType, toleranceOf(*element)});
    BufferRef target{BufferRef::Kind::Output, static_cast<unsigned>(index)};
    if (!(*source == target))
      result.steps.push_back(package::Step::makeCopy({*source, target, *bytes}));
  }
  return success();
}

FailureOr<package::Function> Planner::plan() {
  result.name = function.getName().str();
  if (!function.getBody().hasOneBlock())
    return function.emitError("control flow between kernels cannot be put into a launch plan");
  if (failed(addInputs()) || failed(assignBuffers()))
    return failure();
  for (Operation &op : function.front()) {
    LogicalResult added = success();
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      added = addConstant(constant);
    else if (auto launch = dyn_cast<tile::LaunchOp>(op))
      added = addLaunch(launch);
    else if (auto terminator = dyn_cast<func::ReturnOp>(op))
      added = addOutputs(terminator);
    else if (isa<tensor::CastOp, tensor::ExpandShapeOp>(op))
      added = checks.addReshape(&op);
    else if (isa<RankedTensorType>(op.getNumResults() ? op.getResult(0).getType()
                                                      : Type(NoneType::get(op.getContext()))) &&
             aliased(op.getResult(0)) == op.getResult(0))
      added = op.emitError() << "'" << op.getName()
                             << "' was not made part of a kernel, and the host cannot run it";
    if (failed(added))
      return failure();
  }
  result.checks = checks.take();
  planArena(arena, result);
  return std::move(result);
}

//===-- The module -----------------------------------------------------------------===//

static std::string locationText(Location loc) {
  if (auto fused = dyn_cast<FusedLoc>(loc))
    return fused.getLocations().empty() ? "" : locationText(fused.getLocations().front());
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    return (llvm::sys::path::filename(file.getFilename().getValue()) + ":" + Twine(file.getLine()) + ":" +
            Twine(file.getColumn()))
        .str();
  return "";
}

static package::Kernel describeKernel(LLVM::LLVMFuncOp function) {
  package::Kernel kernel;
  kernel.name = function.getName().str();
  kernel.location = locationText(function.getLoc());
  if (Attribute schedule = function->getAttr("ashlar.schedule"))
    llvm::raw_string_ostream(kernel.schedule) << schedule;
  return kernel;
}

/// Lists the kernels that are not in the manifest yet; a kernel of another target has the same name.
static llvm::StringMap<unsigned> addKernels(gpu::GPUModuleOp kernelModule, package::Manifest &manifest) {
  llvm::StringMap<unsigned> kernels;
  for (auto [index, kernel] : llvm::enumerate(manifest.kernels))
    kernels[kernel.name] = unsigned(index);
  if (kernelModule)
    for (auto function : kernelModule.getOps<LLVM::LLVMFuncOp>())
      if (function->hasAttr("gpu.kernel") &&
          kernels.try_emplace(function.getName(), manifest.kernels.size()).second)
        manifest.kernels.push_back(describeKernel(function));
  return kernels;
}

LogicalResult ashlar::addLaunchPlans(ModuleOp module, ArrayRef<StringRef> targets,
                                     package::PackageWriter &writer) {
  auto kernelModule = module.lookupSymbol<gpu::GPUModuleOp>("kernels");
  package::Manifest &manifest = writer.manifest();
  llvm::StringMap<unsigned> kernels = addKernels(kernelModule, manifest);
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isPrivate() || function.isExternal())
      continue;
    FailureOr<package::Function> made = Planner(function, writer, kernels, kernelModule).plan();
    if (failed(made))
      return failure();
    std::optional<unsigned> known = manifest.findFunction(made->name);
    if (!known) {
      manifest.functions.push_back(std::move(*made));
      continue;
    }
    // A call passes the checks of all targets' kernels.
    std::vector<package::SizeCheck> &checks = manifest.functions[*known].checks;
    for (package::SizeCheck &check : made->checks)
      if (!llvm::is_contained(checks, check))
        checks.push_back(std::move(check));
    const package::Plan &plan = *made;
    if (plan == manifest.functions[*known])
      continue;
    for (StringRef target : targets)
      manifest.functions[*known].targetPlans.push_back({plan, target.str()});
  }
  return success();
}
