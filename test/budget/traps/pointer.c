/* SPDX-License-Identifier: Apache-2.0
 *
 * pointer.c -- a call through a pointer that nothing here fills. */
struct hook { int (*go)(int); };
__attribute__((noinline)) int locket_anywhere(const struct hook *h, int i) { return h->go(i) + 1; }
int main(void) { return locket_anywhere((const struct hook *)0x1000, 3); }
