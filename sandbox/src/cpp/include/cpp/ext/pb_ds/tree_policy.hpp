// Part of <ext/pb_ds/assoc_container.hpp>.
#include <ext/pb_ds/assoc_container.hpp>
