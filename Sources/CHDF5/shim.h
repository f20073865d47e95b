#pragma once

// The 1.10 forms of the functions that later releases of HDF5 version by number.
#ifndef H5_USE_110_API
#define H5_USE_110_API
#endif

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <hdf5.h>
#if H5_VERSION_GE(1, 13, 2)
#include <H5FDdevelop.h>
#endif

// Expression macros, which Swift cannot import. Those for classes and types start the library, so
// they are used under the lock.

static inline hid_t chdf5_default(void) { return H5P_DEFAULT; }
static inline hid_t chdf5_all(void) { return H5S_ALL; }
static inline hid_t chdf5_error_stack(void) { return H5E_DEFAULT; }
static inline hsize_t chdf5_unlimited(void) { return H5S_UNLIMITED; }
static inline haddr_t chdf5_undefined_address(void) { return HADDR_UNDEF; }

static inline hid_t chdf5_class_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_class_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_class_link_create(void) { return H5P_LINK_CREATE; }
static inline hid_t chdf5_class_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t chdf5_class_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_class_attribute_create(void) { return H5P_ATTRIBUTE_CREATE; }

static inline hid_t chdf5_type_int8(void) { return H5T_STD_I8LE; }
static inline hid_t chdf5_type_float32(void) { return H5T_IEEE_F32LE; }
static inline hid_t chdf5_type_float64(void) { return H5T_IEEE_F64LE; }
static inline hid_t chdf5_type_bitfield8(void) { return H5T_STD_B8LE; }
static inline hid_t chdf5_type_string(void) { return H5T_C_S1; }
static inline hid_t chdf5_type_object_reference(void) { return H5T_STD_REF_OBJ; }
static inline hid_t chdf5_type_region_reference(void) { return H5T_STD_REF_DSETREG; }

// The values of H5F_ACC_RDONLY, _RDWR, _TRUNC and _EXCL. The macros of those names also start the
// library, which must not happen outside the lock.

static inline unsigned chdf5_read_only(void) { return 0x0000u; }
static inline unsigned chdf5_read_write(void) { return 0x0001u; }
static inline unsigned chdf5_truncate(void) { return 0x0002u; }
static inline unsigned chdf5_exclusive(void) { return 0x0004u; }

// Functions that later releases turn into macros.

static inline herr_t chdf5_link_info(hid_t location, const char *name, H5L_info_t *info) {
  return H5Lget_info(location, name, info, H5P_DEFAULT);
}

typedef herr_t (*chdf5_link_visitor)(hid_t group, const char *name, const H5L_info_t *info,
                                     void *context);

/// Visits the links of a group in the order in which they are stored.
///
/// Any other order makes the library build a table of the links first; up to 1.10 it frees entries
/// of that table which it has never filled when a link cannot be decoded.
static inline herr_t chdf5_iterate_links(hid_t group, chdf5_link_visitor visitor, void *context) {
  hsize_t index = 0;
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &index, visitor, context);
}

/// What is needed to know an object: its kind, its address and the file it lies in.
typedef struct chdf5_object_info {
  int kind;  // H5O_type_t
  unsigned long file_number;
  haddr_t address;
} chdf5_object_info;

static inline herr_t chdf5_object_info_by_name(hid_t location, const char *name,
                                               chdf5_object_info *result) {
  H5O_info_t info;
  memset(&info, 0, sizeof info);
  herr_t status = H5Oget_info_by_name2(location, name, &info, H5O_INFO_BASIC, H5P_DEFAULT);
  result->kind = (int)info.type;
  result->file_number = info.fileno;
  result->address = info.addr;
  return status;
}

static inline herr_t chdf5_filter(hid_t list, unsigned index, int *id, unsigned *flags,
                                  size_t *value_count, unsigned *values, size_t name_size,
                                  char *name) {
  unsigned config = 0;
  *id = (int)H5Pget_filter2(list, index, flags, value_count, values, name_size, name, &config);
  return *id < 0 ? -1 : 0;
}

/// Turns the file lock on or off where the release can; 1.10.7 is the first that can.
static inline herr_t chdf5_set_locking(hid_t access_list, int use) {
#if H5_VERSION_GE(1, 10, 7)
  return H5Pset_file_locking(access_list, use != 0, 1);
#else
  (void)access_list;
  (void)use;
  return 0;
#endif
}

/// Initializes a mutex that the thread which holds it may lock again.
static inline int chdf5_recursive_mutex(pthread_mutex_t *mutex) {
  pthread_mutexattr_t attributes;
  int status = pthread_mutexattr_init(&attributes);
  if (status != 0) return status;
  status = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  if (status == 0) status = pthread_mutex_init(mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return status;
}

// The window driver: a file driver over a part of an open file, or for reading over bytes in memory.

/// Where the image lies. With `bytes` it is copied when the file opens; else the descriptor is.
/// A writable window has no length yet: the image grows from the offset to the end of the file.
typedef struct chdf5_window {
  int descriptor;
  const void *bytes;
  uint64_t offset;
  uint64_t length;
  int is_writable;
} chdf5_window;

typedef struct chdf5_window_file {
  H5FD_t base;  // must be first
  int descriptor;
  unsigned char *bytes;
  uint64_t offset;
  uint64_t length;
  int is_writable;
  haddr_t end_of_allocation;
} chdf5_window_file;

static H5FD_t *chdf5_window_open(const char *name, unsigned flags, hid_t access_list,
                                 haddr_t max_address) {
  (void)name;
  (void)max_address;
  const chdf5_window *window = (const chdf5_window *)H5Pget_driver_info(access_list);
  if (window == NULL) return NULL;
  if (!window->is_writable && flags != chdf5_read_only()) return NULL;
  chdf5_window_file *file = (chdf5_window_file *)calloc(1, sizeof *file);
  if (file == NULL) return NULL;
  file->descriptor = -1;
  file->offset = window->offset;
  file->length = window->length;
  file->is_writable = window->is_writable;
  if (window->bytes != NULL) {
    file->bytes = (unsigned char *)malloc(window->length == 0 ? 1 : (size_t)window->length);
    if (file->bytes == NULL) {
      free(file);
      return NULL;
    }
    memcpy(file->bytes, window->bytes, (size_t)window->length);
    return &file->base;
  }
  file->descriptor = fcntl(window->descriptor, F_DUPFD_CLOEXEC, 0);
  if (file->descriptor < 0) {
    free(file);
    return NULL;
  }
  return &file->base;
}

static herr_t chdf5_window_close(H5FD_t *base) {
  chdf5_window_file *file = (chdf5_window_file *)base;
  if (file->descriptor >= 0) close(file->descriptor);
  free(file->bytes);
  free(file);
  return 0;
}

/// Tells windows apart even when they show the same file: each open file has caches of its own.
static int chdf5_window_compare(const H5FD_t *left, const H5FD_t *right) {
  if (left == right) return 0;
  return (uintptr_t)left < (uintptr_t)right ? -1 : 1;
}

static herr_t chdf5_window_query(const H5FD_t *base, unsigned long *flags) {
  const chdf5_window_file *file = (const chdf5_window_file *)base;
  if (flags == NULL) return 0;
  // Neither the metadata accumulator nor the data sieve: up to 1.10 both copy through a buffer they
  // do not have when a damaged address lies near the mark for "no address". A file that is written
  // has no damaged addresses, and is laid out as by the library's own driver.
  *flags = 0;
  if (file != NULL && file->is_writable) {
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
  }
  return 0;
}

static haddr_t chdf5_window_get_eoa(const H5FD_t *base, H5FD_mem_t type) {
  (void)type;
  return ((const chdf5_window_file *)base)->end_of_allocation;
}

static herr_t chdf5_window_set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t address) {
  (void)type;
  ((chdf5_window_file *)base)->end_of_allocation = address;
  return 0;
}

static haddr_t chdf5_window_get_eof(const H5FD_t *base, H5FD_mem_t type) {
  (void)type;
  return (haddr_t)((const chdf5_window_file *)base)->length;
}

/// Reads from the window; what lies past its end is zero, as with the library's own drivers.
static herr_t chdf5_window_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer_list,
                                haddr_t address, size_t size, void *buffer) {
  chdf5_window_file *file = (chdf5_window_file *)base;
  unsigned char *target = (unsigned char *)buffer;
  (void)type;
  (void)transfer_list;
  if (address == HADDR_UNDEF || (address > file->length && !file->is_writable)) return -1;
  uint64_t rest = address < file->length ? file->length - address : 0;
  size_t wanted = rest < size ? (size_t)rest : size;
  if (file->bytes != NULL) {
    memcpy(target, file->bytes + address, wanted);
  } else {
    size_t done = 0;
    while (done < wanted) {
      size_t step = wanted - done;
      if (step > 0x40000000) step = 0x40000000;
      ssize_t got = pread(file->descriptor, target + done, step,
                          (off_t)(file->offset + address + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return -1;  // an error, or the file has become shorter than its window
      done += (size_t)got;
    }
  }
  memset(target + wanted, 0, size - wanted);
  return 0;
}

static herr_t chdf5_window_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer_list,
                                 haddr_t address, size_t size, const void *buffer) {
  chdf5_window_file *file = (chdf5_window_file *)base;
  const unsigned char *source = (const unsigned char *)buffer;
  (void)type;
  (void)transfer_list;
  if (!file->is_writable || address == HADDR_UNDEF) return -1;
  size_t done = 0;
  while (done < size) {
    size_t step = size - done;
    if (step > 0x40000000) step = 0x40000000;
    ssize_t put = pwrite(file->descriptor, source + done, step,
                         (off_t)(file->offset + address + done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return -1;
    done += (size_t)put;
  }
  if (address + size > file->length) file->length = address + size;
  return 0;
}

/// Makes a written file as long as what has been allocated in it.
static herr_t chdf5_window_truncate(H5FD_t *base, hid_t transfer_list, hbool_t is_closing) {
  chdf5_window_file *file = (chdf5_window_file *)base;
  (void)transfer_list;
  (void)is_closing;
  if (!file->is_writable || file->length == file->end_of_allocation) return 0;
  if (ftruncate(file->descriptor, (off_t)(file->offset + file->end_of_allocation)) != 0) return -1;
  file->length = file->end_of_allocation;
  return 0;
}

static const H5FD_class_t chdf5_window_class = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)600,
#endif
    .name = "window",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(chdf5_window),
    .open = chdf5_window_open,
    .close = chdf5_window_close,
    .cmp = chdf5_window_compare,
    .query = chdf5_window_query,
    .get_eoa = chdf5_window_get_eoa,
    .set_eoa = chdf5_window_set_eoa,
    .get_eof = chdf5_window_get_eof,
    .read = chdf5_window_read,
    .write = chdf5_window_write,
    .truncate = chdf5_window_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

static inline hid_t chdf5_register_window_driver(void) {
  return H5FDregister(&chdf5_window_class);
}
