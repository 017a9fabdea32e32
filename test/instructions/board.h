/* SPDX-License-Identifier: Apache-2.0
 *
 * board.h -- the emulated board and how a passage of a program is counted on it. */
#ifndef INSTRUCTIONS_BOARD_H
#define INSTRUCTIONS_BOARD_H

#include <stdint.h>

/* Count what the library does in `statement` for the rows of the table named in `rows`
 * (one or more, with blanks between); and how deep the stack gets below this function. */
#define COUNT(rows, statement)                     \
    do {                                           \
        board_paint(board_sp());                   \
        count_begin();                             \
        statement;                                 \
        count_end();                               \
        board_report(rows, board_sp());            \
    } while (0)

/* Where the plugin begins and ends a list. */
void count_begin(void);
void count_end(void);

static inline uint32_t board_sp(void)
{
    uint32_t sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

void board_paint(uint32_t sp);
void board_report(const char *rows, uint32_t sp);

/* The program: 0 when all went well. */
int story(void);

#endif
