/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one program of a machine in which modules are loaded while another is starting or going.
 * Reads /cases, a line for each,
 *
 *	NAME STATE FILE PARAMETERS...
 *
 * with the state coming or going, and parameters of /slow.ko, and writes to the console, for the
 * load of FILE in the meantime: "case NAME ERRNO", and for each line of the kernel's log then
 * "log LEVEL TEXT".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEANWHILE_US = 300000 };

static int load(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int code = syscall(SYS_finit_module, fd, params, 0) < 0 ? errno : 0;

	close(fd);
	return code;
}

static void show_log(int log)
{
	char record[8192];
	ssize_t length;

	while ((length = read(log, record, sizeof(record) - 1)) > 0) {
		char *text, *end;

		record[length] = 0;
		text = strchr(record, ';');
		end = strchr(record, '\n');
		if (text && end)
			printf("log %ld %.*s\n", strtol(record, NULL, 10) & 7,
			       (int)(end - text - 1), text + 1);
	}
}

static void try(const char *name, const char *state, const char *path, const char *params)
{
	int going = strcmp(state, "going") == 0;
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	pid_t other;

	if (going)
		load("/slow.ko", params);
	other = fork();
	if (other == 0) {
		if (going)
			syscall(SYS_delete_module, "slow", O_NONBLOCK);
		else
			load("/slow.ko", params);
		_exit(0);
	}
	usleep(MEANWHILE_US);
	lseek(log, 0, SEEK_END);
	printf("case %s %d\n", name, load(path, ""));
	show_log(log);
	close(log);
	waitpid(other, NULL, 0);
	syscall(SYS_delete_module, "user", O_NONBLOCK);
	syscall(SYS_delete_module, "slow", O_NONBLOCK);
}

int main(void)
{
	char line[256], name[64], state[16], path[64];
	FILE *cases = fopen("/cases", "r");
	int params;

	mount("none", "/dev", "devtmpfs", 0, NULL);
	if (!freopen("/dev/console", "w", stdout))
		return 1;
	while (cases && fgets(line, sizeof(line), cases)) {
		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "%63s %15s %63s %n", name, state, path, &params) == 3)
			try(name, state, path, line + params);
		fflush(stdout);
	}
	puts("end");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 0;
}
