#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""readme.py CC -- README.md tells the truth.

The C in it, and the loop in the essay of locket.h, compile and link against the
library's headers; every line of a block that follows `<!-- make X -->` is printed by
`make X`; every file that it names in backticks with a folder exists."""
import os
import re
import subprocess
import sys
import tempfile

cc = sys.argv[1]
readme = open('README.md').read()
wrong = []

AROUND = '''
#include <stdbool.h>
#include <string.h>
#include "locket.h"
locket_error look_up_key(void *user, locket_psk *psk);
size_t udp_wait(uint8_t *in, size_t cap, locket_peer *from, const locket_time *when);
void udp_send(const locket_peer *to, const uint8_t *data, size_t len);
locket_time now(void);
void app_data(locket_session *, const uint8_t *, size_t);
void app_up(locket_session *, uint32_t handle);
void app_down(locket_session *, locket_error reason);
bool flash_counter(uint32_t id, bool advance, uint64_t *value);
bool flash_write(const uint8_t *data, size_t len);
size_t flash_read(uint8_t *data, size_t cap);
'''
ESSAY = '''
static locket_endpoint ep;
static locket_session sessions[64];
static locket_handshake handshakes[4];
static const locket_config config = { .role = LOCKET_SERVER, .psk = look_up_key };
int main(void)
{
    uint8_t in[1500], out[1500];
    locket_peer from;
    locket_time when;
    locket_error started = %s
}
'''


def compiles(what, text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'text.c')
        with open(path, 'w') as f:
            f.write(AROUND + text)
        run = subprocess.run([cc, '-std=c99', '-Wall', '-Wextra', '-Wno-unused-variable', '-Werror', '-Iinclude',
                              '-c', '-o', os.path.join(folder, 'text.o'), path], capture_output=True, text=True)
        if run.returncode:
            wrong.append('%s does not compile:\n%s' % (what, run.stderr))


blocks = re.findall(r'```c\n(.*?)```', readme, re.S)
if not blocks:
    wrong.append('README.md has no C')
for i, block in enumerate(blocks):
    compiles('block %d of C in README.md' % (i + 1), block)
essay = re.search(r' \*     (locket_init\(.*?) \*     }\n', open('include/locket.h').read(), re.S)
if essay:
    compiles('the loop in locket.h', ESSAY % (re.sub(r'(?m)^ \*    ', '', essay.group(1)) + '}'))
else:
    wrong.append('locket.h has no loop')

for target, block in re.findall(r'<!-- make (\w+) -->\n```\n(.*?)```', readme, re.S):
    printed = subprocess.run(['make', '--no-print-directory', '-s', target], capture_output=True, text=True).stdout
    lines = {' '.join(line.split()) for line in printed.splitlines()}
    for line in block.splitlines():
        if line.strip() and ' '.join(line.split()) not in lines:
            wrong.append('make %s does not print: %s' % (target, line))

for path in re.findall(r'`((?:include|crypto|record|alert|handshake|examples|test)/[\w./]+)`', readme):
    if not os.path.exists(path):
        wrong.append('README.md names %s, which is not there' % path)

for line in wrong:
    print(line)
print('README.md: %d blocks of C, %s' % (len(blocks), 'all true' if not wrong else '%d wrong' % len(wrong)))
sys.exit(1 if wrong else 0)
