// A ring of three stages between a producer and the four warps that multiply, then with one fault at a time.
// RUN: ashlar-opt %s --ashlar-tile-verify-phases -o /dev/null
//
// RUN: sed '/wait-full/d' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 | FileCheck %s --check-prefix=NO-FULL
// NO-FULL: error: 'tile.mma' op may read a stage before its copy has arrived; {{.*}} (role "consumer", iteration 0, 0)
// NO-FULL: note: the stage's copy (role "producer", iteration 0, 0)
// NO-FULL: note: the memory barrier: element 0, initialised for 1 arrivals
// NO-FULL: note: with 1 iterations of this loop
//
// RUN: sed '/wait-empty/d' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 | FileCheck %s --check-prefix=NO-EMPTY
// NO-EMPTY: error: 'tile.tensor_copy' op may overwrite a stage before every warp has read it; {{.*}} (role "producer"
//
// RUN: sed '/wait-full/s/parity %%parity/parity %%flip/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=FULL-PARITY
// FULL-PARITY: error: 'tile.mma' op may read a stage before its copy has arrived
// FULL-PARITY: note: the role's last wait for the stage
//
// RUN: sed '/wait-empty/s/parity %%flip/parity %%parity/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=EMPTY-PARITY
// EMPTY-PARITY: error: 'tile.mbarrier_wait' op waits forever: phase 0 of its memory barrier has 0 of 4 arrivals
// EMPTY-PARITY-SAME: (role "producer", iteration 0, 0)
// EMPTY-PARITY: note: role "consumer", iteration 0, 0, waits here
//
// RUN: sed 's/bytes 8192/bytes 4096/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=SHORT
// SHORT: error: 'tile.tensor_copy' op signals in a phase whose copies write 8192 bytes where 4096 are announced: it may
// SHORT: note: the bytes are announced here
//
// RUN: sed 's/bytes 8192/bytes 8200/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=LONG
// LONG: error: 'tile.tensor_copy' op signals in a phase whose copies write 8192 bytes where 8200 are announced: it never
//
// RUN: sed '/bytes 8192/d' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 | FileCheck %s --check-prefix=NO-BYTES
// NO-BYTES: error: 'tile.tensor_copy' op signals a phase whose bytes nobody announces
//
// RUN: sed 's/mma_wait 1/mma_wait 2/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=EARLY
// EARLY: error: 'tile.mbarrier_arrive' op hands a stage back that its role may still read; {{.*}} tile.mma_wait
// EARLY: note: the stage is read here
// EARLY: note: the copy that overwrites it
//
// RUN: sed '/release-last/d' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 | FileCheck %s --check-prefix=KEPT
// KEPT: error: 'tile.mbarrier_wait' op waits forever: phase 0 of its memory barrier has 0 of 4 arrivals
//
// RUN: sed 's/arrivals 4/arrivals 8/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=MANY
// MANY: error: 'tile.mbarrier_wait' op waits forever: phase 0 of its memory barrier has 4 of 8 arrivals
// MANY: note: the memory barrier: element 0, initialised for 8 arrivals
//
// RUN: sed 's/arrivals 4/arrivals 3/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=FEW
// FEW: error: 'tile.mbarrier_arrive' op is one arrival too many: phase 0 of its memory barrier has 4 of 3 arrivals
//
// RUN: sed '/producer-loop/s/to %%n/to %%more/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=LONGER
// LONGER: error: 'tile.tensor_copy' op may still be under way when the kernel ends: no role waits for the phase
//
// RUN: sed 's/yield %%e, %%next, %%turned/yield %%e, %%stage, %%flip/' %s \
// RUN: | not ashlar-opt --ashlar-tile-verify-phases 2>&1 | FileCheck %s --check-prefix=STUCK
// STUCK: error: 'tile.mbarrier_wait' op waits forever: phase 1 of its memory barrier has 0 of 1 {{.*}} (role "consumer", iteration 1, 0)
// STUCK: note: role "producer" has ended
//
// RUN: sed 's/truncf %%done/truncf %%end#0/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=SUM
// SUM: error: 'arith.truncf' op needs a sum whose product may still be under way
//
// RUN: sed '/mbarrier_init %%full/d' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=NO-INIT
// NO-INIT: error: 'tile.mbarrier_wait' op uses memory barriers that nothing initialises
//
// RUN: sed '/wait-full/s/parity %%parity/parity %%n/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=NUMBER
// NUMBER: error: 'tile.mbarrier_wait' op comes to the parity {{[0-9]+}}; parities are 0 and 1
//
// RUN: sed '/wait-full/s/parity %%parity/parity %%m/' %s | not ashlar-opt --ashlar-tile-verify-phases 2>&1 \
// RUN: | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: 'tile.mbarrier_wait' op cannot be followed: its parity is not computed from constants

#id = affine_map<(d0, d1) -> (d0, d1)>
#grid = affine_map<()[s0, s1] -> (4, 1, 1)>
#map = #tile.tensor_map<coordinates = (d0, d1) -> (d1, d0), extents = () -> (512, 512), strides = () -> (1024),
                        offset = 0, box = [64, 64], swizzle = 128>
!global = !tile.buffer<512x512xbf16, global>
!view = !tile.view<512x512xbf16>
!ring = !tile.buffer<3x64x64xbf16, shared>
!stage = !tile.buffer<64x64xbf16, shared>
!barriers = !tile.buffer<3xi64, shared>
!sum = tensor<64x64xf32>

tile.kernel @ring(%a: !global, %n: index, %m: index) grid #grid threads 256 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant dense<0.0> : !sum
  %first = tile.block_id x
  %count = tile.block_count x
  %view = tile.view %a map #id : !global -> !view
  %more = arith.addi %n, %c64 : index
  %ring = tile.alloc : !ring
  %full = tile.alloc : !barriers
  %empty = tile.alloc : !barriers
  tile.mbarrier_init %full arrivals 1 : !barriers
  tile.mbarrier_init %empty arrivals 4 : !barriers
  tile.barrier
  tile.role "consumer" threads 128 from 0 {
    %all:2 = scf.for %tile = %first to %c8 step %count iter_args(%s = %c0, %p = %c0) -> (index, index) {
      %end:4 = scf.for %k = %c0 to %n step %c64 iter_args(%acc = %zero, %stage = %s, %parity = %p, %before = %c0)
          -> (!sum, index, index, index) {
        %flip = arith.subi %c1, %parity : index
        %now = tile.stage %ring[%stage] : !ring -> !stage
        tile.mbarrier_wait %full[%stage] parity %parity : !barriers // wait-full
        %d = tile.mma wgmma %now, %now, %acc {async} : !stage, !stage -> !sum
        %e = tile.mma_wait 1 (%d) : !sum -> !sum
        %later = arith.cmpi ne, %k, %c0 : index
        tile.mbarrier_arrive %empty[%before] if %later : !barriers
        %plus = arith.addi %stage, %c1 : index
        %wraps = arith.cmpi eq, %plus, %c3 : index
        %next = arith.select %wraps, %c0, %plus : index
        %turned = arith.select %wraps, %flip, %parity : index
        scf.yield %e, %next, %turned, %stage : !sum, index, index, index
      }
      %done = tile.mma_wait 0 (%end#0) : !sum -> !sum
      %ran = arith.cmpi slt, %c0, %n : index
      tile.mbarrier_arrive %empty[%end#3] if %ran : !barriers // release-last
      %out = arith.truncf %done : !sum to tensor<64x64xbf16>
      tile.barrier
      scf.yield %end#1, %end#2 : index, index
    }
  }
  tile.role "producer" threads 128 from 128 single_thread {
    %all:2 = scf.for %tile = %first to %c8 step %count iter_args(%s = %c0, %p = %c0) -> (index, index) {
      %end:2 = scf.for %k = %c0 to %n step %c64 iter_args(%stage = %s, %parity = %p) -> (index, index) { // producer-loop
        %flip = arith.subi %c1, %parity : index
        tile.mbarrier_wait %empty[%stage] parity %flip : !barriers // wait-empty
        tile.mbarrier_expect %full[%stage] bytes 8192 : !barriers
        %now = tile.stage %ring[%stage] : !ring -> !stage
        tile.tensor_copy %view[%tile, %k] -> %now signal %full[%stage] map #map : !view -> !stage, !barriers
        %plus = arith.addi %stage, %c1 : index
        %wraps = arith.cmpi eq, %plus, %c3 : index
        %next = arith.select %wraps, %c0, %plus : index
        %turned = arith.select %wraps, %flip, %parity : index
        scf.yield %next, %turned : index, index
      }
      scf.yield %end#0, %end#1 : index, index
    }
  }
  tile.return
}
