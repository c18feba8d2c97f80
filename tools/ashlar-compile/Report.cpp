//===-- Report.cpp - the table behind --report ------------------------------===//
//
// One line per kernel and target.
//
//===-----------------------------------------------------------------------===//
#include "Report.h"
#include "llvm/Support/Format.h"

using namespace ashlar;

void ashlar::printReport(const CompileResult &result, llvm::raw_ostream &out) {
  if (result.reports.empty()) {
    out << "no report: ptxas is not on PATH, and without it nothing measures registers and spills\n";
    return;
  }
  out << llvm::format("%-40s %-8s %9s %13s %12s %13s\n", "kernel", "target", "registers", "spilled bytes",
                      "stack bytes", "shared bytes");
  for (const TargetReport &report : result.reports) {
    for (const KernelResources &kernel : report.assembly.kernels)
      out << llvm::format("%-40s %-8s %9u %13u %12u %13u\n", kernel.name.c_str(), report.target.c_str(),
                          kernel.registers, kernel.spillStoreBytes + kernel.spillLoadBytes, kernel.stackBytes,
                          kernel.sharedBytes);
    for (const std::string &note : report.assembly.notes)
      out << "  " << report.target << ": " << note << "\n";
  }
}
