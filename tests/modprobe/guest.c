/* SPDX-License-Identifier: GPL-2.0-only */
/* The first process of a machine that runs one script of the shell, /script, and goes off. */
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) < 0 ||
	    mount("sys", "/sys", "sysfs", 0, NULL) < 0 ||
	    mount("dev", "/dev", "devtmpfs", 0, NULL) < 0)
		perror("guest: mount");
}

int main(void)
{
	pid_t child;

	mount_all();
	child = fork();
	if (child == 0) {
		execl("/bin/sh", "sh", "/script", NULL);
		perror("guest: /bin/sh");
		_exit(1);
	}
	while (waitpid(child, NULL, 0) < 0)
		;
	reboot(RB_AUTOBOOT);
	return 1;
}
