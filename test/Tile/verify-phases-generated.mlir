// What the compiler makes of a product for warp groups passes, for several numbers of stages; with one fault in it, it
// does not. The pipeline of tiles runs the check, too.
// DEFINE: %{to_tiles} = --ashlar-convert-tensor-to-tile --canonicalize --cse --ashlar-compile-tile=target=sm_90a
// DEFINE: %{check} = --pass-pipeline='builtin.module(tile.kernel(ashlar-tile-verify-phases))'
//
// RUN: sed 's/stages = 3/stages = 1/' %s | ashlar-opt %{to_tiles} | FileCheck %s --check-prefix=ONE
// One stage: the product ends before it is handed back.
// ONE: tile.role "consumer"
// ONE-NOT: async
// ONE: tile.return
//
// RUN: sed 's/stages = 3/stages = 2/' %s | ashlar-opt %{to_tiles} | FileCheck %s --check-prefix=MORE
// RUN: sed 's/stages = 3/stages = 4/' %s | ashlar-opt %{to_tiles} | FileCheck %s --check-prefix=MORE
// RUN: sed 's/, persistent//' %s | ashlar-opt %{to_tiles} | FileCheck %s --check-prefix=MORE
// Sizes that are not known: so are the trip counts.
// RUN: sed 's/512x512/?x512/g' %s | ashlar-opt %{to_tiles} | FileCheck %s --check-prefix=MORE
// MORE: tile.role "consumer"
// MORE: tile.mma wgmma {{.*}} {async}
//
// RUN: ashlar-opt %s %{to_tiles} -o %t
// RUN: ashlar-opt %t %{check} -o /dev/null
//
// RUN: sed '/"producer"/,$ {/mbarrier_wait/d}' %t | not ashlar-opt %{check} 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: 'tile.tensor_copy' op may overwrite a stage before every warp has read it
//
// RUN: sed '/"consumer"/,/"producer"/ {/mbarrier_wait/d}' %t | not ashlar-opt %{check} 2>&1 \
// RUN: | FileCheck %s --check-prefix=FULL
// FULL: error: 'tile.mma' op may read a stage before its copy has arrived
//
// RUN: sed 's/mma_wait 1/mma_wait 2/' %t | not ashlar-opt %{check} 2>&1 | FileCheck %s --check-prefix=PENDING
// PENDING: error: 'tile.mbarrier_arrive' op hands a stage back that its role may still read
//
// RUN: sed 's/ bytes 32768/ bytes 32752/' %t | not ashlar-opt %{check} 2>&1 | FileCheck %s --check-prefix=BYTES
// BYTES: copies write 32768 bytes where 32752 are announced
//
// RUN: sed 's/arrivals 8/arrivals 9/' %t | not ashlar-opt %{check} 2>&1 | FileCheck %s --check-prefix=ARRIVALS
// ARRIVALS: waits forever: phase 0 of its memory barrier has 8 of 9 arrivals

func.func @product(%a: tensor<512x512xbf16>, %b: tensor<512x512xbf16>) -> tensor<512x512xbf16> {
  %0 = ashlar.kernel @mm(%x = %a : tensor<512x512xbf16>, %y = %b : tensor<512x512xbf16>)
      schedule({mma = "wgmma", roles = "cooperative", stages = 3, threads = 256, tile = [128, 128, 64], persistent})
      -> tensor<512x512xbf16> {
    %p = ashlar.matmul %x, transpose %y : tensor<512x512xbf16>, tensor<512x512xbf16> -> tensor<512x512xbf16>
    ashlar.yield %p : tensor<512x512xbf16>
  }
  return %0 : tensor<512x512xbf16>
}
