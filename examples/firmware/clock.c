/* SPDX-License-Identifier: Apache-2.0
 *
 * clock.c -- time without an interrupt: SysTick counts down over its whole 24 bits and starts
 * again, every 1.3 s at 12.5 MHz. Each look adds what has gone by since the last one, so no
 * tick is lost however late the look is, short of a whole turn.
 *
 * Sleep is WFI. The timer and the MAC raise an interrupt that wakes the core and is never
 * taken (startup.c); it is taken back here. */
#include "clock.h"
#include "lm3s6965.h"

enum { TURN = 0xFFFFFF, CYCLES_PER_MS = CLOCK_HZ / 1000, LONGEST_SLEEP = 1000 };

static struct {
    uint32_t seen;            /* SysTick at the last look */
    uint32_t cycles;          /* that do not make a millisecond yet */
    uint32_t ms;
} clock;

void clock_open(void)
{
    enum { ENABLE = 1, CORE_CLOCK = 4, ONE_SHOT = 1 };
    SYST_RVR = TURN;
    SYST_CVR = 0;
    SYST_CSR = CORE_CLOCK | ENABLE;
    clock.seen = SYST_CVR;

    RCGC1 |= RCGC1_TIMER0;
    TIMER0_CTL = 0;
    TIMER0_CFG = 0;
    TIMER0_TAMR = ONE_SHOT;
    TIMER0_IMR = 1;
    NVIC_ISER[TIMER0_IRQ / 32] = 1u << TIMER0_IRQ % 32;
    NVIC_ISER[MAC_IRQ / 32] = 1u << MAC_IRQ % 32;
}

uint32_t clock_now(void)
{
    const uint32_t at = SYST_CVR;
    clock.cycles += (clock.seen - at) & TURN;
    clock.seen = at;
    clock.ms += clock.cycles / CYCLES_PER_MS;
    clock.cycles %= CYCLES_PER_MS;
    return clock.ms;
}

void clock_spin(void)
{
    for (uint32_t i = 0; i < 100000; i++)
        __asm__ volatile("");
    (void)clock_now();
}

void clock_sleep(uint32_t when)
{
    const uint32_t now = clock_now();
    uint32_t ms = when - now;
    if (clock_due(when, now))
        return;
    if (ms > LONGEST_SLEEP)
        ms = LONGEST_SLEEP;
    TIMER0_TAILR = ms * CYCLES_PER_MS;
    TIMER0_CTL = 1;
    /* A frame that comes between the look at NP and the WFI is pending by then and ends it. */
    if (MAC_NP == 0)
        __asm__ volatile("dsb\n\twfi" ::: "memory");
    TIMER0_CTL = 0;
    TIMER0_ICR = 1;
    MAC_IACK = MAC_INT_RX;
    NVIC_ICPR[TIMER0_IRQ / 32] = 1u << TIMER0_IRQ % 32;
    NVIC_ICPR[MAC_IRQ / 32] = 1u << MAC_IRQ % 32;
    (void)clock_now();
}
