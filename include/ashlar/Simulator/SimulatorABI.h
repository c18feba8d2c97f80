/*===-- SimulatorABI.h - Between generated host code and the simulator ----===

   A kernel compiled for the simulator is a shared object that exports

     void NAME(const void *const *arguments)
         for each kernel: runs one thread of it. arguments[i] points to the value of parameter i, as for
         cuLaunchKernel; that of a tensor map is an ashlar::TensorMap;
     const void *ashlar_simulator_api
         set by the loader to an AshlarSimulatorApi before the first call;
     const AshlarSimulatorModule ashlar_simulator_module
         what the object holds.

   Code and simulator must agree on ASHLAR_SIMULATOR_ABI_VERSION; the loader refuses any other. A change of
   meaning or order anywhere in this file raises it. New functions go to the end of the table, also with a new
   version: objects live inside packages and may be older than the simulator.

   Conventions. A thread calls the table with the AshlarSimulatorThread that `currentThread` gave it on entry;
   it is constant for the run of the thread. `site` indexes the module's site table and names the operation in
   reports. Pointers to global and to shared memory are host pointers. 32-bit registers hold what PTX says
   they hold. C, so that any tool can read it; everything is little-endian x86-64.

  ===----------------------------------------------------------------------===*/

#ifndef ASHLAR_SIMULATOR_SIMULATORABI_H
#define ASHLAR_SIMULATOR_SIMULATORABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASHLAR_SIMULATOR_ABI_VERSION 2
#define ASHLAR_SIMULATOR_NO_SITE 0xffffffffu

/* One operation that reports may name, as offsets of zero-terminated strings in the module's `strings`:
   "file:line:column" or "unknown", and the name of the operation. */
typedef struct {
  uint32_t location;
  uint32_t operation;
} AshlarSimulatorSite;

/* `requiredThreads` is the block size the kernel was compiled for, `clusterBlocks` the cluster size, zeros
   where any will do. `registers` is what a thread of it starts with on the device; 0 where that is open. */
typedef struct {
  const char *name;
  void (*entry)(const void *const *arguments);
  uint32_t parameterCount;
  uint32_t requiredThreads[3];
  uint32_t clusterBlocks[3];
  uint32_t registers;
} AshlarSimulatorKernel;

/* A variable of the module in global or constant memory. */
typedef struct {
  const void *address;
  uint64_t bytes;
  uint64_t isConstant;
} AshlarSimulatorGlobal;

typedef struct {
  uint32_t version;
  uint32_t kernelCount;
  uint32_t siteCount;
  uint32_t globalCount;
  const AshlarSimulatorKernel *kernels;
  const AshlarSimulatorSite *sites;
  const char *strings;
  const AshlarSimulatorGlobal *globals;
} AshlarSimulatorModule;

/* One thread of the grid, as generated code sees it. */
typedef struct AshlarSimulatorThread {
  uint32_t threadId[3];
  uint32_t blockId[3];
  uint32_t blockSize[3];
  uint32_t gridSize[3];
  uint32_t lane;
  uint32_t warp;
  /* Nonzero when memory accesses must be announced with `access`. */
  uint32_t hooks;
  /* Bytes of dynamic shared memory of this launch, and where they start. */
  uint32_t sharedBytes;
  char *shared;
  /* The block in its cluster, and the cluster in the grid; a launch without clusters has clusters of one. */
  uint32_t clusterRank;
  uint32_t clusterSize;
  uint32_t clusterBlockId[3];
  uint32_t clusterBlocks[3];
  uint32_t clusterId[3];
  uint32_t clusterCount[3];
} AshlarSimulatorThread;

/* What `access` is told: one of the spaces, the kinds, and the alignment that the instruction needs as a
   power of two in the bits from ASHLAR_ACCESS_ALIGNMENT_SHIFT on. */
enum {
  ASHLAR_ACCESS_GLOBAL = 0,
  ASHLAR_ACCESS_SHARED = 1,
  ASHLAR_ACCESS_GENERIC = 2,
  ASHLAR_ACCESS_CLUSTER = 3,
  ASHLAR_ACCESS_SPACE_MASK = 3,
  ASHLAR_ACCESS_READ = 4,
  ASHLAR_ACCESS_WRITE = 8,
  ASHLAR_ACCESS_ATOMIC = 16,
  ASHLAR_ACCESS_ALIGNMENT_SHIFT = 8
};

enum {
  ASHLAR_SHUFFLE_BUTTERFLY = 0,
  ASHLAR_SHUFFLE_UP = 1,
  ASHLAR_SHUFFLE_DOWN = 2,
  ASHLAR_SHUFFLE_INDEX = 3
};

enum { ASHLAR_VOTE_ANY = 0, ASHLAR_VOTE_ALL = 1, ASHLAR_VOTE_BALLOT = 2, ASHLAR_VOTE_UNIFORM = 3 };

enum {
  ASHLAR_REDUCE_ADD = 1,
  ASHLAR_REDUCE_AND = 2,
  ASHLAR_REDUCE_MAX = 3,
  ASHLAR_REDUCE_MIN = 4,
  ASHLAR_REDUCE_OR = 5,
  ASHLAR_REDUCE_UMAX = 6,
  ASHLAR_REDUCE_UMIN = 7,
  ASHLAR_REDUCE_XOR = 8
};

enum { ASHLAR_BARRIER_POPC = 0, ASHLAR_BARRIER_AND = 1, ASHLAR_BARRIER_OR = 2 };

/* Element types of mma and wgmma operands and accumulators. */
enum {
  ASHLAR_MMA_F16 = 0,
  ASHLAR_MMA_BF16 = 1,
  ASHLAR_MMA_TF32 = 2,
  ASHLAR_MMA_S8 = 3,
  ASHLAR_MMA_U8 = 4,
  ASHLAR_MMA_S4 = 5,
  ASHLAR_MMA_U4 = 6,
  ASHLAR_MMA_F32 = 7,
  ASHLAR_MMA_S32 = 8,
  ASHLAR_MMA_E4M3 = 9,
  ASHLAR_MMA_E5M2 = 10
};

/* The `variant` of mma: m16n8kK, row.col, element types of A, B and accumulator, and whether s32 sums
 * saturate. */
#define ASHLAR_MMA_VARIANT(a, b, accumulator, k, saturate)                                                   \
  ((uint32_t)(a) | (uint32_t)(b) << 4 | (uint32_t)(accumulator) << 8 | (uint32_t)(saturate) << 12 |          \
   (uint32_t)(k) << 16)

/* Flags of the matrix loads and stores: the number of 8x8 matrices of 16-bit elements, and .trans. */
enum { ASHLAR_MATRIX_COUNT_MASK = 7, ASHLAR_MATRIX_TRANSPOSED = 8 };

/* The `variant` of wgmma: m64nNkK with element types of A and B, which say what K is, and flags. */
#define ASHLAR_WGMMA_VARIANT(a, b, n, flags)                                                                 \
  ((uint32_t)(a) | (uint32_t)(b) << 4 | (uint32_t)(flags) << 8 | (uint32_t)(n) << 16)
enum { ASHLAR_WGMMA_TRANSPOSED_A = 1, ASHLAR_WGMMA_TRANSPOSED_B = 2, ASHLAR_WGMMA_A_IN_REGISTERS = 4 };

/* Matrix instructions are handed over in lists, so that the lanes of a warp meet once for many of them. A
   lane keeps the registers of a list in one array of words; instructions name theirs by the index of the
   first word. */

/* Words and instructions of a list at most. */
#define ASHLAR_SIMULATOR_LIST_WORDS 4096u

/* D = A * B + C. The list is executed in order: C may be the D of an instruction before, in the same words or
 * others. */
typedef struct {
  uint32_t variant;
  uint32_t a, b, c, d;
  uint32_t site;
} AshlarSimulatorMma;

/* ldmatrix: as many words from `result` on as there are matrices. */
typedef struct {
  uint32_t flags;
  uint32_t result;
  uint32_t site;
} AshlarSimulatorMatrixLoad;

/* What mbarrierArrive does: bytes to expect first, arrivals after that, in any combination. */
enum { ASHLAR_ARRIVE_EXPECT = 1, ASHLAR_ARRIVE_COUNT = 2, ASHLAR_ARRIVE_RELAXED = 4 };

enum { ASHLAR_FENCE_PROXY_ASYNC = 0, ASHLAR_FENCE_MBARRIER_INIT = 1 };

/* How a copy by a tensor map is described: coordinates of the box, innermost first, then the offsets of
   im2col mode, as many as the rank is above 2. */
enum { ASHLAR_TENSOR_RANK_MASK = 7, ASHLAR_TENSOR_IM2COL = 8, ASHLAR_TENSOR_REDUCE_ADD = 16 };

typedef struct {
  uint32_t version;
  /* Bytes of this table. */
  uint32_t bytes;
  AshlarSimulatorThread *(*currentThread)(void);

  /* Announces an access of `bytes` bytes. Returns the address to use: `address`, or a scratch area when the
     access is out of bounds, so that the run continues and memory of others stays whole. */
  void *(*access)(AshlarSimulatorThread *, void *address, uint32_t bytes, uint32_t flags, uint32_t site);

  /* bar.sync: `count` 0 means all threads of the block. */
  void (*barrier)(AshlarSimulatorThread *, uint32_t id, uint32_t count, uint32_t site);
  uint32_t (*barrierReduce)(AshlarSimulatorThread *, uint32_t id, uint32_t count, uint32_t kind,
                            uint32_t predicate, uint32_t site);
  void (*warpSync)(AshlarSimulatorThread *, uint32_t mask, uint32_t site);
  /* shfl.sync: the value in the low half, the predicate in bit 32. */
  uint64_t (*shuffle)(AshlarSimulatorThread *, uint32_t kind, uint32_t mask, uint32_t value, uint32_t offset,
                      uint32_t maskAndClamp, uint32_t site);
  uint32_t (*vote)(AshlarSimulatorThread *, uint32_t kind, uint32_t mask, uint32_t predicate, uint32_t site);
  uint32_t (*reduce)(AshlarSimulatorThread *, uint32_t kind, uint32_t mask, uint32_t value, uint32_t site);
  /* 1 for the lowest lane of `mask`. */
  uint32_t (*elect)(AshlarSimulatorThread *, uint32_t mask, uint32_t site);

  /* The address of the list says which instructions these are: all lanes pass the same one. */
  void (*mma)(AshlarSimulatorThread *, const AshlarSimulatorMma *list, uint32_t count, uint32_t *registers);
  /* `rows[i]` is the row that this lane names for load i. */
  void (*loadMatrix)(AshlarSimulatorThread *, const AshlarSimulatorMatrixLoad *list, uint32_t count,
                     const void *const *rows, uint32_t *registers);
  void (*storeMatrix)(AshlarSimulatorThread *, void *row, uint32_t flags, const uint32_t *registers,
                      uint32_t site);

  /* cp.async: copies `sourceBytes` of `bytes`, zeros the rest. */
  void (*copyAsync)(AshlarSimulatorThread *, void *destination, const void *source, uint32_t bytes,
                    uint32_t sourceBytes, uint32_t site);
  void (*commitGroup)(AshlarSimulatorThread *);
  /* Waits until at most `pending` of the committed groups are incomplete. */
  void (*waitGroup)(AshlarSimulatorThread *, uint32_t pending, uint32_t site);

  /* The special-function unit. The thread is there for the counters only. */
  float (*ex2)(AshlarSimulatorThread *, float);
  float (*lg2)(AshlarSimulatorThread *, float);
  float (*tanh)(AshlarSimulatorThread *, float);
  float (*rcp)(AshlarSimulatorThread *, float);
  float (*rsqrt)(AshlarSimulatorThread *, float);
  float (*sqrt)(AshlarSimulatorThread *, float);
  float (*sin)(AshlarSimulatorThread *, float);
  float (*cos)(AshlarSimulatorThread *, float);
  uint32_t (*prmt)(uint32_t low, uint32_t high, uint32_t selector);

  /* Since version 2. Memory barriers lie in shared memory, of which they take 8 bytes; those of other blocks
     of the cluster can be arrived at. */
  void (*mbarrierInit)(AshlarSimulatorThread *, void *barrier, uint32_t count, uint32_t site);
  void (*mbarrierInvalidate)(AshlarSimulatorThread *, void *barrier, uint32_t site);
  /* Returns the number of the phase it arrived at. */
  uint64_t (*mbarrierArrive)(AshlarSimulatorThread *, void *barrier, uint32_t flags, uint32_t count,
                             uint32_t bytes, uint32_t site);
  /* Waits until the phase of this parity is complete. */
  void (*mbarrierWait)(AshlarSimulatorThread *, void *barrier, uint32_t parity, uint32_t site);
  /* cp.async.mbarrier.arrive: when the cp.async of the thread so far are complete. */
  void (*copyAsyncArrive)(AshlarSimulatorThread *, void *barrier, uint32_t noIncrement, uint32_t site);
  void (*fence)(AshlarSimulatorThread *, uint32_t kind, uint32_t site);

  /* cp.async.bulk.tensor. `multicast` is the mask of destination blocks, 0 for a copy to the one address. */
  void (*tensorLoad)(AshlarSimulatorThread *, void *destination, const void *map, const int32_t *coordinates,
                     uint32_t flags, void *barrier, uint32_t multicast, uint32_t site);
  void (*tensorStore)(AshlarSimulatorThread *, const void *source, const void *map,
                      const int32_t *coordinates, uint32_t flags, uint32_t site);
  void (*tensorPrefetch)(AshlarSimulatorThread *, const void *map, uint32_t site);
  void (*bulkCommit)(AshlarSimulatorThread *);
  /* Waits until at most `pending` of the groups are incomplete, or with `isRead` have not read their source.
   */
  void (*bulkWait)(AshlarSimulatorThread *, uint32_t pending, uint32_t isRead, uint32_t site);

  void (*clusterArrive)(AshlarSimulatorThread *, uint32_t isRelaxed, uint32_t site);
  void (*clusterWait)(AshlarSimulatorThread *, uint32_t site);
  /* mapa: the same place in the shared memory of another block. */
  void *(*mapShared)(AshlarSimulatorThread *, void *address, uint32_t rank, uint32_t site);
  /* bar.arrive */
  void (*barrierArrive)(AshlarSimulatorThread *, uint32_t id, uint32_t count, uint32_t site);
  /* setmaxnreg */
  void (*setMaxRegisters)(AshlarSimulatorThread *, uint32_t count, uint32_t isIncrease, uint32_t site);

  /* wgmma.mma_async of a warp group. `registers` are the N/2 accumulators, in and out, and behind them the
     four registers of A where the variant says so; else `a` is a matrix descriptor, as `b` is. Addresses in
     descriptors are offsets in shared memory. What comes out may be a placeholder until wgmmaWait. */
  void (*wgmma)(AshlarSimulatorThread *, uint32_t variant, uint64_t a, uint64_t b, uint32_t accumulate,
                uint32_t *registers, uint32_t site);
  /* `registers` stand behind the fence from now on; a `count` of 0 means all that the thread has. */
  void (*wgmmaFence)(AshlarSimulatorThread *, const uint32_t *registers, uint32_t count, uint32_t site);
  void (*wgmmaCommit)(AshlarSimulatorThread *);
  /* Waits until at most `pending` groups are under way, and replaces those of the `count` registers that are
     results of products now complete. */
  void (*wgmmaWait)(AshlarSimulatorThread *, uint32_t pending, uint32_t *registers, uint32_t count,
                    uint32_t site);
} AshlarSimulatorApi;

#ifdef __cplusplus
}
#endif

#endif
