// Storage for objects, with exceptions. All are weak: a program may define its own.
#include <cstdlib>
#include <new>

#define WEAK __attribute__((weak))

namespace {
void *storage(std::size_t size) {
    for (;;) {
        if (void *space = std::malloc(size ? size : 1)) {
            return space;
        }
        std::new_handler handler = std::get_new_handler();
        if (!handler) {
            throw std::bad_alloc();
        }
        handler();
    }
}

void *storage(std::size_t size, std::align_val_t alignment) {
    auto align = static_cast<std::size_t>(alignment);
    align = align < sizeof(void *) ? sizeof(void *) : align;
    std::size_t whole = (size + align - 1) & ~(align - 1);
    for (;;) {
        if (void *space = whole < size ? nullptr : std::aligned_alloc(align, whole ? whole : align)) {
            return space;
        }
        std::new_handler handler = std::get_new_handler();
        if (!handler) {
            throw std::bad_alloc();
        }
        handler();
    }
}
} // namespace

WEAK void *operator new(std::size_t size) {
    return storage(size);
}

WEAK void *operator new[](std::size_t size) {
    return operator new(size);
}

WEAK void *operator new(std::size_t size, std::align_val_t alignment) {
    return storage(size, alignment);
}

WEAK void *operator new[](std::size_t size, std::align_val_t alignment) {
    return operator new(size, alignment);
}

WEAK void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
    try {
        return operator new(size);
    } catch (...) {
        return nullptr;
    }
}

WEAK void *operator new[](std::size_t size, const std::nothrow_t &) noexcept {
    try {
        return operator new[](size);
    } catch (...) {
        return nullptr;
    }
}

WEAK void *operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept {
    try {
        return operator new(size, alignment);
    } catch (...) {
        return nullptr;
    }
}

WEAK void *operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept {
    try {
        return operator new[](size, alignment);
    } catch (...) {
        return nullptr;
    }
}

WEAK void operator delete(void *space) noexcept {
    std::free(space);
}

WEAK void operator delete[](void *space) noexcept {
    operator delete(space);
}

WEAK void operator delete(void *space, std::size_t) noexcept {
    operator delete(space);
}

WEAK void operator delete[](void *space, std::size_t) noexcept {
    operator delete[](space);
}

WEAK void operator delete(void *space, const std::nothrow_t &) noexcept {
    operator delete(space);
}

WEAK void operator delete[](void *space, const std::nothrow_t &) noexcept {
    operator delete[](space);
}

WEAK void operator delete(void *space, std::align_val_t) noexcept {
    std::free(space);
}

WEAK void operator delete[](void *space, std::align_val_t alignment) noexcept {
    operator delete(space, alignment);
}

WEAK void operator delete(void *space, std::size_t, std::align_val_t alignment) noexcept {
    operator delete(space, alignment);
}

WEAK void operator delete[](void *space, std::size_t, std::align_val_t alignment) noexcept {
    operator delete[](space, alignment);
}

WEAK void operator delete(void *space, std::align_val_t alignment, const std::nothrow_t &) noexcept {
    operator delete(space, alignment);
}

WEAK void operator delete[](void *space, std::align_val_t alignment, const std::nothrow_t &) noexcept {
    operator delete[](space, alignment);
}
