/* A host with moods, put before a program with LD_PRELOAD: the tests' way to cut the power, move the clock and fill the
   disk. Built and used by tests/hardship.rs.

   HOST_CLOCK=FILE   the file holds seconds that are added to the time of day, read anew each time; a steady clock stays.
   HOST_SPACE=FILE   the file holds how many bytes may be written to the store from now on: each write takes of them, and
                     one that needs more fails as on a full disk. Without the file there is no limit.
   HOST_SYNCS=DIR    whatever a file of the store holds when it is forced to the disk is what a power cut would leave of it:
                     at every sync its contents go to DIR/NUMBER.NAME, and the length of the file HOST_TOLD to
                     DIR/NUMBER.told, which is what had been told to the world by then.

   A file of the store is one whose name contains "proctor.db". */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static double number_in(const char *path, double otherwise) {
    char text[64];
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return otherwise;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return otherwise;
    text[length] = 0;
    return atof(text);
}

/* The name of the store's file behind a descriptor, without folders; null where it is another file. */
static const char *name_of(int descriptor, char *buffer, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, buffer, size - 1);
    if (length <= 0) return NULL;
    buffer[length] = 0;
    const char *name = strrchr(buffer, '/');
    name = name ? name + 1 : buffer;
    return strncmp(name, "proctor.db", 10) == 0 && !strstr(name, "-shm") ? name : NULL;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += (time_t)number_in(getenv("HOST_CLOCK"), 0);
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (where) *where = now.tv_sec;
    return now.tv_sec;
}

/* Whether there is space for so many bytes; takes them. */
static int has_space(int descriptor, size_t wanted) {
    char buffer[4096];
    const char *path = getenv("HOST_SPACE");
    if (!path || access(path, F_OK) != 0 || !name_of(descriptor, buffer, sizeof buffer)) return 1;
    pthread_mutex_lock(&one_at_a_time);
    double left = number_in(path, 0);
    int fits = left >= (double)wanted;
    if (fits) {
        char text[64];
        int length = snprintf(text, sizeof text, "%.0f", left - (double)wanted);
        int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        if (file >= 0) {
            if (write(file, text, (size_t)length) != length) fits = 0;
            close(file);
        }
    }
    pthread_mutex_unlock(&one_at_a_time);
    return fits;
}

static ssize_t place(int descriptor, const void *bytes, size_t length, off64_t offset) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) real = (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    if (!has_space(descriptor, length)) {
        errno = ENOSPC;
        return -1;
    }
    return real(descriptor, bytes, length, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
    return place(descriptor, bytes, length, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    return place(descriptor, bytes, length, offset);
}

/* Keeps what the disk holds for certain. */
static void keep(int descriptor) {
    static int count;
    char buffer[4096], path[8192];
    const char *folder = getenv("HOST_SYNCS"), *told = getenv("HOST_TOLD");
    const char *name = folder ? name_of(descriptor, buffer, sizeof buffer) : NULL;
    if (!name) return;
    pthread_mutex_lock(&one_at_a_time);
    int number = ++count;
    struct stat status;
    long long length = told && stat(told, &status) == 0 ? (long long)status.st_size : 0;
    snprintf(path, sizeof path, "%s/%06d.told", folder, number);
    FILE *note = fopen(path, "w");
    if (note) {
        fprintf(note, "%lld", length);
        fclose(note);
    }
    snprintf(path, sizeof path, "%s/%06d.%s", folder, number, name);
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char piece[65536];
    off_t at = 0;
    ssize_t got;
    while (to >= 0 && (got = pread(descriptor, piece, sizeof piece, at)) > 0) {
        if (write(to, piece, (size_t)got) != got) abort();
        at += got;
    }
    if (to >= 0) close(to);
    pthread_mutex_unlock(&one_at_a_time);
}

int fsync(int descriptor) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int result = real(descriptor);
    if (result == 0) keep(descriptor);
    return result;
}

int fdatasync(int descriptor) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int result = real(descriptor);
    if (result == 0) keep(descriptor);
    return result;
}
