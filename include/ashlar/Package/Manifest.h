//===-- Manifest.h - what a package says about itself -----------*- C++ -*-===//
//
// `manifest.json` of a .ashlar package as plain structs. A package is a ZIP with
//   manifest.json           this
//   kernels/<target>.ptx    one image per target (also .cubin; kernels/sim.so for the simulator)
//   reference/host.so       optional: the reference decomposition of every function, host code
//   constants.bin           optional: the bytes of all constants
//
// A function's launch plan is a list of steps in stream order: kernel launches and buffer copies. Buffers are
// named by where they come from (input, output, constant, arena slot). The arena is one device allocation per
// executable; slots are ranges in it. Whatever depends on run-time dimensions is an Expression over the
// function's symbols.
//
// All of it is data from outside: parse through `manifestFromJson`, which checks every number, name and
// reference, and names the JSON path of what it refuses, e.g. "functions[0].steps[2].grid[1]: …". Limits are
// in `ManifestLimits`. A writer fills the structs and calls `verifyManifest` (PackageWriter does so itself).
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_PACKAGE_MANIFEST_H
#define ASHLAR_PACKAGE_MANIFEST_H

#include "ashlar/Package/Expression.h"
#include "ashlar/Support/ElementType.h"
#include "ashlar/Support/Status.h"
#include "ashlar/Support/TensorMap.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::package {

/// The format this library writes. A reader takes any minor version of its own major version and refuses
/// others.
inline constexpr int formatMajor = 1;
inline constexpr int formatMinor = 1;

inline constexpr const char *manifestEntry = "manifest.json";
inline constexpr const char *constantsEntry = "constants.bin";
inline constexpr const char *referenceEntry = "reference/host.so";

/// Arena slots and constants start at multiples of this, so vector loads and TMA descriptors are always
/// legal.
inline constexpr int64_t bufferAlignment = 256;

/// Caps on what a manifest may contain; beyond them it is refused.
struct ManifestLimits {
  static constexpr size_t jsonBytes = 16u << 20;
  static constexpr size_t jsonDepth = 64;
  static constexpr size_t functions = 4096;
  static constexpr size_t tensorsPerFunction = 4096;
  static constexpr size_t rank = 16;
  static constexpr size_t symbolsPerFunction = 256;
  static constexpr size_t checksPerFunction = 65536;
  static constexpr size_t slotsPerFunction = 65536;
  static constexpr size_t stepsPerFunction = 65536;
  static constexpr size_t argumentsPerKernel = 512;
  static constexpr size_t kernels = 65536;
  static constexpr size_t targets = 64;
  static constexpr size_t constants = 65536;
  static constexpr size_t expressionDepth = 32;
  static constexpr size_t expressionNodes = 4096;
  static constexpr size_t nameBytes = 1024;
  static constexpr size_t textBytes = 1u << 20;
  static constexpr int64_t dimSize = int64_t{1} << 48;
  static constexpr int64_t bufferBytes = int64_t{1} << 48;
};

//===----------------------------------------------------------------------===//
// Targets and kernels
//===----------------------------------------------------------------------===//

enum class ImageKind { Ptx, Cubin, SharedObject };

/// "ptx", "cubin", "shared-object".
const char *imageKindName(ImageKind kind);

/// One image with all kernels of the package, compiled for one target.
struct Target {
  /// "sm_90a", "sm_80", "sim"; unique in the package.
  std::string name;
  /// Name of the ZIP entry, e.g. "kernels/sm_90a.ptx".
  std::string image;
  ImageKind kind = ImageKind::Ptx;
  /// Compute capability as 10 * major + minor (90, 80); 0 for the simulator.
  int capability = 0;
  /// True for architecture-specific code (sm_90a): it runs on that capability only. PTX that is not exact
  /// runs on the capability and on all later ones; a cubin on later minor versions of the same major one.
  bool exact = false;

  bool operator==(const Target &) const = default;
};

/// What the assembler said about a kernel for one target; all of it informative.
struct KernelResources {
  /// Name of the target.
  std::string target;
  int64_t registers = 0;
  int64_t spillBytes = 0;
  /// Local memory of a thread, which lies in global memory.
  int64_t stackBytes = 0;
  /// Static plus dynamic shared memory of a block.
  int64_t sharedBytes = 0;
  /// Warnings and advice of ptxas, one a line.
  std::string notes;

  bool operator==(const KernelResources &) const = default;
};

struct Kernel {
  /// Symbol in every image; unique in the package.
  std::string name;
  std::vector<KernelResources> resources;
  /// The schedule in a form for people, e.g. "tile 128x128x32, stages 3".
  std::string schedule;
  /// Where the operation stood in the program, "model.mlir:12:8".
  std::string location;

  bool operator==(const Kernel &) const = default;
};

/// Bytes [offset, offset + size) of constants.bin; the offset is a multiple of bufferAlignment.
struct Constant {
  std::string name;
  int64_t offset = 0;
  int64_t size = 0;

  bool operator==(const Constant &) const = default;
};

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// A static size, or symbol `symbol` of the function.
struct Dim {
  int64_t size = 0;
  std::optional<unsigned> symbol;

  static Dim fixed(int64_t size) { return {size, std::nullopt}; }
  static Dim dynamic(unsigned symbol) { return {0, symbol}; }
  bool operator==(const Dim &) const = default;
};

struct TensorType {
  ElementType element = ElementType::F32;
  std::vector<Dim> dims;

  /// Sizes with symbol i replaced by symbols[i].
  std::vector<int64_t> resolve(std::span<const int64_t> symbols) const;
  /// Bytes of storage (ElementType.h) for these symbol values.
  Expected<int64_t> byteSize(std::span<const int64_t> symbols) const;
  bool isDynamic() const;

  bool operator==(const TensorType &) const = default;
};

/// How far an output may be from the reference: |got - expected| <= absolute + relative * |expected|.
struct Tolerance {
  double absolute = 0;
  double relative = 0;

  bool operator==(const Tolerance &) const = default;
};

struct Tensor {
  /// Unique among the function's inputs and outputs.
  std::string name;
  TensorType type;
  /// For outputs.
  std::optional<Tolerance> tolerance;

  bool operator==(const Tensor &) const = default;
};

/// A dimension known only at the call: the size of axis `axis` of input `input`. Every other use of the
/// symbol in an input's type must then agree with it.
struct DimSymbol {
  std::string name;
  unsigned input = 0;
  unsigned axis = 0;
  /// Largest value the kernels take; also what the arena is allocated for at load.
  std::optional<int64_t> max;
  /// The value must be a multiple of this.
  int64_t multipleOf = 1;

  bool operator==(const DimSymbol &) const = default;
};

/// What a call's sizes must fulfil beyond the types of the inputs: `left` equals `right`, or is at most
/// `right`.
struct SizeCheck {
  enum class Relation { Equal, AtMost };
  Relation relation = Relation::Equal;
  Expression left, right;
  /// Who needs it and why, for the message.
  std::string reason;

  bool operator==(const SizeCheck &) const = default;
};

/// A range of the arena; offset is a multiple of bufferAlignment.
struct ArenaSlot {
  Expression offset;
  Expression size;

  bool operator==(const ArenaSlot &) const = default;
};

/// A buffer by origin and index: input i, output i of the function, constant i of the package, slot i of the
/// arena.
struct BufferRef {
  enum class Kind { Input, Output, Constant, Slot };
  Kind kind = Kind::Input;
  unsigned index = 0;

  bool operator==(const BufferRef &) const = default;
};

/// How copies walk a convolution's input, whose dimensions are channels, width, height, depth and images as
/// far as it has them: `channels` elements at each of `pixels` positions. Corners as in im2colTensorMap
/// (TensorMap.h).
struct Im2col {
  std::vector<int64_t> lower, upper;
  int64_t channels = 1;
  int64_t pixels = 1;

  bool operator==(const Im2col &) const = default;
};

/// A tensor in a buffer and the boxes of it that the hardware's tensor copies move; dimensions innermost
/// first. What is legal says TensorMap.h. The device encodes it into 128 bytes, which the kernel is passed by
/// value.
struct TensorMapArgument {
  BufferRef buffer;
  /// Bytes from the buffer's start to the first element; a multiple of 16.
  int64_t offset = 0;
  TensorMapElement element = TensorMapElement::F16;
  /// Elements along each dimension, and bytes from one to the next from the second dimension on.
  std::vector<Expression> extents, strides;
  /// Elements along each dimension that one copy spans; empty with `im2col`.
  std::vector<int64_t> box;
  /// Every how many-th of them is copied; empty where that is all of them.
  std::vector<int64_t> elementStrides;
  /// 0, 32, 64 or 128: the bytes within which 16-byte chunks are permuted in shared memory.
  int64_t swizzle = 0;
  std::optional<Im2col> im2col;

  /// The map for these symbol values and a buffer of `bytes` bytes at `address`. An error where the
  /// hardware's limits do not hold, or the tensor reaches beyond the buffer. Allocates for errors only.
  Expected<TensorMap> resolve(std::span<const int64_t> symbols, uint64_t address, int64_t bytes) const;

  bool operator==(const TensorMapArgument &) const = default;
};

/// A kernel parameter: the address of a buffer, a number, or a tensor map by value.
struct Argument {
  enum class Kind { Buffer, I32, I64, TensorMap };
  Kind kind = Kind::Buffer;
  BufferRef buffer;
  Expression value;
  TensorMapArgument map;

  static Argument input(unsigned index) { return {Kind::Buffer, {BufferRef::Kind::Input, index}, {}, {}}; }
  static Argument output(unsigned index) { return {Kind::Buffer, {BufferRef::Kind::Output, index}, {}, {}}; }
  static Argument constant(unsigned index) {
    return {Kind::Buffer, {BufferRef::Kind::Constant, index}, {}, {}};
  }
  static Argument slot(unsigned index) { return {Kind::Buffer, {BufferRef::Kind::Slot, index}, {}, {}}; }
  static Argument i32(Expression value) { return {Kind::I32, {}, std::move(value), {}}; }
  static Argument i64(Expression value) { return {Kind::I64, {}, std::move(value), {}}; }
  static Argument tensorMap(TensorMapArgument map) { return {Kind::TensorMap, {}, {}, std::move(map)}; }
  bool operator==(const Argument &) const = default;
};

/// Bytes of global memory that a launch cannot help moving, cut into tiles as it is; informative.
struct Traffic {
  int64_t bytesRead = 0, bytesWritten = 0;

  bool operator==(const Traffic &) const = default;
};

/// Launch of a kernel. A grid with a zero extent (an empty tensor) launches nothing.
struct LaunchStep {
  /// Index into Manifest::kernels.
  unsigned kernel = 0;
  std::array<Expression, 3> grid = {1, 1, 1};
  std::array<int64_t, 3> block = {1, 1, 1};
  /// Thread-block cluster; {1, 1, 1} is none.
  std::array<int64_t, 3> cluster = {1, 1, 1};
  int64_t dynamicSharedBytes = 0;
  /// Where not 0, the kernel strides over its tiles by gridDim.x and gets no more blocks along x than the
  /// device's multiprocessors times this, rounded down to whole clusters but at least one.
  int64_t persistentBlocks = 0;
  /// The kernel may start before the one ahead of it in the stream has ended; it waits itself for what they
  /// share.
  bool programmaticLaunch = false;
  /// Unknown where dimensions are dynamic.
  std::optional<Traffic> traffic;
  std::vector<Argument> arguments;

  bool operator==(const LaunchStep &) const = default;
};

/// Device-to-device copy of `bytes` bytes from the start of `source` to the start of `destination`.
struct CopyStep {
  BufferRef source;
  BufferRef destination;
  Expression bytes;

  bool operator==(const CopyStep &) const = default;
};

struct Step {
  enum class Kind { Launch, Copy };
  Kind kind = Kind::Launch;
  LaunchStep launch;
  CopyStep copy;

  static Step makeLaunch(LaunchStep launch) { return {Kind::Launch, std::move(launch), {}}; }
  static Step makeCopy(CopyStep copy) { return {Kind::Copy, {}, std::move(copy)}; }
  bool operator==(const Step &) const = default;
};

/// What a call does: steps in stream order, and the arena they work in.
struct Plan {
  Expression arenaSize;
  std::vector<ArenaSlot> slots;
  std::vector<Step> steps;

  bool operator==(const Plan &) const = default;
};

/// A plan for one target whose kernels are cut differently from those of the others.
struct TargetPlan : Plan {
  /// Name of a target of the package.
  std::string target;

  bool operator==(const TargetPlan &) const = default;
};

/// The plan that it inherits serves every target without one of its own.
struct Function : Plan {
  /// Unique in the package.
  std::string name;
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
  std::vector<DimSymbol> symbols;
  std::vector<SizeCheck> checks;
  std::vector<TargetPlan> targetPlans;

  /// The plan to run with the image of `target`.
  const Plan &planFor(std::string_view target) const;
  bool operator==(const Function &) const = default;
};

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

struct Manifest {
  int major = formatMajor;
  int minor = formatMinor;
  /// "ashlar 0.1.0": for people; nothing depends on it.
  std::string producer;
  std::vector<Target> targets;
  std::vector<Function> functions;
  std::vector<Kernel> kernels;
  std::vector<Constant> constants;
  /// Size of the entry constants.bin, 0 when there is none.
  int64_t constantsBytes = 0;
  /// The package has the entry reference/host.so.
  bool hasReference = false;

  /// Index of the function of that name, if any.
  std::optional<unsigned> findFunction(std::string_view name) const;
  bool operator==(const Manifest &) const = default;
};

/// Checks everything that can be checked without the other entries; the message starts with the JSON path.
Status verifyManifest(const Manifest &manifest);

/// JSON for people to read, with a fixed order of keys: equal manifests give equal bytes.
std::string manifestToJson(const Manifest &manifest);

/// Parses and verifies.
Expected<Manifest> manifestFromJson(std::string_view json);

} // namespace ashlar::package

#endif // ASHLAR_PACKAGE_MANIFEST_H
