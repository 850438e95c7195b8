/* What is relied on is the data format of LMDB 0.9 (MDB_DATA_VERSION 1; the same from 0.9.0 to 0.9.33), 64-bit, in the
 * machine's byte order.
 *
 * page: pgno u64, pad u16, flags u16, then lower u16 and upper u16 (an overflow run: its pages u32); 16 bytes. Offsets
 * of nodes, u16 each, follow.
 *
 * meta, pages 0 and 1: behind the page header magic u32, version u32, address u64, map size u64, two table records
 * (free list, main), last page u64, transaction u64. Transaction n writes page n & 1.
 *
 * table: page size (free list's) or pad u32, flags u16, depth u16, branch, leaf and overflow pages u64, entries u64,
 * root u64; 48 bytes.
 *
 * node: low u16, high u16, flags u16, key size u16, key, data. Leaf: low and high are the data's size; flag 1: data is
 * the page of an overflow run, 2: data is a table record. Branch: low, high and flags are the child's page.
 *
 * free list: a table of transaction u64 -> count u64 and that many pages u64, descending. */
#include "storage/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE_HEADER = 16, NODE_HEADER = 8, TABLE_RECORD = 48, META_SIZE = 152 };
enum { META_MAGIC = 16, META_VERSION = 20, META_FREE = 40, META_MAIN = 88, META_LAST = 136, META_TXN = 144 };
enum { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8, PAGE_DIRTY = 16 };
enum { NODE_OVERFLOW = 1, NODE_TABLE = 2 };
enum { DEPTH_MAX = 32, FLAG_INTEGER_KEY = 8 };
#define MAGIC   UINT32_C(0xBEEFC0DE)
#define NO_PAGE UINT64_MAX

/* A data file in memory (read-only, private to this check). */
typedef struct {
    const pages_rules_t *rules;
    const uint8_t *bytes;
    size_t size, page_size;
    uint8_t metas[2][META_SIZE]; /* as they were at one moment: who has it open may write them */
    uint64_t last_page;          /* of the snapshot under check */
    uint64_t *seen;              /* a bit for each page */
    char *why;
    size_t why_size;
} image_t;

typedef struct {
    uint32_t pad;
    uint16_t flags, depth;
    uint64_t branches, leaves, overflows, entries, root;
} table_record_t;

typedef struct {
    const uint8_t *key, *data;
    size_t key_size, data_size;
    uint16_t flags;
} node_t;

static uint16_t take16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint32_t take32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint64_t take64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static table_record_t take_table(const uint8_t *bytes)
{
    return (table_record_t){.pad = take32(bytes),
                            .flags = take16(bytes + 4),
                            .depth = take16(bytes + 6),
                            .branches = take64(bytes + 8),
                            .leaves = take64(bytes + 16),
                            .overflows = take64(bytes + 24),
                            .entries = take64(bytes + 32),
                            .root = take64(bytes + 40)};
}

static status_t damaged(image_t *image, const char *format, ...) PRINTF(2, 3);
static status_t damaged(image_t *image, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(image->why, image->why_size, format, arguments);
    va_end(arguments);
    return STATUS_DAMAGED;
}

static void image_close(image_t *image)
{
    if (image->bytes)
        munmap((void *)image->bytes, image->size);
    free(image->seen);
}

static status_t map_file(image_t *image, const char *directory)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/data.mdb", directory);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 && errno == ENOENT)
        return damaged(image, "data.mdb is missing");
    if (file < 0 || fstat(file, &status) != 0) {
        snprintf(image->why, image->why_size, "data.mdb cannot be opened: %s", strerror(errno));
        if (file >= 0)
            close(file);
        return STATUS_IO;
    }
    image->size = (size_t)status.st_size;
    void *bytes = image->size ? mmap(NULL, image->size, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    close(file);
    if (image->size == 0)
        return damaged(image, "data.mdb is empty");
    if (bytes == MAP_FAILED)
        return STATUS_NO_MEMORY;
    image->bytes = bytes;
    return STATUS_OK;
}

/* Where page `number` lies; NULL behind the snapshot's or the file's end, or where the page does not name itself. */
static const uint8_t *page_at(const image_t *image, uint64_t number)
{
    if (number < 2 || number > image->last_page || (number + 1) * image->page_size > image->size)
        return NULL;
    const uint8_t *page = image->bytes + number * image->page_size;
    return take64(page) == number ? page : NULL;
}

static size_t node_count(const uint8_t *page)
{
    return (take16(page + 12) - (size_t)PAGE_HEADER) / 2;
}

/* Node `index` of a leaf, wholly inside its page. */
static bool leaf_node(const image_t *image, const uint8_t *page, size_t index, node_t *out)
{
    size_t offset = take16(page + PAGE_HEADER + 2 * index);
    if (offset < take16(page + 14) || offset + NODE_HEADER > image->page_size)
        return false;
    const uint8_t *node = page + offset;
    size_t data_size = take16(node) | (size_t)take16(node + 2) << 16, key_size = take16(node + 6);
    uint16_t flags = take16(node + 4);
    size_t held = flags & NODE_OVERFLOW ? sizeof(uint64_t) : data_size;
    if (offset + NODE_HEADER + key_size + held > image->page_size)
        return false;
    *out = (node_t){node + NODE_HEADER, node + NODE_HEADER + key_size, key_size, data_size, flags};
    return true;
}

static bool page_is_sound(const image_t *image, const uint8_t *page, uint16_t kind)
{
    uint16_t lower = take16(page + 12), upper = take16(page + 14);
    return (take16(page + 10) & ~PAGE_DIRTY) == kind && lower >= PAGE_HEADER && lower % 2 == 0 && lower <= upper &&
           upper <= image->page_size;
}

/* Marks a page; false where it was met before. */
static bool mark(image_t *image, uint64_t number)
{
    uint64_t bit = UINT64_C(1) << (number % 64);
    if (image->seen[number / 64] & bit)
        return false;
    image->seen[number / 64] |= bit;
    if (number % 1024 == 0 && image->rules->tick)
        image->rules->tick(image->rules->context);
    return true;
}

/* A value that is spread over whole pages: its first page names the run's length. */
static status_t check_overflow(image_t *image, const node_t *node, table_record_t *io_found, const uint8_t **out_data)
{
    uint64_t first = take64(node->data), pages = (PAGE_HEADER + node->data_size - 1) / image->page_size + 1;
    const uint8_t *page = page_at(image, first);
    if (!page || (take16(page + 10) & ~PAGE_DIRTY) != PAGE_OVERFLOW || take32(page + 12) != pages ||
        first + pages - 1 > image->last_page || (first + pages) * image->page_size > image->size)
        return damaged(image, "page %llu is damaged (a long value)", (unsigned long long)first);
    for (uint64_t i = 0; i < pages; i++)
        if (!mark(image, first + i))
            return damaged(image, "page %llu is used twice", (unsigned long long)(first + i));
    io_found->overflows += pages;
    *out_data = page + PAGE_HEADER;
    return STATUS_OK;
}

/* Pages of one record of the free list: each in range, descending, and used by nobody. */
static status_t check_free_record(image_t *image, const uint8_t *data, size_t size)
{
    uint64_t count = size >= 8 ? take64(data) : UINT64_MAX;
    if (count > size / 8 - 1)
        return damaged(image, "the list of free pages is damaged");
    uint64_t before = NO_PAGE;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = take64(data + 8 * (i + 1));
        if (number < 2 || number > image->last_page || number >= before || !mark(image, number))
            return damaged(image, "the list of free pages names page %llu, which is in use",
                           (unsigned long long)number);
        before = number;
    }
    return STATUS_OK;
}

static const span_t NONE = {0};

typedef enum { TREE_RECORDS, TREE_MAIN, TREE_FREE_LIST } tree_kind_t;

/* A tree under check, and what was found in it so far. */
typedef struct {
    image_t *image;
    tree_kind_t kind;
    table_record_t found;
} tree_t;

/* Keys that a page may hold: low <= key < high; data NULL = no bound. */
typedef struct {
    span_t low, high;
} bounds_t;

static int compare_keys(tree_kind_t kind, span_t a, span_t b)
{
    if (kind == TREE_FREE_LIST) {
        uint64_t x = take64(a.data), y = take64(b.data);
        return (x > y) - (x < y);
    }
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Whether `key` follows `before` (of the same page; NULL data = first) and lies within the bounds: searches rely on it.
 */
static bool key_is_in_order(tree_kind_t kind, span_t key, span_t before, const bounds_t *bounds)
{
    if (key.size == 0 || (kind == TREE_FREE_LIST && key.size != sizeof(uint64_t)))
        return false;
    return (!before.data || compare_keys(kind, before, key) < 0) &&
           (!bounds->low.data || compare_keys(kind, bounds->low, key) <= 0) &&
           (!bounds->high.data || compare_keys(kind, key, bounds->high) < 0);
}

static status_t check_table(image_t *image, const table_record_t *table, tree_kind_t kind);

static status_t check_leaf_node(tree_t *tree, const node_t *node)
{
    const uint8_t *data = node->data;
    if (tree->kind == TREE_MAIN) {
        if (node->flags != NODE_TABLE || node->data_size != TABLE_RECORD)
            return damaged(tree->image, "the list of tables is damaged");
        table_record_t table = take_table(data);
        return check_table(tree->image, &table, TREE_RECORDS);
    }
    if (node->flags & NODE_OVERFLOW)
        TRY(check_overflow(tree->image, node, &tree->found, &data));
    return tree->kind == TREE_FREE_LIST ? check_free_record(tree->image, data, node->data_size) : STATUS_OK;
}

/* What is waited for is memory, so it is asked for ahead: of the next page its header and its first offsets … */
static void fetch_page(const image_t *image, uint64_t number)
{
    enum { LINE = 64, LINES = 4 };
    for (size_t i = 0; i < LINES && number && number <= image->last_page; i++)
        __builtin_prefetch(image->bytes + number * image->page_size + i * LINE);
}

/* … and all of a page's nodes at once. */
static void fetch_nodes(const image_t *image, const uint8_t *page)
{
    for (size_t i = 0; i < node_count(page); i++)
        __builtin_prefetch(page + take16(page + PAGE_HEADER + 2 * i) % image->page_size);
}

static status_t check_leaf(tree_t *tree, const uint8_t *page, const bounds_t *bounds)
{
    span_t before = {0};
    fetch_nodes(tree->image, page);
    unsigned allowed = tree->kind == TREE_MAIN ? NODE_TABLE : NODE_OVERFLOW;
    for (size_t i = 0, count = node_count(page); i < count; i++) {
        node_t node;
        /* Keys that ascend lie within the bounds where the first and the last do. */
        const bounds_t outer = {.low = i == 0 ? bounds->low : NONE, .high = i + 1 == count ? bounds->high : NONE};
        if (!leaf_node(tree->image, page, i, &node) || (node.flags & ~allowed) ||
            !key_is_in_order(tree->kind, (span_t){node.key, node.key_size}, before, &outer))
            return damaged(tree->image, "page %llu is damaged", (unsigned long long)take64(page));
        before = (span_t){node.key, node.key_size};
        TRY(check_leaf_node(tree, &node));
    }
    tree->found.leaves++;
    tree->found.entries += node_count(page);
    return STATUS_OK;
}

/* Node `index` of a branch: the child's page, and its lowest key (of the first, which has none, the page's own bound).
 */
static bool branch_node(const tree_t *tree, const uint8_t *page, size_t index, const bounds_t *bounds,
                        uint64_t *out_child, span_t *out_low)
{
    size_t offset = take16(page + PAGE_HEADER + 2 * index), size = tree->image->page_size;
    if (offset < take16(page + 14) || offset + NODE_HEADER > size)
        return false;
    const uint8_t *node = page + offset;
    size_t key_size = take16(node + 6);
    if (offset + NODE_HEADER + key_size > size)
        return false;
    *out_child = take16(node) | (uint64_t)take16(node + 2) << 16 | (uint64_t)take16(node + 4) << 32;
    *out_low = index ? (span_t){node + NODE_HEADER, key_size} : bounds->low;
    return !index || key_is_in_order(tree->kind, *out_low, (span_t){0}, bounds);
}

static status_t check_page(tree_t *tree, uint64_t number, unsigned depth, const bounds_t *bounds)
{
    image_t *image = tree->image;
    const uint8_t *page = page_at(image, number);
    if (!page || !page_is_sound(image, page, depth == 1 ? PAGE_LEAF : PAGE_BRANCH))
        return damaged(image, "page %llu is damaged", (unsigned long long)number);
    if (!mark(image, number))
        return damaged(image, "page %llu is used twice", (unsigned long long)number);
    if (depth == 1)
        return check_leaf(tree, page, bounds);
    tree->found.branches++;
    for (size_t i = 0, count = node_count(page); i < count; i++) {
        uint64_t child, next = 0;
        bounds_t inner = {.high = bounds->high};
        if (!branch_node(tree, page, i, bounds, &child, &inner.low) ||
            (i + 1 < count && !branch_node(tree, page, i + 1, bounds, &next, &inner.high)))
            return damaged(image, "page %llu is damaged", (unsigned long long)number);
        fetch_page(image, next);
        TRY(check_page(tree, child, depth - 1, &inner));
    }
    return STATUS_OK;
}

static status_t check_table(image_t *image, const table_record_t *table, tree_kind_t kind)
{
    tree_t tree = {.image = image, .kind = kind};
    if (table->flags != (kind == TREE_FREE_LIST ? FLAG_INTEGER_KEY : 0) || table->depth > DEPTH_MAX ||
        (table->depth == 0) != (table->root == NO_PAGE))
        return damaged(image, "a table's record is damaged");
    if (table->depth)
        TRY(check_page(&tree, table->root, table->depth, &(bounds_t){0}));
    if (tree.found.branches != table->branches || tree.found.leaves != table->leaves ||
        tree.found.overflows != table->overflows || tree.found.entries != table->entries)
        return damaged(image, "a table's counts do not match its pages");
    return STATUS_OK;
}

/* The node of that name in a tree of one leaf: main and meta are so small. */
static bool find_node(const image_t *image, const table_record_t *table, const char *name, node_t *out)
{
    const uint8_t *page = table->depth == 1 ? page_at(image, table->root) : NULL;
    if (!page || !page_is_sound(image, page, PAGE_LEAF))
        return false;
    for (size_t i = 0; i < node_count(page); i++)
        if (leaf_node(image, page, i, out) && out->key_size == strlen(name) && !memcmp(out->key, name, strlen(name)))
            return true;
    return false;
}

/* The head of the snapshot that a meta page names, read by hand: of which transaction it says that it is. */
static status_t read_head(image_t *image, const uint8_t *meta, uint64_t *out_txn)
{
    const pages_rules_t *rules = image->rules;
    table_record_t main = take_table(meta + META_MAIN), table;
    node_t node;
    if (!find_node(image, &main, rules->head_table, &node) || node.flags != NODE_TABLE ||
        node.data_size != TABLE_RECORD)
        return STATUS_DAMAGED;
    table = take_table(node.data);
    if (!find_node(image, &table, rules->head_key, &node) || node.flags != 0)
        return STATUS_DAMAGED;
    return rules->read_head((span_t){node.data, node.data_size}, out_txn);
}

static status_t check_meta(image_t *image, unsigned index)
{
    const uint8_t *meta = image->metas[index];
    uint64_t txn = take64(meta + META_TXN), last = take64(meta + META_LAST);
    if (take64(meta) != index || take16(meta + 10) != PAGE_META || take32(meta + META_MAGIC) != MAGIC ||
        take32(meta + META_VERSION) != 1 || take32(meta + META_FREE) != image->page_size || last < 1 ||
        last > SIZE_MAX / image->page_size - 1 || take16(meta + META_FREE + 4) != FLAG_INTEGER_KEY ||
        take16(meta + META_MAIN + 4) != 0 || (txn && txn % 2 != index))
        return damaged(image, "data.mdb: meta page %u is damaged", index);
    if (image->rules->is_extended && (last + 1) * image->page_size > image->size)
        return damaged(image, "data.mdb is cut short: %zu bytes instead of %llu", image->size,
                       (unsigned long long)((last + 1) * image->page_size));
    if (txn == 0) /* a new store's older page */
        return last == 1 ? STATUS_OK : damaged(image, "data.mdb: meta page %u is damaged", index);
    uint64_t head_txn = 0;
    image->last_page = last;
    status_t status = read_head(image, meta, &head_txn);
    if (status == STATUS_NEWER_FORMAT)
        return status;
    if (status != STATUS_OK || head_txn != txn)
        return damaged(image, "data.mdb: meta page %u does not match its records", index);
    return STATUS_OK;
}

/* Both meta pages: each whole, of two transactions in a row, and each leading to the head of its own. Else LMDB would
 * go back to the state before the last commit and say nothing. *out is the newer. */
static status_t check_metas(image_t *image, const uint8_t **out)
{
    if (image->size < 2 * 512)
        return damaged(image, "data.mdb is cut short: %zu bytes", image->size);
    image->page_size = take32(image->bytes + META_FREE);
    if (image->page_size < 512 || image->page_size > 65536 || image->page_size & (image->page_size - 1))
        return damaged(image, "data.mdb: meta page 0 is damaged");
    if (image->size < 2 * image->page_size)
        return damaged(image, "data.mdb is cut short: %zu bytes", image->size);
    for (unsigned i = 0; i < 2; i++)
        memcpy(image->metas[i], image->bytes + i * image->page_size, META_SIZE);
    TRY(check_meta(image, 0));
    TRY(check_meta(image, 1));
    uint64_t even = take64(image->metas[0] + META_TXN), odd = take64(image->metas[1] + META_TXN);
    if (even + 1 != odd && odd + 1 != even)
        return damaged(image, "data.mdb: its meta pages are not of two transactions in a row");
    *out = image->metas[even > odd ? 0 : 1];
    image->last_page = take64(*out + META_LAST);
    return STATUS_OK;
}

status_t pages_check_file(const char *directory, const pages_rules_t *rules, char *out_why, size_t why_size)
{
    CLEANUP(image_close) image_t image = {.rules = rules, .why = out_why, .why_size = why_size};
    const uint8_t *meta;
    TRY(map_file(&image, directory));
    return check_metas(&image, &meta);
}

status_t pages_check_all(const char *directory, const pages_rules_t *rules, char *out_why, size_t why_size)
{
    CLEANUP(image_close) image_t image = {.rules = rules, .why = out_why, .why_size = why_size};
    const uint8_t *meta;
    TRY(map_file(&image, directory));
    TRY(check_metas(&image, &meta));
    image.seen = calloc(image.last_page / 64 + 1, sizeof *image.seen);
    if (!image.seen)
        return STATUS_NO_MEMORY;
    table_record_t free_list = take_table(meta + META_FREE), main = take_table(meta + META_MAIN);
    TRY(check_table(&image, &main, TREE_MAIN));
    return check_table(&image, &free_list, TREE_FREE_LIST);
}
