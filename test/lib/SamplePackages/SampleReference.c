/*===-- SampleReference.c - reference functions made by hand ---------------===*\
|*
|* What the reference decompositions of the sample package's functions would be compiled to: one function each, whose
|* arguments point to memref descriptors, inputs before outputs.
|*
\*===---------------------------------------------------------------------===*/

#include <stdint.h>

typedef struct {
  void *allocated, *aligned;
  int64_t offset, size, stride;
} Descriptor;

static void scaleBy(const Descriptor *in, const Descriptor *out, float factor) {
  for (int64_t i = 0; i < in->size; ++i)
    ((float *)out->aligned)[out->offset + i * out->stride] =
        factor * ((const float *)in->aligned)[in->offset + i * in->stride];
}

void scale(const void *const *arguments) { scaleBy(arguments[0], arguments[1], 2); }
void overrun(const void *const *arguments) { scaleBy(arguments[0], arguments[1], 2); }
void unwritten(const void *const *arguments) { scaleBy(arguments[0], arguments[1], 2); }

/* The package's plan scales by 2. */
void wrong(const void *const *arguments) { scaleBy(arguments[0], arguments[1], 3); }

void scale_twice(const void *const *arguments) {
  scaleBy(arguments[0], arguments[1], 4);
  scaleBy(arguments[0], arguments[2], 1);
}

/* Four-bit elements, a byte each. An element with upper bits set would come out as 15. */
void nibbles(const void *const *arguments) {
  const Descriptor *in = arguments[0], *out = arguments[1];
  for (int64_t i = 0; i < in->size; ++i) {
    uint8_t value = ((const uint8_t *)in->aligned)[i];
    ((uint8_t *)out->aligned)[i] = value > 15 ? 15 : value;
  }
}
