#pragma once

// Calls of the operating system that Swift does not import.

// Gives `from` the name `to`, which must be free. Returns 0, or -1 and sets errno; ENOSYS or EINVAL where the file
// system or the system cannot do it.
int hornbill_rename_exclusive(const char *from, const char *to);

// Exchanges two names in one step. Returns as above.
int hornbill_rename_exchange(const char *one, const char *other);
