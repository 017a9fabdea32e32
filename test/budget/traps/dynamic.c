/* SPDX-License-Identifier: Apache-2.0
 *
 * dynamic.c -- a frame as large as an argument says. */
__attribute__((noinline)) int locket_room(int i)
{
    volatile char *room = __builtin_alloca((unsigned)i);
    room[0] = 1;
    return room[i - 1];
}
int main(void) { return locket_room(3); }
