//===-- CheckReference.cpp - Runs the oracle on values written in a test --===//
//
// ashlar-test-reference FILE compiles the file's functions with emitReferenceObject, loads the object as a
// package's reader would, and calls each function that says what it expects:
//
//   func.func @name(%a: tensor<?xf32>) -> tensor<?xf32> attributes {
//       inputs = [dense<[1.0, 2.0]> : tensor<2xf32>], expected = [dense<[2.0, 4.0]> : tensor<2xf32>],
//       tolerance = 1e-3}
//
// An element passes when it differs by no more than tolerance * max(1, |expected|); without a tolerance it
// must be equal. Prints a line for each function; the exit code says whether all passed.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Reference/ReferenceObject.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <cstring>
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;

namespace {
/// A row-major tensor in memory, with its descriptor.
struct Buffer {
  std::vector<char> bytes;
  std::vector<int64_t> descriptor;
  unsigned elementSize;

  explicit Buffer(ShapedType type) {
    // What is narrower than a byte takes a whole one.
    elementSize = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    // Room for one element more, so that empty tensors have an address, too.
    bytes.assign((type.getNumElements() + 1) * elementSize, 0x5a);
    int64_t address = reinterpret_cast<int64_t>(bytes.data());
    descriptor = {address, address, 0};
    descriptor.insert(descriptor.end(), type.getShape().begin(), type.getShape().end());
    std::vector<int64_t> strides(type.getRank(), 1);
    for (int64_t dim = type.getRank() - 2; dim >= 0; --dim)
      strides[dim] = strides[dim + 1] * type.getDimSize(dim + 1);
    descriptor.insert(descriptor.end(), strides.begin(), strides.end());
  }

  APInt bitsAt(int64_t index, unsigned width) const {
    uint64_t raw = 0;
    std::memcpy(&raw, bytes.data() + index * elementSize, elementSize);
    return APInt(elementSize * 8, raw).trunc(width);
  }
  void setBits(int64_t index, const APInt &bits) {
    uint64_t raw = bits.getZExtValue();
    std::memcpy(bytes.data() + index * elementSize, &raw, elementSize);
  }
};
} // namespace

static SmallVector<APInt> elementBits(DenseElementsAttr values) {
  if (isa<FloatType>(values.getElementType()))
    return llvm::map_to_vector(values.getValues<APFloat>(),
                               [](APFloat value) { return value.bitcastToAPInt(); });
  return llvm::to_vector(values.getValues<APInt>());
}

static double numberOf(const APInt &bits, Type type) {
  if (auto floatType = dyn_cast<FloatType>(type)) {
    APFloat value(floatType.getFloatSemantics(), bits);
    bool losesInfo;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
    return value.convertToDouble();
  }
  return static_cast<double>(bits.getSExtValue());
}

/// Whether the buffer holds the expected values; reports the first that differs.
static bool holds(const Buffer &buffer, DenseElementsAttr expected, double tolerance) {
  Type type = expected.getElementType();
  for (auto [index, bits] : llvm::enumerate(elementBits(expected))) {
    double wanted = numberOf(bits, type), got = numberOf(buffer.bitsAt(index, bits.getBitWidth()), type);
    bool isEqual = wanted == got || (std::isnan(wanted) && std::isnan(got));
    if (!isEqual && !(std::abs(wanted - got) <= tolerance * std::max(1.0, std::abs(wanted)))) {
      llvm::outs() << "  element " << index << ": expected " << wanted << ", got " << got << "\n";
      return false;
    }
    // The upper bits of a byte that holds a narrow integer are zero.
    unsigned width = bits.getBitWidth();
    if (width < 8 && static_cast<uint8_t>(buffer.bytes[index]) >> width) {
      llvm::outs() << "  element " << index << ": its byte's upper bits are not zero\n";
      return false;
    }
  }
  return true;
}

static bool check(func::FuncOp function, void *library) {
  auto inputs = function->getAttrOfType<ArrayAttr>("inputs"),
       expected = function->getAttrOfType<ArrayAttr>("expected");
  auto tolerance = function->getAttrOfType<FloatAttr>("tolerance");
  std::vector<Buffer> buffers;
  for (Attribute input : inputs) {
    Buffer &buffer = buffers.emplace_back(cast<ShapedType>(cast<DenseElementsAttr>(input).getType()));
    for (auto [index, bits] : llvm::enumerate(elementBits(cast<DenseElementsAttr>(input))))
      buffer.setBits(index, bits);
  }
  for (Attribute output : expected)
    buffers.emplace_back(cast<ShapedType>(cast<DenseElementsAttr>(output).getType()));
  std::vector<const void *> arguments;
  for (Buffer &buffer : buffers)
    arguments.push_back(buffer.descriptor.data());

  auto *entry =
      reinterpret_cast<void (*)(const void *const *)>(dlsym(library, function.getName().str().c_str()));
  bool passes = entry && arguments.size() == function.getNumArguments() + function.getNumResults();
  if (passes)
    entry(arguments.data());
  for (auto [index, output] : llvm::enumerate(expected))
    passes = passes && holds(buffers[inputs.size() + index], cast<DenseElementsAttr>(output),
                             tolerance ? tolerance.getValueAsDouble() : 0);
  llvm::outs() << function.getName() << (passes ? ": ok\n" : ": FAILED\n");
  return passes;
}

/// Loads a shared object from memory, or returns null after saying why.
static void *load(ArrayRef<char> bytes) {
  int file = memfd_create("reference", 0);
  if (file < 0 || write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    return nullptr;
  void *library = dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW);
  if (!library)
    llvm::errs() << dlerror() << "\n";
  return library;
}

int main(int argc, char **argv) {
  DialectRegistry registry;
  ashlar::registerReferenceDialects(registry);
  MLIRContext context(registry);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(argc > 1 ? argv[1] : "-", sources, &context);
  if (!module)
    return 1;
  FailureOr<std::vector<char>> object = ashlar::emitReferenceObject(*module);
  if (failed(object))
    return 1;
  void *library = load(*object);
  if (!library)
    return 1;
  bool passes = true;
  int64_t count = 0;
  for (auto function : module->getOps<func::FuncOp>()) {
    if (!function->hasAttr("inputs") || !function->hasAttr("expected"))
      continue;
    passes &= check(function, library);
    ++count;
  }
  llvm::outs() << count << " functions checked\n";
  return passes && count > 0 ? 0 : 1;
}
