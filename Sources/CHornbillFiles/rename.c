#define _GNU_SOURCE
#include "CHornbillFiles.h"

#include <errno.h>
#include <stdio.h>

#if defined(__APPLE__)

int hornbill_rename_exclusive(const char *from, const char *to) {
  return renamex_np(from, to, RENAME_EXCL);
}

int hornbill_rename_exchange(const char *one, const char *other) {
  return renamex_np(one, other, RENAME_SWAP);
}

#elif defined(__linux__)

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The flags of <linux/fs.h>; not every C library has a function for this call.
enum { noreplace = 1, exchange = 2 };

static int rename_with(const char *from, const char *to, unsigned flags) {
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

int hornbill_rename_exclusive(const char *from, const char *to) {
  return rename_with(from, to, noreplace);
}

int hornbill_rename_exchange(const char *one, const char *other) {
  return rename_with(one, other, exchange);
}

#else

int hornbill_rename_exclusive(const char *from, const char *to) {
  errno = ENOSYS;
  return -1;
}

int hornbill_rename_exchange(const char *one, const char *other) {
  errno = ENOSYS;
  return -1;
}

#endif
