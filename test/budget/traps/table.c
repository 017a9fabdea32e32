/* SPDX-License-Identifier: Apache-2.0
 *
 * table.c -- known frames behind every kind of pointer that the library uses: a row of a const
 * table, a const array, a parameter, a tail call. traps.py says what has to come out. */
struct row { int kind; int (*make)(int); int (*take)(int); };

#define DEEP(name, words) \
    static __attribute__((noinline)) int name(int x) \
    { volatile int room[words]; room[x & 1] = x; return room[0]; }
DEEP(make_small, 8)
DEEP(make_large, 100)
DEEP(take_larger, 200)
DEEP(in_array, 150)
DEEP(never_called, 500)


/* Of another type: a pointer in a row might hold any function of its type that code names. */
static __attribute__((noinline)) int as_parameter(long x)
{
    volatile int room[120];
    room[x & 1] = (int)x;
    return room[0];
}
static __attribute__((noinline)) int shallow(long x) { return (int)x; }

static const struct row rows[] = { { 1, make_small, take_larger }, { 2, make_large, 0 } };
int (*const locket_kept)(int) = never_called;

__attribute__((noinline)) int locket_by_row(int i) { return rows[i].make(i) + 1; }

__attribute__((noinline)) int locket_by_array(int i)
{
    static int (*const part[])(int) = { make_small, in_array };
    return part[i](i) + 1;
}

static __attribute__((noinline)) int through(int (*which)(long), int i) { return which(i) + 1; }
__attribute__((noinline)) int locket_by_parameter(int i)
{
    return i ? through(as_parameter, i) : through(shallow, i);
}

static __attribute__((noinline)) int last(int i) { return make_large(i) + 1; }
__attribute__((noinline)) int locket_by_tail(int i)
{
    volatile int room[50];
    room[i & 1] = i;
    return last(room[0]);
}

int main(void) { return locket_by_row(1) + locket_by_array(1) + locket_by_parameter(1) + locket_by_tail(1); }
