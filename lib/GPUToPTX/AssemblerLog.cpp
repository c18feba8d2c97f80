//===-- AssemblerLog.cpp - What ptxas says, as numbers --------------------===//
//
// `ptxas -v` writes for people. The parser looks for the phrases it knows, in any order, and keeps remarks as
// they are, so that a new version of the assembler costs a number at worst and never an error.
//
//===----------------------------------------------------------------------===//

#include "ashlar/GPUToPTX/Assembler.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

using namespace llvm;
using namespace ashlar;

/// The number that stands in front of `phrase`, as in "12 bytes spill stores".
static std::optional<unsigned> numberBefore(StringRef line, StringRef phrase) {
  size_t at = line.find(phrase);
  if (at == StringRef::npos)
    return std::nullopt;
  StringRef before = line.take_front(at).rtrim();
  StringRef digits = before.take_back(before.size() - (before.find_last_not_of("0123456789") + 1));
  unsigned number;
  if (digits.getAsInteger(10, number))
    return std::nullopt;
  return number;
}

static void readNumber(unsigned &field, StringRef line, StringRef phrase) {
  if (std::optional<unsigned> number = numberBefore(line, phrase))
    field = *number;
}

/// The text between quotes, as in "Compiling entry function 'name' for 'sm_80'".
static StringRef firstQuoted(StringRef line) { return line.split('\'').second.split('\'').first; }

static KernelResources &kernelOfName(AssemblyReport &report, StringRef name) {
  auto found = find_if(report.kernels, [&](const KernelResources &kernel) { return kernel.name == name; });
  if (found != report.kernels.end())
    return *found;
  report.kernels.emplace_back().name = name.str();
  return report.kernels.back();
}

/// A line is a remark if it warns, or informs with a number of ptxas' own such as "(C7510)".
static bool isRemark(StringRef line) {
  return line.contains("warning") || line.contains("(C7") || line.contains("Potential Performance Loss");
}

AssemblyReport ashlar::parseAssemblerLog(StringRef log) {
  AssemblyReport report;
  std::string current;
  for (StringRef line : split(log, '\n')) {
    line = line.trim();
    if (isRemark(line)) {
      report.notes.push_back(line.str());
      continue;
    }
    if (line.contains("Compiling entry function"))
      current = firstQuoted(line).str();
    else if (line.contains("Function properties for"))
      current = line.rsplit(' ').second.str();
    if (current.empty())
      continue;
    KernelResources &kernel = kernelOfName(report, current);
    readNumber(kernel.stackBytes, line, "bytes stack frame");
    readNumber(kernel.spillStoreBytes, line, "bytes spill stores");
    readNumber(kernel.spillLoadBytes, line, "bytes spill loads");
    readNumber(kernel.registers, line, "registers");
    readNumber(kernel.sharedBytes, line, "bytes smem");
    readNumber(kernel.barriers, line, "barriers");
  }
  return report;
}
