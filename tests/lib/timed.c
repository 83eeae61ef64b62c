/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timed.c: for the bench. `timed LOG NAME COMMAND...` runs the command with its streams untouched and appends one line to
 * LOG: NAME, wall seconds, CPU seconds (with the children it waited for), peak memory in KB of its largest process, exit
 * code. Exits as the command did. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 4) return fprintf(stderr, "usage: timed LOG NAME COMMAND...\n"), 2;
    double start = seconds();
    pid_t pid = fork();
    if (pid < 0) return perror("timed"), 2;
    if (pid == 0) {
        execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(127);
    }
    close(0); /* the command alone holds the pipe: its neighbours see its end at once */
    close(1);
    int status;
    struct rusage ru;
    if (wait4(pid, &status, 0, &ru) != pid) return 2;
    double wall = seconds() - start;
    int rc = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    FILE *f = fopen(argv[1], "a");
    if (!f) return perror(argv[1]), 2;
    fprintf(f, "%s %.3f %.3f %ld %d\n", argv[2], wall,
            (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) + 1e-6 * (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec),
            ru.ru_maxrss, rc);
    return fclose(f) ? 2 : rc;
}
