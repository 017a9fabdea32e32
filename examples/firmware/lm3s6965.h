/* SPDX-License-Identifier: Apache-2.0
 *
 * lm3s6965.h -- the registers that this example touches, as the data sheet of the Stellaris
 * LM3S6965 and the ARMv7-M manual name them. For another chip this is the file to replace. */
#ifndef FIRMWARE_LM3S6965_H
#define FIRMWARE_LM3S6965_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Without the PLL, as the chip comes out of reset: the emulated one then runs at 200 MHz / 16. */
#define CLOCK_HZ 12500000u

/* System control: clocks of the peripherals. */
#define RCGC1 REGISTER(0x400FE104u)
#define RCGC2 REGISTER(0x400FE108u)
#define RCGC1_TIMER0   (1u << 16)
#define RCGC2_ETHERNET (1u << 30 | 1u << 28)      /* PHY and MAC */

/* Cortex-M: SysTick, interrupt controller, faults, memory protection. */
#define SYST_CSR  REGISTER(0xE000E010u)
#define SYST_RVR  REGISTER(0xE000E014u)
#define SYST_CVR  REGISTER(0xE000E018u)
#define NVIC_ISER ((volatile uint32_t *)(uintptr_t)0xE000E100u)
#define NVIC_ICPR ((volatile uint32_t *)(uintptr_t)0xE000E280u)
#define AIRCR     REGISTER(0xE000ED0Cu)
#define SHCSR     REGISTER(0xE000ED24u)
#define CFSR      REGISTER(0xE000ED28u)
#define MPU_TYPE  REGISTER(0xE000ED90u)
#define MPU_CTRL  REGISTER(0xE000ED94u)
#define MPU_RNR   REGISTER(0xE000ED98u)
#define MPU_RBAR  REGISTER(0xE000ED9Cu)
#define MPU_RASR  REGISTER(0xE000EDA0u)

/* General purpose timer 0, whole: 32 bits. */
#define TIMER0_CFG  REGISTER(0x40030000u)
#define TIMER0_TAMR REGISTER(0x40030004u)
#define TIMER0_CTL  REGISTER(0x4003000Cu)
#define TIMER0_IMR  REGISTER(0x40030018u)
#define TIMER0_ICR  REGISTER(0x40030024u)
#define TIMER0_TAILR REGISTER(0x40030028u)
#define TIMER0_IRQ  19u

/* Ethernet MAC: all accesses are of 32 bits. */
#define MAC_IACK REGISTER(0x40048000u)
#define MAC_IM   REGISTER(0x40048004u)
#define MAC_RCTL REGISTER(0x40048008u)
#define MAC_TCTL REGISTER(0x4004800Cu)
#define MAC_DATA REGISTER(0x40048010u)
#define MAC_IA0  REGISTER(0x40048014u)
#define MAC_IA1  REGISTER(0x40048018u)
#define MAC_THR  REGISTER(0x4004801Cu)
#define MAC_NP   REGISTER(0x40048034u)
#define MAC_TR   REGISTER(0x40048038u)
#define MAC_IRQ  42u

#define MAC_INT_ALL      0x7Fu
#define MAC_INT_RX       1u
#define MAC_RCTL_RXEN    1u
#define MAC_RCTL_BADCRC  8u                       /* drop frames with a bad checksum */
#define MAC_RCTL_RSTFIFO 16u
#define MAC_TCTL_TXEN    1u
#define MAC_TCTL_PADEN   2u
#define MAC_TCTL_CRC     4u
#define MAC_TCTL_DUPLEX  16u
#define MAC_THR_WHOLE    0x3Fu                    /* send when told, not at a filling level */
#define MAC_TR_NEWTX     1u

#endif
