#ifndef HORNBILL_ALLOCATIONS_H
#define HORNBILL_ALLOCATIONS_H

/// How often the calling thread has taken memory; -1 where that is not counted.
///
/// Who links this has every allocation of the process go through it.
long hornbill_allocation_count(void);

#endif
