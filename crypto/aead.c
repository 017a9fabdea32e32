/* SPDX-License-Identifier: Apache-2.0
 *
 * aead.c -- the table of AEADs, and for each the choice between the processor's
 * instructions and the portable code. */
#include "aead.h"
#include "ccm.h"
#include "gcm.h"
#include "x86.h"

static void aead_ccm_seal(const uint8_t key[16], const struct aead_message *m, uint8_t *tag, size_t tag_len)
{
    if (LOCKET_CFG_X86 && x86_has_aes())
        ccm_seal_x86(key, m, tag, tag_len);
    else
        ccm_seal(key, m, tag, tag_len);
}

static bool aead_ccm_open(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag, size_t tag_len)
{
    if (LOCKET_CFG_X86 && x86_has_aes())
        return ccm_open_x86(key, m, tag, tag_len);
    return ccm_open(key, m, tag, tag_len);
}

static void aead_ccm_8_seal(const uint8_t key[16], const struct aead_message *m, uint8_t *tag)
{
    aead_ccm_seal(key, m, tag, 8);
}

static bool aead_ccm_8_open(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag)
{
    return aead_ccm_open(key, m, tag, 8);
}

static void aead_ccm_16_seal(const uint8_t key[16], const struct aead_message *m, uint8_t *tag)
{
    aead_ccm_seal(key, m, tag, 16);
}

static bool aead_ccm_16_open(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag)
{
    return aead_ccm_open(key, m, tag, 16);
}

static void aead_gcm_seal(const uint8_t key[16], const struct aead_message *m, uint8_t *tag)
{
    if (LOCKET_CFG_X86 && x86_has_aes())
        gcm_seal_x86(key, m, tag);
    else
        gcm_seal(key, m, tag);
}

static bool aead_gcm_open(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag)
{
    if (LOCKET_CFG_X86 && x86_has_aes())
        return gcm_open_x86(key, m, tag);
    return gcm_open(key, m, tag);
}

/* A function, or nothing when its knob is 0: then no one else names it, and the
 * linker or the compiler leaves it out. */
#define AEAD_IF(knob, function) ((knob) ? (function) : NULL)

LOCKET_INTERNAL const struct aead *aead_of(enum aead_id id)
{
    static const struct aead table[] = {
        { 8, (uint32_t)LOCKET_CFG_RECORDS_CCM, (uint32_t)LOCKET_CFG_BAD_TAGS_CCM,
          AEAD_IF(LOCKET_CFG_CCM, aead_ccm_8_seal), AEAD_IF(LOCKET_CFG_CCM, aead_ccm_8_open) },
        { 16, (uint32_t)LOCKET_CFG_RECORDS_CCM, (uint32_t)LOCKET_CFG_BAD_TAGS_CCM,
          AEAD_IF(LOCKET_CFG_CCM, aead_ccm_16_seal), AEAD_IF(LOCKET_CFG_CCM, aead_ccm_16_open) },
        { 16, (uint32_t)LOCKET_CFG_RECORDS_GCM, (uint32_t)LOCKET_CFG_BAD_TAGS_GCM,
          AEAD_IF(LOCKET_CFG_GCM, aead_gcm_seal), AEAD_IF(LOCKET_CFG_GCM, aead_gcm_open) },
    };

    return table[id].seal == NULL ? NULL : &table[id];
}
