/* SPDX-License-Identifier: Apache-2.0
 *
 * recursion.c -- a function that comes back to itself by way of a table. */
struct row { int (*make)(int); };
__attribute__((noinline)) int locket_again(int i);
static __attribute__((noinline)) int step(int i) { return i ? locket_again(i - 1) + 1 : 0; }
static const struct row rows[] = { { step }, { step } };
int locket_again(int i) { return rows[i & 1].make(i) + 1; }
int main(void) { return locket_again(3); }
