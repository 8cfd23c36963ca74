/* Loaded before the C library (LD_PRELOAD): counts the calls that change files below one folder,
 * and at the n-th of them kills the process or lets the disk be full.
 *
 * What it cannot see: stores into mapped memory (SQLite's -shm file, which holds nothing that is
 * not made anew from the log), and what the C library does inside fwrite (only fopen is seen).
 * fsync is counted and not done: the kernel keeps what a killed process wrote, and a disk's time
 * would be most of the test's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { KILL = 1, TORN = 2, FULL = 3, FULL_ONCE = 4 }; /* shim.Mode has the same numbers */
enum kind { WRITE, GROW, SYNC, NAME }; /* NAME: renames, deletes and shrinks need no space */
enum verdict { GO, HALF, FAIL };

static char folder[PATH_MAX]; /* empty: not armed */
static size_t folder_length;
static int mode;
static long fatal;
static atomic_long count;
static char calls[1 << 20]; /* a line per counted call, as long as there is room */
static size_t calls_length;

#define NEXT(name)                                                                                 \
    ({                                                                                             \
        static __typeof__(&name) found;                                                            \
        if (!found) found = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                            \
        found;                                                                                     \
    })

/* Count calls below a folder (absolute, without links) and do `how` at the n-th; 0: only count. */
void fault_arm(const char *below, long n, int how) {
    folder_length = (size_t)snprintf(folder, sizeof folder, "%s", below);
    mode = how;
    fatal = n;
    count = 0;
    calls_length = 0;
    calls[0] = 0;
}

void fault_disarm(void) { folder[0] = 0; }

long fault_count(void) { return count; }

const char *fault_calls(void) { return calls; }

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static int counts(enum kind kind) {
    if (mode == KILL) return 1;
    if (mode == TORN) return kind == WRITE;
    return kind != NAME;
}

static enum verdict judge(enum kind kind, const char *call, const char *path) {
    if (!folder[0] || strncmp(path, folder, folder_length)) return GO;
    if (path[folder_length] && path[folder_length] != '/') return GO;
    if (!counts(kind)) return GO;
    long now = ++count;
    if (sizeof calls - calls_length > PATH_MAX)
        calls_length += (size_t)snprintf(calls + calls_length, sizeof calls - calls_length,
                                         "%s %s\n", call, path + folder_length);
    if (!fatal || now < fatal || (now > fatal && mode != FULL)) return GO;
    if (mode == KILL) die();
    /* A disk that fills up takes what still fits of the first write, and nothing after it. */
    if (kind == WRITE && (mode == TORN || (mode == FULL && now == fatal))) return HALF;
    errno = ENOSPC;
    return FAIL;
}

static enum verdict judge_fd(enum kind kind, const char *call, int fd) {
    char link[64], path[PATH_MAX];
    int before = errno;
    if (!folder[0]) return GO;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = before;
    if (length < 0) return GO;
    path[length] = 0;
    return judge(kind, call, path);
}

static enum verdict judge_path(enum kind kind, const char *call, int at, const char *name) {
    char start[PATH_MAX / 2] = "", link[64], path[PATH_MAX];
    int before = errno;
    if (!folder[0]) return GO;
    if (name[0] == '/') return judge(kind, call, name);
    snprintf(link, sizeof link, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
    ssize_t length = readlink(link, start, sizeof start - 1);
    errno = before;
    if (length < 0) return GO;
    start[length] = 0;
    snprintf(path, sizeof path, "%s/%.*s", start, PATH_MAX / 2 - 2, name);
    return judge(kind, call, path);
}

/* Half of a write: torn off by death, or all that still fitted. */
static ssize_t half(ssize_t written) {
    if (mode == TORN) die();
    if (written == 0) {
        errno = ENOSPC;
        return -1;
    }
    return written;
}

#define WRITING(name, size, ...)                                                                   \
    enum verdict verdict = judge_fd(WRITE, #name, fd);                                             \
    if (verdict == FAIL) return -1;                                                                \
    if (verdict == GO) return NEXT(name)(__VA_ARGS__);                                             \
    size /= 2;                                                                                     \
    return half(size ? NEXT(name)(__VA_ARGS__) : 0);

ssize_t write(int fd, const void *data, size_t n) { WRITING(write, n, fd, data, n) }

ssize_t pwrite(int fd, const void *data, size_t n, off_t at) {
    WRITING(pwrite, n, fd, data, n, at)
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) {
    WRITING(pwrite64, n, fd, data, n, at)
}

/* Of many pieces, half the pieces; of one, none. */
ssize_t writev(int fd, const struct iovec *data, int n) { WRITING(writev, n, fd, data, n) }

ssize_t pwritev(int fd, const struct iovec *data, int n, off_t at) {
    WRITING(pwritev, n, fd, data, n, at)
}

ssize_t pwritev64(int fd, const struct iovec *data, int n, off64_t at) {
    WRITING(pwritev64, n, fd, data, n, at)
}

ssize_t sendfile(int fd, int from, off_t *at, size_t n) {
    WRITING(sendfile, n, fd, from, at, n)
}

ssize_t sendfile64(int fd, int from, off64_t *at, size_t n) {
    WRITING(sendfile64, n, fd, from, at, n)
}

ssize_t copy_file_range(int from, off64_t *at, int fd, off64_t *to, size_t n, unsigned flags) {
    WRITING(copy_file_range, n, from, at, fd, to, n, flags)
}

int fsync(int fd) {
    if (!folder[0]) return NEXT(fsync)(fd);
    return judge_fd(SYNC, "fsync", fd) == GO ? 0 : -1;
}

int fdatasync(int fd) {
    if (!folder[0]) return NEXT(fdatasync)(fd);
    return judge_fd(SYNC, "fdatasync", fd) == GO ? 0 : -1;
}

static enum kind resize(int fd, off64_t length) {
    struct stat now;
    return fstat(fd, &now) == 0 && length > now.st_size ? GROW : NAME;
}

int ftruncate(int fd, off_t length) {
    if (judge_fd(resize(fd, length), "ftruncate", fd) != GO) return -1;
    return NEXT(ftruncate)(fd, length);
}

int ftruncate64(int fd, off64_t length) {
    if (judge_fd(resize(fd, length), "ftruncate64", fd) != GO) return -1;
    return NEXT(ftruncate64)(fd, length);
}

int fallocate(int fd, int flags, off_t at, off_t n) {
    if (judge_fd(GROW, "fallocate", fd) != GO) return -1;
    return NEXT(fallocate)(fd, flags, at, n);
}

int fallocate64(int fd, int flags, off64_t at, off64_t n) {
    if (judge_fd(GROW, "fallocate64", fd) != GO) return -1;
    return NEXT(fallocate64)(fd, flags, at, n);
}

int posix_fallocate(int fd, off_t at, off_t n) { /* gives the error instead of setting it */
    if (judge_fd(GROW, "posix_fallocate", fd) != GO) return ENOSPC;
    return NEXT(posix_fallocate)(fd, at, n);
}

int posix_fallocate64(int fd, off64_t at, off64_t n) {
    if (judge_fd(GROW, "posix_fallocate64", fd) != GO) return ENOSPC;
    return NEXT(posix_fallocate64)(fd, at, n);
}

#define NAMING(kind, at, path, name, ...)                                                          \
    return judge_path(kind, #name, at, path) == GO ? NEXT(name)(__VA_ARGS__) : -1;

int rename(const char *from, const char *to) { NAMING(NAME, AT_FDCWD, to, rename, from, to) }

int renameat(int at, const char *from, int there, const char *to) {
    NAMING(NAME, there, to, renameat, at, from, there, to)
}

int renameat2(int at, const char *from, int there, const char *to, unsigned flags) {
    NAMING(NAME, there, to, renameat2, at, from, there, to, flags)
}

int unlink(const char *path) { NAMING(NAME, AT_FDCWD, path, unlink, path) }

int unlinkat(int at, const char *path, int flags) { NAMING(NAME, at, path, unlinkat, at, path, flags) }

int rmdir(const char *path) { NAMING(NAME, AT_FDCWD, path, rmdir, path) }

int mkdir(const char *path, mode_t rights) { NAMING(GROW, AT_FDCWD, path, mkdir, path, rights) }

int link(const char *from, const char *to) { NAMING(GROW, AT_FDCWD, to, link, from, to) }

int symlink(const char *from, const char *to) { NAMING(GROW, AT_FDCWD, to, symlink, from, to) }

/* Opening changes the disk where it makes a file, or empties one. */
static int may_open(const char *call, int at, const char *path, int flags) {
    int before = errno;
    if (!folder[0] || !(flags & (O_CREAT | O_TRUNC))) return 1;
    int there = faccessat(at, path, F_OK, 0) == 0;
    errno = before;
    if (there ? !(flags & O_TRUNC) : !(flags & O_CREAT)) return 1;
    return judge_path(there ? NAME : GROW, call, at, path) == GO;
}

#define OPENING(name, at, path, flags, ...)                                                        \
    va_list rest;                                                                                  \
    va_start(rest, flags);                                                                         \
    mode_t rights = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;                    \
    va_end(rest);                                                                                  \
    return may_open(#name, at, path, flags) ? NEXT(name)(__VA_ARGS__, rights) : -1;

int open(const char *path, int flags, ...) { OPENING(open, AT_FDCWD, path, flags, path, flags) }

int open64(const char *path, int flags, ...) { OPENING(open64, AT_FDCWD, path, flags, path, flags) }

int openat(int at, const char *path, int flags, ...) {
    OPENING(openat, at, path, flags, at, path, flags)
}

int openat64(int at, const char *path, int flags, ...) {
    OPENING(openat64, at, path, flags, at, path, flags)
}

static int as_flags(const char *how) {
    return how[0] == 'w' ? O_CREAT | O_TRUNC : how[0] == 'a' ? O_CREAT : 0;
}

FILE *fopen(const char *path, const char *how) {
    return may_open("fopen", AT_FDCWD, path, as_flags(how)) ? NEXT(fopen)(path, how) : NULL;
}

FILE *fopen64(const char *path, const char *how) {
    return may_open("fopen64", AT_FDCWD, path, as_flags(how)) ? NEXT(fopen64)(path, how) : NULL;
}
