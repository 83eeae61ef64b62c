/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/channelset.h"
#include "dicom/source_pick.h"
#include "stream/volfile.h"

#include <string.h>

lm_status lm_channelset_split(const char *text, size_t *name, const char **series, lm_err *err)
{
    const char *eq = strchr(text, '=');
    if (!eq || !eq[1] || !lm_expr_is_name(text, (size_t)(eq - text)))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "--channel '%.60s': NAME=SERIES is needed, a name of at most 15 letters, digits or '_'", text);
    *name = (size_t)(eq - text);
    *series = eq + 1;
    return LM_OK;
}

lm_status lm_channelset_frame(const char *a, const char *b, lm_err *err)
{
    if (!a[0] || !b[0] || !strcmp(a, b)) return LM_OK;
    return lm_err_set(err, LM_ERULE, "G-3",
                      "the channels are in different frames of reference: their coordinates do not belong together");
}

static lm_status channelset_load(const lm_channelset_from *from, const char *series, lm_vol *vol, json_t **facts, lm_err *err)
{
    const lm_dicom_file *head;
    size_t which;
    bool file;
    lm_status rc = lm_volfile_is(series, &file, err);
    if (!rc && file) {
        lm_in *in = NULL;
        if (!(rc = lm_io_open(series, &in, err))) rc = lm_volfile_load(in, from->axes, vol, facts, err);
        lm_io_close(in);
        return rc;
    }
    if (!rc && !from->src)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "'%.80s' is no volume's file, and there is no PATH with series", series);
    if (!rc) rc = lm_source_select(from->src, series, false, &which, err);
    if (rc) return rc;
    lm_source_member(from->src, which, 0, &head);
    rc = lm_channelset_frame(head->frame, from->frame, err);
    return rc ? rc : lm_source_load(from->src, which, from->opt, vol, facts, err);
}

lm_status lm_channelset_add(const lm_channelset_from *from, const char *text, lm_channels *c, json_t *list, lm_err *err)
{
    lm_vol vol = LM_VOL_INIT;
    json_t *facts = NULL;
    const char *series;
    size_t n;
    lm_status rc = lm_channelset_split(text, &n, &series, err);
    if (rc) return rc;
    if (!(rc = channelset_load(from, series, &vol, &facts, err))) rc = lm_channels_add(c, text, n, from->first, &vol, err);
    if (rc) lm_err_frame(err, "channel '%.*s'", (int)n, text);
    else if (json_array_append_new(list, json_pack("{s:s%, s:O}", "name", text, n, "source", facts))) rc = lm_err_nomem(err, 0);
    json_decref(facts);
    lm_vol_release(&vol);
    return rc;
}
