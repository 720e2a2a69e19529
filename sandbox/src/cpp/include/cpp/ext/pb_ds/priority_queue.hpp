// A heap whose elements can be changed and removed, with the interface of GCC's policy-based data structures.
#ifndef PROCTOR_PB_DS_PRIORITY_QUEUE_HPP
#define PROCTOR_PB_DS_PRIORITY_QUEUE_HPP

#include <cstddef>
#include <ext/pb_ds/assoc_container.hpp>
#include <memory>
#include <set>

namespace __gnu_pbds {

struct pairing_heap_tag {};
struct binary_heap_tag {};
struct binomial_heap_tag {};
struct rc_binomial_heap_tag {};
struct thin_heap_tag {};

template <class Value, class Compare = std::less<Value>, class Tag = pairing_heap_tag, class Allocator = void>
class priority_queue {
    using Set = std::multiset<Value, Compare>;
    // Elements live in a list of handles, so that changing one keeps its handle.
    struct Handle {
        typename Set::iterator at;
    };

public:
    using value_type = Value;
    using size_type = std::size_t;
    using const_reference = const Value &;
    using const_iterator = typename Set::const_iterator;
    using iterator = const_iterator;

    class point_iterator {
    public:
        point_iterator() = default;
        const Value &operator*() const {
            return *handle->at;
        }
        const Value *operator->() const {
            return &*handle->at;
        }
        friend bool operator==(const point_iterator &a, const point_iterator &b) {
            return a.handle == b.handle;
        }
        friend bool operator!=(const point_iterator &a, const point_iterator &b) {
            return a.handle != b.handle;
        }

    private:
        friend class priority_queue;
        std::shared_ptr<Handle> handle;
    };
    using point_const_iterator = point_iterator;

    priority_queue() = default;
    template <class It>
    priority_queue(It first, It last) : elements(first, last) {}

    point_iterator push(const Value &value) {
        point_iterator point;
        point.handle = std::make_shared<Handle>();
        point.handle->at = elements.insert(value);
        return point;
    }
    const Value &top() const {
        return *--elements.end();
    }
    void pop() {
        elements.erase(--elements.end());
    }
    void modify(const point_iterator &point, const Value &value) {
        elements.erase(point.handle->at);
        point.handle->at = elements.insert(value);
    }
    void erase(const point_iterator &point) {
        elements.erase(point.handle->at);
    }
    void join(priority_queue &other) {
        elements.merge(other.elements);
    }
    void swap(priority_queue &other) {
        elements.swap(other.elements);
    }
    void clear() {
        elements.clear();
    }
    size_type size() const {
        return elements.size();
    }
    bool empty() const {
        return elements.empty();
    }
    const_iterator begin() const {
        return elements.begin();
    }
    const_iterator end() const {
        return elements.end();
    }

private:
    Set elements;
};

} // namespace __gnu_pbds

#endif
