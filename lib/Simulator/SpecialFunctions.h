//===-- SpecialFunctions.h - What the special-function unit computes ------===//
//
// The approximations of PTX as functions of one f32. Where the unit is accurate to a few units of the last
// place, these round correctly or nearly so; where it is coarse by design (tanh), they are as coarse. `.ftz`
// instructions flush subnormal operands and results to zero, keeping the sign.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_SPECIALFUNCTIONS_H
#define ASHLAR_LIB_SIMULATOR_SPECIALFUNCTIONS_H

#include <cstdint>

namespace ashlar::simulator {

/// ex2.approx.ftz, lg2.approx.ftz, rcp.approx.ftz, rsqrt.approx.ftz, sqrt.approx.ftz.
float approximateEx2(float x);
float approximateLg2(float x);
float approximateRcp(float x);
float approximateRsqrt(float x);
float approximateSqrt(float x);
/// tanh.approx: 11 significant bits.
float approximateTanh(float x);
/// sin.approx.ftz, cos.approx.ftz.
float approximateSin(float x);
float approximateCos(float x);

/// prmt.b32, default mode.
uint32_t permuteBytes(uint32_t low, uint32_t high, uint32_t selector);

} // namespace ashlar::simulator

#endif
