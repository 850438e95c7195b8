#include "hub/run.h"

#include "hub/damage_mark.h"
#include "hub/directory.h"
#include "hub/log.h"
#include "hub/server.h"
#include "hub/settings_log.h"
#include "hub/warm.h"
#include "hub/worker.h"
#include "hub/zap.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#define START_MS      120000 /* for the server thread to say that it serves, self test included */
#define READERS_SPARE 16     /* read transactions beside the workers': verify, backups */
#define LOOK_MS       1000   /* between two looks at how the store grows while it is read through */
#define GROWTH_MAX    (UINT64_C(1) << 30)

enum { EXIT_REFUSED = 1 };

typedef struct {
    const char *directory;
    settings_t settings;
    front_keys_t keys;
    hub_t hub;
    zap_t *zap;
    void *control;
    pthread_t server_thread;
    server_t server;
    int signals;
    store_verification_t *verification; /* NULL: all records were read before, or are no more being read */
    uint64_t used_before;               /* bytes of the store when it began */
    char why[1000];                     /* the store is damaged; "" = nothing was found */
} run_t;

static bool complain(const char *what)
{
    fprintf(stderr, "yardstick-hub: %s\n", what);
    return false;
}

static bool complain_faults(faults_t *faults, status_t status)
{
    char line[1200];
    for (size_t i = 0; i < faults->count; i++) {
        fault_format(&faults->items[i], line, sizeof line);
        complain(line);
    }
    if (faults_empty(faults))
        complain(status_text(status));
    return false;
}

/* Signals to a descriptor (every later thread inherits the mask), no deaths by SIGPIPE, a full disk as an error. */
static bool take_signals(run_t *run)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 || (run->signals = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
        return complain("signals cannot be taken");
    return true;
}

/* A connection is a descriptor, and a hub that runs out of them spins. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_event(LOG_WARNING, "descriptors", "reason=\"%s\"", strerror(errno));
}

static bool read_configuration(run_t *run, const char *directory, const char *config, const char *listen)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    status_t status = directory_read_settings(directory, config, &run->settings, &faults);
    if (status == STATUS_OK && listen)
        status = settings_set(&run->settings, "listen", listen, &faults);
    if (status == STATUS_OK)
        status = directory_read_keys(directory, run->keys.public_key, run->keys.secret_key, &faults);
    if (status != STATUS_OK)
        return complain_faults(&faults, status);
    if (!clock_init(run->settings.time_zone)) {
        char why[160];
        snprintf(why, sizeof why, "time_zone: this machine knows no zone %s; name another or install tzdata",
                 run->settings.time_zone);
        return complain(why);
    }
    return true;
}

/* ---- the store and what is kept of it in memory */

static void note_self_check(hub_t *hub, self_check_t state, uint64_t records)
{
    atomic_store(&hub->self_check_records, records);
    atomic_store(&hub->self_check_ms, state == SELF_CHECK_DONE ? clock_wall().ms : 0);
    atomic_store(&hub->self_check, state);
}

/* Before the store is opened its pages; its records too where that is set, where damage was found, and before an
 * upgrade, which must find a store that is whole. Else a child is made, which reads them beside serving. */
static status_t verify_store(run_t *run, const char *directory, char *why, size_t why_size)
{
    unsigned format = STORE_FORMAT;
    store_counts_t counts;
    bool first = run->settings.verify_first || damage_mark_stands(directory);
    if (!first)
        TRY(store_verify_pages(directory, &format, why, why_size));
    if (!first && format == STORE_FORMAT) {
        note_self_check(&run->hub, SELF_CHECK_AT_WORK, 0);
        return store_verification_create(directory, &run->verification);
    }
    TRY(store_verify(directory, &counts, why, why_size));
    damage_mark_remove(directory);
    note_self_check(&run->hub, SELF_CHECK_DONE, counts.records);
    return STATUS_OK;
}

static bool open_store(run_t *run, const char *directory)
{
    char why[1000] = "";
    const store_options_t options = {
        .map_bytes = run->settings.map_bytes,
        .max_readers = run->settings.query_workers + READERS_SPARE,
        .upgrades = true,
        .now_ms = clock_wall().ms,
    };
    status_t status = verify_store(run, directory, why, sizeof why);
    if (status == STATUS_OK)
        status = store_open(directory, &options, &run->hub.store, why, sizeof why);
    if (status != STATUS_OK)
        return complain(*why ? why : status_text(status));
    if (store_upgraded_from(run->hub.store))
        log_event(LOG_INFO, "upgraded", "from=%u to=%d", store_upgraded_from(run->hub.store), STORE_FORMAT);
    return true;
}

/* What decides figures from now on stands in the log. */
static status_t enter_settings(run_t *run)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    bool entered = false;
    store_actor_t hub = {.time_ms = clock_wall().ms, .is_hub = true};
    TRY(store_begin_write(run->hub.store, &txn));
    store_set_actor(txn, &hub);
    TRY(settings_enter(txn, &run->settings, &entered));
    TRY(store_commit(&txn));
    if (entered)
        log_event(LOG_INFO, "settings", "entered=yes");
    return STATUS_OK;
}

static bool note_settings(run_t *run)
{
    char why[200];
    status_t status = enter_settings(run);
    snprintf(why, sizeof why, "the settings that decide figures cannot be entered in the log: %s", status_text(status));
    return status == STATUS_OK || complain(why);
}

/* The key pair that signs, and the public key that stands in what is signed. Once the store's lock is held: an older
 * hub.key gets its second line here. */
static bool take_signing_keys(run_t *run, const char *directory)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    char text[HOME_KEY_SIZE];
    bool made = false;
    status_t status = directory_make_signing_keys(directory, &run->hub.signing, &made, &faults);
    if (status != STATUS_OK)
        return complain_faults(&faults, status);
    if (!zmq_z85_decode(run->hub.public_key, run->keys.public_key))
        return complain("the public key cannot be read");
    home_format_key(run->hub.signing.public_key, text);
    if (made)
        log_event(LOG_INFO, "signing_key", "made=yes key=\"%s\"", text);
    return true;
}

static status_t load(run_t *run)
{
    hub_t *hub = &run->hub;
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(world_release) world_t *world = NULL;
    hub->registry = registry_create();
    if (!hub->registry)
        return STATUS_NO_MEMORY;
    TRY(store_begin_read(hub->store, &txn));
    TRY(registry_load(hub->registry, txn));
    TRY(world_load(txn, &world));
    hub->months = months_create(hub->store, &world, run->settings.month_cache_bytes);
    hub->closings = closings_create();
    hub->past = past_create(hub->store, hub->months, run->settings.month_cache_bytes / 2);
    hub->release_sets = release_sets_create(hub->store, hub->past, run->settings.month_cache_bytes / 2);
    hub->exemplars = exemplar_log_create(hub->store);
    if (!hub->months || !hub->past || !hub->closings || !hub->release_sets || !hub->exemplars)
        return STATUS_NO_MEMORY;
    TRY(closings_load(hub->closings, txn, clock_wall().ms));
    malloc_trim(0); /* what loading took meanwhile */
    return STATUS_OK;
}

static bool load_memory(run_t *run, const char *directory)
{
    char why[PATH_MAX + 200];
    status_t status = load(run);
    snprintf(why, sizeof why, "%s: what is served from memory cannot be loaded: %s%s", directory, status_text(status),
             status == STATUS_DAMAGED ? "; restore the directory from a backup" : "");
    return status == STATUS_OK || complain(why);
}

/* ---- threads */

/* Waits for the server's word: true with the endpoint where it serves. */
static bool await_server(run_t *run, char *endpoint, size_t size)
{
    int limit = START_MS;
    if (zmq_setsockopt(run->control, ZMQ_RCVTIMEO, &limit, sizeof limit) != 0)
        return false;
    int length = zmq_recv(run->control, endpoint, size - 1, 0);
    if (length <= 0)
        return false;
    endpoint[length] = '\0';
    return true;
}

static bool start_server(run_t *run)
{
    char endpoint[300] = "";
    run->server = (server_t){.hub = &run->hub, .keys = &run->keys, .endpoint = run->settings.listen};
    if (pthread_create(&run->server_thread, NULL, server_run, &run->server) != 0)
        return complain("no thread");
    if (!await_server(run, endpoint, sizeof endpoint)) {
        pthread_join(run->server_thread, NULL);
        return complain(*run->server.why ? run->server.why : "cannot serve: no socket");
    }
    const char *enrolling = run->server.enrolling;
    printf("ready %s\n", endpoint);
    if (*enrolling)
        printf("enrolling %s\n", enrolling);
    fflush(stdout);
    log_event(LOG_INFO, "ready", "endpoint=\"%s\" version=%s", endpoint, YARDSTICK_VERSION);
    if (*enrolling)
        log_event(LOG_INFO, "enrolling", "endpoint=\"%s\" per_minute=%u", enrolling, run->settings.enroll_per_minute);
    return true;
}

static void end_verification(run_t *run)
{
    int dead;
    if (!run->verification)
        return;
    store_verification_destroy(&run->verification);
    /* A child that was killed leaves its snapshot pinned; the writer looks again, later. */
    status_t status = store_forget_dead_readers(run->hub.store, &dead);
    if (status != STATUS_OK)
        log_event(LOG_WARNING, "dead_readers", "status=%s", status_name(status));
}

static void cut_off(run_t *run, uint64_t records, const char *why)
{
    note_self_check(&run->hub, SELF_CHECK_CUT_OFF, records);
    log_event(LOG_WARNING, "not_verified", "records=%" PRIu64 " reason=\"%s\"", records, why);
}

/* No page of a snapshot that somebody reads is used again, so that each commit makes the store grow. Reading ends where
 * that takes more than a quarter of what is left of the store's map. */
static void look_at_growth(run_t *run)
{
    uint64_t used, map;
    store_sizes(run->hub.store, &used, &map);
    uint64_t room = (map - run->used_before) / 4, most = room < GROWTH_MAX ? room : GROWTH_MAX;
    if (used <= run->used_before + most)
        return;
    cut_off(run, atomic_load(&run->hub.self_check_records),
            "so much is filed meanwhile that the store grew while it was read; `yardstick-hub verify` reads it in a "
            "quieter hour");
    end_verification(run);
}

/* What the child has found that reads all records. A store that is damaged is served no further. */
static void note_verification(run_t *run)
{
    const store_progress_t *progress = store_verification_read(run->verification);
    if (!progress->has_ended) {
        note_self_check(&run->hub, SELF_CHECK_AT_WORK, progress->records);
    } else if (progress->status == STATUS_OK) {
        note_self_check(&run->hub, SELF_CHECK_DONE, progress->records);
        log_event(LOG_INFO, "verified", "records=%" PRIu64, progress->records);
    } else if (progress->status == STATUS_DAMAGED || progress->status == STATUS_NEWER_FORMAT) {
        snprintf(run->why, sizeof run->why, "%s", progress->why);
        log_event(LOG_ERROR, "damaged", "reason=\"%s\"", progress->why);
        damage_mark_put(run->directory);
        atomic_store(&run->hub.failed, true);
        zmq_send(run->control, "stop", 4, ZMQ_DONTWAIT);
    } else {
        cut_off(run, progress->records, progress->why);
    }
    if (progress->has_ended)
        end_verification(run);
}

/* Until a signal comes, or the server ends by itself. */
static void wait_for_end(run_t *run)
{
    enum { SIGNALS, CONTROL, VERIFICATION, COUNT };
    zmq_pollitem_t items[COUNT] = {{NULL, run->signals, ZMQ_POLLIN, 0}, {run->control, 0, ZMQ_POLLIN, 0}};
    do {
        if (run->verification)
            items[VERIFICATION] =
                (zmq_pollitem_t){NULL, store_verification_descriptor(run->verification), ZMQ_POLLIN, 0};
        if (zmq_poll(items, run->verification ? COUNT : VERIFICATION, run->verification ? LOOK_MS : -1) < 0)
            continue;
        if (run->verification && items[VERIFICATION].revents)
            note_verification(run);
        if (run->verification)
            look_at_growth(run);
    } while (!items[SIGNALS].revents && !items[CONTROL].revents);
    end_verification(run);
    if (items[SIGNALS].revents)
        zmq_send(run->control, "stop", 4, ZMQ_DONTWAIT); /* who has ended by itself meanwhile takes it no more */
    pthread_join(run->server_thread, NULL);
}

static bool serve(run_t *run)
{
    /* libzmq numbers connections from rand(), and aborts where a client took the number that comes next (hub/zap.c). */
    srand(randombytes_random());
    run->hub.zmq = zmq_ctx_new();
    if (run->hub.zmq)
        zmq_ctx_set(run->hub.zmq, ZMQ_IO_THREADS, (int)run->settings.io_threads);
    if (!run->hub.zmq || zap_start(run->hub.zmq, run->hub.registry, &run->zap) != STATUS_OK)
        return complain("libzmq cannot be started");
    run->control = worker_socket(run->hub.zmq, SERVER_CONTROL, true);
    run->hub.warm = warm_start(&run->hub); /* before the writer, which tells it of releases */
    if (!run->control || !start_server(run))
        return false;
    warm_begin(run->hub.warm);
    uint64_t map;
    store_sizes(run->hub.store, &run->used_before, &map);
    if (run->verification)
        store_verification_start(run->verification);
    wait_for_end(run);
    log_event(LOG_INFO, "ended", "clean=%s", run->server.clean ? "yes" : "no");
    if (*run->why)
        return complain(run->why);
    return run->server.clean || complain("the store could not be written any more; the log says why");
}

static void end(run_t *run)
{
    if (run->control)
        zmq_close(run->control);
    if (run->hub.zmq) {
        zmq_ctx_shutdown(run->hub.zmq);
        zap_join(&run->zap);
        while (zmq_ctx_term(run->hub.zmq) != 0 && zmq_errno() == EINTR)
            ;
    }
    warm_end(&run->hub.warm);
    closings_destroy(&run->hub.closings);
    release_sets_destroy(&run->hub.release_sets);
    exemplar_log_destroy(&run->hub.exemplars);
    past_destroy(&run->hub.past);
    months_destroy(&run->hub.months);
    registry_destroy(&run->hub.registry);
    store_verification_destroy(&run->verification); /* where it never served */
    store_close(&run->hub.store);
    if (run->signals >= 0)
        close(run->signals);
    explicit_bzero(&run->keys, sizeof run->keys);
    signing_keys_fini(&run->hub.signing);
}

int run_hub(const char *directory, const char *config, const char *listen)
{
    run_t run = {.directory = directory, .signals = -1};
    run.hub.settings = &run.settings;
    run.hub.started = clock_monotonic();
    raise_descriptors();
    bool clean = (sodium_init() >= 0 || complain("libsodium cannot be started")) && take_signals(&run) &&
                 read_configuration(&run, directory, config, listen) && open_store(&run, directory) &&
                 take_signing_keys(&run, directory) && note_settings(&run) && load_memory(&run, directory) &&
                 serve(&run);
    end(&run);
    return clean ? 0 : EXIT_REFUSED;
}
