// C functions that a benchmark has paid for; each has a portable Swift twin that a test compares.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// The CPU features the other functions may use, as found at run time.
/// Bit 0: SSE4.2, bit 1: AVX2, bit 2: BMI2, bit 3: PCLMUL.
uint32_t ck_cpu_features(void);

/// Asks the C library to keep freed memory for later allocations of the process instead of returning it:
/// column chunks come and go by the megabyte, and fresh pages cost a fault each.
void ck_keep_freed_memory(void);

/// Returns freed memory of all threads to the system now.
void ck_return_freed_memory(void);

/// Bytes that the process holds in memory; 0 if the system does not tell.
uint64_t ck_resident_bytes(void);

#endif
