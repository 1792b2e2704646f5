/* A disk that fails when it is told to: preloaded into the product, it stands before the calls that write
 * and sync, and only for files below one folder. The control file, shared with the test, holds what the
 * disk does (its first byte) and how often it did so (at byte 8). Calls go to the kernel directly, so that
 * nothing has to be looked up. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HEALTHY, FULL, FULL_HALFWAY, NO_DATA_SYNC, NO_SYNC };

static volatile uint8_t *control;
static const char *folder;
static __thread int was_short;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("DISK_FAULT_CONTROL");
  folder = getenv("DISK_FAULT_FOLDER");
  if (!path || !folder) return;
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void *shared = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (shared != MAP_FAILED) control = shared;
}

static int is_below(int file) {
  char link[64], path[4096];
  size_t length = strlen(folder);
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t got = readlink(link, path, sizeof path);
  return got > (ssize_t)length && !memcmp(path, folder, length) && path[length] == '/';
}

static int ails(int file) {
  int ailment = control ? control[0] : HEALTHY;
  return ailment != HEALTHY && is_below(file) ? ailment : HEALTHY;
}

static int fails_with(int error) {
  __atomic_add_fetch((uint64_t *)(control + 8), 1, __ATOMIC_RELAXED);
  errno = error;
  return -1;
}

/* How many of the bytes may be written; -1 when none. */
static ssize_t allowed(int file, size_t bytes) {
  switch (ails(file)) {
    case FULL:
      return fails_with(ENOSPC);
    case FULL_HALFWAY:
      was_short = !was_short && bytes > 1;
      return was_short ? (ssize_t)(bytes / 2) : fails_with(ENOSPC);
    default:
      return (ssize_t)bytes;
  }
}

ssize_t write(int file, const void *from, size_t bytes) {
  ssize_t may = allowed(file, bytes);
  return may < 0 ? may : syscall(SYS_write, file, from, (size_t)may);
}

ssize_t pwrite64(int file, const void *from, size_t bytes, off64_t at) {
  ssize_t may = allowed(file, bytes);
  return may < 0 ? may : syscall(SYS_pwrite64, file, from, (size_t)may, at);
}

int fdatasync(int file) {
  int ailment = ails(file);
  if (ailment == NO_DATA_SYNC || ailment == NO_SYNC) return fails_with(EIO);
  return (int)syscall(SYS_fdatasync, file);
}

int fsync(int file) {
  if (ails(file) == NO_SYNC) return fails_with(EIO);
  return (int)syscall(SYS_fsync, file);
}
