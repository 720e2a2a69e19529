// Vector instructions of x86 are not to be had; a program that only includes their header needs none.
#ifndef PROCTOR_X86_H
#define PROCTOR_X86_H
#endif
