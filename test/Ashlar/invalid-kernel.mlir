// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint; its name ends with the constraint's label. What the custom syntax cannot
// say is written in the generic one.

func.func @argument_types_c1(%x: tensor<4xf32>) {
  // expected-error @+1 {{'ashlar.kernel' op C1: expected block arguments of the types ('tensor<4xf32>'), got ('tensor<5xf32>')}}
  %r = "ashlar.kernel"(%x) ({
  ^bb0(%a: tensor<5xf32>):
    "ashlar.yield"(%a) : (tensor<5xf32>) -> ()
  }) : (tensor<4xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @yielded_types_c2(%x: tensor<4xf32>) {
  // expected-error @+1 {{'ashlar.kernel' op C2: expected ashlar.yield to have operands of the types ('tensor<?xf32>'), got ('tensor<4xf32>')}}
  %r = ashlar.kernel (%a = %x : tensor<4xf32>) -> tensor<?xf32> {
    ashlar.yield %a : tensor<4xf32>
  }
  return
}

// -----

func.func @yielded_count_c2(%x: tensor<4xf32>) {
  // expected-error @+1 {{'ashlar.kernel' op C2: expected ashlar.yield to have operands}}
  %r = ashlar.kernel (%a = %x : tensor<4xf32>) -> tensor<4xf32> {
    ashlar.yield
  }
  return
}

// -----

func.func @memory_c3(%x: memref<4xf32>, %y: tensor<4xf32>) {
  // expected-error @+1 {{'ashlar.kernel' op C3: expected inputs that are ranked tensors, integers, floats or indices, got 'memref<4xf32>'}}
  %r = ashlar.kernel (%m = %x : memref<4xf32>, %a = %y : tensor<4xf32>) -> tensor<4xf32> {
    ashlar.yield %a : tensor<4xf32>
  }
  return
}

// -----

func.func @use_from_above(%x: tensor<4xf32>) {
  // expected-note @+1 {{required by region isolation constraints}}
  %r = ashlar.kernel () -> tensor<4xf32> {
    // expected-error @+1 {{using value defined outside the region}}
    %0 = arith.addf %x, %x : tensor<4xf32>
    ashlar.yield %0 : tensor<4xf32>
  }
  return
}

// -----

func.func @yield_outside(%x: tensor<4xf32>) {
  // expected-error @+1 {{'ashlar.yield' op expects parent op 'ashlar.kernel'}}
  ashlar.yield %x : tensor<4xf32>
}
