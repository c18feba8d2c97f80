//===-- Printing.h - what ashlar-run tells ----------------------*- C++ -*-===//
//
// The listing of a package, profiles, and the same results as JSON.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_RUN_PRINTING_H
#define ASHLAR_TOOLS_ASHLAR_RUN_PRINTING_H

#include "Compare.h"
#include "Session.h"

#include "ashlar/Package/PackageReader.h"

namespace ashlar::run {

void printPackage(const package::PackageReader &package);
void printProfile(const CallResult &result);
/// Prints the findings of the simulator and returns how many there are.
size_t printFindings(const CallResult &result);

/// One output compared with something.
struct CheckedOutput {
  std::string name;
  /// "reference", "expected output", "latest completion".
  std::string against;
  Comparison comparison;
};

/// All that a run found out.
struct RunResult {
  std::string function;
  CallResult call;
  std::vector<CheckedOutput> checks;
  bool passed = true;
};

/// {"passed", "function", "device", "target", "outputs", "checks", "steps"}.
std::string resultToJson(const RunResult &result, const package::Function &function);
/// {"passed": false, "error": …}.
std::string errorToJson(const Status &status);

} // namespace ashlar::run

#endif // ASHLAR_TOOLS_ASHLAR_RUN_PRINTING_H
