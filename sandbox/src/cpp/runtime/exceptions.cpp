// C++ exceptions over WebAssembly's own: what the compiler's output and the standard library expect of a runtime
// (the Itanium C++ ABI, level II, and the WebAssembly part of the tool conventions). One thread.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <typeinfo>

// The tag that all C++ exceptions bear: a pointer goes with it.
__asm__(".globl __cpp_exception\n"
        ".tagtype __cpp_exception i32\n"
        "__cpp_exception:\n");

namespace __cxxabiv1 {
// The part of the ABI library's description of types that decides whether a handler takes an exception. Only its
// table of functions is used; the ABI library defines them.
class __shim_type_info : public std::type_info {
public:
    ~__shim_type_info() override;
    virtual void noop1() const;
    virtual void noop2() const;
    virtual bool can_catch(const __shim_type_info *thrown, void *&object) const = 0;
};
} // namespace __cxxabiv1

namespace {
using Shim = __cxxabiv1::__shim_type_info;

struct Exception {
    const Shim *type;
    // A destructor gives back its argument in WebAssembly.
    void *(*destroy)(void *);
    // The next one being handled.
    Exception *below;
    // What the handler gets: the object, or the part of it or the pointer that the handler's type names.
    void *adjusted;
    // Handlers at work on it; negative while it is thrown again.
    int handlers;
    int references;
    // For an exception that was thrown again by way of a std::exception_ptr: whose object it is.
    Exception *primary;
    alignas(16) char object[];
};

Exception *caught = nullptr;
int uncaught = 0;
// For when memory is used up: bad_alloc must still be thrown.
alignas(16) char reserve[4096];
bool reserve_used = false;

Exception *of_object(void *object) {
    return reinterpret_cast<Exception *>(static_cast<char *>(object) - offsetof(Exception, object));
}

Exception *make(std::size_t size) {
    std::size_t whole = offsetof(Exception, object) + size;
    void *space = std::malloc(whole);
    if (!space) {
        if (whole > sizeof reserve || reserve_used) {
            std::terminate();
        }
        reserve_used = true;
        space = reserve;
    }
    std::memset(space, 0, whole);
    return static_cast<Exception *>(space);
}

void release(Exception *exception) {
    if (exception == reinterpret_cast<Exception *>(reserve)) {
        reserve_used = false;
    } else {
        std::free(exception);
    }
}

void unreference(Exception *exception) {
    if (--exception->references == 0) {
        if (exception->destroy) {
            exception->destroy(exception->object);
        }
        release(exception);
    }
}

Exception *primary(Exception *exception) {
    return exception->primary ? exception->primary : exception;
}

[[noreturn]] void launch(Exception *exception) {
    __builtin_wasm_throw(0, exception);
    __builtin_unreachable();
}

// What the compiler says of a function's handlers: DWARF's numbers.
const std::uint8_t *at;

std::uintptr_t number() {
    std::uintptr_t value = 0;
    unsigned shift = 0;
    std::uint8_t byte;
    do {
        byte = *at++;
        value |= static_cast<std::uintptr_t>(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

std::intptr_t signed_number() {
    std::uintptr_t value = 0;
    unsigned shift = 0;
    std::uint8_t byte;
    do {
        byte = *at++;
        value |= static_cast<std::uintptr_t>(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if ((byte & 0x40) && shift < sizeof value * 8) {
        value |= ~std::uintptr_t(0) << shift;
    }
    return static_cast<std::intptr_t>(value);
}

constexpr std::uint8_t OMITTED = 0xff;

const Shim *type_at(const std::uint8_t *table, std::uintptr_t index) {
    const Shim *type;
    std::memcpy(&type, table - index * sizeof type, sizeof type);
    return type;
}

// Whether an old list of allowed exceptions has the type among it.
bool allowed(const std::uint8_t *table, std::intptr_t filter, Exception *exception) {
    const std::uint8_t *before = at;
    at = table - filter - 1;
    bool found = false;
    while (std::uintptr_t index = number()) {
        void *object = primary(exception)->object;
        const Shim *type = type_at(table, index);
        if (!type || type->can_catch(exception->type, object)) {
            found = true;
            break;
        }
    }
    at = before;
    return found;
}
} // namespace

extern "C" {

struct LandingPad {
    std::uintptr_t index;
    const std::uint8_t *description;
    std::uintptr_t selector;
};

LandingPad __wasm_lpad_context;

// Finds the handler of the function at hand that takes the exception; leaves its number, or 0.
int _Unwind_CallPersonality(void *thrown) {
    auto *exception = static_cast<Exception *>(thrown);
    LandingPad &pad = __wasm_lpad_context;
    pad.selector = 0;
    if (!pad.description) {
        return 8;
    }
    at = pad.description;
    if (*at++ != OMITTED) {
        number();
    }
    const std::uint8_t *types = nullptr;
    if (*at++ != OMITTED) {
        std::uintptr_t offset = number();
        types = at + offset;
    }
    at++;
    std::uintptr_t length = number();
    const std::uint8_t *actions = at + length;
    std::uintptr_t action = 0;
    for (std::uintptr_t index = 0; at < actions; index++) {
        number();
        action = number();
        if (index == pad.index) {
            break;
        }
        action = 0;
    }
    if (action == 0) {
        return 8;
    }
    at = actions + action - 1;
    for (;;) {
        std::intptr_t filter = signed_number();
        const std::uint8_t *here = at;
        if (filter > 0) {
            const Shim *type = type_at(types, static_cast<std::uintptr_t>(filter));
            void *object = primary(exception)->object;
            if (!type || type->can_catch(exception->type, object)) {
                exception->adjusted = object;
                pad.selector = static_cast<std::uintptr_t>(filter);
                return 6;
            }
        } else if (filter < 0 && !allowed(types, filter, exception)) {
            exception->adjusted = primary(exception)->object;
            pad.selector = static_cast<std::uintptr_t>(filter);
            return 6;
        }
        at = here;
        std::intptr_t next = signed_number();
        if (next == 0) {
            return 8;
        }
        at = here + next;
    }
}

void *__cxa_allocate_exception(std::size_t size) noexcept {
    return make(size)->object;
}

void __cxa_free_exception(void *object) noexcept {
    release(of_object(object));
}

[[noreturn]] void __cxa_throw(void *object, std::type_info *type, void *(*destroy)(void *)) {
    Exception *exception = of_object(object);
    exception->type = static_cast<const Shim *>(type);
    exception->destroy = destroy;
    exception->references = 1;
    uncaught++;
    launch(exception);
}

void *__cxa_get_exception_ptr(void *thrown) noexcept {
    return static_cast<Exception *>(thrown)->adjusted;
}

void *__cxa_begin_catch(void *thrown) noexcept {
    auto *exception = static_cast<Exception *>(thrown);
    exception->handlers = exception->handlers < 0 ? 1 - exception->handlers : exception->handlers + 1;
    if (exception != caught) {
        exception->below = caught;
        caught = exception;
    }
    uncaught--;
    return exception->adjusted ? exception->adjusted : primary(exception)->object;
}

void __cxa_end_catch() {
    Exception *exception = caught;
    if (!exception) {
        return;
    }
    if (exception->handlers < 0) {
        if (++exception->handlers == 0) {
            // Thrown again and on its way: it stays.
            caught = exception->below;
        }
    } else if (--exception->handlers == 0) {
        caught = exception->below;
        if (exception->primary) {
            Exception *whole = exception->primary;
            release(exception);
            unreference(whole);
        } else {
            unreference(exception);
        }
    }
}

[[noreturn]] void __cxa_rethrow() {
    Exception *exception = caught;
    if (!exception) {
        std::terminate();
    }
    exception->handlers = -exception->handlers;
    uncaught++;
    launch(exception);
}

bool __cxa_uncaught_exception() noexcept {
    return uncaught != 0;
}

unsigned __cxa_uncaught_exceptions() noexcept {
    return static_cast<unsigned>(uncaught);
}

std::type_info *__cxa_current_exception_type() {
    return caught ? const_cast<Shim *>(caught->type) : nullptr;
}

void __cxa_increment_exception_refcount(void *object) noexcept {
    if (object) {
        of_object(object)->references++;
    }
}

void __cxa_decrement_exception_refcount(void *object) noexcept {
    if (object) {
        unreference(of_object(object));
    }
}

void *__cxa_current_primary_exception() noexcept {
    if (!caught) {
        return nullptr;
    }
    Exception *whole = primary(caught);
    whole->references++;
    return whole->object;
}

void __cxa_rethrow_primary_exception(void *object) {
    if (!object) {
        return;
    }
    Exception *whole = of_object(object);
    Exception *exception = make(0);
    exception->type = whole->type;
    exception->primary = whole;
    exception->references = 1;
    whole->references++;
    uncaught++;
    launch(exception);
}

__cxxabiv1::__cxa_exception *__cxa_init_primary_exception(void *object, std::type_info *type, void *(*destroy)(void *)) noexcept {
    Exception *exception = of_object(object);
    exception->type = static_cast<const Shim *>(type);
    exception->destroy = destroy;
    return reinterpret_cast<__cxxabiv1::__cxa_exception *>(exception);
}

[[noreturn]] void __cxa_bad_cast() {
    throw std::bad_cast();
}

[[noreturn]] void __cxa_bad_typeid() {
    throw std::bad_typeid();
}

[[noreturn]] void __cxa_throw_bad_array_new_length() {
    throw std::bad_array_new_length();
}

// What an exception that nobody caught says of itself, for the host: the name of its type as the compiler writes it, a
// space, and what it has to say. Ends with 0.
__attribute__((used)) const char *__proctor_thrown(void *thrown) {
    static char text[1024];
    auto *exception = static_cast<Exception *>(thrown);
    std::strncpy(text, exception->type->name(), sizeof text / 2);
    void *object = primary(exception)->object;
    auto *general = static_cast<const Shim *>(&typeid(std::exception));
    if (general->can_catch(exception->type, object)) {
        std::size_t length = std::strlen(text);
        text[length] = ' ';
        std::strncpy(text + length + 1, static_cast<std::exception *>(object)->what(), sizeof text - length - 2);
    }
    return text;
}

} // extern "C"
