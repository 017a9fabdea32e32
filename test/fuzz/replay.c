/* SPDX-License-Identifier: Apache-2.0
 *
 * replay.c -- a plain main() that gives every file named on the command line, and every
 * file of every folder named there, to one fuzz target. */
#include <dirent.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "reach.h"

enum { FILE_MAX = 1 << 20 };

static char running[512];

/* However the process ends, the input's name comes last. */
static void name_it(void) { fprintf(stderr, "input: %s\n", running); }

static void aborted(int signal)
{
    (void)signal;
    name_it();
}

static void one_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    uint8_t *bytes = fuzz_room(FILE_MAX);
    if (!in) {
        perror(path);
        exit(1);
    }
    size_t n = fread(bytes, 1, FILE_MAX, in);
    fclose(in);
    uint8_t *exact = fuzz_copy(bytes, n);
    free(bytes);
    snprintf(running, sizeof running, "%s", path);
    if (getenv("FUZZ_VERBOSE"))
        fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void one_folder(const char *path)
{
    struct dirent *entry;
    size_t n = 0, room = 0;
    char **names = NULL;
    DIR *dir = opendir(path);
    if (!dir) {
        perror(path);
        exit(1);
    }
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (n == room) {
            room = room ? 2 * room : 64;
            names = realloc(names, room * sizeof *names);
            if (!names)
                exit(1);
        }
        size_t len = strlen(path) + strlen(entry->d_name) + 2;
        names[n] = fuzz_room(len);
        snprintf(names[n++], len, "%s/%s", path, entry->d_name);
    }
    closedir(dir);
    if (n)
        qsort(names, n, sizeof *names, compare);
    for (size_t i = 0; i < n; i++) {
        one_file(names[i]);
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    __sanitizer_set_death_callback(name_it);
    signal(SIGABRT, aborted);
    for (int i = 1; i < argc; i++) {
        struct stat s;
        if (stat(argv[i], &s) == 0 && S_ISDIR(s.st_mode))
            one_folder(argv[i]);
        else
            one_file(argv[i]);
    }
    strcpy(running, "none, at the end");
    bool good = fuzz_report();
    reach_write();
    /* One file is for looking at it, a folder has something to show. */
    return good || argc != 2 || !getenv("FUZZ_REACH") ? 0 : 1;
}
