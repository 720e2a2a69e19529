// Ordered trees with order statistics and hash tables, with the interface of GCC's policy-based data structures.
#ifndef PROCTOR_PB_DS_ASSOC_CONTAINER_HPP
#define PROCTOR_PB_DS_ASSOC_CONTAINER_HPP

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace __gnu_pbds {

struct null_type {};
using null_mapped_type = null_type;
struct rb_tree_tag {};
struct splay_tree_tag {};
struct ov_tree_tag {};
struct pat_trie_tag {};
struct cc_hash_tag {};
struct gp_hash_tag {};
template <class...>
struct null_node_update {};
template <class...>
struct null_tree_node_update {};
template <class...>
struct tree_order_statistics_node_update {};

namespace detail {

template <class Key, class Mapped>
struct Entry {
    using value_type = std::pair<const Key, Mapped>;
    static const Key &key(const value_type &value) {
        return value.first;
    }
};
template <class Key>
struct Entry<Key, null_type> {
    using value_type = Key;
    static const Key &key(const value_type &value) {
        return value;
    }
};

// A node of a balanced tree: a search tree by value, a heap by rank.
template <class Value>
struct Node {
    Value value;
    Node *left = nullptr, *right = nullptr, *parent = nullptr;
    std::size_t size = 1;
    unsigned rank;
    Node(const Value &value, unsigned rank) : value(value), rank(rank) {}
};

} // namespace detail

template <class Key, class Mapped, class Compare = std::less<Key>, class Tag = rb_tree_tag, template <class...> class Update = null_node_update,
          class Allocator = void>
class tree {
    using Entry = detail::Entry<Key, Mapped>;

public:
    using value_type = typename Entry::value_type;
    using key_type = Key;
    using mapped_type = Mapped;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using cmp_fn = Compare;
    using reference = value_type &;
    using const_reference = const value_type &;

private:
    using Node = detail::Node<value_type>;

    static std::size_t count(const Node *node) {
        return node ? node->size : 0;
    }

    template <bool Constant>
    class Iterator {
        friend class tree;
        using Seen = typename std::conditional<Constant || std::is_same<Mapped, null_type>::value, const value_type, value_type>::type;

    public:
        using iterator_category = std::bidirectional_iterator_tag;
        using value_type = typename tree::value_type;
        using difference_type = std::ptrdiff_t;
        using reference = Seen &;
        using pointer = Seen *;

        Iterator() = default;
        template <bool Other, class = typename std::enable_if<Constant && !Other>::type>
        Iterator(const Iterator<Other> &other) : owner(other.owner), node(other.node) {}

        reference operator*() const {
            return node->value;
        }
        pointer operator->() const {
            return &node->value;
        }
        Iterator &operator++() {
            if (node->right) {
                node = leftmost(node->right);
            } else {
                Node *from = node;
                node = node->parent;
                while (node && from == node->right) {
                    from = node;
                    node = node->parent;
                }
            }
            return *this;
        }
        Iterator &operator--() {
            if (!node) {
                node = rightmost(owner->root);
            } else if (node->left) {
                node = rightmost(node->left);
            } else {
                Node *from = node;
                node = node->parent;
                while (node && from == node->left) {
                    from = node;
                    node = node->parent;
                }
            }
            return *this;
        }
        Iterator operator++(int) {
            Iterator before = *this;
            ++*this;
            return before;
        }
        Iterator operator--(int) {
            Iterator before = *this;
            --*this;
            return before;
        }
        friend bool operator==(const Iterator &a, const Iterator &b) {
            return a.node == b.node;
        }
        friend bool operator!=(const Iterator &a, const Iterator &b) {
            return a.node != b.node;
        }

    private:
        template <bool>
        friend class Iterator;
        Iterator(const tree *owner, Node *node) : owner(owner), node(node) {}
        const tree *owner = nullptr;
        Node *node = nullptr;
    };

public:
    using iterator = Iterator<false>;
    using const_iterator = Iterator<true>;
    using point_iterator = iterator;
    using point_const_iterator = const_iterator;
    using reverse_iterator = std::reverse_iterator<iterator>;
    using const_reverse_iterator = std::reverse_iterator<const_iterator>;

    tree() = default;
    explicit tree(const Compare &compare) : compare(compare) {}
    template <class It>
    tree(It first, It last) {
        for (; first != last; ++first) {
            insert(*first);
        }
    }
    tree(const tree &other) : root(copy(other.root)), compare(other.compare), seed(other.seed) {}
    tree(tree &&other) noexcept : compare(other.compare) {
        swap(other);
    }
    tree &operator=(tree other) {
        swap(other);
        return *this;
    }
    ~tree() {
        clear();
    }

    iterator begin() {
        return {this, leftmost(root)};
    }
    iterator end() {
        return {this, nullptr};
    }
    const_iterator begin() const {
        return {this, leftmost(root)};
    }
    const_iterator end() const {
        return {this, nullptr};
    }
    reverse_iterator rbegin() {
        return reverse_iterator(end());
    }
    reverse_iterator rend() {
        return reverse_iterator(begin());
    }

    size_type size() const {
        return count(root);
    }
    bool empty() const {
        return !root;
    }
    size_type max_size() const {
        return ~size_type(0) / sizeof(Node);
    }
    Compare &get_cmp_fn() {
        return compare;
    }

    std::pair<iterator, bool> insert(const value_type &value) {
        const Key &key = Entry::key(value);
        Node *above = nullptr, *next = nullptr;
        bool left = false;
        for (Node *at = root; at;) {
            above = at;
            left = !compare(Entry::key(at->value), key);
            if (left) {
                next = at;
            }
            at = left ? at->left : at->right;
        }
        if (next && !compare(key, Entry::key(next->value))) {
            return {iterator(this, next), false};
        }
        seed = seed * 1664525u + 1013904223u;
        Node *made = new Node(value, seed ^ (seed >> 13));
        made->parent = above;
        if (!above) {
            root = made;
        } else if (left) {
            above->left = made;
        } else {
            above->right = made;
        }
        for (Node *at = above; at; at = at->parent) {
            at->size++;
        }
        while (made->parent && made->parent->rank < made->rank) {
            raise(made);
        }
        return {iterator(this, made), true};
    }

    mapped_type &operator[](const Key &key) {
        return insert(value_type(key, Mapped())).first->second;
    }

    iterator lower_bound(const Key &key) {
        return {this, lower(key)};
    }
    const_iterator lower_bound(const Key &key) const {
        return {this, lower(key)};
    }
    iterator upper_bound(const Key &key) {
        return {this, upper(key)};
    }
    const_iterator upper_bound(const Key &key) const {
        return {this, upper(key)};
    }
    iterator find(const Key &key) {
        return {this, exact(key)};
    }
    const_iterator find(const Key &key) const {
        return {this, exact(key)};
    }

    bool erase(const Key &key) {
        Node *node = exact(key);
        if (node) {
            take_out(node);
        }
        return node;
    }
    iterator erase(iterator at) {
        iterator next = at;
        ++next;
        take_out(at.node);
        return next;
    }

    void clear() {
        // Without recursion: a tree may be deep.
        Node *at = root;
        while (at) {
            if (at->left) {
                at = at->left;
            } else if (at->right) {
                at = at->right;
            } else {
                Node *above = at->parent;
                if (above) {
                    (above->left == at ? above->left : above->right) = nullptr;
                }
                delete at;
                at = above;
            }
        }
        root = nullptr;
    }
    void swap(tree &other) {
        std::swap(root, other.root);
        std::swap(compare, other.compare);
        std::swap(seed, other.seed);
    }

    // All of the other's keys are moved here; the two must not overlap.
    void join(tree &other) {
        for (auto &value : other) {
            insert(value);
        }
        other.clear();
    }
    // What is greater than the key is moved to the other.
    void split(const Key &key, tree &other) {
        other.clear();
        Node *at = upper(key);
        while (at) {
            iterator next(this, at);
            ++next;
            other.insert(at->value);
            take_out(at);
            at = next.node;
        }
    }

    iterator find_by_order(size_type order) {
        return {this, at_order(order)};
    }
    const_iterator find_by_order(size_type order) const {
        return {this, at_order(order)};
    }
    size_type order_of_key(const Key &key) const {
        size_type order = 0;
        for (Node *at = root; at;) {
            if (compare(key, Entry::key(at->value))) {
                at = at->left;
            } else if (compare(Entry::key(at->value), key)) {
                order += count(at->left) + 1;
                at = at->right;
            } else {
                return order + count(at->left);
            }
        }
        return order;
    }

private:
    static Node *leftmost(Node *node) {
        while (node && node->left) {
            node = node->left;
        }
        return node;
    }
    static Node *rightmost(Node *node) {
        while (node && node->right) {
            node = node->right;
        }
        return node;
    }
    Node *lower(const Key &key) const {
        Node *found = nullptr;
        for (Node *at = root; at;) {
            if (compare(Entry::key(at->value), key)) {
                at = at->right;
            } else {
                found = at;
                at = at->left;
            }
        }
        return found;
    }
    Node *upper(const Key &key) const {
        Node *found = nullptr;
        for (Node *at = root; at;) {
            if (compare(key, Entry::key(at->value))) {
                found = at;
                at = at->left;
            } else {
                at = at->right;
            }
        }
        return found;
    }
    Node *exact(const Key &key) const {
        Node *found = lower(key);
        return found && !compare(key, Entry::key(found->value)) ? found : nullptr;
    }
    Node *at_order(size_type order) const {
        for (Node *at = root; at;) {
            size_type before = count(at->left);
            if (order < before) {
                at = at->left;
            } else if (order == before) {
                return at;
            } else {
                order -= before + 1;
                at = at->right;
            }
        }
        return nullptr;
    }
    static void measure(Node *node) {
        node->size = count(node->left) + count(node->right) + 1;
    }
    // Puts a node in the place of its parent, which becomes its child.
    void raise(Node *node) {
        Node *above = node->parent, *top = above->parent;
        if (above->left == node) {
            above->left = node->right;
            if (node->right) {
                node->right->parent = above;
            }
            node->right = above;
        } else {
            above->right = node->left;
            if (node->left) {
                node->left->parent = above;
            }
            node->left = above;
        }
        above->parent = node;
        node->parent = top;
        if (!top) {
            root = node;
        } else {
            (top->left == above ? top->left : top->right) = node;
        }
        measure(above);
        measure(node);
    }
    void take_out(Node *node) {
        while (node->left && node->right) {
            raise(node->left->rank > node->right->rank ? node->left : node->right);
        }
        Node *below = node->left ? node->left : node->right, *above = node->parent;
        if (below) {
            below->parent = above;
        }
        if (!above) {
            root = below;
        } else {
            (above->left == node ? above->left : above->right) = below;
        }
        for (; above; above = above->parent) {
            above->size--;
        }
        delete node;
    }
    static Node *copy(const Node *from) {
        if (!from) {
            return nullptr;
        }
        Node *top = new Node(from->value, from->rank);
        top->size = from->size;
        const Node *at = from;
        Node *made = top;
        for (;;) {
            if (at->left && !made->left) {
                at = at->left;
                made->left = new Node(at->value, at->rank);
                made->left->parent = made;
                made = made->left;
                made->size = at->size;
            } else if (at->right && !made->right) {
                at = at->right;
                made->right = new Node(at->value, at->rank);
                made->right->parent = made;
                made = made->right;
                made->size = at->size;
            } else if (at == from) {
                return top;
            } else {
                at = at->parent;
                made = made->parent;
            }
        }
    }

    Node *root = nullptr;
    Compare compare{};
    unsigned seed = 2463534242u;
};

namespace detail {
template <class Key, class Mapped, class Hash, class Equal>
struct Table : std::unordered_map<Key, Mapped, Hash, Equal> {
    using Base = std::unordered_map<Key, Mapped, Hash, Equal>;
    using Base::Base;
    using Base::erase;
    using point_iterator = typename Base::iterator;
    using point_const_iterator = typename Base::const_iterator;
    void resize(std::size_t n) {
        this->rehash(n);
    }
};
template <class Key, class Hash, class Equal>
struct Table<Key, null_type, Hash, Equal> : std::unordered_set<Key, Hash, Equal> {
    using Base = std::unordered_set<Key, Hash, Equal>;
    using Base::Base;
    using point_iterator = typename Base::iterator;
    using point_const_iterator = typename Base::const_iterator;
    void resize(std::size_t n) {
        this->rehash(n);
    }
};
} // namespace detail

template <class Key, class Mapped, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>, class...>
struct gp_hash_table : detail::Table<Key, Mapped, Hash, Equal> {
    using detail::Table<Key, Mapped, Hash, Equal>::Table;
    gp_hash_table() = default;
};

template <class Key, class Mapped, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>, class...>
struct cc_hash_table : detail::Table<Key, Mapped, Hash, Equal> {
    using detail::Table<Key, Mapped, Hash, Equal>::Table;
    cc_hash_table() = default;
};

} // namespace __gnu_pbds

#endif
