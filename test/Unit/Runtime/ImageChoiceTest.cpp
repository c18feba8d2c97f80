//===-- ImageChoiceTest.cpp - tests of the choice of an image -------------===//
//
// A package with every kind of image against the capabilities of real GPUs.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Runtime/ImageChoice.h"

#include <gtest/gtest.h>

using namespace ashlar::package;
using namespace ashlar::runtime;

static const std::vector<Target> targets = {
    {"sim", "", ImageKind::SharedObject, 0, false},      {"sm_80", "", ImageKind::Ptx, 80, false},
    {"sm_90a", "", ImageKind::Ptx, 90, true},            {"sm_80.cubin", "", ImageKind::Cubin, 80, false},
    {"sm_90a.cubin", "", ImageKind::Cubin, 90, true},    {"sm_89", "", ImageKind::Ptx, 89, false},
};

static std::vector<std::string> namesFor(int capability) {
  DeviceProperties device;
  device.capability = capability;
  device.imageKinds = {ImageKind::Ptx, ImageKind::Cubin};
  std::vector<std::string> names;
  for (size_t i : rankTargets(targets, device))
    names.push_back(targets[i].name);
  return names;
}

TEST(ImageChoice, by_capability) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(namesFor(75), Names{});
  EXPECT_EQ(namesFor(80), (Names{"sm_80.cubin", "sm_80"}));
  EXPECT_EQ(namesFor(86), (Names{"sm_80.cubin", "sm_80"}));
  EXPECT_EQ(namesFor(89), (Names{"sm_89", "sm_80.cubin", "sm_80"}));
  EXPECT_EQ(namesFor(90), (Names{"sm_90a.cubin", "sm_90a", "sm_89", "sm_80"}));
  // Architecture-specific code and cubins of another major version don't run on later GPUs; portable PTX does.
  EXPECT_EQ(namesFor(100), (Names{"sm_89", "sm_80"}));
  EXPECT_EQ(namesFor(120), (Names{"sm_89", "sm_80"}));
}

TEST(ImageChoice, shared_objects_for_the_simulator_only) {
  DeviceProperties device;
  device.imageKinds = {ImageKind::SharedObject};
  EXPECT_EQ(rankTargets(targets, device), std::vector<size_t>{0});
  EXPECT_TRUE(rankTargets({}, device).empty());
}
