/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.c -- counts, for QEMU, how often the instruction at each address of the flash
 * is begun between two places in the program, and writes one list per passage:
 *
 *     passage <number>
 *     <address> <times>
 *
 * The emulator calls before every single instruction, so nothing is estimated, and a
 * run repeats to the instruction. An instruction of an IT block that is not carried out
 * counts, as it takes its cycle.
 *
 * Debian's QEMU takes plugins but comes without their header. What is used of the
 * interface is declared here: it is the part that has not changed since its version 1
 * (QEMU 4.2 to 8.2) and still serves in version 2 and later. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION 1
#endif

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void (*tb_callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*insn_callback)(unsigned int cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_callback cb);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, insn_callback cb,
                                            enum qemu_plugin_cb_flags flags, void *data);

/* What QEMU looks for. */
extern int qemu_plugin_version;
int qemu_plugin_version = PLUGIN_VERSION;
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

enum { FLASH = 0x40000 };

static uint32_t count[FLASH / 2];
static unsigned passages;
static uint64_t first, last;              /* where a passage begins and ends */
static FILE *out;

static void counted(unsigned int cpu, void *data)
{
    (void)cpu;
    ++*(uint32_t *)data;
}

static void begin(unsigned int cpu, void *data)
{
    (void)cpu, (void)data;
    memset(count, 0, sizeof count);
}

static void end(unsigned int cpu, void *data)
{
    (void)cpu, (void)data;
    fprintf(out, "passage %u\n", passages++);
    for (unsigned i = 0; i < FLASH / 2; i++)
        if (count[i] != 0)
            fprintf(out, "%x %u\n", 2 * i, (unsigned)count[i]);
    fflush(out);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t at = qemu_plugin_insn_vaddr(insn);

        if (at == first || at == last)
            qemu_plugin_register_vcpu_insn_exec_cb(insn, at == first ? begin : end, QEMU_PLUGIN_CB_NO_REGS, NULL);
        else if (at < FLASH)
            qemu_plugin_register_vcpu_insn_exec_cb(insn, counted, QEMU_PLUGIN_CB_NO_REGS, &count[at / 2]);
    }
}

/* -plugin plugin.so,begin=<address>,end=<address>,out=<file> */
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "begin=", 6) == 0)
            first = strtoull(argv[i] + 6, NULL, 0);
        else if (strncmp(argv[i], "end=", 4) == 0)
            last = strtoull(argv[i] + 4, NULL, 0);
        else if (strncmp(argv[i], "out=", 4) == 0)
            out = fopen(argv[i] + 4, "w");
    }
    if (first == 0 || last == 0 || out == NULL) {
        fprintf(stderr, "plugin.so: begin=, end= and a writable out= are wanted\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
