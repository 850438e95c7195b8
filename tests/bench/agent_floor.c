/* The floor of `./run bench agent`: a process that does nothing but connect with CURVE, ask `describe` and wait for the
 * answer. None of our code: libzmq and four bytes of protobuf. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define WAIT_MS 10000

static const char DESCRIBE[] = {0x08, 0x01, 0x12, 0x00}; /* Request {request_id: 1, describe: {}} */

static void must(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "agent floor: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(EXIT_FAILURE);
}

static void set_key(void *socket, int option, const char *key)
{
    must(zmq_setsockopt(socket, option, key, strlen(key) + 1), "a key");
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: yardstick-agent-floor ENDPOINT HUB_KEY PUBLIC_KEY SECRET_KEY\n");
        return 2;
    }
    const int linger = 0, wait_ms = WAIT_MS;
    char answer[4096];
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    must(zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger), "LINGER");
    must(zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms), "RCVTIMEO");
    set_key(socket, ZMQ_CURVE_SERVERKEY, argv[2]);
    set_key(socket, ZMQ_CURVE_PUBLICKEY, argv[3]);
    set_key(socket, ZMQ_CURVE_SECRETKEY, argv[4]);
    must(zmq_connect(socket, argv[1]), "connecting");
    must(zmq_send(socket, DESCRIBE, sizeof DESCRIBE, 0), "asking");
    must(zmq_recv(socket, answer, sizeof answer, 0), "the answer");
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
