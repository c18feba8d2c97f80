//===-- HostSharedObject.h - x86-64 shared objects from LLVM-dialect modules ---===//
//
// Turns a module of the LLVM dialect into the bytes of a position-independent ELF shared object for x86-64.
// The bytes go into packages (`kernels/sim.so`, `reference/host.so`) and are loaded from memory by the
// runtime: memfd_create, then dlopen of /proc/self/fd/N. The linker runs in process, so neither a compiler
// nor binutils is needed where Ashlar compiles.
//
// The result names only libm.so.6 as a library it needs. What it takes from libc and libm at load time is
// checked against a list: anything else that code generation asks for (a compiler run-time routine, a
// runner's helper) is refused here rather than by dlopen on the user's machine. Routines that the baseline
// processor lacks (rounding to bf16, double to f16) are part of the object.
//
// The same module and options give the same bytes: no time stamp, no path, no build identifier.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TARGET_HOSTSHAREDOBJECT_H
#define ASHLAR_TARGET_HOSTSHAREDOBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace ashlar {

struct HostSharedObjectOptions {
  /// A processor name as LLVM spells it. The default has AVX2, FMA and F16C and runs on any server since
  /// 2013.
  std::string processor = "x86-64-v3";
  /// 0 to 3, as -O0 to -O3. At 3 a transformer block's reference takes twice the time to compile; neither it
  /// nor simulated kernels were measured to run faster.
  unsigned optimizationLevel = 2;
  /// The functions and variables that dlsym must find. Everything else becomes internal to the object. When
  /// empty, every definition with external linkage is exported.
  std::vector<std::string> exportedNames;
  /// The soname; it shows in debuggers and in /proc/self/maps only.
  std::string name = "ashlar_module";
};

/// Adds the translations to LLVM IR that `emitHostSharedObject` needs (builtin and LLVM dialect). Tools call
/// it once when they set up their registry; code generation calls it too, for contexts made without it.
void registerHostSharedObjectTranslations(mlir::DialectRegistry &registry);

/// A module of LLVM-dialect operations on its way to a shared object.
struct HostProgram {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  HostSharedObjectOptions options;
};

/// Code that has yet to be linked.
struct HostObject {
  std::string name;
  llvm::SmallVector<char, 0> code;
  /// An object of no contents, which tells the linker what machine it links for.
  llvm::SmallVector<char, 0> empty;
};

/// Optimises the module and generates code. The module must hold nothing but LLVM-dialect operations. Fails
/// with a diagnostic at the module's location when translation fails or an exported name has no definition.
/// Several threads may generate code at once, of different modules.
mlir::FailureOr<HostObject> compileHostObject(mlir::ModuleOp module, const HostSharedObjectOptions &options);

/// Links it. Fails with a diagnostic at `location` when an external symbol has no definition. The linker
/// resets the command-line options of the whole process, so no other thread may generate code meanwhile.
mlir::FailureOr<std::vector<char>> linkHostObject(const HostObject &object, mlir::Location location);

/// Both, one after the other.
mlir::FailureOr<std::vector<char>> emitHostSharedObject(mlir::ModuleOp module,
                                                        const HostSharedObjectOptions &options = {});

} // namespace ashlar

#endif
