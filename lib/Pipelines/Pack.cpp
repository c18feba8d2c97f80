//===-- Pack.cpp - images, launch plans and the reference as a package ------===//
//
// Code is generated in parallel, host objects are linked one after the other behind that.
//
//===-----------------------------------------------------------------------===//
#include "Variant.h"
#include "ashlar/GPUToHost/GPUToHost.h"
#include "ashlar/GPUToPTX/PTXEmitter.h"
#include "ashlar/GPUToPackage/LaunchPlan.h"
#include "ashlar/Runtime/Version.h"
#include "mlir/IR/Threading.h"

using namespace mlir;
using namespace ashlar;

namespace {

/// Code for one GPU.
struct GPUImage {
  const TargetInfo *target = nullptr;
  gpu::GPUModuleOp kernels;
  std::string ptx;
  std::optional<AssemblyReport> report;
};

/// Code for the host: its program, then its object, then its bytes.
struct HostImage {
  HostProgram program;
  HostObject object;
};

/// Everything that is generated for a package.
struct Images {
  std::vector<GPUImage> gpus;
  std::optional<HostImage> simulator, reference;

  /// Lowers what has to be lowered before code generation.
  LogicalResult prepare(ArrayRef<Variant> variants, HostProgram referenceProgram);
  LogicalResult generate(MLIRContext *context, bool assemble);
};

} // namespace

LogicalResult Images::prepare(ArrayRef<Variant> variants, HostProgram referenceProgram) {
  if (referenceProgram.module)
    reference.emplace().program = std::move(referenceProgram);
  for (const Variant &variant : variants) {
    gpu::GPUModuleOp kernels = variant.kernels();
    if (!kernels)
      continue;
    for (const TargetInfo *target : variant.gpus)
      gpus.push_back({target, kernels, {}, {}});
    if (!variant.isSimulated)
      continue;
    FailureOr<HostProgram> program = lowerSimulatorKernels({kernels});
    if (failed(program))
      return failure();
    simulator.emplace().program = std::move(*program);
  }
  return success();
}

/// Dynamic shared memory, of which the assembler knows nothing.
static unsigned dynamicSharedBytes(gpu::GPUModuleOp kernels, StringRef name) {
  Operation *kernel = kernels.lookupSymbol(name);
  auto bytes = kernel ? kernel->getAttrOfType<IntegerAttr>("ashlar.shared_bytes") : IntegerAttr();
  return bytes ? unsigned(bytes.getInt()) : 0;
}

static LogicalResult generateImage(GPUImage &image, bool assemble) {
  FailureOr<std::string> ptx = emitPTX(image.kernels, *image.target);
  if (failed(ptx))
    return failure();
  image.ptx = std::move(*ptx);
  if (!assemble || !findAssembler())
    return success();
  FailureOr<AssemblyReport> report = ashlar::assemble(image.ptx, *image.target, image.kernels.getLoc());
  if (failed(report))
    return failure();
  for (KernelResources &kernel : report->kernels)
    kernel.sharedBytes += dynamicSharedBytes(image.kernels, kernel.name);
  image.report = std::move(*report);
  return success();
}

static LogicalResult generateImage(HostImage &image) {
  FailureOr<HostObject> object = compileHostObject(*image.program.module, image.program.options);
  if (failed(object))
    return failure();
  image.object = std::move(*object);
  return success();
}

LogicalResult Images::generate(MLIRContext *context, bool assemble) {
  // What takes longest starts first.
  std::vector<std::function<LogicalResult()>> jobs;
  for (std::optional<HostImage> *image : {&reference, &simulator})
    if (*image)
      jobs.push_back([image] { return generateImage(**image); });
  for (GPUImage &image : gpus)
    jobs.push_back([&image, assemble] { return generateImage(image, assemble); });
  return failableParallelForEach(context, jobs, [](auto &job) { return job(); });
}

//===-- Writing ---------------------------------------------------------------===//

static void addResources(package::Manifest &manifest, const GPUImage &image) {
  std::string notes;
  for (const std::string &note : image.report->notes)
    notes += note + "\n";
  for (const KernelResources &resources : image.report->kernels)
    for (package::Kernel &kernel : manifest.kernels)
      if (kernel.name == resources.name)
        kernel.resources.push_back({std::string(image.target->name), resources.registers,
                                    resources.spillStoreBytes + resources.spillLoadBytes,
                                    resources.stackBytes, resources.sharedBytes, notes});
}

/// The package holds PTX unless the caller wants the image of one chip, which leaves newer GPUs without any.
static void writeImage(const GPUImage &image, bool assembled, package::PackageWriter &writer, CompileResult &result) {
  package::Target entry;
  entry.name = std::string(image.target->name);
  entry.capability = static_cast<int>(image.target->computeCapability);
  entry.exact = !image.target->runsOnNewer;
  entry.kind = assembled ? package::ImageKind::Cubin : package::ImageKind::Ptx;
  if (assembled)
    writer.addTarget(entry, std::span<const char>(image.report->cubin));
  else
    writer.addTarget(entry, image.ptx);
  if (!image.report)
    return;
  addResources(writer.manifest(), image);
  result.reports.push_back({entry.name, *image.report});
}

static LogicalResult writeHostImages(const Images &images, Location loc, package::PackageWriter &writer) {
  if (images.simulator) {
    FailureOr<std::vector<char>> object = linkHostObject(images.simulator->object, loc);
    if (failed(object))
      return failure();
    package::Target entry;
    entry.name = "sim";
    entry.kind = package::ImageKind::SharedObject;
    writer.addTarget(entry, std::span<const char>(*object));
  }
  if (images.reference) {
    FailureOr<std::vector<char>> object = linkHostObject(images.reference->object, loc);
    if (failed(object))
      return failure();
    writer.setReference(*object);
  }
  return success();
}

/// The names under which the runtime asks for a variant's launch plans.
static SmallVector<StringRef> targetNames(const Variant &variant) {
  SmallVector<StringRef> names;
  for (const TargetInfo *target : variant.gpus)
    names.push_back(StringRef(target->name));
  if (variant.isSimulated)
    names.push_back("sim");
  return names;
}

FailureOr<CompileResult> ashlar::pack(ArrayRef<Variant> variants, HostProgram reference,
                                      const CompileOptions &options) {
  CompileResult result;
  Images images;
  ModuleOp first = *variants.front().module;
  Location loc = first.getLoc();
  if (options.assembledImages && !(options.assemble && findAssembler()))
    return emitError(loc) << "images without PTX are ptxas's, which is not on PATH";
  if (failed(images.prepare(variants, std::move(reference))) ||
      failed(images.generate(first.getContext(), options.assemble)))
    return failure();
  package::PackageWriter writer;
  writer.manifest().producer = std::string("ashlar ") + runtime::versionText;
  for (const Variant &variant : variants)
    if (failed(addLaunchPlans(*variant.module, targetNames(variant), writer)))
      return failure();
  for (const GPUImage &image : images.gpus)
    writeImage(image, options.assembledImages, writer, result);
  if (failed(writeHostImages(images, loc, writer)))
    return failure();
  Expected<std::vector<uint8_t>> bytes = writer.write();
  if (!bytes)
    return emitError(loc) << "the package cannot be written: " << bytes.status().message();
  result.output.assign(bytes->begin(), bytes->end());
  return result;
}
