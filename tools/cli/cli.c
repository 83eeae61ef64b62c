/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"
#include "base/version.h"
#include "stream/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t cli_count(const cli_tool *tool)
{
    size_t n = 0;
    while (tool->opts[n].name) n++;
    return n;
}

static void cli_help(const cli_tool *tool)
{
    printf("usage: %s %s\n%s\n\noptions:\n", tool->name, tool->usage, tool->purpose);
    for (const cli_opt *o = tool->opts; o->name; o++) {
        char left[80], shrt[8] = "    ";
        if (o->letter) snprintf(shrt, sizeof shrt, "-%c, ", o->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", shrt, o->name, o->value ? " " : "", o->value ? o->value : "");
        printf("  %-28s %s%s%s%s\n", left, o->help, o->dflt ? " [" : "", o->dflt ? o->dflt : "", o->dflt ? "]" : "");
    }
    printf("  %-28s %s\n  %-28s %s\n", "-h, --help", "this text", "    --version", "print the version");
    if (tool->notes) printf("\n%s\n", tool->notes);
}

/* For completion and the manual test: name, letter, placeholder, default; one option a line, tab separated. */
static void cli_list_options(const cli_tool *tool)
{
    for (const cli_opt *o = tool->opts; o->name; o++)
        printf("--%s\t%s%c\t%s\t%s\n", o->name, o->letter ? "-" : "", o->letter ? o->letter : '-', o->value ? o->value : "-",
               o->dflt ? o->dflt : "-");
}

static lm_status cli_store(const cli_opt *o, const char *v, lm_err *err)
{
    switch (o->kind) {
    case CLI_FLAG: *(bool *)o->dest = true; return LM_OK;
    case CLI_TEXT: *(const char **)o->dest = v; return LM_OK;
    case CLI_LIST: {
        cli_list *l = o->dest;
        if (l->n == CLI_LIST_MAX) return lm_err_set(err, LM_EUSAGE, NULL, "given more than %d times", (int)CLI_LIST_MAX);
        l->item[l->n++] = v;
        return LM_OK;
    }
    case CLI_STEP: {
        cli_steps *l = o->dest;
        if (l->n == CLI_LIST_MAX) return lm_err_set(err, LM_EUSAGE, NULL, "more than %d steps", (int)CLI_LIST_MAX);
        l->item[l->n].name = o->name;
        l->item[l->n++].value = v;
        return LM_OK;
    }
    case CLI_COUNT:
        if (lm_num_size(v, 1000000000, o->dest)) return LM_OK;
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s' is no whole number from 0 to 1000000000", v);
    case CLI_NUMBER: {
        cli_quantity *c = o->dest;
        c->text = v;
        c->q = (lm_quantity){.unit = LM_UNIT_NONE};
        if (lm_num_all(v, &c->q.value)) return LM_OK;
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s' is no number", v);
    }
    case CLI_QUANTITY: {
        cli_quantity *c = o->dest;
        lm_status rc = lm_num_quantity(v, o->unit, &c->q, err);
        if (rc) return rc;
        c->text = v;
        if (c->q.unit == o->unit || c->q.unit == LM_UNIT_PERCENT) return LM_OK;
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s' has a unit that does not fit here", v);
    }
    }
    return LM_OK;
}

/* The option called by `name` of length n: exact, else the only one that begins so. NULL with a message otherwise. */
static const cli_opt *cli_find(const cli_tool *tool, const char *name, size_t n)
{
    const cli_opt *hit = NULL;
    int hits = 0;
    for (const cli_opt *o = tool->opts; o->name; o++) {
        if (strncmp(o->name, name, n)) continue;
        if (!o->name[n]) return o;
        hit = o;
        hits++;
    }
    if (hits == 1) return hit;
    fprintf(stderr, "%s: option --%.*s is %s; see %s --help\n", tool->name, (int)n, name, hits ? "ambiguous" : "unknown",
            tool->name);
    return NULL;
}

static const cli_opt *cli_find_letter(const cli_tool *tool, char c)
{
    for (const cli_opt *o = tool->opts; o->name; o++)
        if (o->letter == c) return o;
    fprintf(stderr, "%s: option -%c is unknown; see %s --help\n", tool->name, c, tool->name);
    return NULL;
}

static bool cli_apply(const cli_tool *tool, const cli_opt *o, const char *value)
{
    lm_err err = LM_ERR_INIT;
    if (cli_store(o, value, &err) == LM_OK) return true;
    fprintf(stderr, "%s: option --%s: %s\n", tool->name, o->name, err.text[0]);
    return false;
}

/* The tool ends after help and the like; they count only when they arrived. */
static bool cli_said(const cli_tool *tool, int *exit_code)
{
    if (!ferror(stdout) && !fflush(stdout)) return true;
    fprintf(stderr, "%s: cannot write standard output: %s\n", tool->name, strerror(errno));
    *exit_code = CLI_TROUBLE;
    return true;
}

static bool cli_usage(int *exit_code)
{
    *exit_code = CLI_TROUBLE;
    return true;
}

bool cli_parse(const cli_tool *tool, int argc, char **argv, const char **args, size_t max_args, size_t *n_args, int *exit_code)
{
    bool seen[256] = {false}, ended = false;
    *n_args = 0;
    *exit_code = CLI_GOOD;
    lm_io_catch_signals();
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (ended || a[0] != '-' || !a[1]) {
            if (*n_args == max_args || *n_args == tool->max_args) {
                fprintf(stderr, "%s: one operand too many: '%s'; see %s --help\n", tool->name, a, tool->name);
                return cli_usage(exit_code);
            }
            args[(*n_args)++] = a;
            continue;
        }
        if (!strcmp(a, "--")) {
            ended = true;
            continue;
        }
        if (!strcmp(a, "--help") || !strcmp(a, "-h")) {
            cli_help(tool);
            return cli_said(tool, exit_code);
        }
        if (!strcmp(a, "--version")) {
            printf("%s (meshqa) %s\n", tool->name, LM_VERSION);
            return cli_said(tool, exit_code);
        }
        if (!strcmp(a, "--list-options")) {
            cli_list_options(tool);
            return cli_said(tool, exit_code);
        }
        const char *value = NULL;
        const cli_opt *o;
        if (a[1] == '-') {
            const char *eq = strchr(a, '=');
            o = cli_find(tool, a + 2, eq ? (size_t)(eq - a - 2) : strlen(a + 2));
            if (eq) value = eq + 1;
        } else {
            o = cli_find_letter(tool, a[1]);
            if (o && a[2] && o->kind == CLI_FLAG) {
                fprintf(stderr, "%s: write -%c and what follows it apart: '%s'\n", tool->name, a[1], a);
                return cli_usage(exit_code);
            }
            if (a[2]) value = a + 2;
        }
        if (!o) return cli_usage(exit_code);
        if (o->kind == CLI_FLAG && value) {
            fprintf(stderr, "%s: option --%s takes no value\n", tool->name, o->name);
            return cli_usage(exit_code);
        }
        if (o->kind != CLI_FLAG && !value) {
            if (i + 1 == argc) {
                fprintf(stderr, "%s: option --%s needs a value: %s\n", tool->name, o->name, o->value);
                return cli_usage(exit_code);
            }
            value = argv[++i];
        }
        size_t at = (size_t)(o - tool->opts);
        if (at < 256 && seen[at] && o->kind != CLI_LIST && o->kind != CLI_STEP && o->kind != CLI_FLAG) {
            fprintf(stderr, "%s: option --%s is given twice\n", tool->name, o->name);
            return cli_usage(exit_code);
        }
        if (at < 256) seen[at] = true;
        if (!cli_apply(tool, o, value)) return cli_usage(exit_code);
    }
    for (size_t k = 0, n = cli_count(tool); k < n; k++)
        if (tool->opts[k].dflt && !seen[k] && tool->opts[k].kind != CLI_FLAG &&
            !cli_apply(tool, &tool->opts[k], tool->opts[k].dflt))
            return cli_usage(exit_code);
    if (*n_args < tool->min_args) {
        fprintf(stderr, "%s: an operand is missing: %s %s\n", tool->name, tool->name, tool->usage);
        return cli_usage(exit_code);
    }
    return false;
}

int cli_fail(const cli_tool *tool, const lm_err *err)
{
    char line[LM_ERR_FRAMES * LM_ERR_TEXT];
    lm_err_line(err, line, sizeof line);
    cli_progress_done(false);
    fprintf(stderr, "%s: %s\n", tool->name, line);
    return err->code == LM_ENO ? CLI_NO : CLI_TROUBLE;
}

/* Two names of one file, or of one that will be. Devices and pipes may be named twice (/dev/null). */
static bool cli_same_file(const char *a, const char *b)
{
    struct stat x, y;
    if (stat(a, &x)) return !strcmp(a, b);
    return S_ISREG(x.st_mode) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

lm_status cli_outputs(const char *const *name, size_t n, size_t binary, lm_err *err)
{
    for (size_t i = 0; i < n; i++) {
        bool to_stdout = name[i] && !strcmp(name[i], "-");
        if (to_stdout && i < binary && isatty(1))
            return lm_err_set(err, LM_EUSAGE, NULL, "standard output is a terminal: use -o FILE or connect a pipe");
        for (size_t k = 0; k < i && name[i]; k++) {
            if (!name[k]) continue;
            if (to_stdout && !strcmp(name[k], "-"))
                return lm_err_set(err, LM_EUSAGE, NULL, "standard output can take one output only: name a FILE for the other");
            if (!to_stdout && strcmp(name[k], "-") && cli_same_file(name[i], name[k]))
                return lm_err_set(err, LM_EUSAGE, NULL, "'%s' is named for two outputs: one would overwrite the other", name[i]);
        }
    }
    return LM_OK;
}

lm_status cli_text(const char *option, const char *text, lm_err *err)
{
    json_t *t = text ? json_string(text) : json_null();
    json_decref(t);
    return t ? LM_OK : lm_err_set(err, LM_EUSAGE, NULL, "--%s: the text is no UTF-8", option);
}

lm_status cli_json(const char *path, const json_t *facts, lm_out **out, lm_err *err)
{
    char *text = lm_record_dump(facts, JSON_INDENT(2) | JSON_ENSURE_ASCII, err);
    if (!text) return LM_ENOMEM;
    lm_status rc = lm_io_create(path, true, out, err);
    if (!rc) {
        lm_io_write(*out, text, strlen(text));
        lm_io_write(*out, "\n", 1);
        if (strcmp(path, "-")) rc = lm_io_flush(*out, err); /* what went down a pipe could not be taken back */
    }
    free(text);
    return rc;
}

void cli_note(const cli_tool *tool, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    cli_progress_done(false);
    fprintf(stderr, "%s: note: ", tool->name);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

static bool cli_line_open;

void cli_progress(const cli_tool *tool, bool quiet, const char *what, double fraction)
{
    if (quiet || !isatty(2)) return;
    fprintf(stderr, "\r\033[K%s: %s %d %%", tool->name, what, (int)(100 * fraction));
    cli_line_open = true;
}

void cli_progress_done(bool quiet)
{
    if (quiet || !cli_line_open) return;
    fputs("\r\033[K", stderr);
    cli_line_open = false;
}

lm_status cli_data_path(const char *name, char *buf, size_t cap, lm_err *err)
{
    const char *env = getenv("MESHQA_DATADIR");
    char self[2048];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    char *slash = strrchr(self, '/'); /* PREFIX/bin/tool, or CHECKOUT/build/CONFIG/bin/tool */
    if (slash) *slash = 0;
    for (int k = 0; k < 4; k++) {
        if (k == 0 && env) snprintf(buf, cap, "%s/%s", env, name);
        else if (k == 1 && slash) snprintf(buf, cap, "%s/../share/meshqa/%s", self, name);
        else if (k == 2 && slash) snprintf(buf, cap, "%s/../../../tools/%s", self, name);
        else if (k == 3) snprintf(buf, cap, "%s/%s", LM_DATADIR, name);
        else continue;
        if (access(buf, R_OK) == 0) return LM_OK;
    }
    return lm_err_set(err, LM_EIO, NULL, "'%s' is not among the installed data; set MESHQA_DATADIR", name);
}
