/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/presets.h"
#include "cli/cli.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRESETS_PATH = 1024 };

static int presets_is(const struct dirent *e)
{
    const char *dot = strrchr(e->d_name, '.');
    return dot && !strcmp(dot, ".preset");
}

static lm_status presets_unknown(const char *name, lm_err *err)
{
    char dir[PRESETS_PATH], names[256] = "";
    struct dirent **e = NULL;
    lm_status rc = cli_data_path("presets", dir, sizeof dir, err);
    if (rc) return rc;
    int n = scandir(dir, &e, presets_is, alphasort);
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (at < sizeof names)
            at += (size_t)snprintf(names + at, sizeof names - at, "%s%.*s", i ? ", " : "", (int)strlen(e[i]->d_name) - 7,
                                   e[i]->d_name);
        free(e[i]);
    }
    free(e);
    return lm_err_set(err, LM_EUSAGE, NULL, "there is no preset '%s'; there are: %s", name, names);
}

bool cli_preset_own(const char *name)
{
    const size_t n = strlen(name);
    return n > 7 && !strcmp(name + n - 7, ".preset");
}

lm_status cli_preset(const char *name, lm_preset *out, lm_err *err)
{
    char file[128], path[PRESETS_PATH];
    lm_in *in = NULL;
    *out = (lm_preset){.n = 0};
    snprintf(file, sizeof file, "presets/%.100s.preset", name);
    if (cli_preset_own(name)) snprintf(path, sizeof path, "%.*s", PRESETS_PATH - 1, name);
    else if (!name[0] || strchr(name, '/') || cli_data_path(file, path, sizeof path, NULL)) return presets_unknown(name, err);
    lm_status rc = lm_io_open(path, &in, err);
    if (!rc) rc = lm_preset_read(in, out, err);
    lm_io_close(in);
    return rc ? lm_err_frame(err, "preset '%s'", name) : LM_OK;
}

lm_status cli_preset_seed(const char *args, const char *seed, char *out, bool *used, lm_err *err)
{
    size_t n = 0;
    for (const char *at = args; *at && n < LM_PRESET_ARGS;) {
        if (!strncmp(at, "@seed", 5)) {
            if (!seed)
                return lm_err_set(err, LM_EUSAGE, NULL, "it needs a place in the tissue: --seed X,Y,Z or --seed voxel=I,J,K");
            n += (size_t)snprintf(out + n, LM_PRESET_ARGS - n, "%s", seed);
            *used = true;
            at += 5;
        } else out[n++] = *at++;
    }
    if (n >= LM_PRESET_ARGS) return lm_err_set(err, LM_EUSAGE, NULL, "the place is too long a text");
    out[n] = 0;
    return LM_OK;
}
