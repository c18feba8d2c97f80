//===-- KernelCycles.cpp - a kernel's predicted time, by resource -----------===//
//
// The list of its parts.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/KernelCycles.h"

#include <algorithm>

using namespace ashlar::cost;

static constexpr CycleField fields[] = {
    {"tensor", &KernelCycles::tensor},   {"shared", &KernelCycles::shared},
    {"l2", &KernelCycles::l2},           {"memory", &KernelCycles::memory},
    {"issue", &KernelCycles::issue},     {"special", &KernelCycles::special},
    {"latency", &KernelCycles::latency}, {"epilogue", &KernelCycles::epilogue},
    {"launch", &KernelCycles::launch},
};

std::span<const CycleField> ashlar::cost::allCycleFields() { return fields; }

CycleField ashlar::cost::bottleneckOf(const KernelCycles &cycles) {
  return *std::ranges::max_element(fields, {}, [&](const CycleField &field) { return cycles.*field.member; });
}
