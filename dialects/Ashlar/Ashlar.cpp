//===-- Ashlar.cpp - The tensor-level dialect -----------------------------===//
//
// Registration of the dialect, and the parts of its syntax that no format string can say.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace ashlar::ash;

#include "dialects/Ashlar/AshlarDialect.cpp.inc"
#include "dialects/Ashlar/AshlarEnums.cpp.inc"
#include "dialects/Ashlar/AshlarInterfaces.cpp.inc"

//===----------------------------------------------------------------------===//
// Packing's syntax: [[?, 8], [2, 4]]
//===----------------------------------------------------------------------===//

static ParseResult parseFactor(AsmParser &parser, SmallVectorImpl<int64_t> &factors) {
  if (succeeded(parser.parseOptionalQuestion())) {
    factors.push_back(ShapedType::kDynamic);
    return success();
  }
  return parser.parseInteger(factors.emplace_back());
}

static ParseResult parsePackingFactors(AsmParser &parser, SmallVector<DenseI64ArrayAttr> &dimensions) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    SmallVector<int64_t> factors;
    if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                       [&] { return parseFactor(parser, factors); }))
      return failure();
    dimensions.push_back(DenseI64ArrayAttr::get(parser.getContext(), factors));
    return success();
  });
}

static void printPackingFactors(AsmPrinter &printer, ArrayRef<DenseI64ArrayAttr> dimensions) {
  auto printFactor = [&](int64_t factor) {
    if (ShapedType::isDynamic(factor))
      printer << "?";
    else
      printer << factor;
  };
  printer << "[";
  llvm::interleaveComma(dimensions, printer, [&](DenseI64ArrayAttr factors) {
    printer << "[";
    llvm::interleaveComma(factors.asArrayRef(), printer, printFactor);
    printer << "]";
  });
  printer << "]";
}

#define GET_ATTRDEF_CLASSES
#include "dialects/Ashlar/AshlarAttrs.cpp.inc"

//===----------------------------------------------------------------------===//
// Custom directives of the operations' syntax
//===----------------------------------------------------------------------===//

static ParseResult parseConvLayout(OpAsmParser &parser, ConvLayoutAttr &layout) {
  StringRef keyword;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<ConvLayout> parsed = symbolizeConvLayout(keyword);
  if (!parsed)
    return parser.emitError(location, "expected channels_last or channels_first, got ") << keyword;
  layout = ConvLayoutAttr::get(parser.getContext(), *parsed);
  return success();
}

static void printConvLayout(OpAsmPrinter &printer, Operation *, ConvLayoutAttr layout) {
  printer << stringifyConvLayout(layout.getValue());
}

static ParseResult parsePacking(OpAsmParser &parser, PackingAttr &packing) {
  if (parser.parseKeyword("packing"))
    return failure();
  packing = dyn_cast_or_null<PackingAttr>(PackingAttr::parse(parser, {}));
  return success(packing != nullptr);
}

static void printPacking(OpAsmPrinter &printer, Operation *, PackingAttr packing) {
  printer << "packing";
  packing.print(printer);
}

#define GET_OP_CLASSES
#include "dialects/Ashlar/AshlarOps.cpp.inc"

namespace {
/// Every operation computes tensors from tensors, so it may stand in any function.
struct AshlarInliner : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;

  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final { return true; }
  bool isLegalToInline(Region *, Region *, bool, IRMapping &) const final { return true; }
};
} // namespace

void AshlarDialect::initialize() {
  addInterfaces<AshlarInliner>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Ashlar/AshlarAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Ashlar/AshlarOps.cpp.inc"
      >();
}
