// What a program asks of an operating system that is not there.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>

extern "C" {

// A command that was not found, as a shell says it. Without a command: there is no shell.
int system(const char *command) {
    return command ? 127 << 8 : 0;
}

char *gets(char *line) {
    char *at = line;
    int c;
    while ((c = std::getchar()) != EOF && c != '\n') {
        *at++ = static_cast<char>(c);
    }
    if (c == EOF && at == line) {
        return nullptr;
    }
    *at = 0;
    return line;
}

// A thread is run to its end when it is made: programs that only want a larger stack, or to divide work that is
// independent, come to the same result.
int pthread_create(pthread_t *thread, const pthread_attr_t *, void *(*run)(void *), void *argument) {
    auto **result = static_cast<void **>(std::malloc(sizeof(void *)));
    if (!result) {
        return EAGAIN;
    }
    *result = nullptr;
    *thread = reinterpret_cast<pthread_t>(result);
    *result = run(argument);
    return 0;
}

int pthread_join(pthread_t thread, void **result) {
    auto **made = reinterpret_cast<void **>(thread);
    if (!made) {
        return ESRCH;
    }
    if (result) {
        *result = *made;
    }
    std::free(made);
    return 0;
}

int pthread_detach(pthread_t) {
    return 0;
}
}
