/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cli.h: what all tools share on the command line. One option table per tool feeds parsing, --help, completion
 * (--list-options) and the test that compares it with the manual page. Only tools print and exit. */
#ifndef TOOLS_CLI_CLI_H
#define TOOLS_CLI_CLI_H

#include "base/err.h"
#include "base/io.h"
#include "base/num.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { CLI_GOOD = 0, CLI_NO = 1, CLI_TROUBLE = 2 }; /* exit codes, as diff and grep have them */

typedef enum {
    CLI_FLAG,     /* bool: set true */
    CLI_TEXT,     /* const char *: as given */
    CLI_LIST,     /* cli_list: may be repeated */
    CLI_STEP,     /* cli_steps: options that share one list, in the order of the command line; may be repeated */
    CLI_COUNT,    /* size_t: decimal, 0 .. 10^9 */
    CLI_QUANTITY, /* cli_quantity: number with unit; `unit` is that of a bare number, and what is accepted (plus %) */
    CLI_NUMBER    /* cli_quantity: plain number, any sign */
} cli_kind;

typedef struct {
    const char *name; /* long name without "--" */
    char letter;      /* short name or 0 */
    cli_kind kind;
    const char *value; /* placeholder such as FILE, or NULL for flags */
    const char *dflt;  /* default as text for the help, or NULL; parsed like a value when the option is not given */
    const char *help;  /* one line */
    void *dest;
    lm_unit unit; /* CLI_QUANTITY */
} cli_opt;

typedef struct {
    const char *text; /* as given, or NULL */
    lm_quantity q;
} cli_quantity;

enum { CLI_LIST_MAX = 256 };
typedef struct {
    size_t n;
    const char *item[CLI_LIST_MAX];
} cli_list;
typedef struct {
    size_t n;
    struct {
        const char *name, *value; /* of the option, without "--" */
    } item[CLI_LIST_MAX];
} cli_steps;

typedef struct {
    const char *name;    /* tool */
    const char *purpose; /* one line */
    const char *usage;   /* operands: "[options] [FILE]" */
    const cli_opt *opts; /* ends with a NULL name; -h --help, --version, --list-options are added */
    const char *notes;   /* printed under the options: exit codes, an example */
    size_t min_args, max_args;
} cli_tool;

/* Options all tools share, in the same words. Put them into each table. */
#define CLI_OPT_OUTPUT(d) \
    { \
        "output", 'o', CLI_TEXT, "FILE", NULL, "write to FILE instead of standard output ('-')", d, LM_UNIT_NONE \
    }
#define CLI_OPT_VERBOSE(d) \
    { \
        "verbose", 'v', CLI_FLAG, NULL, NULL, "say on standard error what is done", d, LM_UNIT_NONE \
    }
#define CLI_OPT_QUIET(d) \
    { \
        "quiet", 'q', CLI_FLAG, NULL, NULL, "no progress and no notes, errors only", d, LM_UNIT_NONE \
    }
#define CLI_OPT_THREADS(d) \
    { \
        "threads", 'j', CLI_COUNT, "N", "0", "threads; 0: one per core, or 1 under make -j; never changes the result", d, \
            LM_UNIT_NONE \
    }
#define CLI_OPT_JSON(d) \
    { \
        "json", 0, CLI_TEXT, "FILE", NULL, "write the facts as JSON to FILE", d, LM_UNIT_NONE \
    }
#define CLI_OPT_REPORT(d) \
    { \
        "report", 0, CLI_TEXT, "FILE", NULL, "write the HTML report to FILE", d, LM_UNIT_NONE \
    }
#define CLI_OPT_CASE(d) \
    { \
        "case", 0, CLI_TEXT, "ID", NULL, "your own case id, for records, reports and files", d, LM_UNIT_NONE \
    }
#define CLI_OPT_END \
    { \
        NULL, 0, CLI_FLAG, NULL, NULL, NULL, NULL, LM_UNIT_NONE \
    }

/* Parse; operands are moved into args (n_args). Returns true when the tool must end now with *exit_code (help, version,
 * usage error, which was printed). Also installs signal handling. Options may follow operands; "--" ends options; a long
 * name may be written --name=VALUE or --name VALUE, and be cut short where that is unique. */
bool cli_parse(const cli_tool *tool, int argc, char **argv, const char **args, size_t max_args, size_t *n_args, int *exit_code);

/* Print "tool: message" on one line to stderr and return the exit code that belongs to err->code (LM_ENO: 1, else 2). */
int cli_fail(const cli_tool *tool, const lm_err *err);
/* Refuse before any work what could not be written in the end: one name for two outputs, binary data to a terminal. Names
 * as the user gave them, NULL where none; the first `binary` of them are volumes and meshes. */
LM_CHECKED lm_status cli_outputs(const char *const *name, size_t n, size_t binary, lm_err *err);
/* LM_EUSAGE when the text of an option (may be NULL) is no UTF-8. */
LM_CHECKED lm_status cli_text(const char *option, const char *text, lm_err *err);
/* Write facts as indented JSON beside path ("-" = standard output). lm_io_commit puts them in place, when the rest of the
 * output is there: after trouble nothing must be left. */
LM_CHECKED lm_status cli_json(const char *path, const json_t *facts, lm_out **out, lm_err *err);
/* A note on stderr ("tool: note: ..."). The caller respects -q. */
void cli_note(const cli_tool *tool, const char *fmt, ...) LM_PRINTF(2, 3);
/* Progress on stderr, when it is a terminal and quiet is false: "tool: what 42 %", redrawn in place; done ends the line. */
void cli_progress(const cli_tool *tool, bool quiet, const char *what, double fraction);
void cli_progress_done(bool quiet);
/* Where installed data (presets) lies: $MESHQA_DATADIR, else beside the binary's tree in the build, else the installed
 * place. Writes "DIR/name" into buf; LM_EIO when it does not exist. */
LM_CHECKED lm_status cli_data_path(const char *name, char *buf, size_t cap, lm_err *err);

#endif
