/* An LD_PRELOAD library: every call of the C library that changes files under one folder is counted, may be recorded,
 * may be made to fail, and may be the last thing that the process does. See shim.py for what is known to be seen by it.
 *
 * Calls are numbered from 1 in the order in which they are made; one lock is held over a call and its record, so that
 * the record is in the order in which the file system saw them, whatever the threads.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The order is that of shim.py, Operation. */
enum operation {
    OPEN, CREATE, WRITE, TRUNCATE, FSYNC, RENAME, LINK, UNLINK, MKDIR, RMDIR, MARK
};

/* The order is that of shim.py, Fault. */
enum fault { NONE, NO_SPACE, IO_ERROR, NO_PERMISSION, SHORT_WRITE, DISK_FULL, KILL };

/* One record: this, then the path, the other path, the data. */
struct record {
    uint32_t operation;
    int32_t error;   /* errno of a call that failed, 0 */
    uint32_t fired;  /* whether it was made to fail */
    uint32_t sizes[3];
    uint64_t inode;  /* of the file that was opened, written, synced, linked or moved */
    int64_t offset;  /* of a write; the length of a truncation; 1 for an opening that truncates */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_size;
static volatile int armed;
static long calls, chosen, fired;
static enum fault chosen_fault;
static int log_file = -1, with_data;

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int (*real_open)(const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_close)(int);

__attribute__((constructor)) static void start(void) {
    real_open = dlsym(RTLD_NEXT, "open");
    real_write = dlsym(RTLD_NEXT, "write");
    real_close = dlsym(RTLD_NEXT, "close");
}

static void keep(const void *bytes, size_t size) {
    const char *next = bytes;
    while (size > 0) {
        ssize_t done = real_write(log_file, next, size);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) abort();
        next += done;
        size -= (size_t)done;
    }
}

static void record(enum operation operation, int error, int was_fired, const char *path, const char *other,
                   const void *data, size_t size, uint64_t inode, int64_t offset) {
    if (log_file < 0) return;
    if (!with_data) size = 0;
    struct record head = {operation, error, (uint32_t)was_fired,
                          {(uint32_t)strlen(path), (uint32_t)strlen(other), (uint32_t)size}, inode, offset};
    keep(&head, sizeof head);
    keep(path, head.sizes[0]);
    keep(other, head.sizes[1]);
    if (size) keep(data, size);
}

void faults_arm(const char *folder, long n, int fault, const char *log_path, int data) {
    pthread_mutex_lock(&lock);
    root_size = strlen(folder);
    memcpy(root, folder, root_size + 1);
    calls = fired = 0;
    chosen = n;
    chosen_fault = (enum fault)fault;
    with_data = data;
    log_file = *log_path ? real_open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    armed = 1;
    pthread_mutex_unlock(&lock);
}

void faults_disarm(void) {
    pthread_mutex_lock(&lock);
    armed = 0;
    if (log_file >= 0) real_close(log_file);
    log_file = -1;
    pthread_mutex_unlock(&lock);
}

void faults_mark(const char *text) {
    pthread_mutex_lock(&lock);
    if (armed) record(MARK, 0, 0, text, "", NULL, 0, 0, 0);
    pthread_mutex_unlock(&lock);
}

long faults_calls(void) { return calls; }
long faults_fired(void) { return fired; }

/* The path of an open file; empty when it has none. */
static const char *path_of(int file, char *into) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, into, PATH_MAX - 1);
    into[size > 0 ? size : 0] = 0;
    return into;
}

/* A path as an absolute one. */
static const char *absolute(int folder, const char *path, char *into) {
    if (path[0] == '/') return path;
    if (folder != AT_FDCWD) path_of(folder, into);
    else if (!getcwd(into, PATH_MAX)) into[0] = 0;
    size_t size = strlen(into);
    snprintf(into + size, PATH_MAX - size, "/%s", path);
    return into;
}

static int is_ours(const char *path) {
    return armed && strncmp(path, root, root_size) == 0 && (path[root_size] == '/' || path[root_size] == 0);
}

static uint64_t inode_at(const char *path) {
    struct stat found;
    return fstatat(AT_FDCWD, path, &found, AT_SYMLINK_NOFOLLOW) == 0 ? found.st_ino : 0;
}

static uint64_t inode_of(int file) {
    struct stat found;
    return fstat(file, &found) == 0 ? found.st_ino : 0;
}

/* Counts a call; the errno it is to fail with, 0 to make it, -1 to write only half. `grows` calls need space. */
static int verdict(int grows, int writes) {
    calls++;
    if (chosen_fault == DISK_FULL && calls >= chosen && grows) {
        fired++;
        return ENOSPC;
    }
    if (calls != chosen) return 0;
    switch (chosen_fault) {
    case NO_SPACE: fired++; return ENOSPC;
    case IO_ERROR: fired++; return EIO;
    case NO_PERMISSION: fired++; return EACCES;
    case SHORT_WRITE: if (writes) fired++; return writes ? -1 : 0;
    case KILL: kill(getpid(), SIGKILL); for (;;) pause();
    default: return 0;
    }
}

/* The frame of every call that is seen: `call` is made between counting and recording, unless it is to fail. */
#define SEEN(type, grows, operation, path, other, inode, offset, call)                            \
    pthread_mutex_lock(&lock);                                                                    \
    uint64_t which = inode;                                                                       \
    int wanted = verdict(grows, 0);                                                               \
    type answer = -1;                                                                             \
    if (wanted > 0) errno = wanted; else answer = (call);                                         \
    int error = answer < 0 ? errno : 0;                                                           \
    record(operation, error, wanted != 0, path, other, NULL, 0, which ? which : inode_at(path), offset); \
    pthread_mutex_unlock(&lock);                                                                  \
    errno = error;                                                                                \
    return answer

static int opened(int folder, const char *path, int flags, mode_t mode, int (*call)(int, const char *, int, ...)) {
    char buffer[PATH_MAX];
    int changes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    const char *whole = changes && armed ? absolute(folder, path, buffer) : "";
    if (!is_ours(whole)) return call(folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    int creates = (flags & O_CREAT) && !inode_at(whole);
    int wanted = verdict(creates, 0);
    int answer = -1;
    if (wanted > 0) errno = wanted; else answer = call(folder, path, flags, mode);
    int error = answer < 0 ? errno : 0;
    record(creates ? CREATE : OPEN, error, wanted != 0, whole, "", NULL, 0,
           answer < 0 ? 0 : inode_of(answer), (flags & O_TRUNC) != 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return answer;
}

static mode_t mode_of(int flags, va_list more) {
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0;
}

#define MODE mode_t mode; va_list more; va_start(more, flags); mode = mode_of(flags, more); va_end(more)

/* openat does what open does, with the folder given. */
static int plainly(int folder, const char *path, int flags, ...) {
    static int (*real)(int, const char *, int, ...);
    if (!real) real = dlsym(RTLD_NEXT, "openat");
    MODE;
    return real(folder, path, flags, mode);
}

int open(const char *path, int flags, ...) { MODE; return opened(AT_FDCWD, path, flags, mode, plainly); }
int open64(const char *path, int flags, ...) { MODE; return opened(AT_FDCWD, path, flags, mode, plainly); }
int openat(int folder, const char *path, int flags, ...) { MODE; return opened(folder, path, flags, mode, plainly); }
int openat64(int folder, const char *path, int flags, ...) { MODE; return opened(folder, path, flags, mode, plainly); }
int __open_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0, plainly); }
int __open64_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0, plainly); }
int __openat_2(int folder, const char *path, int flags) { return opened(folder, path, flags, 0, plainly); }
int __openat64_2(int folder, const char *path, int flags) { return opened(folder, path, flags, 0, plainly); }
int creat(const char *path, mode_t mode) {
    return opened(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode, plainly);
}
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* Every way of writing ends here; `at` is -1 for the file's own position. */
static ssize_t written(int file, const struct iovec *parts, int count, off_t at) {
    static ssize_t (*at_position)(int, const struct iovec *, int);
    static ssize_t (*at_offset)(int, const struct iovec *, int, off_t);
    if (!at_position) at_position = dlsym(RTLD_NEXT, "writev");
    if (!at_offset) at_offset = dlsym(RTLD_NEXT, "pwritev");
    char buffer[PATH_MAX];
    if (!is_ours(armed ? path_of(file, buffer) : ""))
        return at < 0 ? at_position(file, parts, count) : at_offset(file, parts, count, at);
    size_t size = 0;
    for (int i = 0; i < count; i++) size += parts[i].iov_len;
    char *whole = malloc(size ? size : 1), *next = whole;
    for (int i = 0; i < count; next += parts[i].iov_len, i++) memcpy(next, parts[i].iov_base, parts[i].iov_len);
    pthread_mutex_lock(&lock);
    off_t offset = at;
    if (at < 0)
        offset = fcntl(file, F_GETFL) & O_APPEND ? lseek(file, 0, SEEK_END) : lseek(file, 0, SEEK_CUR);
    int wanted = verdict(1, 1);
    struct iovec part = {whole, wanted == -1 && size > 1 ? size / 2 : size};
    ssize_t answer = -1;
    if (wanted > 0) errno = wanted;
    else answer = at < 0 ? at_position(file, &part, 1) : at_offset(file, &part, 1, at);
    int error = answer < 0 ? errno : 0;
    record(WRITE, error, wanted != 0, buffer, "", whole, answer < 0 ? 0 : (size_t)answer, inode_of(file), offset);
    pthread_mutex_unlock(&lock);
    free(whole);
    errno = error;
    return answer;
}

ssize_t write(int file, const void *bytes, size_t size) {
    struct iovec part = {(void *)bytes, size};
    return armed ? written(file, &part, 1, -1) : real_write(file, bytes, size);
}
ssize_t pwrite(int file, const void *bytes, size_t size, off_t at) {
    struct iovec part = {(void *)bytes, size};
    return written(file, &part, 1, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t size, off_t at) { return pwrite(file, bytes, size, at); }
ssize_t writev(int file, const struct iovec *parts, int count) { return written(file, parts, count, -1); }
ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) { return written(file, parts, count, at); }
ssize_t pwritev64(int file, const struct iovec *parts, int count, off_t at) { return written(file, parts, count, at); }

/* What copies inside the kernel is told that it must be done by reading and writing; every user of these copes. */
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags) {
    char buffer[PATH_MAX];
    REAL(copy_file_range);
    if (!is_ours(armed ? path_of(to, buffer) : "")) return real(from, from_at, to, to_at, size, flags);
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile(int to, int from, off_t *at, size_t size) {
    char buffer[PATH_MAX];
    REAL(sendfile);
    if (!is_ours(armed ? path_of(to, buffer) : "")) return real(to, from, at, size);
    errno = EINVAL;
    return -1;
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) { return sendfile(to, from, at, size); }
int fallocate(int file, int mode, off_t at, off_t size) {
    char buffer[PATH_MAX];
    REAL(fallocate);
    if (!is_ours(armed ? path_of(file, buffer) : "")) return real(file, mode, at, size);
    errno = EOPNOTSUPP;
    return -1;
}
int fallocate64(int file, int mode, off64_t at, off64_t size) { return fallocate(file, mode, at, size); }

int fsync(int file) {
    char buffer[PATH_MAX];
    REAL(fsync);
    if (!is_ours(armed ? path_of(file, buffer) : "")) return real(file);
    SEEN(int, 0, FSYNC, buffer, "", inode_of(file), 0, real(file));
}
int fdatasync(int file) {
    char buffer[PATH_MAX];
    REAL(fdatasync);
    if (!is_ours(armed ? path_of(file, buffer) : "")) return real(file);
    SEEN(int, 0, FSYNC, buffer, "", inode_of(file), 0, real(file));
}
int ftruncate(int file, off_t size) {
    char buffer[PATH_MAX];
    REAL(ftruncate);
    if (!is_ours(armed ? path_of(file, buffer) : "")) return real(file, size);
    SEEN(int, 0, TRUNCATE, buffer, "", inode_of(file), size, real(file, size));
}
int ftruncate64(int file, off64_t size) { return ftruncate(file, size); }
int truncate(const char *path, off_t size) {
    char buffer[PATH_MAX];
    REAL(truncate);
    const char *whole = armed ? absolute(AT_FDCWD, path, buffer) : "";
    if (!is_ours(whole)) return real(path, size);
    SEEN(int, 0, TRUNCATE, whole, "", inode_at(whole), size, real(path, size));
}
int truncate64(const char *path, off64_t size) { return truncate(path, size); }

int renameat2(int from, const char *path, int to, const char *target, unsigned flags) {
    char first[PATH_MAX], second[PATH_MAX];
    REAL(renameat2);
    const char *old = armed ? absolute(from, path, first) : "", *new = armed ? absolute(to, target, second) : "";
    if (!is_ours(old) && !is_ours(new)) return real(from, path, to, target, flags);
    SEEN(int, 0, RENAME, old, new, inode_at(old), 0, real(from, path, to, target, flags));
}
int renameat(int from, const char *path, int to, const char *target) { return renameat2(from, path, to, target, 0); }
int rename(const char *path, const char *target) { return renameat2(AT_FDCWD, path, AT_FDCWD, target, 0); }

int linkat(int from, const char *path, int to, const char *target, int flags) {
    char first[PATH_MAX], second[PATH_MAX];
    REAL(linkat);
    const char *old = armed ? absolute(from, path, first) : "", *new = armed ? absolute(to, target, second) : "";
    if (!is_ours(new)) return real(from, path, to, target, flags);
    SEEN(int, 1, LINK, old, new, inode_at(old), 0, real(from, path, to, target, flags));
}
int link(const char *path, const char *target) { return linkat(AT_FDCWD, path, AT_FDCWD, target, 0); }

int unlinkat(int folder, const char *path, int flags) {
    char buffer[PATH_MAX];
    REAL(unlinkat);
    const char *whole = armed ? absolute(folder, path, buffer) : "";
    if (!is_ours(whole)) return real(folder, path, flags);
    SEEN(int, 0, flags & AT_REMOVEDIR ? RMDIR : UNLINK, whole, "", inode_at(whole), 0, real(folder, path, flags));
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
    struct stat found;
    int is_folder = fstatat(AT_FDCWD, path, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
    return unlinkat(AT_FDCWD, path, is_folder ? AT_REMOVEDIR : 0);
}

int mkdirat(int folder, const char *path, mode_t mode) {
    char buffer[PATH_MAX];
    REAL(mkdirat);
    const char *whole = armed ? absolute(folder, path, buffer) : "";
    if (!is_ours(whole)) return real(folder, path, mode);
    SEEN(int, 1, MKDIR, whole, "", 0, 0, real(folder, path, mode));
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
