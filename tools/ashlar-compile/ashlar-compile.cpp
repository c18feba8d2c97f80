//===-- ashlar-compile.cpp - compiles a program to a package ----------------===//
//
// The command line of lib/Pipelines/Compile.
//
//===-----------------------------------------------------------------------===//
#include "Report.h"
#include "ashlar/Pipelines/Compile.h"
#include "ashlar/Runtime/Version.h"
#include "ashlar/Target/TargetInfo.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace ashlar;
namespace cl = llvm::cl;

static constexpr char overview[] =
    R"(compiles a program on tensors to a package of GPU kernels

  ashlar-compile attention.mlir -o attention.ashlar
  ashlar-compile attention.mlir -o - --emit=tile            # the block programs, as text
  ashlar-compile attention.mlir -o attention.ashlar --target=sm_90a --report
  ashlar-compile attention.mlir -o - --emit=tensor --explain   # why these tiles
  ashlar-compile attention.mlir -o tile.mlir --emit=tile    # stop, look, edit, and go on from there:
  ashlar-compile tile.mlir -o attention.ashlar --from=tile

Neither a GPU nor a CUDA toolkit is needed; where ptxas is on PATH, --report prints what it says of every kernel.
Run the result with ashlar-run.)";

namespace {

/// The options of this tool, in one place that main owns.
struct Options {
  cl::OptionCategory category{"ashlar-compile options"};
  cl::opt<std::string> input{cl::Positional, cl::desc("<program.mlir>"), cl::init("-"), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("Where to write; - is standard output"), cl::value_desc("file"),
                              cl::init("-"), cl::cat(category)};
  cl::list<std::string> targets{
      "target", cl::CommaSeparated, cl::value_desc("name,…"), cl::cat(category),
      cl::desc("What to compile for: sm_80, sm_86, sm_89, sm_90a, and sim for the simulator "
               "of the first GPU's kernels (default: sm_90a,sm_80,sim)")};
  cl::opt<Stage> stage{
      "emit", cl::desc("Where to stop; text is of the first GPU target"), cl::init(Stage::Package),
      cl::cat(category),
      cl::values(clEnumValN(Stage::Tensor, "tensor", "operations on tensors, in kernels with schedules"),
                 clEnumValN(Stage::Tile, "tile", "one block's program, every decision expanded"),
                 clEnumValN(Stage::GPU, "gpu", "one thread's program"),
                 clEnumValN(Stage::LLVM, "llvm", "the LLVM dialect, as both exits take it"),
                 clEnumValN(Stage::PTX, "ptx", "PTX text, of all GPU targets"),
                 clEnumValN(Stage::Package, "package", "a package (default)"))};
  cl::opt<Stage> start{"from", cl::desc("Where the program stands: what --emit of that name wrote"),
                       cl::init(Stage::Input), cl::cat(category),
                       cl::values(clEnumValN(Stage::Input, "input", "operations on tensors (default)"),
                                  clEnumValN(Stage::Tensor, "tensor", "the same in kernels with schedules"),
                                  clEnumValN(Stage::Tile, "tile", "one block's program"),
                                  clEnumValN(Stage::GPU, "gpu", "one thread's program"),
                                  clEnumValN(Stage::LLVM, "llvm", "the LLVM dialect"))};
  cl::opt<bool> report{"report", cl::desc("Print registers, spills and remarks of ptxas for every kernel"),
                       cl::cat(category)};
  cl::opt<bool> explain{
      "explain", cl::cat(category),
      cl::desc(
          "Remark at every kernel which schedules were compared, their predicted times, and why one won")};
  cl::opt<bool> noReference{
      "no-reference", cl::cat(category),
      cl::desc("Leave the reference out of the package: ashlar-run --check is then impossible")};
  cl::opt<bool> cubin{
      "cubin", cl::cat(category),
      cl::desc("Put ptxas's images into the package in place of PTX: they load at once, and on no newer generation of GPU")};
  cl::opt<bool> printAfterAll{"print-ir-after-all", cl::desc("Print the program after every pass"),
                              cl::cat(category)};
};

} // namespace

static int fail(const llvm::Twine &message) {
  llvm::errs() << "ashlar-compile: error: " << message << "\n";
  return 1;
}

/// What is wrong with the names of targets, for which no place in the program is to blame; empty if nothing
/// is.
static std::string checkTargets(llvm::ArrayRef<std::string> names) {
  std::string error;
  for (const std::string &name : names)
    if (name != "sim" && !lookupTarget(name, &error))
      return error + ", and sim";
  return error;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << "ashlar-compile " << runtime::versionText << " (LLVM " LLVM_VERSION_STRING ")\n";
  });
  cl::ParseCommandLineOptions(argc, argv, overview);

  std::vector<std::string> targets(options.targets.begin(), options.targets.end());
  if (std::string error = checkTargets(targets); !error.empty())
    return fail(error);
  DialectRegistry registry;
  registerCompiler(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> file = openInputFile(options.input, &error);
  if (!file)
    return fail(error);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return 1;

  // The linker inside resets every option of the process to its default: whatever is needed afterwards is
  // copied.
  std::string outputPath = options.output;
  bool wantsReport = options.report;
  CompileOptions request;
  if (!targets.empty())
    request.targets = targets;
  request.start = options.start;
  request.stage = options.stage;
  request.withReference = !options.noReference;
  request.assembledImages = options.cubin;
  request.assemble = options.report || options.stage == Stage::Package;
  request.explain = options.explain;
  request.printAfterAll = options.printAfterAll;
  FailureOr<CompileResult> result = compile(*module, request);
  if (failed(result))
    return 1;
  std::unique_ptr<llvm::ToolOutputFile> output = openOutputFile(outputPath, &error);
  if (!output)
    return fail(error);
  output->os() << result->output;
  output->os().flush();
  if (std::error_code problem = output->os().error()) {
    output->os().clear_error(); // Else the destructor ends the process.
    return fail("cannot write '" + llvm::Twine(outputPath) + "': " + problem.message());
  }
  output->keep();
  if (wantsReport)
    printReport(*result, outputPath == "-" ? llvm::errs() : llvm::outs());
  return 0;
}
