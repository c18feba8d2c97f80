"""Assembles PTX of one instruction each and looks for its machine instruction. Prints what is not found."""

import pathlib
import subprocess
import sys
import tempfile

import cubin

LOAD4 = "ld.global.v4.u32 {%r3,%r4,%r5,%r6}, [%rd2];"
STORE4 = "st.global.v4.u32 [%rd2], {%r8,%r9,%r10,%r11};"
WGMMA = ("wgmma.fence.sync.aligned; wgmma.mma_async.sync.aligned.{}; "
         "wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0;")
FLOATS, INTEGERS = "{%f1,%f2,%f3,%f4}", "{%r8,%r9,%r10,%r11}"
PROGRAMS = {
    "HGMMA": WGMMA.format("m64n8k16.f32.bf16.bf16 " + FLOATS + ", %rd2, %rd2, 0, 1, 1, 0, 0") + "st.global.f32 [%rd2], %f1;",
    "QGMMA": WGMMA.format("m64n8k32.f32.e4m3.e4m3 " + FLOATS + ", %rd2, %rd2, 0, 1, 1") + "st.global.f32 [%rd2], %f1;",
    "IGMMA": WGMMA.format("m64n8k32.s32.s8.s8 " + INTEGERS + ", %rd2, %rd2, 0") + STORE4,
    "HMMA": LOAD4 + "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 " + FLOATS +
            ", {%r3,%r4,%r5,%r6}, {%r3,%r4}, {%f5,%f5,%f5,%f5}; st.global.v4.f32 [%rd2], {%f1,%f2,%f3,%f4};",
    "IMMA": LOAD4 + "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 " + INTEGERS +
            ", {%r3,%r4,%r5,%r6}, {%r3,%r4}, {%r7,%r7,%r7,%r7};" + STORE4,
    "UTMALDG": "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
               "[%r2+1024], [%rd1, {%r1, %r1}], [%r2];",
    "UTMASTG": "cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%rd1, {%r1, %r1}], [%r2];",
    "UBLKCP": "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2+1024], [%rd1], 128, [%r2];",
    "LDGSTS": "cp.async.cg.shared.global [%r2], [%rd2], 16;",
    "LDSM": "ldmatrix.sync.aligned.m8n8.x4.shared.b16 " + INTEGERS + ", [%r2];" + STORE4,
    "STSM": "stmatrix.sync.aligned.m8n8.x4.shared.b16 [%r2], {%r1,%r1,%r1,%r1};",
    "STS LDS BAR": "shl.b32 %r9, %r1, 2; add.u32 %r9, %r9, %r2; st.shared.u32 [%r9], %r1; bar.sync 0; ld.shared.u32 %r3, [%r9+4]; "
                   "st.global.u32 [%rd2], %r3;",
    "LDG STG LOP3": LOAD4 + "lop3.b32 %r3, %r4, %r5, %r6, 0x6a; st.global.u32 [%rd2], %r3;",
    "STL LDL": LOAD4 + "and.b32 %r3, %r3, 31; shl.b32 %r3, %r3, 2; mov.u32 %r9, spill; add.u32 %r9, %r9, %r3; "
               "st.local.u32 [%r9], %r4; st.local.u32 [spill+16], %r6; ld.local.u32 %r7, [spill+8]; st.global.u32 [%rd2], %r7;",
    "MUFU": "ld.global.f32 %f1, [%rd2]; ex2.approx.ftz.f32 %f2, %f1; st.global.f32 [%rd2], %f2;",
    "FFMA": "ld.global.v2.f32 {%f1,%f2}, [%rd2]; fma.rn.f32 %f2, %f1, %f2, %f1; st.global.f32 [%rd2], %f2;",
    "FADD": "ld.global.v2.f32 {%f1,%f2}, [%rd2]; add.rn.f32 %f2, %f1, %f2; st.global.f32 [%rd2], %f2;",
    "FMUL": "ld.global.v2.f32 {%f1,%f2}, [%rd2]; mul.rn.f32 %f2, %f1, %f2; st.global.f32 [%rd2], %f2;",
    "FMNMX": "ld.global.v2.f32 {%f1,%f2}, [%rd2]; max.f32 %f2, %f1, %f2; st.global.f32 [%rd2], %f2;",
    "HFMA2": LOAD4 + "fma.rn.bf16x2 %r3, %r4, %r5, %r6; st.global.u32 [%rd2], %r3;",
    "PRMT": LOAD4 + "prmt.b32 %r3, %r4, %r5, %r6; st.global.u32 [%rd2], %r3;",
    "F2FP": "ld.global.v2.f32 {%f1,%f2}, [%rd2]; cvt.rn.bf16x2.f32 %r3, %f1, %f2; st.global.u32 [%rd2], %r3;",
    "SHFL": "shfl.sync.bfly.b32 %r3, %r1, 1, 31, -1; st.global.u32 [%rd2], %r3;",
    "ATOM": "atom.global.add.u32 %r3, [%rd2], %r1; st.global.u32 [%rd2], %r3;",
    "RED": "red.global.add.u32 [%rd2], %r1;",
    "SYNCS": "mbarrier.init.shared.b64 [%r2], 1;",
}
TEMPLATE = """.version 8.7
.target sm_90a
.address_size 64
.extern .shared .align 1024 .b8 memory[];
.visible .entry kernel(.param .u64 pointer) {
.local .align 4 .b8 spill[256];
.reg .b64 %rd<9>; .reg .b32 %r<19>; .reg .f32 %f<19>;
ld.param.u64 %rd1, [pointer];
mov.u32 %r1, %tid.x;
mov.u32 %r2, memory;
mov.u32 %r7, 0;
mov.f32 %f5, 0f00000000;
mad.wide.u32 %rd2, %r1, 16, %rd1;
BODY
ret;
}
"""


def main():
    missing = 0
    with tempfile.TemporaryDirectory() as folder:
        source, image = pathlib.Path(folder) / "k.ptx", pathlib.Path(folder) / "k.cubin"
        for names, body in PROGRAMS.items():
            source.write_text(TEMPLATE.replace("BODY", body))
            subprocess.run(["ptxas", "-arch=sm_90a", source, "-o", image], check=True)
            found = cubin.histogram(image.read_bytes())["kernel"]
            for name in names.split():
                if name not in found:
                    missing += 1
                    print(f"{name} is not in {found}")
            uninvited = {"LDL", "STL", *cubin.WARP_GROUP_PRODUCTS} - set(names.split())
            if uninvited & set(found):
                missing += 1
                print(f"{names}: {found} holds what was not asked for")
    tested = {name for names in PROGRAMS for name in names.split()}
    print(f"{len(tested)} instructions, {missing} missing; not tested: {sorted(set(cubin.OPCODES.values()) - tested)}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
