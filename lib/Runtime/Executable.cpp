//===-- Executable.cpp - a package loaded onto a device -------------------===//
//
// Image choice, constants, arena and profiling around the function plans.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Runtime/Executable.h"
#include "ashlar/Runtime/ImageChoice.h"

#include "FunctionPlan.h"

#include <algorithm>

namespace ashlar::runtime {

using package::Function;
using package::Manifest;
using package::PackageReader;
using package::Target;

struct Executable::State {
  std::shared_ptr<const PackageReader> package;
  std::shared_ptr<Device> device;
  /// What was loaded; name "none" when nothing had to be.
  Target target = {"none", "", package::ImageKind::Ptx, 0, false};
  std::unique_ptr<Module> module;
  std::vector<FunctionPlan> plans;
  char *constants = nullptr;
  char *arena = nullptr;
  int64_t arenaBytes = 0;

  bool profiling = false;
  /// One more event than the longest function has steps; event i stands before step i.
  std::vector<std::unique_ptr<Event>> events;
  std::vector<StepProfile> lastProfile;
  bool hasTimes = false;

  ~State() {
    if (device && (constants || arena))
      (void)device->synchronizeAll();
    plans.clear();
    module.reset();
    if (device) {
      device->release(constants);
      device->release(arena);
    }
  }

  Status loadImage();
  Status uploadConstants();
  Status makePlans();
  Status reserveAtLoad();
  Status growArena(int64_t bytes);
  Status runProfiled(FunctionPlan &plan, const CallBuffers &buffers, Stream stream);
};

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

static Status noImage(const Manifest &manifest, const DeviceProperties &device, const std::string &failures) {
  std::string names;
  for (const Target &target : manifest.targets)
    names += (names.empty() ? "" : ", ") + target.name;
  std::string kind = device.capability ? " (compute capability " + std::to_string(device.capability / 10) + "." +
                                             std::to_string(device.capability % 10) + ")"
                                       : "";
  std::string message = "no image of the package runs on " + device.name + kind + "; the package has: " +
                        (names.empty() ? "none" : names);
  return unsupported(message + (failures.empty() ? "; compile it for this device with --target" : failures));
}

/// Whether any function launches anything; a package whose functions only copy needs no image.
static bool needsImage(const Manifest &manifest) {
  auto isLaunch = [](const package::Step &step) { return step.kind == package::Step::Kind::Launch; };
  for (const Function &function : manifest.functions)
    if (!function.targetPlans.empty() || std::any_of(function.steps.begin(), function.steps.end(), isLaunch))
      return true;
  return false;
}

Status Executable::State::loadImage() {
  const Manifest &manifest = package->manifest();
  if (!needsImage(manifest))
    return {};
  std::string failures;
  for (size_t candidate : rankTargets(manifest.targets, device->properties())) {
    const Target &choice = manifest.targets[candidate];
    ASHLAR_ASSIGN_OR_RETURN(std::vector<uint8_t> image, package->image(choice));
    Expected<std::unique_ptr<Module>> loaded = device->loadModule(choice.kind, image);
    if (loaded) {
      module = *std::move(loaded);
      target = choice;
      return {};
    }
    // An image this device or driver doesn't take (too new PTX, say) leaves the next one; other failures are final.
    if (loaded.status().code() != StatusCode::Unsupported)
      return loaded.status().withContext("image '" + choice.image + "'");
    failures += "; " + choice.name + ": " + loaded.status().message();
  }
  return noImage(manifest, device->properties(), failures);
}

Status Executable::State::uploadConstants() {
  std::span<const uint8_t> bytes = package->constants();
  ASHLAR_ASSIGN_OR_RETURN(void *address, device->allocate(static_cast<int64_t>(bytes.size())));
  constants = static_cast<char *>(address);
  return device->upload(constants, bytes.data(), static_cast<int64_t>(bytes.size()), nullptr);
}

Status Executable::State::makePlans() {
  const Manifest &manifest = package->manifest();
  plans.reserve(manifest.functions.size());
  for (const Function &function : manifest.functions) {
    plans.emplace_back(manifest, function, function.planFor(target.name));
    if (module)
      ASHLAR_RETURN_IF_ERROR(plans.back()
                                 .prepareKernels(*module, device->properties())
                                 .withContext("function '" + function.name + "'"));
  }
  return {};
}

/// Allocates the arena for all static functions and for dynamic ones whose symbols have maxima.
Status Executable::State::reserveAtLoad() {
  int64_t bytes = 0;
  for (FunctionPlan &plan : plans) {
    std::span<int64_t> symbols = plan.symbolBuffer();
    bool bounded = true;
    for (size_t i = 0; i < symbols.size(); ++i) {
      const package::DimSymbol &symbol = plan.function().symbols[i];
      bounded &= symbol.max.has_value();
      symbols[i] = symbol.max.value_or(0) / symbol.multipleOf * symbol.multipleOf;
    }
    if (!bounded)
      continue;
    // A dynamic function may fail at its maxima and still be callable below them.
    Status resolved = plan.resolve();
    if (!resolved.ok() && symbols.empty())
      return resolved;
    if (resolved.ok())
      bytes = std::max(bytes, plan.arenaBytes());
  }
  return growArena(bytes);
}

Expected<std::unique_ptr<Executable>> Executable::create(std::shared_ptr<const PackageReader> package,
                                                         std::shared_ptr<Device> device) {
  auto state = std::make_unique<State>();
  state->package = std::move(package);
  state->device = std::move(device);
  ASHLAR_RETURN_IF_ERROR(state->loadImage());
  ASHLAR_RETURN_IF_ERROR(state->makePlans());
  ASHLAR_RETURN_IF_ERROR(state->uploadConstants().withContext("constants of the package"));
  ASHLAR_RETURN_IF_ERROR(state->reserveAtLoad());
  for (FunctionPlan &plan : state->plans)
    ASHLAR_RETURN_IF_ERROR(plan.encodeFixedMaps({{}, {}, state->constants, state->arena}, *state->device));
  return std::unique_ptr<Executable>(new Executable(std::move(state)));
}

Executable::Executable(std::unique_ptr<State> state) : state(std::move(state)) {}
Executable::~Executable() = default;

const Manifest &Executable::manifest() const { return state->package->manifest(); }
const Target &Executable::target() const { return state->target; }
Device &Executable::device() const { return *state->device; }
int64_t Executable::arenaBytes() const { return state->arenaBytes; }

//===----------------------------------------------------------------------===//
// Arena
//===----------------------------------------------------------------------===//

Status Executable::State::growArena(int64_t bytes) {
  if (bytes <= arenaBytes)
    return {};
  // Earlier calls may still use the old arena.
  if (arena)
    ASHLAR_RETURN_IF_ERROR(device->synchronizeAll());
  device->release(arena);
  arena = nullptr;
  arenaBytes = 0;
  Expected<void *> address = device->allocate(bytes);
  if (!address)
    return address.status().withContext("the arena");
  arena = static_cast<char *>(*address);
  arenaBytes = bytes;
  return {};
}

static Status noSuchFunction(unsigned function, const Manifest &manifest) {
  return invalidArgument("there is no function " + std::to_string(function) + "; the package has " +
                         std::to_string(manifest.functions.size()));
}

Status Executable::reserve(unsigned function, std::span<const int64_t> symbols) {
  if (function >= state->plans.size())
    return noSuchFunction(function, manifest());
  FunctionPlan &plan = state->plans[function];
  if (symbols.size() != plan.function().symbols.size())
    return invalidArgument("function '" + plan.function().name + "' has " +
                           std::to_string(plan.function().symbols.size()) + " dimension symbols, not " +
                           std::to_string(symbols.size()));
  for (size_t i = 0; i < symbols.size(); ++i)
    if (symbols[i] < 0 || symbols[i] > package::ManifestLimits::dimSize)
      return invalidArgument("dimension '" + plan.function().symbols[i].name + "' cannot be " +
                             std::to_string(symbols[i]));
  ASHLAR_ASSIGN_OR_RETURN(int64_t bytes, plan.arenaBytesFor(symbols));
  return state->growArena(bytes);
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

Status Executable::invoke(unsigned function, std::span<const TensorBuffer> inputs,
                          std::span<const TensorBuffer> outputs, Stream stream) {
  if (function >= state->plans.size())
    return noSuchFunction(function, manifest());
  FunctionPlan &plan = state->plans[function];
  if (outputs.size() != plan.function().outputs.size())
    return invalidArgument("function '" + plan.function().name + "' has " +
                           std::to_string(plan.function().outputs.size()) + " outputs, not " +
                           std::to_string(outputs.size()));
  ASHLAR_RETURN_IF_ERROR(bindSymbols(plan.function(), inputs, plan.symbolBuffer()));
  ASHLAR_RETURN_IF_ERROR(plan.resolve());
  CallBuffers buffers{inputs, outputs, state->constants, nullptr};
  ASHLAR_RETURN_IF_ERROR(plan.checkTensors(buffers));
  bool mustGrow = plan.arenaBytes() > state->arenaBytes;
  if (mustGrow || state->profiling) {
    ASHLAR_ASSIGN_OR_RETURN(bool capturing, state->device->isCapturing(stream));
    if (capturing && mustGrow)
      return invalidArgument("function '" + plan.function().name + "' needs an arena of " +
                             std::to_string(plan.arenaBytes()) + " bytes, and the stream is being captured; call "
                             "reserve with these dimensions before the capture");
    if (capturing && state->profiling)
      return invalidArgument("a call cannot be profiled while its stream is being captured");
    ASHLAR_RETURN_IF_ERROR(state->growArena(plan.arenaBytes()));
  }
  buffers.arena = state->arena;
  if (state->profiling)
    return state->runProfiled(plan, buffers, stream);
  for (size_t i = 0; i < plan.numSteps(); ++i)
    ASHLAR_RETURN_IF_ERROR(plan.runStep(i, buffers, *state->device, stream, nullptr));
  return {};
}

//===----------------------------------------------------------------------===//
// Profiling
//===----------------------------------------------------------------------===//

Status Executable::setProfiling(bool enabled) {
  size_t longest = 0;
  for (const FunctionPlan &plan : state->plans)
    longest = std::max(longest, plan.numSteps());
  while (enabled && state->events.size() < longest + 1) {
    ASHLAR_ASSIGN_OR_RETURN(std::unique_ptr<Event> event, state->device->createEvent());
    state->events.push_back(std::move(event));
  }
  state->profiling = enabled;
  state->lastProfile.clear();
  return {};
}

Status Executable::State::runProfiled(FunctionPlan &plan, const CallBuffers &buffers, Stream stream) {
  lastProfile.assign(plan.numSteps(), {});
  hasTimes = false;
  ASHLAR_RETURN_IF_ERROR(device->record(*events[0], stream));
  for (size_t i = 0; i < plan.numSteps(); ++i) {
    plan.describeStep(i, lastProfile[i]);
    ASHLAR_RETURN_IF_ERROR(plan.runStep(i, buffers, *device, stream, &lastProfile[i].report));
    ASHLAR_RETURN_IF_ERROR(device->record(*events[i + 1], stream));
  }
  hasTimes = true;
  return {};
}

Expected<std::vector<StepProfile>> Executable::profile() {
  for (size_t i = 0; state->hasTimes && i < state->lastProfile.size(); ++i) {
    ASHLAR_ASSIGN_OR_RETURN(state->lastProfile[i].milliseconds,
                            state->device->elapsed(*state->events[i], *state->events[i + 1]));
  }
  return state->lastProfile;
}

} // namespace ashlar::runtime
