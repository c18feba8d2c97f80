//===-- Report.h - the table behind --report ---------------------------------===//
#ifndef ASHLAR_TOOLS_COMPILE_REPORT_H
#define ASHLAR_TOOLS_COMPILE_REPORT_H

#include "ashlar/Pipelines/Compile.h"
#include "llvm/Support/raw_ostream.h"

namespace ashlar {

/// Prints, for every kernel and GPU target, what ptxas said of it, and its remarks below.
void printReport(const CompileResult &result, llvm::raw_ostream &out);

} // namespace ashlar

#endif // ASHLAR_TOOLS_COMPILE_REPORT_H
