// How a program ends.
#include <wasi/api.h>

// As a signal would end it: nothing is flushed, nothing is run at exit.
extern "C" [[noreturn]] void abort() {
    __wasi_proc_exit(134);
}
