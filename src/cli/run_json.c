/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run as one JSON document, printed at the end. A field that has no value is null; an array may
 * be empty. Strings from the kernel are byte exact: byte 0xNN is the character U+00NN. Times are
 * microseconds. New fields may be added to version 1, none changes its meaning.
 *
 *	version       1
 *	command       "run"
 *	kernel        {release, image}
 *	engine        "process"
 *	module        {name, path, params, missing: [name of a dependency that is nowhere]}
 *	steps         [step]; in the order of time:
 *	    op        load unload read write list ioctl mmap poll sleep dmesg
 *	    args      strings: load FILE [PARAMS]; unload NAME; read PATH; write PATH TEXT;
 *	              list PATH; ioctl PATH REQUEST; mmap PATH OFFSET LENGTH; poll PATH;
 *	              sleep MILLISECONDS
 *	    command   the text of -c, null for a step of lkm's own
 *	    ret       what the kernel returned, -1 when that was an errno, null when it did not
 *	              return
 *	    err       "ENOENT", or null
 *	    crash     only when ret is null: panic timeout stall crash memory
 *	    us        how long it took
 *	    log       [[level, text]] meanwhile
 *	    uevents   ["add@/module/hello"] meanwhile
 *	    data      read, ioctl and mmap (hexadecimal), poll (names of bits), dmesg: the content;
 *	              else null
 *	    nodes     list: [{path, type, mode}]; else null
 *	created       [{path, type, mode}]: type as ls(1) has it, mode in octal ("0644")
 *	parameters    [{name, mode, type, value}]
 *	taints        {module: "OE", kernel: number of /proc/sys/kernel/tainted}
 *	troubles      [{kind, headline, where, source, step}]: oops, BUG, warning ...; step counts
 *	              from 0
 *	allocated     {count, bytes} by the module in its whole life, null when not known
 *	left_behind   [{kind, address, size, caller}], null when not known
 *	notes         [text]: explanations
 *	end           how the kernel ended by itself, {kind, text}; null when it did not
 *	verdict       {status: the exit status, text}
 *	times_us      {prepare, boot, load, commands, unload}
 *
 * When nothing could be run the document has only version, command, error and verdict.
 */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/run.h"

static json_t *text(const char *string)
{
	return string ? output_json_bytes(string, strlen(string)) : json_null();
}

static const char *end_name(enum engine_end_kind kind)
{
	static const char *const names[] = {
		[ENGINE_RUNNING] = "crash",   [ENGINE_PANIC] = "panic",
		[ENGINE_TIMEOUT] = "timeout", [ENGINE_STALL] = "stall",
		[ENGINE_CRASH] = "crash",     [ENGINE_MEMORY] = "memory",
		[ENGINE_UNABLE] = "unable",   [ENGINE_DAMAGED] = "damaged",
	};

	return names[kind];
}

static json_t *node_json(const char *path, char type, mode_t mode)
{
	char octal[8];

	snprintf(octal, sizeof(octal), "%04o", (unsigned int)mode & 07777);
	return json_pack("{s:o, s:s%, s:s}", "path", text(path), "type", &type, (size_t)1, "mode",
			 octal);
}

static json_t *args_json(const struct run_step *step)
{
	json_t *array = json_array();

	vec_foreach (&step->args, arg)
		json_array_append_new(array, text(*arg));
	return array;
}

static json_t *log_json(const struct run *run, const struct run_step *step)
{
	json_t *array = json_array();

	for (size_t i = step->log_begin; i < step->log_end; i++)
		json_array_append_new(
			array, json_pack("[i, o]", run->log.p[i].level, text(run->log.p[i].text)));
	return array;
}

static json_t *uevents_json(const struct run *run, const struct run_step *step)
{
	json_t *array = json_array();

	for (size_t i = step->uevent_begin; i < step->uevent_end; i++)
		json_array_append_new(array, text((const char *)run->uevents.p[i].p));
	return array;
}

static json_t *hex_json(const struct buf *data)
{
	DEFER(buf_free) struct buf hex = {0};

	for (size_t i = 0; i < data->n; i++)
		buf_format(&hex, "%02x", (unsigned char)data->p[i]);
	return text(buf_string(&hex));
}

static json_t *data_json(const struct run_step *step)
{
	if (strcmp(step->op, "ioctl") == 0 || strcmp(step->op, "mmap") == 0)
		return hex_json(&step->data);
	if (strcmp(step->op, "read") == 0 || strcmp(step->op, "poll") == 0 ||
	    strcmp(step->op, "dmesg") == 0)
		return output_json_bytes(buf_string(&step->data), step->data.n);
	return json_null();
}

static json_t *nodes_json(const struct run_step *step)
{
	json_t *array;

	if (strcmp(step->op, "list") != 0)
		return json_null();
	array = json_array();
	vec_foreach (&step->nodes, node)
		json_array_append_new(array, node_json(node->path, node->type, node->mode));
	return array;
}

static json_t *step_json(const struct run *run, const struct run_step *step)
{
	char space[16];
	json_t *object = json_pack("{s:s, s:o, s:o}", "op", step->op, "args", args_json(step),
				   "command", text(step->command));

	if (!step->answered) {
		json_object_set_new(object, "ret", json_null());
		json_object_set_new(object, "err", json_null());
		json_object_set_new(object, "crash",
				    text(run->dead && step == run_last(run)
						 ? end_name(run->end.kind)
						 : "oops"));
	} else {
		json_object_set_new(object, "ret", json_integer(step->ret < 0 ? -1 : step->ret));
		json_object_set_new(object, "err",
				    text(step->ret < 0
						 ? run_errno_name(-step->ret, space, sizeof(space))
						 : NULL));
	}
	json_object_set_new(object, "us", json_integer((json_int_t)step->us));
	json_object_set_new(object, "log", log_json(run, step));
	json_object_set_new(object, "uevents", uevents_json(run, step));
	json_object_set_new(object, "data", data_json(step));
	json_object_set_new(object, "nodes", nodes_json(step));
	return object;
}

static json_t *steps_json(const struct run *run)
{
	json_t *array = json_array();

	vec_foreach (&run->steps, step)
		json_array_append_new(array, step_json(run, *step));
	return array;
}

static json_t *created_json(const struct run *run)
{
	json_t *array = json_array();

	vec_foreach (&run->created, node)
		json_array_append_new(array, node_json(node->path, node->type, node->mode));
	return array;
}

static json_t *parameters_json(const struct run *run)
{
	json_t *array = json_array();
	char octal[8];

	vec_foreach (&run->parameters, param) {
		snprintf(octal, sizeof(octal), "%04o", (unsigned int)param->mode & 07777);
		json_array_append_new(array,
				      json_pack("{s:o, s:s, s:o, s:o}", "name", text(param->name),
						"mode", octal, "type", text(param->type), "value",
						text(param->value)));
	}
	return array;
}

/* Which one it is, as a number; null for none. */
static json_t *step_number(const struct run *run, const struct run_step *wanted)
{
	for (size_t i = 0; i < run->steps.n; i++) {
		if (run->steps.p[i] == wanted)
			return json_integer((json_int_t)i);
	}
	return json_null();
}

static json_t *troubles_json(const struct run *run)
{
	json_t *array = json_array();

	vec_foreach (&run->troubles, trouble)
		json_array_append_new(
			array,
			json_pack("{s:s, s:o, s:o, s:o, s:o}", "kind", trouble->kind, "headline",
				  text(trouble->headline), "where", text(trouble->where), "source",
				  text(trouble->source), "step", step_number(run, trouble->step)));
	return array;
}

static json_t *blocks_json(const struct run *run)
{
	json_t *array;
	char address[32];

	if (!run->blocks_known)
		return json_null();
	array = json_array();
	vec_foreach (&run->blocks, block) {
		snprintf(address, sizeof(address), "%#llx", (unsigned long long)block->address);
		json_array_append_new(array,
				      json_pack("{s:o, s:s, s:I, s:o}", "kind", text(block->kind),
						"address", address, "size", (json_int_t)block->size,
						"caller", text(block->caller)));
	}
	return array;
}

static json_t *strings_json(const char *const *strings, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, text(strings[i]));
	return array;
}

static json_t *times_json(const struct run *run)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "prepare",
			 (json_int_t)run->phase_us[RUN_PREPARE], "boot",
			 (json_int_t)run->phase_us[RUN_BOOT], "load",
			 (json_int_t)run->phase_us[RUN_LOAD], "commands",
			 (json_int_t)run->phase_us[RUN_COMMANDS], "unload",
			 (json_int_t)run->phase_us[RUN_UNLOAD]);
}

static json_t *module_json(const struct run *run)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "name", text(run->name), "path", text(run->path),
			 "params", text(run->params), "missing",
			 strings_json(run->plan.missing.p, run->plan.missing.n));
}

static json_t *allocated_json(const struct run *run)
{
	return run->blocks_known
		       ? json_pack("{s:I, s:I}", "count", (json_int_t)run->allocated_count, "bytes",
				   (json_int_t)run->allocated_bytes)
		       : json_null();
}

static json_t *end_json(const struct run *run)
{
	return run->dead ? json_pack("{s:s, s:o}", "kind", end_name(run->end.kind), "text",
				     text(run->end.text))
			 : json_null();
}

static void json_end(struct run *run)
{
	json_t *document = output_json_new();
	const struct {
		const char *name;
		json_t *value;
	} fields[] = {
		{"command", json_string("run")},
		{"kernel", json_pack("{s:o, s:o}", "release", text(run->kernel->release), "image",
				     text(run->kernel->vmlinuz))},
		{"engine", text(engine_name(run->engine))},
		{"module", module_json(run)},
		{"steps", steps_json(run)},
		{"created", created_json(run)},
		{"parameters", parameters_json(run)},
		{"taints", json_pack("{s:o, s:I}", "module", text(run->module_taint), "kernel",
				     (json_int_t)run->taint)},
		{"troubles", troubles_json(run)},
		{"allocated", allocated_json(run)},
		{"left_behind", blocks_json(run)},
		{"notes", strings_json(run->notes.p, run->notes.n)},
		{"end", end_json(run)},
		{"verdict",
		 json_pack("{s:i, s:o}", "status", run->status, "text", text(run->verdict))},
		{"times_us", times_json(run)},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (json_object_set_new(document, fields[i].name, fields[i].value) < 0)
			run->out_of_memory = true;
	}
	if (!output_json_print(document))
		run->out_of_memory = true;
}

void run_json_error(const char *error, enum cli_exit status)
{
	output_json_print(json_pack("{s:i, s:s, s:o, s:{s:i, s:o}}", "version", 1, "command", "run",
				    "error", text(error), "verdict", "status", status, "text",
				    text(error)));
}

const struct run_view run_json = {.end = json_end};
