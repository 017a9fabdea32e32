# SPDX-License-Identifier: Apache-2.0
#
# relay.py -- a network on 127.0.0.1 between programs that speak UDP: a thread with one
# socket for each of them. What one sends goes to all the others, as on a cable; that is a
# whole Ethernet frame when the program is an emulator with a socket for its cable, else a
# datagram. It can lose some of what passes, and it can cut handshake messages in two.
import random
import select
import socket
import threading

HANDSHAKE, RECORD, MESSAGE = 22, 13, 12       # content type, and the lengths of two headers
WHOLE = (1, 3)                               # ClientHello, HelloVerifyRequest


def cut(datagram):
    """The same datagram, each handshake message in two fragments. Not those before the cookie,
    for which nobody keeps fragments (RFC 6347 section 4.2.1)."""
    done, at = b"", 0
    while at + RECORD <= len(datagram):
        head, size = datagram[at:at + RECORD], int.from_bytes(datagram[at + 11:at + 13], "big")
        body, at = datagram[at + RECORD:at + RECORD + size], at + RECORD + size
        if head[0] != HANDSHAKE or head[3:5] != b"\0\0" or body[0] in WHOLE:
            done += head + body
            continue
        while body:
            length = int.from_bytes(body[9:12], "big")
            message, body = body[:MESSAGE + length], body[MESSAGE + length:]
            for begin, end in ((0, length // 2), (length // 2, length))[length == 0:]:
                part = message[:6] + begin.to_bytes(3, "big") + (end - begin).to_bytes(3, "big") + \
                    message[MESSAGE + begin:MESSAGE + end]
                done += head[:11] + len(part).to_bytes(2, "big") + part
    return done + datagram[at:]


class Relay(threading.Thread):
    def __init__(self, seed, loss=0.0, cutting=False):
        super().__init__(daemon=True)
        self.seed, self.loss, self.cutting = seed, loss, cutting
        self.sockets, self.where, self.dice = [], [], []
        self.passed = self.lost = 0
        self.over = False

    def join_in(self, to=None):
        """A socket for one more program, who is at port `to` or makes itself known: our port."""
        mine = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        mine.bind(("127.0.0.1", 0))
        self.dice.append(random.Random(f"{self.seed} {len(self.sockets)}"))
        self.where.append(("127.0.0.1", to) if to else None)
        self.sockets.append(mine)
        return mine.getsockname()[1]

    def run(self):
        while not self.over:
            for source in select.select(self.sockets, [], [], 0.1)[0]:
                try:
                    data, sender = source.recvfrom(65535)
                except OSError:               # whom we sent to last has gone
                    continue
                self.pass_on(self.sockets.index(source), data, sender)

    def pass_on(self, number, data, sender):
        self.where[number] = self.where[number] or sender
        if self.dice[number].random() < self.loss:
            self.lost += 1
            return
        self.passed += 1
        if self.cutting:
            data = cut(data)
        for other, where in enumerate(self.where):
            if other != number and where:
                try:
                    self.sockets[other].sendto(data, where)
                except OSError:
                    pass

    def end(self):
        self.over = True
        self.join()
        for s in self.sockets:
            s.close()
