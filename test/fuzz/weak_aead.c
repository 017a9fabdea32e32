/* SPDX-License-Identifier: Apache-2.0
 *
 * weak_aead.c -- in place of crypto/aead.c: the same table with the same tag lengths and
 * limits, and no cipher. See weak.h. */
#include "weak.h"

#include <string.h>

#include "aead.h"
#include "fuzz.h"

enum { NONCES = 1024, KEY = 16, NONCE = 12 };

static struct { uint8_t key[KEY], nonce[NONCE]; } nonces[NONCES];
static size_t n_nonces;

struct weak weak;

void weak_reset(void)
{
    memset(&weak, 0, sizeof weak);
    n_nonces = 0;
}

bool weak_opened_in(const void *bytes, size_t len, unsigned since)
{
    const uint8_t *from = bytes;
    enum { KEPT = sizeof weak.opened_by / sizeof weak.opened_by[0] };
    if (weak.opened - since > KEPT)
        return true;              /* perhaps: it is no longer known */
    for (unsigned i = since; i != weak.opened; i++)
        if (weak.opened_by[i % KEPT] >= from && weak.opened_by[i % KEPT] < from + len)
            return true;
    return false;
}

static void seal(const uint8_t key[KEY], const struct aead_message *m, uint8_t *tag, size_t tag_len)
{
    for (size_t i = 0; i < n_nonces; i++)
        FUZZ_CHECK(memcmp(nonces[i].key, key, KEY) != 0 || memcmp(nonces[i].nonce, m->nonce, NONCE) != 0);
    if (n_nonces < NONCES) {
        memcpy(nonces[n_nonces].key, key, KEY);
        memcpy(nonces[n_nonces++].nonce, m->nonce, NONCE);
    }
    memset(tag, 0, tag_len);
}

static bool open_any(const uint8_t key[KEY], const struct aead_message *m, const uint8_t *tag)
{
    (void)m;
    if (tag[0] == WEAK_REFUSED)
        return false;
    weak.opened_by[weak.opened++ % (sizeof weak.opened_by / sizeof weak.opened_by[0])] = key;
    return true;
}

static void seal_8(const uint8_t key[KEY], const struct aead_message *m, uint8_t *tag)
{
    seal(key, m, tag, 8);
}

static void seal_16(const uint8_t key[KEY], const struct aead_message *m, uint8_t *tag)
{
    seal(key, m, tag, 16);
}

LOCKET_INTERNAL const struct aead *aead_of(enum aead_id id)
{
    static const struct aead table[] = {
        { 8, (uint32_t)LOCKET_CFG_RECORDS_CCM, (uint32_t)LOCKET_CFG_BAD_TAGS_CCM, seal_8, open_any },
        { 16, (uint32_t)LOCKET_CFG_RECORDS_CCM, (uint32_t)LOCKET_CFG_BAD_TAGS_CCM, seal_16, open_any },
        { 16, (uint32_t)LOCKET_CFG_RECORDS_GCM, (uint32_t)LOCKET_CFG_BAD_TAGS_GCM, seal_16, open_any },
    };
    return &table[id];
}
