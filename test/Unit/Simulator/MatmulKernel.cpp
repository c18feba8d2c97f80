//===-- MatmulKernel.cpp - A tensor-core kernel with faults to plant ------===//
//
// Emits the text of the kernel, an operation a line.
//
//===----------------------------------------------------------------------===//

#include "MatmulKernel.h"
#include <vector>

namespace ashlar::test {

using std::to_string;

namespace {

class Writer {
public:
  explicit Writer(const MatmulKernel &kernel) : kernel(kernel) {}
  std::string write();

private:
  using Name = std::string;
  void line(const std::string &text) { body += "    " + text + "\n"; }
  Name value(const std::string &operation) {
    Name name = "%v" + to_string(next++);
    line(name + " = " + operation);
    return name;
  }
  Name word(int64_t number) { return value("llvm.mlir.constant(" + to_string(number) + " : i32) : i32"); }
  Name binary(const char *operation, const Name &a, const Name &b) {
    return value(std::string("llvm.") + operation + " " + a + ", " + b + " : i32");
  }
  Name add(const Name &a, const Name &b) { return binary("add", a, b); }
  Name mul(const Name &a, int64_t b) { return binary("mul", a, word(b)); }
  Name div(const Name &a, int64_t b) { return binary("udiv", a, word(b)); }
  Name rem(const Name &a, int64_t b) { return binary("urem", a, word(b)); }
  Name less(const Name &a, const Name &b, const char *predicate = "ult") {
    return value(std::string("llvm.icmp \"") + predicate + "\" " + a + ", " + b + " : i32");
  }
  Name shared(const Name &offset) {
    return value("llvm.getelementptr %shared[" + offset + "] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8");
  }
  Name global(const Name &base, const Name &row, const Name &columns, const Name &column, const char *type);

  Name swizzle(const Name &row, const Name &chunk);
  void copyTile(bool isA, const Name &stage, const Name &k);
  void copyStage(const Name &stage, const Name &k);
  void barrier(bool isDivergent);
  void computeStage(const Name &stage);
  void storeResults();

  const MatmulKernel &kernel;
  std::string body;
  unsigned next = 0;
  std::vector<Name> sums;
};

} // namespace

/// The address of element (row, column).
Writer::Name Writer::global(const Name &base, const Name &row, const Name &columns, const Name &column,
                            const char *type) {
  Name wide = value("llvm.zext " + row + " : i32 to i64");
  Name pitch = value("llvm.zext " + columns + " : i32 to i64");
  Name start = value("llvm.mul " + wide + ", " + pitch + " : i64");
  Name index = value("llvm.add " + start + ", " + value("llvm.zext " + column + " : i32 to i64") + " : i64");
  return value("llvm.getelementptr " + base + "[" + index + "] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, " +
               type);
}

Writer::Name Writer::swizzle(const Name &row, const Name &chunk) {
  if (kernel.fault == MatmulFault::NoSwizzle)
    return chunk;
  return binary("xor", chunk, rem(row, 8));
}

/// Tile of A: blockRows x depth. Tile of B, behind it: depth x blockColumns. Chunks are 16 bytes.
void Writer::copyTile(bool isA, const Name &stage, const Name &k) {
  uint32_t rows = isA ? kernel.blockRows() : kernel.depth,
           columns = isA ? kernel.depth : kernel.blockColumns();
  uint32_t chunks = columns / 8;
  for (uint32_t i = 0; i < rows * chunks / kernel.threads; ++i) {
    Name index = add("%tid", word(i * kernel.threads));
    Name row = div(index, chunks), chunk = rem(index, chunks);
    Name globalRow = add(row, isA ? "%blockRow" : k),
         globalColumn = add(mul(chunk, 8), isA ? k : "%blockColumn");
    const char *comparison = isA && kernel.fault == MatmulFault::OffByOneBound ? "ule" : "ult";
    Name inRows = less(globalRow, isA ? "%m" : "%k", comparison),
         inColumns = less(globalColumn, isA ? "%k" : "%n");
    Name inside = value("llvm.and " + inRows + ", " + inColumns + " : i1");
    Name bytes = value("llvm.select " + inside + ", %sixteen, %zero : i1, i32");
    Name from = global(isA ? "%a" : "%b", globalRow, isA ? "%k" : "%n", globalColumn, "f16");
    Name offset = add(mul(row, columns * 2), mul(swizzle(row, chunk), 16));
    if (!isA)
      offset = add(offset, word(kernel.blockRows() * kernel.depth * 2));
    Name to = shared(add(stage, offset));
    line("nvvm.cp.async.shared.global " + to + ", " + from + ", 16, cache = cg, " + bytes +
         " : !llvm.ptr<3>, !llvm.ptr<1>, i32");
  }
}

void Writer::copyStage(const Name &stage, const Name &k) {
  copyTile(true, stage, k);
  copyTile(false, stage, k);
  line("nvvm.cp.async.commit.group");
}

void Writer::barrier(bool isDivergent) {
  if (!isDivergent) {
    line("nvvm.barrier0");
    return;
  }
  unsigned label = next++;
  std::string meet = "^meet" + to_string(label), after = "^after" + to_string(label);
  line("llvm.cond_br %isFirstWarp, " + after + ", " + meet);
  body += "  " + meet + ":\n";
  line("nvvm.barrier0");
  line("llvm.br " + after);
  body += "  " + after + ":\n";
}

void Writer::computeStage(const Name &stage) {
  const std::string four = "!llvm.struct<(i32, i32, i32, i32)>", type = "vector<2xf16>";
  const std::string shape =
      "shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>";
  auto load = [&](const Name &offset, const char *layout) {
    Name matrices = value("nvvm.ldmatrix " + shared(offset) + " {num = 4 : i32, layout = #nvvm.mma_layout<" +
                          layout + ">, " + shape + "} : (!llvm.ptr<3>) -> " + four);
    std::vector<Name> halves;
    for (int i = 0; i < 4; ++i)
      halves.push_back(value("llvm.bitcast " +
                             value("llvm.extractvalue " + matrices + "[" + to_string(i) + "] : " + four) +
                             " : i32 to " + type));
    return halves;
  };
  for (uint32_t step = 0; step < kernel.depth / 16; ++step) {
    std::vector<std::vector<Name>> a, b;
    for (uint32_t tile = 0; tile < kernel.rowTiles; ++tile) {
      Name row = add("%fragmentRowA", word(tile * 16)), chunk = add("%laneHalf", word(step * 2));
      a.push_back(load(add(stage, add(mul(row, kernel.depth * 2), mul(swizzle(row, chunk), 16))), "row"));
    }
    for (uint32_t tile = 0; tile < kernel.columnTiles; tile += 2) {
      Name row = add("%laneRow", word(step * 16)), chunk = add("%fragmentChunkB", word(tile));
      Name offset = add(mul(row, kernel.blockColumns() * 2), mul(swizzle(row, chunk), 16));
      std::vector<Name> pair =
          load(add(stage, add(offset, word(kernel.blockRows() * kernel.depth * 2))), "col");
      b.push_back({pair[0], pair[1]});
      b.push_back({pair[2], pair[3]});
    }
    for (uint32_t i = 0; i < kernel.rowTiles; ++i)
      for (uint32_t j = 0; j < kernel.columnTiles; ++j) {
        Name *c = &sums[(i * kernel.columnTiles + j) * 4];
        Name d =
            value("nvvm.mma.sync A[" + a[i][0] + ", " + a[i][1] + ", " + a[i][2] + ", " + a[i][3] + "] B[" +
                  b[j][0] + ", " + b[j][1] + "] C[" + c[0] + ", " + c[1] + ", " + c[2] + ", " + c[3] +
                  "] {layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, "
                  "shape = #nvvm.shape<m = 16, n = 8, k = 16>} : (" +
                  type + ", " + type + ", f32) -> !llvm.struct<(f32, f32, f32, f32)>");
        for (int r = 0; r < 4; ++r)
          c[r] =
              value("llvm.extractvalue " + d + "[" + to_string(r) + "] : !llvm.struct<(f32, f32, f32, f32)>");
      }
  }
}

void Writer::storeResults() {
  for (uint32_t i = 0; i < kernel.rowTiles; ++i)
    for (uint32_t j = 0; j < kernel.columnTiles; ++j)
      for (uint32_t r = 0; r < 4; ++r) {
        Name row = add("%resultRow", word(i * 16 + r / 2 * 8)),
             column = add("%resultColumn", word(j * 8 + r % 2));
        Name inside = value("llvm.and " + less(row, "%m") + ", " + less(column, "%n") + " : i1");
        std::string label = to_string(next++);
        line("llvm.cond_br " + inside + ", ^store" + label + ", ^skip" + label);
        body += "  ^store" + label + ":\n";
        Name to = global("%c", row, "%n", column, "f32");
        line("llvm.store " + sums[(i * kernel.columnTiles + j) * 4 + r] + ", " + to + " : f32, !llvm.ptr<1>");
        line("llvm.br ^skip" + label);
        body += "  ^skip" + label + ":\n";
      }
}

std::string Writer::write() {
  const MatmulFault fault = kernel.fault;
  line("%shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>");
  line("%zero = llvm.mlir.constant(0 : i32) : i32");
  line("%sixteen = llvm.mlir.constant(16 : i32) : i32");
  line("%none = llvm.mlir.constant(0.0 : f32) : f32");
  line("%tid = nvvm.read.ptx.sreg.tid.x : i32");
  auto named = [&](const char *name, const Name &from) {
    line(std::string(name) + " = llvm.add " + from + ", %zero : i32");
  };
  named("%blockRow", mul(value("nvvm.read.ptx.sreg.ctaid.y : i32"), kernel.blockRows()));
  named("%blockColumn", mul(value("nvvm.read.ptx.sreg.ctaid.x : i32"), kernel.blockColumns()));
  Name lane = rem("%tid", 32), warp = div("%tid", 32);
  line("%isFirstWarp = llvm.icmp \"eq\" " + warp + ", %zero : i32");
  Name warpRow = mul(div(warp, 2), 16 * kernel.rowTiles),
       warpColumn = mul(rem(warp, 2), 8 * kernel.columnTiles);
  named("%laneRow", rem(lane, 16));
  named("%laneHalf", div(lane, 16));
  named("%fragmentRowA", add(warpRow, "%laneRow"));
  named("%fragmentChunkB", add(div(warpColumn, 8), "%laneHalf"));
  named("%resultRow", add(add("%blockRow", warpRow), div(lane, 4)));
  named("%resultColumn", add(add("%blockColumn", warpColumn), mul(rem(lane, 4), 2)));
  copyStage("%zero", "%zero");

  std::string first, types, parameters, last;
  for (uint32_t i = 0; i < kernel.rowTiles * kernel.columnTiles * 4; ++i) {
    sums.push_back("%sum" + to_string(i));
    first += ", %none";
    types += ", f32";
    parameters += ", " + sums.back() + ": f32";
  }
  line("llvm.br ^loop(%zero, %zero" + first + " : i32, i32" + types + ")");
  body += "  ^loop(%k0: i32, %stage: i32" + parameters + "):\n";
  Name nextStage = binary("sub", word(kernel.stageBytes()), "%stage"), nextK = add("%k0", word(kernel.depth));
  copyStage(nextStage, nextK);
  if (fault != MatmulFault::NoWait)
    line(fault == MatmulFault::WaitOneGroupTooFew ? "nvvm.cp.async.wait.group 2"
                                                  : "nvvm.cp.async.wait.group 1");
  if (fault != MatmulFault::NoBarrierBeforeUse)
    barrier(fault == MatmulFault::DivergentBarrier);
  computeStage("%stage");
  if (fault != MatmulFault::NoBarrierBeforeReuse)
    barrier(false);
  for (const Name &sum : sums)
    last += ", " + sum;
  line("llvm.cond_br " + less(nextK, "%k") + ", ^loop(" + nextK + ", " + nextStage + last + " : i32, i32" +
       types + "), ^done");
  body += "  ^done:\n";
  storeResults();
  line("llvm.return");
  return "gpu.module @kernels {\n"
         "  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : "
         "!llvm.array<0 x i8>\n"
         "  llvm.func @matmul(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %m: i32, %n: i32, %k: "
         "i32) "
         "attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = array<i32: 128, 1, 1>} {\n" +
         body + "  }\n}\n";
}

std::string MatmulKernel::text() const { return Writer(*this).write(); }

} // namespace ashlar::test
