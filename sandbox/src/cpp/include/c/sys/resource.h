// Limits are the sandbox's affair: asking for more is granted and changes nothing.
#ifndef PROCTOR_SYS_RESOURCE_H
#define PROCTOR_SYS_RESOURCE_H

#include_next <sys/resource.h>

#ifndef RLIMIT_STACK
#define RLIMIT_CPU 0
#define RLIMIT_DATA 2
#define RLIMIT_STACK 3
#define RLIMIT_NOFILE 7
#define RLIMIT_AS 9
#define RLIM_INFINITY (~0ULL)
typedef unsigned long long rlim_t;
struct rlimit {
    rlim_t rlim_cur;
    rlim_t rlim_max;
};
static inline int getrlimit(int which, struct rlimit *limit) {
    (void)which;
    limit->rlim_cur = limit->rlim_max = RLIM_INFINITY;
    return 0;
}
static inline int setrlimit(int which, const struct rlimit *limit) {
    (void)which;
    (void)limit;
    return 0;
}
#endif

#endif
