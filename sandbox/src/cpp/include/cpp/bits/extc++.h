// Everything of the standard library and GCC's extensions.
#ifndef PROCTOR_BITS_EXTCXX_H
#define PROCTOR_BITS_EXTCXX_H

#include <bits/stdc++.h>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/priority_queue.hpp>
#include <ext/rope>

#endif
