// For programs that include it and use nothing of it.
#ifndef PROCTOR_WINDOWS_H
#define PROCTOR_WINDOWS_H
typedef unsigned long DWORD;
typedef int BOOL;
#endif
