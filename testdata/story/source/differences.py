#!/usr/bin/env python3
"""differences.py OLD NEW: every range that differs between two of the discs, and what stands there.

Reads just enough of ISO 9660 (ECMA-119), Rock Ridge (TF), Joliet, HFS (Inside Macintosh: Files,
chapter 2) and resource forks (More Macintosh Toolbox, chapter 1) to name the fields of these
discs. It trusts its input: the discs are those that RECIPE.sh has made.
"""
import struct
import sys

SECTOR = 2048


class Disc:
    """An image and the (start, end, name) of all its fields and contents; later ones are finer."""

    def __init__(self, path):
        self.data = open(path, 'rb').read()
        self.fields = []
        for sector in range(16, 32):
            kind = self.data[sector * SECTOR]
            if kind == 255:
                break
            if kind in (1, 2):
                self.descriptor(sector * SECTOR, 'PVD' if kind == 1 else 'Joliet SVD', kind == 2)
        self.hfs()

    def add(self, start, length, name):
        self.fields.append((start, start + length, name))

    def descriptor(self, at, name, joliet):
        self.add(at, SECTOR, name)
        for offset, what in ((813, 'creation'), (830, 'modification'), (847, 'expiration'),
                             (864, 'effective')):
            self.add(at + offset, 17, f'{name}: {what} date')
        size, = struct.unpack_from('<I', self.data, at + 132)
        for offset, order in ((140, '<'), (148, '>')):
            table, = struct.unpack_from(order + 'I', self.data, at + offset)
            self.add(table * SECTOR, size, f'{name}: path table {"L" if order == "<" else "M"}')
        extent, = struct.unpack_from('<I', self.data, at + 158)
        length, = struct.unpack_from('<I', self.data, at + 166)
        self.folder(extent, length, name.split()[0], joliet, '')

    def folder(self, extent, length, view, joliet, path):
        start = at = extent * SECTOR
        while at < start + length:
            size = self.data[at]
            if size == 0:
                at = (at // SECTOR + 1) * SECTOR
                continue
            to, = struct.unpack_from('<I', self.data, at + 2)
            bytes_, = struct.unpack_from('<I', self.data, at + 10)
            flags, n = self.data[at + 25], self.data[at + 32]
            raw = self.data[at + 33:at + 33 + n]
            text = {b'\0': '.', b'\1': '..'}.get(raw) or raw.decode('utf-16-be' if joliet else 'ascii')
            fork = ' (associated file)' if flags & 4 else ''
            name = f'{"Joliet" if joliet else "ISO"} record {path}/{text}{fork}'
            self.add(at, size, name)
            for offset, count, what in ((2, 4, 'extent, little-endian'), (6, 4, 'extent, big-endian'),
                                        (10, 8, 'size'), (18, 7, 'recording date')):
                self.add(at + offset, count, f'{name}: {what}')
            susp = at + 33 + n + (n + 1) % 2
            while not joliet and susp + 4 <= at + size and self.data[susp + 2] >= 4:
                sig = self.data[susp:susp + 2].decode('ascii')
                self.add(susp, self.data[susp + 2], f'{name}: {sig}')
                susp += self.data[susp + 2]
            if flags & 2 and n == 1 and raw in (b'\0', b'\1'):
                pass
            elif flags & 2:
                self.folder(to, bytes_, view, joliet, f'{path}/{text}')
            elif bytes_ and not joliet:
                self.add(to * SECTOR, bytes_, f'content of {path}/{text}{fork}')
            at += size

    MDB = [('drSigWord', 2), ('drCrDate', 4), ('drLsMod', 4), ('drAtrb', 2), ('drNmFls', 2),
           ('drVBMSt', 2), ('drAllocPtr', 2), ('drNmAlBlks', 2), ('drAlBlkSiz', 4),
           ('drClpSiz', 4), ('drAlBlSt', 2), ('drNxtCNID', 4), ('drFreeBks', 2), ('drVN', 28),
           ('drVolBkUp', 4), ('drVSeqNum', 2), ('drWrCnt', 4), ('drXTClpSiz', 4),
           ('drCTClpSiz', 4), ('drNmRtDirs', 2), ('drFilCnt', 4), ('drDirCnt', 4),
           ('drFndrInfo', 32), ('drVCSize and caches', 6), ('drXTFlSize', 4), ('drXTExtRec', 12),
           ('drCTFlSize', 4), ('drCTExtRec', 12)]
    FILE = [('cdrType', 2), ('filFlags', 1), ('filTyp', 1), ('filUsrWds', 16), ('filFlNum', 4),
            ('filStBlk', 2), ('filLgLen', 4), ('filPyLen', 4), ('filRStBlk', 2), ('filRLgLen', 4),
            ('filRPyLen', 4), ('filCrDat', 4), ('filMdDat', 4), ('filBkDat', 4),
            ('filFndrInfo', 16), ('filClpSize', 2), ('filExtRec', 12), ('filRExtRec', 12),
            ('filResrv', 4)]
    FOLDER = [('cdrType', 2), ('dirFlags', 2), ('dirVal', 2), ('dirDirID', 4), ('dirCrDat', 4),
              ('dirMdDat', 4), ('dirBkDat', 4), ('dirUsrInfo', 16), ('dirFndrInfo', 16),
              ('dirResrv', 16)]

    def layout(self, at, table, name):
        for field, size in table:
            self.add(at, size, f'{name}: {field}')
            at += size

    def hfs(self):
        data = self.data
        blocks, size = struct.unpack_from('>HI', data, 1024 + 18)
        first, = struct.unpack_from('>H', data, 1024 + 28)
        bitmap, = struct.unpack_from('>H', data, 1024 + 14)
        self.layout(1024, self.MDB, 'HFS MDB')
        # genisoimage puts the copy at the start of the last 2048 bytes, not 1024 bytes before the
        # volume's end, and counts that sector among the allocation blocks.
        self.layout(first * 512 + (blocks - 1) * size, self.MDB, 'HFS alternate MDB')
        self.add(bitmap * 512, (blocks + 7) // 8, 'HFS volume bitmap')
        begin = lambda block: first * 512 + block * size
        overflow, = struct.unpack_from('>H', data, 1024 + 134)
        length, = struct.unpack_from('>I', data, 1024 + 130)
        self.add(begin(overflow), length, 'HFS extents overflow file')
        catalog, = struct.unpack_from('>H', data, 1024 + 150)
        length, = struct.unpack_from('>I', data, 1024 + 146)
        self.add(begin(catalog), length, 'HFS catalog file')
        for node in range(begin(catalog), begin(catalog) + length, 512):
            kind, count = data[node + 8], struct.unpack_from('>H', data, node + 10)[0]
            number = (node - begin(catalog)) // 512
            free, = struct.unpack_from('>H', data, node + 510 - 2 * count)
            if kind in (0, 255) and count:
                what = 'leaf' if kind == 255 else 'index'
                self.add(node, 14, f'HFS catalog, {what} node {number}: descriptor')
                self.add(node + free, 510 - 2 * count - free,
                         f'HFS catalog, {what} node {number}: free space, stale copy of records')
            if kind != 255:
                continue
            for i in range(count):
                at = node + struct.unpack_from('>H', data, node + 510 - 2 * i)[0]
                name = data[at + 7:at + 7 + data[at + 6]].decode('mac_roman')
                body = at + (data[at] + 2) // 2 * 2
                if data[body] == 2:
                    self.layout(body, self.FILE, f'HFS catalog, file "{name}"')
                    for offset, fork in ((24, 'data'), (34, 'resource')):
                        start, logical = struct.unpack_from('>HI', data, body + offset)
                        if logical:
                            self.add(begin(start), logical, f'{fork} fork of {name}')
                            if fork == 'resource':
                                self.resources(begin(start), name)
                elif data[body] == 1:
                    self.layout(body, self.FOLDER, f'HFS catalog, folder "{name}"')

    def resources(self, fork, owner):
        data, owner = self.data, f'resource fork of {owner}'
        start, map_, _, map_length = struct.unpack_from('>4I', data, fork)
        for i, what in enumerate(('data offset', 'map offset', 'data length', 'map length')):
            self.add(fork + 4 * i, 4, f'{owner}: header, {what}')
        self.add(fork + map_, map_length, f'{owner}: resource map (all of it moved)')
        types = fork + map_ + struct.unpack_from('>H', data, fork + map_ + 24)[0]
        for i in range(struct.unpack_from('>H', data, types)[0] + 1):
            kind, count, refs = struct.unpack_from('>4sHH', data, types + 2 + 8 * i)
            for j in range(count + 1):
                number, _, where = struct.unpack_from('>hHI', data, types + refs + 12 * j)
                at = fork + start + (where & 0xffffff)
                size, = struct.unpack_from('>I', data, at)
                name = f'{owner}: {kind.decode("mac_roman")} {number}'
                self.add(at, 4, f'{name}, length')
                self.add(at + 4, size, name)

    def names(self):
        """The finest name of every byte that has one."""
        finest = {}
        for start, end, name in self.fields:
            for at in range(start, end):
                finest[at] = name
        return finest


def short(data):
    return data.hex() if len(data) <= 12 else data[:6].hex() + '…' + data[-5:].hex()


def main():
    old, new = Disc(sys.argv[1]), Disc(sys.argv[2])
    assert len(old.data) == len(new.data)
    names = old.names(), new.names()
    rows, total = [], 0
    for at in (i for i, (a, b) in enumerate(zip(old.data, new.data)) if a != b):
        total += 1
        was, now = (n.get(at, 'unclaimed, or the rest of a block') for n in names)
        # A resource fork that lies in an ISO extent of the same bytes keeps its finer name.
        label = was if was == now else f'{was} → {now}'
        if rows and rows[-1][2] == label:
            rows[-1][1] = at + 1
            rows[-1][3] += 1
        else:
            rows.append([at, at + 1, label, 1])
    print('| from | to | bytes that differ | what stands there | old | new |')
    print('|---|---|---|---|---|---|')
    for start, end, label, count in rows:
        print(f'| {start:#x} | {end:#x} | {count} | {label} | `{short(old.data[start:end])}` '
              f'| `{short(new.data[start:end])}` |')
    print(f'\n{total} bytes in {len(rows)} ranges.')


main()
