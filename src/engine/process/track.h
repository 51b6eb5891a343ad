/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What modules allocate and have not freed.
 *
 * The kernel's allocators are wrapped: a call that comes from module text is recorded with its
 * caller; every free is compared with the records, whoever frees.
 */
#ifndef LKM_ENGINE_PROCESS_TRACK_H
#define LKM_ENGINE_PROCESS_TRACK_H

#include <stdint.h>

/*
 * A(function, kind, size, caller): allocators with up to six integer arguments a to f. size is in
 * bytes, in terms of them; so is caller, where 0 means the return address. kstrdup() and others
 * pass on who called them, in a place that depends on the kernel's configuration.
 */
#define TRACK_ALLOCATORS(A)                                                                        \
	A(__kmalloc, "kmalloc", a, 0)                                                              \
	A(kmalloc_trace, "kmalloc", c, 0)                                                          \
	A(__kmalloc_node, "kmalloc", a, 0)                                                         \
	A(kmalloc_node_trace, "kmalloc", d, 0)                                                     \
	A(__kmalloc_node_track_caller, "kmalloc", a, d)                                            \
	A(kmalloc_large, "kmalloc", a, 0)                                                          \
	A(kmalloc_large_node, "kmalloc", a, 0)                                                     \
	A(krealloc, "kmalloc", b, 0)                                                               \
	A(kvmalloc_node, "kvmalloc", a, 0)                                                         \
	A(kmem_cache_alloc, "slab", track_object_size(a), 0)                                       \
	A(kmem_cache_alloc_node, "slab", track_object_size(a), 0)                                  \
	A(kmem_cache_alloc_lru, "slab", track_object_size(a), 0)                                   \
	A(vmalloc, "vmalloc", a, 0)                                                                \
	A(vzalloc, "vmalloc", a, 0)                                                                \
	A(vmalloc_user, "vmalloc", a, 0)                                                           \
	A(__vmalloc, "vmalloc", a, 0)                                                              \
	A(__get_free_pages, "pages", 4096l << b, 0)                                                \
	A(get_zeroed_page, "pages", 4096, 0)                                                       \
	A(__alloc_percpu, "percpu", a, 0)                                                          \
	A(__alloc_percpu_gfp, "percpu", a, 0)                                                      \
	/* since 6.10 */                                                                           \
	A(__kmalloc_noprof, "kmalloc", a, 0)                                                       \
	A(__kmalloc_cache_noprof, "kmalloc", c, 0)                                                 \
	A(__kmalloc_node_noprof, "kmalloc", a, 0)                                                  \
	A(__kmalloc_cache_node_noprof, "kmalloc", d, 0)                                            \
	A(__kmalloc_node_track_caller_noprof, "kmalloc", a, track_either(d, e))                    \
	A(__kmalloc_large_noprof, "kmalloc", a, 0)                                                 \
	A(__kmalloc_large_node_noprof, "kmalloc", a, 0)                                            \
	A(krealloc_noprof, "kmalloc", b, 0)                                                        \
	A(__kvmalloc_node_noprof, "kvmalloc", a, 0)                                                \
	A(kmem_cache_alloc_noprof, "slab", track_object_size(a), 0)                                \
	A(kmem_cache_alloc_node_noprof, "slab", track_object_size(a), 0)                           \
	A(kmem_cache_alloc_lru_noprof, "slab", track_object_size(a), 0)                            \
	A(vmalloc_noprof, "vmalloc", a, 0)                                                         \
	A(vzalloc_noprof, "vmalloc", a, 0)                                                         \
	A(vmalloc_user_noprof, "vmalloc", a, 0)                                                    \
	A(__vmalloc_noprof, "vmalloc", a, 0)                                                       \
	A(get_free_pages_noprof, "pages", 4096l << b, 0)                                           \
	A(get_zeroed_page_noprof, "pages", 4096, 0)                                                \
	A(pcpu_alloc_noprof, "percpu", a, 0)

/* R(function, argument): what gives a block back, and the argument that is its address. */
#define TRACK_RELEASES(R)                                                                          \
	R(kfree, a)                                                                                \
	R(vfree, a)                                                                                \
	R(kmem_cache_free, b)                                                                      \
	R(free_pages, a)                                                                           \
	R(free_percpu, a)

struct track_originals {
#define A(function, kind, size, caller) uint64_t function;
#define R(function, argument) uint64_t function;
	TRACK_ALLOCATORS(A)
	TRACK_RELEASES(R)
#undef A
#undef R
	uint64_t kmem_cache_free_bulk;
};
extern struct track_originals track_originals; /* part of a snapshot */

#define A(function, kind, size, caller)                                                            \
	long track_##function(long a, long b, long c, long d, long e, long f);
#define R(function, argument) void track_##function(long a, long b);
TRACK_ALLOCATORS(A)
TRACK_RELEASES(R)
#undef A
#undef R
void track_kmem_cache_free_bulk(long cache, long count, void **list);

/* A module comes or goes: the same address may belong to another function from now on. */
void track_new_generation(void);

/* Sends WIRE_BLOCK for each live block of a module. Returns how often it allocated in all, and the
 * bytes of that. */
uint64_t track_report(const char *module, uint64_t *bytes);

#endif
