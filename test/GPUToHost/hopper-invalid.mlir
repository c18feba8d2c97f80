// RUN: ashlar-opt %s --ashlar-convert-gpu-to-host --split-input-file --verify-diagnostics

gpu.module @predicated_init {
  llvm.func @kernel(%barrier: !llvm.ptr<3>, %count: i32, %p: i1) attributes {gpu.kernel, nvvm.kernel} {
    // expected-error @below {{'nvvm.mbarrier.init' op with a predicate has no form for the simulator; use control flow}}
    nvvm.mbarrier.init %barrier, %count, predicate = %p : !llvm.ptr<3>, i32, i1
    llvm.return
  }
}

// -----

gpu.module @gathering_load {
  llvm.func @kernel(%to: !llvm.ptr<7>, %map: !llvm.ptr, %barrier: !llvm.ptr<3>, %c: i32) attributes {gpu.kernel, nvvm.kernel} {
    // expected-error @below {{in other than tiled and im2col mode of one block has no form for the simulator}}
    nvvm.cp.async.bulk.tensor.shared.cluster.global %to, %map, %barrier, box[%c, %c, %c, %c, %c] {mode = #nvvm.tma_load_mode<tile_gather4>} : !llvm.ptr<7>, !llvm.ptr
    llvm.return
  }
}

// -----

gpu.module @im2col_store {
  llvm.func @kernel(%map: !llvm.ptr, %from: !llvm.ptr<3>, %c: i32) attributes {gpu.kernel, nvvm.kernel} {
    // expected-error @below {{in other than tiled mode has no form for the simulator}}
    nvvm.cp.async.bulk.tensor.global.shared.cta %map, %from, box[%c, %c, %c] {mode = #nvvm.tma_store_mode<im2col>} : !llvm.ptr, !llvm.ptr<3>
    llvm.return
  }
}

// -----

gpu.module @reduction_by_max {
  llvm.func @kernel(%map: !llvm.ptr, %from: !llvm.ptr<3>, %c: i32) attributes {gpu.kernel, nvvm.kernel} {
    // expected-error @below {{of another kind than add has no form for the simulator}}
    nvvm.cp.async.bulk.tensor.reduce %map, %from, box[%c] {redKind = #nvvm.tma_redux_kind<max>} : !llvm.ptr, !llvm.ptr<3>
    llvm.return
  }
}

// -----

gpu.module @cluster_address_as_integer {
  llvm.func @kernel(%to: !llvm.ptr<1>, %there: !llvm.ptr<7>) attributes {gpu.kernel, nvvm.kernel} {
    // expected-error @below {{of an address in a cluster's shared memory has no form for the simulator}}
    %address = llvm.ptrtoint %there : !llvm.ptr<7> to i32
    llvm.store %address, %to : i32, !llvm.ptr<1>
    llvm.return
  }
}
