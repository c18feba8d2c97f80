//===-- AshlarOps.td - All operations of the dialect `ashlar` -------------===//

#ifndef ASHLAR_OPS_TD
#define ASHLAR_OPS_TD

include "dialects/Ashlar/AshlarMatmul.td"
include "dialects/Ashlar/AshlarConv.td"
include "dialects/Ashlar/AshlarAttention.td"
include "dialects/Ashlar/AshlarQuantized.td"
include "dialects/Ashlar/AshlarPack.td"
include "dialects/Ashlar/AshlarKernel.td"

#endif // ASHLAR_OPS_TD
