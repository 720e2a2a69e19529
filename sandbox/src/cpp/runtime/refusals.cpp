// What the compiler's archive, which was made without exceptions, does where it would throw: it says which exception that
// would be, and aborts. Called in the place of that, this throws it.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ios>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <typeinfo>

[[noreturn]] void refuse(const char *format, ...) __asm__("__wrap__ZNSt3__222__libcpp_verbose_abortEPKcz");

void refuse(const char *format, ...) {
    char text[512];
    std::va_list list;
    va_start(list, format);
    std::vsnprintf(text, sizeof text, format, list);
    va_end(list);
    auto named = [&](const char *name) { return std::strncmp(text, name, std::strlen(name)) == 0; };
    // The message stands in quotes at the end.
    std::string message;
    if (const char *open = std::strchr(text, '"')) {
        const char *close = std::strrchr(text, '"');
        message.assign(open + 1, close > open ? close : open + 1);
    }
    if (std::strstr(text, "was thrown in -fno-exceptions mode")) {
        if (named("ios_base::failure")) {
            throw std::ios_base::failure(message);
        } else if (named("out_of_range")) {
            throw std::out_of_range(message);
        } else if (named("invalid_argument")) {
            throw std::invalid_argument(message);
        } else if (named("length_error")) {
            throw std::length_error(message);
        } else if (named("domain_error")) {
            throw std::domain_error(message);
        } else if (named("overflow_error")) {
            throw std::overflow_error(message);
        } else if (named("bad_cast")) {
            throw std::bad_cast();
        } else if (named("bad_alloc")) {
            throw std::bad_alloc();
        } else if (named("bad_array_new_length")) {
            throw std::bad_array_new_length();
        } else if (named("bad_weak_ptr")) {
            throw std::bad_weak_ptr();
        } else if (named("system_error")) {
            throw std::system_error(std::make_error_code(std::errc::operation_not_supported), message);
        }
        throw std::runtime_error(message.empty() ? text : message);
    }
    std::fprintf(stderr, "%s\n", text);
    std::abort();
}
