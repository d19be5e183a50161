import { assert, assertEquals } from "@std/assert";
import { type Notes, readNotes } from "./elf.ts";

interface Note {
  provider: string;
  name: string;
  args: string;
  semaphore?: bigint;
}

/** A file with a header, a note section and a section of names; enough for the reader. */
function elf(notes: Uint8Array, { section = ".note.stapsdt" } = {}): Uint8Array<ArrayBuffer> {
  const names = new TextEncoder().encode(`\0${section}\0.shstrtab\0`);
  const file = new Uint8Array(64 + notes.length + names.length + 3 * 64);
  const data = new DataView(file.buffer);
  const namesAt = 64 + notes.length;
  const tableAt = namesAt + names.length;
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  data.setUint16(18, 62, true);
  data.setBigUint64(0x28, BigInt(tableAt), true);
  data.setUint16(0x3a, 64, true);
  data.setUint16(0x3c, 3, true);
  data.setUint16(0x3e, 2, true);
  file.set(notes, 64);
  file.set(names, namesAt);
  const entry = (index: number, name: number, offset: number, size: number) => {
    data.setUint32(tableAt + index * 64, name, true);
    data.setBigUint64(tableAt + index * 64 + 0x18, BigInt(offset), true);
    data.setBigUint64(tableAt + index * 64 + 0x20, BigInt(size), true);
  };
  entry(1, 1, 64, notes.length);
  entry(2, 2 + section.length, namesAt, names.length);
  return file;
}

function note({ provider, name, args, semaphore = 0n }: Note): number[] {
  const texts = new TextEncoder().encode(`${provider}\0${name}\0${args}\0`);
  const body = new Uint8Array(24 + texts.length);
  new DataView(body.buffer).setBigUint64(16, semaphore, true);
  body.set(texts, 24);
  const head = new Uint8Array(20);
  const data = new DataView(head.buffer);
  data.setUint32(0, 8, true);
  data.setUint32(4, body.length, true);
  data.setUint32(8, 3, true);
  head.set(new TextEncoder().encode("stapsdt\0"), 12);
  return [...head, ...body, ...new Array((4 - body.length % 4) % 4).fill(0)];
}

function read(file: Uint8Array): Notes {
  return readNotes((at, length) => file.subarray(at, at + length));
}

const GOOD = Uint8Array.from([
  ...note({
    provider: "net",
    name: "inbound_message",
    args: "-8@%r13 8@%r14 8@-96(%rbp) 8@24(%rcx) 8@%rax 8@%rdx",
  }),
  ...note({ provider: "mempool", name: "added", args: "8@[sp, 16] -4@w3", semaphore: 0x40d2n }),
  ...note({ provider: "validation", name: "nothing", args: "" }),
]);

Deno.test("readNotes() reads names, operands and semaphores", () => {
  assertEquals(read(elf(GOOD)), {
    ok: true,
    machine: 62,
    notes: [
      {
        name: "net:inbound_message",
        args: ["-8@%r13", "8@%r14", "8@-96(%rbp)", "8@24(%rcx)", "8@%rax", "8@%rdx"],
        semaphore: false,
      },
      { name: "mempool:added", args: ["8@[sp, 16]", "-4@w3"], semaphore: true },
      { name: "validation:nothing", args: [], semaphore: false },
    ],
  });
});

Deno.test("readNotes() finds nothing in a program without notes", () => {
  assertEquals(read(elf(GOOD, { section: ".note.other" })), { ok: true, machine: 62, notes: [] });
});

Deno.test("readNotes() refuses other files and other kinds of ELF", () => {
  const big = elf(GOOD);
  big[5] = 2;
  const small = elf(GOOD);
  small[4] = 1;
  for (
    const file of [
      new Uint8Array(0),
      new Uint8Array(63),
      new TextEncoder().encode("#!".repeat(99)),
      big,
      small,
    ]
  ) {
    const notes = read(file);
    assert(!notes.ok && notes.problem.includes("no 64-bit"));
  }
});

Deno.test("readNotes() survives damage: every byte changed, every length", () => {
  const file = elf(GOOD);
  let read_ = 0;
  for (let at = 0; at < file.length; at++) {
    for (const byte of [0x00, 0x7f, 0xff, file[at]! ^ 1]) {
      const damaged = file.slice();
      damaged[at] = byte;
      if (read(damaged).ok) read_++;
    }
    read(file.subarray(0, at));
  }
  assert(read_ > 0);
});

Deno.test("readNotes() asks for no more than a megabyte, whatever the file says", () => {
  const file = elf(GOOD);
  const data = new DataView(file.buffer);
  let largest = 0;
  const table = Number(data.getBigUint64(0x28, true));
  for (const at of [table + 64 + 0x20, table + 128 + 0x20, table + 64 + 0x18]) {
    for (const value of [2n ** 64n - 1n, 2n ** 40n, 2n ** 20n + 1n]) {
      const damaged = file.slice();
      new DataView(damaged.buffer).setBigUint64(at, value, true);
      readNotes((from, length) => {
        largest = Math.max(largest, length);
        return damaged.subarray(from, from + length);
      });
    }
  }
  assert(largest <= 1024 * 1024, String(largest));
});
