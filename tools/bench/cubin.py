"""Counts the machine instructions of a cubin without NVIDIA's disassembler.

A cubin is an ELF file with one section `.text.NAME` for each kernel. Instructions of sm_70 and later have 16 bytes; the
low twelve bits of the first name the operation, of which the upper three only say where operands come from. The table was
made by assembling PTX of a single instruction each for sm_90a and looking at what was added (test/Bench/cubin.test does
it again); what is not in it is counted by its number.
"""

import collections
import struct

OPCODES = {
    # Tensor cores: by warp groups (f16 and bf16, integers, fp8), and by warps.
    0x1f0: "HGMMA", 0x1f1: "IGMMA", 0x1f3: "QGMMA", 0x03c: "HMMA", 0x037: "IMMA", 0x03f: "DMMA",
    # Copies by descriptor and by thread, matrices of fragments, memory.
    0x1b4: "UTMALDG", 0x1b5: "UTMASTG", 0x1ba: "UBLKCP", 0x1ae: "LDGSTS", 0x03b: "LDSM", 0x044: "STSM",
    0x184: "LDS", 0x188: "STS", 0x181: "LDG", 0x186: "STG", 0x183: "LDL", 0x187: "STL", 0x1a8: "ATOM", 0x18e: "RED",
    # Arithmetic.
    0x108: "MUFU", 0x023: "FFMA", 0x021: "FADD", 0x020: "FMUL", 0x009: "FMNMX", 0x035: "HFMA2", 0x024: "IMAD",
    0x012: "LOP3", 0x016: "PRMT", 0x03e: "F2FP", 0x045: "I2F",
    # Order.
    0x11d: "BAR", 0x1b2: "SYNCS", 0x1a7: "SYNCS", 0x189: "SHFL", 0x147: "BRA", 0x14d: "EXIT", 0x118: "NOP",
}
WARP_GROUP_PRODUCTS = ("HGMMA", "IGMMA", "QGMMA")
WARP_PRODUCTS = ("HMMA", "IMMA", "DMMA")


def sections(data):
    """Name and bytes of each section of a 64-bit ELF file."""
    offset, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3a)
    headers = [struct.unpack_from("<IIQQQQ", data, offset + index * size) for index in range(count)]
    strings = headers[names][4]
    for name, _, _, _, start, length in headers:
        begin = strings + name
        yield data[begin:data.index(b"\0", begin)].decode(), data[start:start + length]


def histogram(data):
    """For each kernel how often it contains which instruction, the most frequent first; padding is left out."""
    if data[:5] != b"\x7fELF\x02":
        raise ValueError("this is no 64-bit ELF file")
    kernels = {}
    for name, code in sections(data):
        if name.startswith(".text."):
            words = (struct.unpack_from("<Q", code, at)[0] & 0x1ff for at in range(0, len(code), 16))
            counts = collections.Counter(OPCODES.get(word, f"{word:#05x}") for word in words)
            del counts["NOP"]
            kernels[name.removeprefix(".text.")] = dict(counts.most_common())
    return kernels
